"""The evidence behind a verdict on a connection: every fact in words, also those that were not measured. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from wizard.core.addresses import Kind as Net
from wizard.core.addresses import is_routed, is_translated, kind_of, parse_address
from wizard.core.connection import NO_ADDRESS, Fact, Facts, Gateway, State
from wizard.core.nat_view import is_overlay, vpn_in_use


class Bearing(StrEnum):
    """Which way a piece of evidence points."""

    PUBLIC = "public"  # an address of the internet itself
    BLOCKED = "blocked"  # a translator that is not yours
    NEUTRAL = "neutral"
    SILENT = "silent"  # asked, no answer
    NOT_MEASURED = "not-measured"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact in words. `name` is the field of Facts, `source` who said it, `guide` explains its weight."""

    name: str
    title: str
    words: str
    bearing: Bearing
    source: str
    at: datetime | None
    guide: str


_TITLES = {
    "typed": "The address on your router's page",
    "upnp": "Your router, asked by UPnP",
    "nat_pmp": "Your router, asked by NAT-PMP",
    "pcp": "Your router, asked by PCP",
    "stun": "How STUN servers see you",
    "public4": "Your public IPv4 address",
    "public6": "Your public IPv6 address",
    "hops": "The way out",
    "pages": "Boxes in front of your router",
    "machine": "This machine",
    "browser": "Your browser",
    "plex": "What Plex knows",
    "peer": "Your home in the tailnet",
    "tailnet": "Your tailnet",
}
_UNKNOWN = {
    "typed": "Nothing entered yet",
    "browser": "It did not come from outside",
    "plex": "Not asked",
    "peer": "The media server is not reached over a tailnet",
    "tailnet": "Not asked",
}
_SECTIONS = {
    "nat_pmp": "evidence-upnp",
    "pcp": "evidence-upnp",
    "upnp": "evidence-upnp",
    "public4": "evidence-public",
    "public6": "evidence-ipv6",
    "browser": "evidence-public",
    "plex": "evidence-public",
    "peer": "evidence-public",
    "tailnet": "evidence-machine",
    "pages": "double-nat",
}


def evidence_of(facts: Facts) -> tuple[Evidence, ...]:
    """Every fact in words, those that tell most first."""
    return tuple(one for name in _TITLES for one in _of(facts, name))


def _of(facts: Facts, name: str) -> Iterator[Evidence]:
    fact: Fact[Any] = getattr(facts, name)
    guide = f"cgnat#{_SECTIONS.get(name, f'evidence-{name}')}"
    for words, bearing in _words(facts, name, fact):
        yield Evidence(name, _TITLES[name], words, bearing, fact.source, fact.at, guide)


def _words(facts: Facts, name: str, fact: Fact[Any]) -> Iterator[tuple[str, Bearing]]:
    if fact.state is State.NOT_ALLOWED:
        yield fact.note or "Not asked, because you did not allow it", Bearing.NOT_MEASURED
    elif not fact.is_known:
        yield fact.note or _UNKNOWN.get(name, "Not measured"), Bearing.NOT_MEASURED
    elif name == "machine":
        yield from _machine(facts)
    elif not fact.value:
        yield fact.note or "No answer", Bearing.SILENT
    else:
        yield from _WORDS[name](fact)


def _gateways(fact: Fact[tuple[Gateway, ...]]) -> Iterator[tuple[str, Bearing]]:
    for gateway in fact.value:
        who = f"{gateway.name} at {gateway.address}" if gateway.name else gateway.address
        if gateway.wan and gateway.wan != "0.0.0.0":  # noqa: S104 -- what routers say, never bound
            yield f"{who} says its internet address is {gateway.wan}{_what(gateway.wan)}", _bearing(gateway.wan)
        elif gateway.result == 12:
            yield f"{who} says that another translator stands between it and this machine", Bearing.BLOCKED
        elif gateway.result:
            yield f"{who} answers, and refuses to tell its address (result {gateway.result})", Bearing.NEUTRAL
        elif gateway.is_connected is False:
            yield f"{who} says that its line is down", Bearing.NEUTRAL
        else:
            yield (
                f"{who} is connected and tells no address, as routers do whose own address is not public",
                Bearing.BLOCKED,
            )


def _stun(fact: Fact[Any]) -> Iterator[tuple[str, Bearing]]:
    for seen in fact.value:
        yield f"{seen.service} sees {seen.address}, port {seen.port}", Bearing.NEUTRAL
    if len({one.service for one in fact.value}) > 1:
        same = len({(one.address, one.port) for one in fact.value}) == 1
        words = "Both saw the same address and port" if same else "They saw different ones: the mapping varies"
        yield words, Bearing.NEUTRAL


