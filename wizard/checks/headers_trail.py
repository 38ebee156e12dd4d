"""The way of a viewer's address, hop by hop, from what the `headers` check saw. Pure.

What cannot be observed from here is said to be unseen; nothing is concluded that another cause would explain as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wizard.checks.headers_address import is_ours, is_public, public_ipv6, same
from wizard.checks.headers_seen import ARRIVED, CLIENT, PEER, Echoed, Endpoint, Seen, Way
from wizard.checks.headers_sent import FORGED_ADDRESS
from wizard.core.addresses import Kind, kind_of, parse_address
from wizard.media import MEDIA


class Step(StrEnum):
    """What became of the address at one hop. LOST marks the first hop that loses it, and no other."""

    KEPT = "kept"
    LOST = "lost"
    AFTER = "after"  # behind the hop that lost it
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Station:
    """One hop: who asked it, what it told the next one, and a sentence where that needs one."""

    name: str
    step: Step
    saw: str = ""
    passed: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What Caddy told our echo, and what arrived there."""

    peer: str
    arrived: str
    client: str
    value: str
    cloudflare: str

    @property
    def told(self) -> str:
        """What the hop before Caddy said about the viewer, our own lie left out."""
        if self.cloudflare:
            return f"CF-Connecting-IP: {self.cloudflare}"
        rest = [part.strip() for part in self.arrived.split(",") if part.strip() and FORGED_ADDRESS not in part]
        return f"X-Forwarded-For: {', '.join(rest)}" if rest else ""


def trail_of(seen: Seen) -> tuple[Station, ...]:
    """Every hop from this machine to the media server; empty when the echo or Caddy told nothing about them."""
    echoed, way = seen.echoed, seen.way
    if echoed is None or way is None:
        return ()
    places = [number for number, hop in enumerate(way.hops) if hop.startswith("Caddy")]
    facts = _facts(echoed)
    if not places or not facts.peer:
        return ()
    caddy = places[0]
    front = _before_caddy(way.hops[1:caddy], way, facts, seen)
    here = _caddy(way.hops[caddy], way, facts, seen, is_lost=_is_lost(front))
    known = [_viewer(seen), *front, here]
    behind = tuple(_tunnel(hop, echoed, is_lost=_is_lost(known)) for hop in way.hops[caddy + 1 : -1])
    return (*known, *behind, _server(way, facts, echoed, seen, is_lost=_is_lost(known)))


def first_lost(stations: tuple[Station, ...]) -> Station | None:
    """The hop that loses the address; None when none was seen to."""
    return next((station for station in stations if station.step is Step.LOST), None)


def trail_words(seen: Seen) -> str:
    """The same as lines of text, to stand in a verdict's detail; empty when nothing is known."""
    lines = []
    for number, station in enumerate(trail_of(seen), 1):
        facts = [
            f"asked from {station.saw}" if station.saw else "",
            f"passed on {station.passed}" if station.passed else "",
        ]
        told = ", ".join(fact for fact in facts if fact)
        lines.append(
            " ".join(part for part in (f"{number}. {station.name}: {station.step}.", told, station.note) if part)
        )
    return "\n".join(lines)


def _facts(echoed: Echoed) -> _Facts:
    peer, arrived, client, value, cloudflare = (
        (echoed.value(name) or "").strip() for name in (PEER, ARRIVED, CLIENT, "X-Forwarded-For", "CF-Connecting-IP")
    )
    return _Facts(peer, arrived, client, value, cloudflare)


def _is_lost(stations: list[Station]) -> bool:
    return any(station.step is Step.LOST for station in stations)


def _is_ours(value: str, seen: Seen) -> bool:
    return is_ours(value, seen.local_address, seen.peer_address)


def _viewer(seen: Seen) -> Station:
    note = f"Asked {seen.peer_address}." if seen.peer_address else ""
    return Station("This machine, as a viewer", Step.KEPT, passed=seen.local_address, note=note)


