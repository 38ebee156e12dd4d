"""The one sentence of a verdict on a connection, and the one fact that would settle it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.core.addresses import Kind as Net
from wizard.core.connection import Place
from wizard.core.nat_kinds import Confidence, Kind
from wizard.core.nat_view import Space, View


@dataclass(frozen=True, slots=True)
class Settle:
    """What one more fact would settle. `code` is a greppable literal, `action` one imperative sentence."""

    code: str
    action: str
    guide: str


def sentence_of(view: View, kind: Kind, confidence: Confidence) -> str:
    """What is so, in one sentence with the person's own addresses."""
    if kind is Kind.UNKNOWN:
        return _unknown(view)
    said = _SENTENCES[kind](view)
    match confidence:
        case Confidence.LIKELY if kind in _HEDGED:
            return f"Most likely {said[0].lower()}{said[1:]}" if _is_plain(said) else f"Most likely: {said}"
        case Confidence.POSSIBLE:
            return f"Perhaps {said[0].lower()}{said[1:]}" if _is_plain(said) else f"Perhaps: {said}"
        case _:
            return said


def settle_of(view: View, kind: Kind, confidence: Confidence) -> Settle | None:
    """The fact that would make the verdict surer; None when it is certain and says whose the translator is."""
    if kind is Kind.TWO_NATS:
        return _whose(view)
    if kind is Kind.VPN or (view.vpn and confidence is not Confidence.CERTAIN):
        return Settle(
            "vpn-off", f"Switch off the VPN on this machine ({view.vpn}), then look again.", "cgnat#settle-vpn"
        )
    if confidence is Confidence.CERTAIN:
        return None
    if view.facts.place.value is Place.SERVER and not view.facts.typed.is_known:
        return Settle(
            "doctor-at-home",
            "Run `porthole doctor --json` on a machine at home and paste what it prints.",
            "cgnat#from-a-server",
        )
    if kind is Kind.OFFLINE:
        return Settle(
            "internet", "Check that this machine reaches the internet, then look again.", "cgnat#settle-offline"
        )
    if kind is Kind.DOUBLE_NAT:
        return _outer_box(view)
    if view.facts.typed.is_known:
        return _compare()
    return Settle(
        "typed-wan",
        f"Open your router's page{_router_at(view)}, read its WAN or internet IPv4 address and enter it.",
        "cgnat#settle-router-page",
    )


def _whose(view: View) -> Settle:
    box = _second_box(view)
    where = f"http://{box}" if box else "the gateway address that your router's status page shows"
    return Settle(
        "second-box",
        f"Open {where} in a browser at home. If a box of yours answers, enter the WAN address that it shows.",
        "cgnat#settle-second-box",
    )


def _outer_box(view: View) -> Settle:
    box = _second_box(view)
    where = f"http://{box}" if box else "the page of the outer box"
    return Settle("outer-wan", f"Open {where}, read its WAN address and enter it.", "cgnat#settle-second-box")


def _compare() -> Settle:
    return Settle(
        "compare",
        "Search for “what is my IP” on a device at home without a VPN, and compare it with your router's address.",
        "cgnat#how-to-tell",
    )


def _second_box(view: View) -> str:
    if view.facts.pages.value:
        return view.facts.pages.value[0]
    hop = view.hop_in(Net.PRIVATE)
    return hop.address if hop and view.beyond and hop == view.beyond[0] else ""


def _router_at(view: View) -> str:
    gateway = next(iter(view.facts.machine.value.four.gateways), "")
    bridged = view.facts.machine.value.is_bridged
    return f" at http://{gateway}" if gateway and not bridged else ""


def _cgnat(view: View) -> str:
    seen = _seen_as(view)
    if view.outer and view.outer.space is Space.SHARED:
        own = view.outer.address
        return f"You are behind CGNAT: your router's address is {own}, which is no public one{seen}."
    if hop := view.hop_in(Net.SHARED):
        return f"You are behind CGNAT: {hop.address} on your way out belongs to a provider's translator{seen}."
    if view.outer and view.outer.space is Space.HIDDEN:
        return f"You are behind CGNAT: your router is connected and has no public address to tell{seen}."
    own = view.facts.machine.value.four.address
    return f"You are behind CGNAT: {_address(view) or own} is no public address{seen}."


