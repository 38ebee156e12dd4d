"""Server objects: which hosts share a listen address, and whether that server is ours or hand-written. Pure.

On a hand-written server we add routes and log entries keyed by our host names. Options that belong to
the whole server are changed there only with the owner's consent, and their names are kept in the
server's `@id`, so that they can be taken back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from wizard.caddy.document import CONSENTED, ID, PREFIX, Document, has_consented, is_ours, logger_name
from wizard.caddy.routes import host_route
from wizard.caddy.version import Version
from wizard.core.hosts import Edge, Listener, ProxyHost

LONG_ENOUGH = 3600 * 1_000_000_000
NEVER = -1_000_000_000  # negative switches the stall timeout off; 0 would mean Caddy's default of one minute
_PORTS = re.compile(r":(\d+)(?:-(\d+))?$")
_WILDCARDS = ("", "0.0.0.0", "[::]")  # noqa: S104 - compared with, never listened on


@dataclass(frozen=True, slots=True)
class Group:
    """The hosts that enter Caddy at one listen address."""

    listener: Listener
    port: int
    hosts: tuple[ProxyHost, ...]

    @property
    def bind(self) -> str:
        """The address listened on, in brackets when IPv6, "" for all."""
        bind = self.listener.bind
        return f"[{bind}]" if ":" in bind and not bind.startswith("[") else bind

    @property
    def listen(self) -> str:
        """`:443` or `127.0.0.1:8081`, as Caddy writes it."""
        return f"{self.bind}:{self.port}"

    @property
    def streams(self) -> bool:
        """True when players on this address may pause for long. A paused host counts too: it comes back."""
        return any(host.plex_mode for host in self.hosts)


def group_hosts(hosts: Sequence[ProxyHost], edge: Edge) -> tuple[list[Group], list[ProxyHost]]:
    """Group hosts by listen address. Second: hosts whose listener contradicts the first one at that address.

    Hops that are trusted for the same headers add up. A hop that speaks with other headers is not
    trusted: a viewer could otherwise forge those headers through the first hop.
    """
    groups: dict[tuple[str, int], Group] = {}
    contradicting: list[ProxyHost] = []
    for host in sorted(hosts, key=lambda host: host.domain.name):
        listener = host.listener
        port = listener.port or (edge.https_port if listener.tls else edge.http_port)
        found = groups.setdefault((listener.bind, port), Group(listener, port, ()))
        joined = found.listener
        if listener.trusted and not joined.trusted and listener.tls == joined.tls:
            joined = replace(joined, trusted=listener.trusted, client_ip_headers=listener.client_ip_headers)
        elif listener.tls == joined.tls and (
            not listener.trusted or listener.client_ip_headers == joined.client_ip_headers
        ):
            joined = replace(joined, trusted=tuple(dict.fromkeys((*joined.trusted, *listener.trusted))))
        else:
            contradicting.append(host)
        groups[(listener.bind, port)] = replace(found, listener=joined, hosts=(*found.hosts, host))
    return list(groups.values()), contradicting


def server_options(group: Group, version: Version) -> Document:
    """The options that belong to the whole server object."""
    options: Document = {}
    if group.listener.trusted:
        options["trusted_proxies"] = {"source": "static", "ranges": list(group.listener.trusted)}
        options["trusted_proxies_strict"] = 1  # right to left: the first address that is no hop of ours
        if group.listener.client_ip_headers:
            options["client_ip_headers"] = list(group.listener.client_ip_headers)
    if version.write_idle and group.streams:
        options["write_idle_timeout"] = NEVER
    return options


def own_server(group: Group, edge: Edge, version: Version, key: str) -> Document:
    """A server object that is all ours."""
    names = [host.domain.name for host in group.hosts]
    server: Document = {
        ID: f"{PREFIX}server-{key.removeprefix(PREFIX)}",
        "listen": [group.listen],
        "routes": [host_route(host, edge) for host in group.hosts],
        **server_options(group, version),
    }
    if edge.log_folder:
        server["logs"] = {"logger_names": {name: [logger_name(name)] for name in names}}
    if not group.listener.tls:
        server["automatic_https"] = {"skip": names}
    return server


def own_key(group: Group, taken: Document) -> str:
    """The key of our server object: after the listener, with the port when that name is taken."""
    key = PREFIX + group.listener.name
    return f"{key}-{group.port}" if key in taken else key


def join_server(server: Document, group: Group, edge: Edge) -> None:
    """Put our routes in front on a hand-written server, and our log entries beside the ones there."""
    server["routes"] = [*(host_route(host, edge) for host in group.hosts), *server.get("routes", [])]
    names = [host.domain.name for host in group.hosts]
    if edge.log_folder:
        if "logs" not in server:  # hosts of others were not logged so far, and stay so
            server["logs"] = {ID: f"{PREFIX}logs-{group.listener.name}-{group.port}", "skip_unmapped_hosts": True}
        entries = {name: [logger_name(name)] for name in names}
        server["logs"]["logger_names"] = {**server["logs"].get("logger_names", {}), **entries}
    if not group.listener.tls:
        automatic = server.setdefault("automatic_https", {})
        automatic["skip"] = [*automatic.get("skip", []), *names]


def consent_to(server: Document, key: str, options: Document) -> None:
    """Set options on a hand-written server, with its owner's consent, where it has none of its own.

    A server with an `@id` of somebody else is left alone: there is no place to note what to take back.
    """
    if ID in server:
        return
    mine = {name: value for name, value in options.items() if name not in server}
    if "trusted_proxies" not in mine:  # whom to trust and for which headers belong together
        mine = {name: value for name, value in mine.items() if name == "write_idle_timeout"}
    if mine:
        server |= {ID: f"{CONSENTED}{key}:{','.join(mine)}", **mine}


def unmet_options(server: Document, options: Document) -> tuple[str, ...]:
    """Which of the options a hand-written server lacks, or has otherwise."""
    unmet = [name for name, value in options.items() if server.get(name) != value]
    idle = server.get("write_idle_timeout")
    if isinstance(idle, int) and (idle < 0 or idle >= LONG_ENOUGH):
        unmet = [name for name in unmet if name != "write_idle_timeout"]
    return tuple(unmet)


def remove_from_server(server: Document) -> None:
    """Take everything of ours out of a hand-written server."""
    if has_consented(server):
        for name in (*server[ID].rpartition(":")[2].split(","), ID):
            server.pop(name, None)
    gone = [route[ID].removeprefix(PREFIX) for route in server.get("routes", []) if is_ours(route)]
    if gone:
        server["routes"] = [route for route in server["routes"] if not is_ours(route)]
    _remove_log_entries(server)
    skip = server.get("automatic_https", {}).get("skip", [])
    if any(name in gone for name in skip):
        server["automatic_https"]["skip"] = [name for name in skip if name not in gone]
        for name in ("skip", "automatic_https"):
            holder = server["automatic_https"] if name == "skip" else server
            if not holder[name]:
                del holder[name]


def _remove_log_entries(server: Document) -> None:
    logs = server.get("logs")
    if is_ours(logs):
        del server["logs"]
    elif isinstance(logs, dict) and "logger_names" in logs:
        entries = logs["logger_names"]
        kept = {name: loggers for name, loggers in entries.items() if not _all_ours(loggers)}
        if kept or not entries:
            logs["logger_names"] = kept
        else:
            del logs["logger_names"]


def _all_ours(loggers: object) -> bool:
    names = loggers if isinstance(loggers, list) else [loggers]
    return bool(names) and all(str(name).startswith(PREFIX) for name in names)


def listening_on(servers: dict[str, Document], group: Group) -> str | None:
    """The key of the hand-written server that already listens where this group enters, or None.

    A server on one address only does not stand in the way of ours on all addresses: the kernel
    gives each connection to the more exact one.
    """
    for key, server in servers.items():
        if not is_ours(server):
            for bind, first, last in _listens(server):
                if first <= group.port <= last and bind in (group.bind, *_WILDCARDS):
                    return key
    return None


def _listens(server: Document) -> Iterator[tuple[str, int, int]]:
    for entry in server.get("listen", []):
        network, _, address = str(entry).rpartition("/")
        if network not in ("", "tcp", "tcp4", "tcp6"):
            continue
        if match := _PORTS.search(address):
            first = int(match[1])
            yield address[: match.start()], first, int(match[2] or first)