def _before_caddy(hops: tuple[str, ...], way: Way, facts: _Facts, seen: Seen) -> list[Station]:
    if _is_ours(facts.client, seen) or (not way.trusts and _is_ours(facts.peer, seen)):
        return [_kept(hop, way, facts, is_last=hop is hops[-1]) for hop in hops]
    if not way.trusts or not hops:
        unseen = [Station(hop, Step.UNSEEN, note="It may or may not be the one that loses it.") for hop in hops]
        note = "It stands in place of the viewer: often a container network's gateway, or a second proxy."
        return [*unseen, Station(f"The hop with the address {facts.peer}", Step.LOST, passed=facts.peer, note=note)]
    *earlier, last = hops
    where = "Lost here or before." if earlier else "It tells Caddy no address of the viewer."
    unseen = [Station(hop, Step.UNSEEN, note="What it passes on shows only behind the next hop.") for hop in earlier]
    return [*unseen, Station(last, Step.LOST, passed=facts.told or "no address of the viewer", note=where)]


def _kept(hop: str, way: Way, facts: _Facts, *, is_last: bool) -> Station:
    if not way.trusts:
        return Station(hop, Step.KEPT, note="Caddy sees the address on the connection itself.")
    if not is_last:
        return Station(hop, Step.KEPT, note="The next hop could not know the address otherwise.")
    return Station(hop, Step.KEPT, passed=facts.told)


def _caddy(name: str, way: Way, facts: _Facts, seen: Seen, *, is_lost: bool) -> Station:
    passed = f"X-Forwarded-For: {facts.value}" if facts.value else "no address"
    if FORGED_ADDRESS in facts.value:
        return Station(name, Step.AFTER if is_lost else Step.LOST, facts.peer, passed, "It believes a false address.")
    if is_lost:
        return Station(name, Step.AFTER, facts.peer, passed)
    if not way.forwards:
        return Station(name, Step.LOST, facts.peer, passed, "“Forward client IP headers” is switched off.")
    if _is_ours(facts.client, seen) and same(facts.client, facts.value):
        return Station(name, Step.KEPT, facts.peer, passed)
    note = f"It takes {facts.client} for the viewer." if facts.client != facts.peer else ""
    return Station(name, Step.LOST, facts.peer, passed, note)


def _tunnel(name: str, echoed: Echoed, *, is_lost: bool) -> Station:
    peer = parse_address(echoed.peer)
    if peer is not None and peer.is_loopback:
        # Porthole beside Caddy: what it sees never went through the tunnel
        note = "Our test address lies beside Caddy, so nothing went this way. A tunnel leaves headers as they are."
        return Station(name, Step.AFTER if is_lost else Step.UNSEEN, note=note)
    note = f"Our test address at home was asked from {echoed.peer}."
    return Station(name, Step.AFTER if is_lost else Step.KEPT, note=note)


def _server(way: Way, facts: _Facts, echoed: Echoed, seen: Seen, *, is_lost: bool) -> Station:
    title = MEDIA[way.media].title if way.media != "other" else "Your application"
    if is_lost:
        return Station(title, Step.AFTER, note=f"It would see {facts.value or echoed.peer} for this viewer.")
    if seen.endpoint is not None and seen.endpoint.is_in_network is not None:
        return _told_by_server(title, facts, seen.endpoint)
    note = f"Our test address stood in for it and was told {facts.value}."
    if way.media == "plex":
        note += f" What Plex makes of it shows only while somebody watches.{_plex_caution(facts, echoed)}"
    return Station(title, Step.UNSEEN, note=note)


def _told_by_server(title: str, facts: _Facts, endpoint: Endpoint) -> Station:
    place = "at home" if endpoint.is_in_network else "away from home"
    said = f"{title} itself says that {facts.value} is {place}."
    if is_public(facts.value):
        step = Step.LOST if endpoint.is_in_network else Step.KEPT
        return Station(title, step, note=said)
    note = f"{said} From an address at home that proves nothing about viewers outside."
    return Station(title, Step.UNSEEN, note=note)


def _plex_caution(facts: _Facts, echoed: Echoed) -> str:
    """What was reported of Plex and not confirmed for newer versions."""
    if public_ipv6((facts.value,)):
        return " It was seen to ignore IPv6 addresses."
    peer = parse_address(echoed.peer)
    if peer is not None and kind_of(peer) in {Kind.SHARED, Kind.TAILNET}:
        return f" Whether it believes a proxy at {echoed.peer} is not known."
    return ""
