"""The picture of a connection: home, router, provider, internet, and where it stops. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from wizard.core.nat_kinds import Confidence, Kind
from wizard.core.nat_view import Space, View


class Passage(StrEnum):
    """What becomes of a connection from outside at this stop."""

    PASSES = "passes"
    NEEDS_CHANGE = "needs-change"  # passes once the owner forwards a port there
    STOPS = "stops"
    UNREACHED = "unreached"  # it stops before
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of the picture, home first. `addresses` are (label, address) pairs."""

    key: str
    title: str
    addresses: tuple[tuple[str, str], ...]
    passage: Passage


def picture_of(view: View, kind: Kind, confidence: Confidence) -> tuple[Stop, ...]:
    """The stops from home to the internet, with the addresses that are known."""
    stops = list(_stops(view, kind))
    blocked = {"carrier": Kind.CGNAT, "translator": Kind.DS_LITE}
    is_blocked = any(stop[0] in blocked for stop in stops) and confidence is not Confidence.POSSIBLE
    drawn = []
    for key, title, addresses in stops:
        shown = tuple((label, address) for label, address in addresses if address)
        drawn.append(Stop(key, title, shown, _passage(key, kind, confidence, is_blocked=is_blocked)))
    return tuple(drawn)


def _stops(view: View, kind: Kind) -> Iterator[tuple[str, str, tuple[tuple[str, str], ...]]]:
    machine = view.facts.machine.value
    yield "home", "Your home", (("This machine", "" if view.vpn else machine.four.address), ("IPv6", view.own6))
    if kind is not Kind.NO_NAT:
        gateway = "" if machine.is_bridged else next(iter(machine.four.gateways), "")
        nearest = view.inner or view.outer
        yield "router", "Your router", (("At home", gateway), ("Internet side", _wan_words(nearest)))
    match kind:
        case Kind.DOUBLE_NAT:
            outer = view.outer if view.inner else None
            near = (outer.gateway if outer else "") or next(iter(view.facts.pages.value), "")
            yield "second", "Your second router", (("Home side", near), ("Internet side", _wan_words(outer)))
        case Kind.TWO_NATS | Kind.OTHER_ADDRESS:
            hop = next((hop.address for hop in view.beyond[:1]), "")
            yield "somebody", "A second translator, yours or your provider's", (("Home side", hop),)
        case Kind.CGNAT:
            yield "carrier", "Your provider's translator", (("Home side", _carrier_side(view)),)
        case Kind.DS_LITE:
            yield "translator", "Your provider's IPv4-in-IPv6 translator", ()
        case Kind.VPN:
            yield "vpn", "A VPN", (("Interface", view.vpn),)
        case _:
            pass
    seen = ", ".join(view.seen) or ", ".join(sorted(view.equals))
    label = "Seen through the VPN as" if view.vpn else "Sees you as"
    yield "internet", "The internet", ((label, seen), (f"{label}, IPv6", view.public6))


def _carrier_side(view: View) -> str:
    return next((hop.address for hop in view.beyond[:1] if hop.address), "")


def _wan_words(wan: object) -> str:
    space = getattr(wan, "space", None)
    return "not told" if space is Space.HIDDEN else str(getattr(wan, "address", ""))


def _passage(key: str, kind: Kind, confidence: Confidence, *, is_blocked: bool) -> Passage:
    if key == "internet":
        return Passage.PASSES
    if kind in {Kind.UNKNOWN, Kind.VPN, Kind.OFFLINE, Kind.MULTI_WAN, Kind.OTHER_ADDRESS, Kind.TWO_NATS}:
        return Passage.UNKNOWN
    if confidence is Confidence.POSSIBLE:
        return Passage.UNKNOWN
    if is_blocked:
        return Passage.STOPS if key in {"carrier", "translator"} else Passage.UNREACHED
    return Passage.NEEDS_CHANGE if key in {"router", "second"} else Passage.PASSES