def _open(view: View) -> str:
    address = _address(view)
    if address and address in view.equals:
        return f"You are not behind CGNAT: your router has the public address {address} itself."
    if address:
        return f"You are not behind CGNAT: your router's address {address} is a public one."
    return "You are not behind CGNAT: the way out leads from your router straight onto the internet."


def _double(view: View) -> str:
    inner = f" {view.inner.address}" if view.inner else ""
    if view.outer and view.outer.space is Space.ROUTED:
        return (
            f"Two routers of your own stand in a row: the inner one has the address{inner}, the outer one the "
            f"public {view.outer.address}."
        )
    box = f" at {view.facts.pages.value[0]}" if view.facts.pages.value else ""
    return f"A second router of your own{box} stands in front of yours, whose address {_address(view)} is private."


def _two(view: View) -> str:
    wan = f", because its address {view.outer.address} is private" if view.outer and view.outer.address else ""
    return f"A second translator stands in front of your router{wan}: a box of your own, or your provider's."


def _ds_lite(view: View) -> str:
    six = " IPv6 is yours." if view.public6 else ""
    return f"Your line carries IPv4 only inside IPv6, through your provider's translator (DS-Lite or similar).{six}"


def _multi(view: View) -> str:
    addresses = " and ".join(dict.fromkeys((*(w.address for w in view.wans if w.address), *view.seen)))
    return f"You have more than one internet line: {addresses or 'several gateways'} are in use."


def _other(view: View) -> str:
    own = _address(view) or view.facts.machine.value.four.address
    return (
        f"Something stands between {own} and the internet, which sees {view.seen[0]}: a second line, a VPN on the "
        "router, or CGNAT with unusual addresses."
    )


def _vpn(view: View) -> str:
    return f"We measured your VPN ({view.vpn}), not your line, so nothing can be said about CGNAT yet."


def _no_nat(view: View) -> str:
    own = view.facts.machine.value.four.address
    return f"This machine has the public address {own} itself, with no router in between."


def _offline(_view: View) -> str:
    return "No service out there answered, so this machine may have no internet or may not be let out."


def _unknown(view: View) -> str:
    if view.facts.place.value is Place.SERVER:
        return "We cannot see your home from this rented server, so we could not tell whether you are behind CGNAT."
    seen = _seen_as(view)
    return f"We could not tell whether you are behind CGNAT: your router did not say which address it has{seen}."


def _seen_as(view: View) -> str:
    if view.vpn or not view.equals:
        return ""
    return f", and the internet sees {next(iter(view.seen), '') or min(view.equals)}"


def _address(view: View) -> str:
    equal = next((wan.address for wan in view.wans if wan.address and wan.address in view.equals), "")
    return equal or (view.outer.address if view.outer else "")


def _is_plain(said: str) -> bool:
    return said.startswith(("You ", "A ", "Two ", "Your ", "Something ", "This ", "No ")) and said.count(". ") == 0


_HEDGED = frozenset(
    {Kind.CGNAT, Kind.OPEN, Kind.DOUBLE_NAT, Kind.TWO_NATS, Kind.DS_LITE, Kind.MULTI_WAN, Kind.NO_NAT}
)
_SENTENCES = {
    Kind.NO_NAT: _no_nat,
    Kind.OPEN: _open,
    Kind.CGNAT: _cgnat,
    Kind.DOUBLE_NAT: _double,
    Kind.TWO_NATS: _two,
    Kind.DS_LITE: _ds_lite,
    Kind.MULTI_WAN: _multi,
    Kind.OTHER_ADDRESS: _other,
    Kind.VPN: _vpn,
    Kind.OFFLINE: _offline,
}
