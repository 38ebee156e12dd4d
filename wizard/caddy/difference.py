"""Two configurations -> what changes, in sentences for people and as a JSON diff. Pure.

Says nothing about which of the two is right.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wizard.caddy.config import remove_ours
from wizard.caddy.document import ECHO_PATH, ID, PREFIX, Document, has_consented, is_ours, servers_of
from wizard.caddy.servers import LONG_ENOUGH

NOTHING = "Nothing changes"


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes between two configurations. `json_diff` is a unified diff, "" when nothing changes."""

    sentences: tuple[str, ...]
    json_diff: str

    @property
    def is_empty(self) -> bool:
        """True when the two are the same."""
        return not self.json_diff


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a route of ours does, as far as people care."""

    target: str = ""
    verify: str = ""
    forward_client_ip: bool = True
    websocket: bool = True
    streaming: bool = False
    paused: bool = False
    server: str = ""
    log: str = ""


def compare(before: Document, after: Document) -> Difference:
    """The difference of two whole configurations."""
    if before == after:
        return Difference((NOTHING,), "")
    old, new = dict(_shown_hosts(before)), dict(_shown_hosts(after))
    sentences: list[str] = []
    for domain in sorted({*old, *new}):
        sentences += _host_sentences(domain, old.get(domain), new.get(domain))
    sentences += _server_sentences(before, after)
    sentences += _other_sentences(before, after)
    return Difference(
        tuple(sentences) or ("Changes details of how Caddy works, for no single host",), _diff(before, after)
    )


def _diff(before: Document, after: Document) -> str:
    old, new = (json.dumps(config, indent=2, sort_keys=True).splitlines() for config in (before, after))
    return "\n".join(difflib.unified_diff(old, new, "before", "after", lineterm=""))


def _host_sentences(domain: str, old: _Shown | None, new: _Shown | None) -> Iterator[str]:
    if new is None:
        yield f"Removes {domain}"
    elif old is None:
        yield f"Adds {domain}, paused" if new.paused else f"Adds {domain} → {new.target}"
    elif new.paused != old.paused:
        yield f"Pauses {domain}" if new.paused else f"Serves {domain} again → {new.target}"
    elif not new.paused:
        yield from _changes(domain, old, new)


def _changes(domain: str, old: _Shown, new: _Shown) -> Iterator[str]:
    if new.target != old.target:
        yield f"Sends {domain} to {new.target} instead of {old.target}"
    if new.verify != old.verify:
        yield f"Changes how the certificate of the media server behind {domain} is verified"
    for name, words in (
        ("forward_client_ip", "forwarding of client IP headers"),
        ("websocket", "WebSocket support"),
        ("streaming", "the streaming options of Plex Mode"),
    ):
        if getattr(new, name) != getattr(old, name):
            yield f"Turns {words} {'on' if getattr(new, name) else 'off'} for {domain}"
    if new.server != old.server:
        yield f"Lets {domain} in at {new.server or 'no address'} instead of {old.server or 'no address'}"
    if new.log != old.log:
        yield f"Changes the access log of {domain}"


def served_domains(config: Document) -> frozenset[str]:
    """The domains that a configuration of ours serves right now: there, and not paused."""
    return frozenset(domain for domain, shown in _shown_hosts(config) if not shown.paused)


def _shown_hosts(config: Document) -> Iterator[tuple[str, _Shown]]:
    logs = config.get("logging", {}).get("logs", {})
    for server in servers_of(config).values():
        for route in server.get("routes", []):
            if is_ours(route):
                domain = route[ID].removeprefix(PREFIX)
                try:
                    yield domain, _shown(domain, route, server, logs)
                except (KeyError, IndexError, TypeError):  # somebody edited it by hand
                    yield domain, _Shown(target="something else")


def _shown(domain: str, route: Document, server: Document, logs: Document) -> _Shown:
    listens = ", ".join(server.get("listen", []))
    log = json.dumps(logs.get(PREFIX + domain.replace(".", "_")), sort_keys=True)
    inner = route["handle"][0]["routes"]
    proxies = [
        (entry, handler)
        for entry in inner
        for handler in entry["handle"]
        if handler["handler"] == "reverse_proxy" and entry.get("match") != [{"path": [ECHO_PATH]}]
    ]
    if not proxies:
        return _Shown(paused=True, server=listens, log=log)
    proxy = proxies[-1][1]
    tls = proxy.get("transport", {}).get("tls")
    headers = proxy.get("headers", {}).get("request", {})
    return _Shown(
        target=f"{'http' if tls is None else 'https'}://{proxy['upstreams'][0]['dial']}",
        verify=json.dumps(tls, sort_keys=True),
        forward_client_ip="X-Forwarded-For" in headers.get("set", {}),
        websocket=not any({"method": ["CONNECT"]} in entry.get("match", []) for entry in inner),
        streaming="stream_close_delay" in proxy,
        server=listens,
        log=log,
    )


def _server_sentences(before: Document, after: Document) -> Iterator[str]:
    old, new = servers_of(before), servers_of(after)
    for key in sorted(new):
        was, now = old.get(key, {}), new[key]
        where = ", ".join(now.get("listen", []))
        if not was and is_ours(now):
            yield f"Listens at {where}"
        if was and _patient(was) != _patient(now):
            yield f"{'No longer cuts' if _patient(now) else 'Cuts'} players that pause for long, at {where}"
        if _trusted(was) != _trusted(now):
            yield f"Believes {_trusted(now) or 'nobody'} about who the viewer is, at {where}"
        if has_consented(now) and not has_consented(was):
            yield f"Sets options of the server {key}, which is shared with other sites"
    for key in sorted(set(old) - set(new)):
        yield f"Stops listening at {', '.join(old[key].get('listen', []))}"


def _patient(server: Document) -> bool:
    idle = server.get("write_idle_timeout", 0)
    return isinstance(idle, int) and (idle < 0 or idle >= LONG_ENOUGH)


def _trusted(server: Document) -> str:
    return ", ".join(server.get("trusted_proxies", {}).get("ranges", []))


def _other_sentences(before: Document, after: Document) -> Iterator[str]:
    old, new = remove_ours(before), remove_ours(after)
    if old.get("admin") != new.get("admin"):
        yield f"Writes down where Caddy takes orders: {new.get('admin', {}).get('listen', 'its default')}"
    if _without_admin(old) != _without_admin(new):
        yield "Changes something that is not ours"
    if _default_encoder(before) != _default_encoder(after):
        yield "Keeps access tokens out of the default log" if _default_encoder(after) else "Resets the default log"


def _without_admin(config: Document) -> Document:
    return {key: value for key, value in config.items() if key != "admin"}


def _default_encoder(config: Document) -> Any:
    return config.get("logging", {}).get("logs", {}).get("default", {}).get("encoder")