def _seen(fact: Fact[Any]) -> Iterator[tuple[str, Bearing]]:
    for seen in fact.value:
        yield f"{seen.service} sees {seen.address}", Bearing.NEUTRAL


def _hops(fact: Fact[Any]) -> Iterator[tuple[str, Bearing]]:
    for hop in fact.value:
        if not hop.address:
            yield f"{hop.distance}: no answer", Bearing.SILENT
            continue
        what = ", the target" if hop.is_end else _what(hop.address)
        yield (
            f"{hop.distance}: {hop.address}{what}, {hop.milliseconds:.1f} ms",
            _hop_bearing(hop.address, hop.distance),
        )


def _hop_bearing(text: str, distance: int) -> Bearing:
    address = parse_address(text)
    is_carrier = distance > 1 and address is not None and (kind_of(address) is Net.SHARED or is_translated(address))
    return Bearing.BLOCKED if is_carrier else Bearing.NEUTRAL


def _pages(fact: Fact[Any]) -> Iterator[tuple[str, Bearing]]:
    for address in fact.value:
        yield f"{address} answers with a page of its own, as a second router at home does", Bearing.NEUTRAL


def _typed(fact: Fact[str]) -> Iterator[tuple[str, Bearing]]:
    if fact.value == NO_ADDRESS:
        yield "You saw no IPv4 address there", Bearing.BLOCKED
    else:
        yield f"You read {fact.value}{_what(fact.value)}", _bearing(fact.value)


def _browser(fact: Fact[str]) -> Iterator[tuple[str, Bearing]]:
    yield f"It came from {fact.value}. That is your home's address if you sit at home, without a VPN", Bearing.NEUTRAL


def _plex(fact: Fact[str]) -> Iterator[tuple[str, Bearing]]:
    yield f"Plex was seen from {fact.value}", Bearing.NEUTRAL


def _peer(fact: Fact[str]) -> Iterator[tuple[str, Bearing]]:
    yield f"Tailscale reaches your home directly at {fact.value}", Bearing.NEUTRAL


def _tailnet(fact: Fact[Any]) -> Iterator[tuple[str, Bearing]]:
    yield f"{', '.join(fact.value)} belong to your tailnet and say nothing of your provider", Bearing.NEUTRAL


def _machine(facts: Facts) -> Iterator[tuple[str, Bearing]]:
    machine = facts.machine.value
    if machine.four.address:
        way = f" through {', '.join(machine.four.gateways)}" if machine.four.gateways else ""
        yield f"It goes out as {machine.four.address} on {machine.four.interface}{way}", Bearing.NEUTRAL
    else:
        yield "It has no way out over IPv4", Bearing.NEUTRAL
    yield (
        f"Over IPv6 as {machine.six.address}" if machine.six.address else "It has no way out over IPv6",
        Bearing.NEUTRAL,
    )
    if machine.is_bridged:
        yield "It is a container whose gateway is its own host, so its first hop is not your router", Bearing.NEUTRAL
    if vpn := vpn_in_use(facts):
        yield f"{vpn} is a VPN or an exit node in use", Bearing.NEUTRAL
    for one in machine.interfaces:
        if is_overlay(one) and one.addresses:
            yield (
                f"{', '.join(one.addresses)} on {one.name} belongs to a tailnet, not to your provider",
                Bearing.NEUTRAL,
            )


def _what(text: str) -> str:
    address = parse_address(text)
    if address is None:
        return ""
    if is_translated(address):
        return " (IPv4 inside IPv6)"
    return {Net.SHARED: " (the carriers' block)", Net.PRIVATE: " (private)"}.get(kind_of(address), "")


def _bearing(text: str) -> Bearing:
    address = parse_address(text)
    if address is None:
        return Bearing.NEUTRAL
    return Bearing.PUBLIC if is_routed(address) else Bearing.BLOCKED


class _Wording(Protocol):
    def __call__(self, fact: Fact[Any], /) -> Iterator[tuple[str, Bearing]]: ...


_WORDS: dict[str, _Wording] = {
    "typed": _typed,
    "upnp": _gateways,
    "nat_pmp": _gateways,
    "pcp": _gateways,
    "stun": _stun,
    "public4": _seen,
    "public6": _seen,
    "hops": _hops,
    "pages": _pages,
    "browser": _browser,
    "plex": _plex,
    "peer": _peer,
    "tailnet": _tailnet,
}
