"""What the owner should know beside the verdict on a connection. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.core.addresses import Kind, is_routed, kind_of, parse_address
from wizard.core.connection import Place
from wizard.core.nat_kinds import Note
from wizard.core.nat_view import Space, View, is_overlay


def notes_of(view: View) -> tuple[Note, ...]:
    """Every note that the facts give reason for."""
    return tuple(note for source in _NOTES for note in source(view))


def _vpn(view: View) -> Iterator[Note]:
    if view.vpn:
        yield Note(
            "vpn",
            f"This machine reaches the internet through {view.vpn}, a VPN or an exit node. "
            "What services out there see is the VPN's address, not yours.",
            "cgnat#vpn",
        )


def _hard(view: View) -> Iterator[Note]:
    if view.varies and not view.vpn:
        yield Note(
            "mapping-varies",
            "Your address or port looks different to every server. Direct paths between two homes, such as "
            "Tailscale's, will seldom work; relayed ones do.",
            "cgnat#evidence-stun",
        )


def _clash(view: View) -> Iterator[Note]:
    uses = any(is_overlay(one) for one in view.facts.machine.value.interfaces) or view.facts.tailnet.value
    carrier = any(wan.space is Space.SHARED for wan in view.wans) or view.hop_in(Kind.SHARED)
    own = parse_address(view.facts.machine.value.four.address)
    if uses and not view.vpn and (carrier or (own and kind_of(own) is Kind.SHARED)):
        yield Note(
            "same-numbers",
            "Your provider and your tailnet use the same numbers, 100.64.0.0/10. This machine may not reach "
            "equipment of your provider that has such an address.",
            "cgnat#tailscale-clash",
        )


def _six(view: View) -> Iterator[Note]:
    own = {text for one in view.facts.machine.value.interfaces for text in one.addresses} | {view.own6}
    if view.public6 and not view.vpn and view.public6 in own:
        yield Note(
            "ipv6",
            f"IPv6 works, and {view.public6} is this machine's own address. People with IPv6 can come in that way "
            "once your router's firewall lets them.",
            "routes#ipv6",
        )


def _server(view: View) -> Iterator[Note]:
    if view.facts.place.value is Place.SERVER:
        yield Note(
            "on-server",
            "Porthole runs on a rented server, so what it measures here says nothing about your home.",
            "cgnat#from-a-server",
        )


def _own_public(view: View) -> Iterator[Note]:
    own = parse_address(view.facts.machine.value.four.address)
    if own is not None and is_routed(own) and not view.facts.place.is_known and not view.vpn:
        yield Note(
            "own-public",
            "This machine has a public address itself. If it is a rented server, say so: then it says nothing about "
            "your home.",
            "cgnat#from-a-server",
        )


def _contradiction(view: View) -> Iterator[Note]:
    typed = next((wan for wan in view.wans if wan.source == "typed"), None)
    asked = {wan.address for wan in view.wans if wan.source != "typed" and wan.address}
    if typed and asked and typed.address not in asked and not view.is_chained:
        yield Note(
            "typed-differs",
            f"You typed {typed.address or 'no address'}, and the router that answered says "
            f"{', '.join(sorted(asked))}. Perhaps these are two routers, or the address has changed since.",
            "cgnat#evidence-typed",
        )


_NOTES = (_server, _own_public, _vpn, _hard, _clash, _six, _contradiction)
