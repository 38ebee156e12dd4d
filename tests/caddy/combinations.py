"""Every combination of options that a proxy host can have, and a comparison that ignores names only."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from tests.caddy.talk import proxy_host
from tests.fakes.authority import issue_self_signed
from wizard.core.hosts import Listener, ProxyHost, Upstream, Verify, VerifyKind

PIN = issue_self_signed("pinned.plex.direct").certificate_pem

LISTENERS = {
    "main": Listener(),
    "main behind a VPS": Listener(trusted=("10.0.0.1/32", "fd00::1/128"), client_ip_headers=("X-Forwarded-For",)),
    "tunnel": Listener("tunnel", "127.0.0.1", 8081, False, ("127.0.0.1/32",), ("CF-Connecting-IP",)),
    "plain": Listener("plain", "", 8082, tls=False),
    "tailnet": Listener("tailnet", "fd7a:115c:a1e0::1", 8443),
}
VERIFICATIONS = {
    "http": None,
    "system": Verify(),
    "server-name": Verify(VerifyKind.SERVER_NAME, "192-168-1-20.abc.plex.direct"),
    "pinned": Verify(VerifyKind.PINNED, "pinned.plex.direct", PIN),
    "off": Verify(VerifyKind.OFF),
    "off with a name": Verify(VerifyKind.OFF, "192-168-1-20.abc.plex.direct"),
}
ADDRESSES = ("192.168.1.20", "fd00::20", "media_server.lan")
SWITCHES = tuple(itertools.product((True, False), repeat=3))


def combinations(listener: Listener) -> Iterator[ProxyHost]:
    """Every host that can enter there."""
    for verify, address, (forward, websocket, plex) in itertools.product(VERIFICATIONS.values(), ADDRESSES, SWITCHES):
        scheme = "http" if verify is None else "https"
        upstream = Upstream("plex", scheme, address, 32400, verify or Verify())
        yield proxy_host(
            name="plex.example.com",
            upstream=upstream,
            listener=listener,
            forward_client_ip=forward,
            websocket=websocket,
            plex_mode=plex,
        )
    for address in ADDRESSES:
        yield proxy_host(
            name="plex.localhost", upstream=Upstream("plex", "http", address, 32400), listener=listener, paused=True
        )


def told_apart(host: ProxyHost) -> str:
    """The options of a host, for a failing assertion."""
    verify = host.upstream.verify
    return (
        f"{host.upstream.scheme}://{host.upstream.dial} {verify.kind} {verify.server_name!r} "
        f"forward={host.forward_client_ip} websocket={host.websocket} plex={host.plex_mode} paused={host.paused}"
    )


def normalised(config: dict[str, Any]) -> dict[str, Any]:
    """The same configuration without ids, with servers named after their address and unordered lists in order."""
    plain: dict[str, Any] = _without_ids(config)
    http = plain.get("apps", {}).get("http", {})
    if "servers" in http:
        http["servers"] = {server["listen"][0]: server for server in http["servers"].values()}
        for server in http["servers"].values():
            server["routes"].sort(key=lambda route: route["match"][0]["host"])
            if "automatic_https" in server:
                server["automatic_https"]["skip"].sort()
    for log in plain["logging"]["logs"].values():
        log.get("exclude", []).sort()
    _normalise_policies(plain)
    return plain


def _normalise_policies(plain: dict[str, Any]) -> None:
    """The adapter writes a policy for each run of neighbours, and one without issuers, which changes nothing."""
    automation = plain.get("apps", {}).get("tls", {}).get("automation", {})
    merged: list[dict[str, Any]] = []
    for policy in automation.get("policies", []):
        same = next((known for known in merged if known["issuers"] == policy.get("issuers")), None)
        if same is not None:
            same["subjects"] = sorted([*same["subjects"], *policy["subjects"]])
        elif "issuers" in policy:
            merged.append(policy)
    if "policies" in automation:
        automation["policies"] = merged


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_ids(inner) for key, inner in value.items() if key != "@id"}
    return [_without_ids(inner) for inner in value] if isinstance(value, list) else value
