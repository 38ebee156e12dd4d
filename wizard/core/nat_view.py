"""Facts about a connection, sorted for judging: which address the router has, who else stands on the way. Pure.

Signals and their limits: the guide `cgnat.md`, and RFC 6598, 6333, 7335 for the networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wizard.core.addresses import Address, Kind, is_routed, is_translated, kind_of, parse_address
from wizard.core.connection import NO_ADDRESS, Facts, Gateway, Hop, Interface

OVERLAYS = ("tailscale", "wt", "netbird", "zt")
"""How interfaces of Tailscale, NetBird and ZeroTier begin."""
VPNS = (*OVERLAYS, "tun", "tap", "wg", "utun", "nordlynx", "proton", "mullvad")
OWN_BOX_MILLISECONDS = 2.0
"""A second router in the same house answers within this, measured from the first one."""


class Space(StrEnum):
    """Whose address space a router's WAN address is from."""

    ROUTED = "routed"  # the internet's
    SHARED = "shared"  # 100.64.0.0/10
    PRIVATE = "private"
    TRANSLATED = "translated"  # 192.0.0.0/29
    HIDDEN = "hidden"  # a router that is connected and gives no address


@dataclass(frozen=True, slots=True)
class Wan:
    """What one router says of its own internet side. `gateway` is empty for an address that was typed."""

    space: Space
    address: str
    gateway: str
    source: str


@dataclass(frozen=True, slots=True)
class View:
    """The facts, sorted.

    `outer` is the WAN of the outermost own router, `inner` that of the one before it. `seen` are the addresses
    under which this machine was seen, `equals` all with which a WAN may be compared. `vpn` names the interface of a
    VPN in use: then `seen` and `beyond` say nothing of the line. `beyond` are the hops past the own router.
    """

    facts: Facts
    wans: tuple[Wan, ...]
    inner: Wan | None
    outer: Wan | None
    is_chained: bool
    seen: tuple[str, ...]
    equals: frozenset[str]
    vpn: str
    beyond: tuple[Hop, ...]
    varies: bool | None
    public6: str
    own6: str

    @property
    def is_clear(self) -> bool:
        """True when the hop right past the own routers is on the internet."""
        past = self.beyond[1:] if self.is_chained else self.beyond
        return bool(past) and not self.vpn and _is(past[0].address, is_routed)

    def hop_in(self, *kinds: Kind) -> Hop | None:
        """The first hop past the own router in networks of these kinds."""
        return next((hop for hop in self.beyond if (a := parse_address(hop.address)) and kind_of(a) in kinds), None)

    @property
    def translated_hop(self) -> Hop | None:
        """The first hop in IPv4's own end of DS-Lite."""
        return next((hop for hop in self.beyond if _is(hop.address, is_translated)), None)


def view_of(facts: Facts) -> View:
    """Sort some facts. Never raises, whatever they hold."""
    vpn = vpn_in_use(facts)
    wans = _wans(facts)
    inner, outer, is_chained = _chain(wans)
    seen = tuple(dict.fromkeys(one.address for one in (*facts.stun.value, *facts.public4.value) if _v4(one.address)))
    told = [fact.value for fact in (facts.browser, facts.plex, facts.peer) if fact.is_known and _v4(fact.value)]
    return View(
        facts=facts,
        wans=wans,
        inner=inner,
        outer=outer,
        is_chained=is_chained,
        seen=seen,
        equals=frozenset((*seen, *told)),
        vpn=vpn,
        beyond=() if vpn else hops_beyond(facts),
        varies=_varies(facts),
        public6=next((one.address for one in facts.public6.value), ""),
        own6=facts.machine.value.six.address,
    )


def is_overlay(interface: Interface) -> bool:
    """True for an interface of Tailscale, NetBird or the like, whose 100.x address says nothing of the provider."""
    kinds = [kind_of(a) for text in interface.addresses if (a := parse_address(text))]
    return interface.name.startswith(OVERLAYS) or Kind.TAILNET in kinds


def overlay_addresses(facts: Facts) -> frozenset[str]:
    """The addresses of this machine that belong to a network laid over the internet."""
    own = [text for one in facts.machine.value.interfaces if is_overlay(one) for text in one.addresses]
    return frozenset((*own, *facts.tailnet.value))


def vpn_in_use(facts: Facts) -> str:
    """The name of the tunnel through which this machine reaches the internet; empty for none.

    464XLAT's own interface is none: its address is in 192.0.0.0/29.
    """
    outward = facts.machine.value.four
    if not outward.interface or _is(outward.address, is_translated):
        return ""
    found = next((one for one in facts.machine.value.interfaces if one.name == outward.interface), None)
    is_tunnel = found is not None and (found.is_tunnel or is_overlay(found))
    is_tunnel = is_tunnel or outward.address in overlay_addresses(facts) or outward.interface.startswith(VPNS)
    return outward.interface if is_tunnel else ""


def space_of(address: Address) -> Space | None:
    """The space of a WAN address; None for what no router can have."""
    if is_translated(address):
        return Space.TRANSLATED
    match kind_of(address):
        case Kind.SHARED:
            return Space.SHARED
        case Kind.PRIVATE if address.version == 4:
            return Space.PRIVATE
        case _:
            return Space.ROUTED if address.version == 4 and is_routed(address) else None


def _wans(facts: Facts) -> tuple[Wan, ...]:
    overlay = overlay_addresses(facts)
    found: list[Wan] = []
    if facts.typed.is_known:
        found += _wan("", facts.typed.value, "typed", overlay)
        if facts.typed.value == NO_ADDRESS:
            found.append(Wan(Space.HIDDEN, "", "", "typed"))
    for source in ("upnp", "nat_pmp", "pcp"):
        for gateway in getattr(facts, source).value:
            said = _wan(gateway.address, gateway.wan, source, overlay)
            found += said or _hidden(gateway, source)
    known = {wan.gateway for wan in found if wan.space is not Space.HIDDEN}
    # where one protocol told the address, the silence of another says nothing
    return tuple(wan for wan in found if wan.space is not Space.HIDDEN or wan.gateway not in known)


def _wan(gateway: str, text: str, source: str, overlay: frozenset[str]) -> list[Wan]:
    address = parse_address(text)
    space = space_of(address) if address else None
    if address is None or space is None or str(address) in overlay:
        return []
    return [Wan(space, str(address), gateway, source)]


def _hidden(gateway: Gateway, source: str) -> list[Wan]:
    """A router that is connected and gives no address: many do that when it is not public (miniupnpd does)."""
    is_told = source == "upnp" and gateway.is_connected is not False and gateway.wan in {"", "0.0.0.0"}  # noqa: S104 -- what routers say, never bound
    return [Wan(Space.HIDDEN, "", gateway.address, source)] if is_told else []


def _chain(wans: tuple[Wan, ...]) -> tuple[Wan | None, Wan | None, bool]:
    """The inner and the outer WAN, and whether the outer router stands where the inner one's WAN leads."""
    private = [wan for wan in wans if wan.space is Space.PRIVATE]
    others = [wan for wan in wans if wan.space is not Space.PRIVATE]
    for inner in private:
        for outer in wans:
            if outer.gateway and outer.gateway != inner.gateway and _are_near(inner.address, outer.gateway):
                return inner, outer, True
    if private and others:
        # which of them stands outside is not seen; the one with the address that is not private
        return private[0], others[0], False
    ordered = sorted(wans, key=lambda wan: (wan.space is Space.HIDDEN, wan.space is Space.ROUTED))
    return None, (ordered[0] if ordered else None), False


def _are_near(one: str, other: str) -> bool:
    return one.rpartition(".")[0] == other.rpartition(".")[0] and one != other


def hops_beyond(facts: Facts) -> tuple[Hop, ...]:
    """The hops past the own router. The first hop of a container in a bridge is only its own host."""
    hops = tuple(sorted(facts.hops.value, key=lambda hop: hop.distance))
    gateways = facts.machine.value.four.gateways
    router = next((number for number, hop in enumerate(hops) if hop.address and hop.address in gateways), 0)
    overlay = overlay_addresses(facts)
    rest = hops[router + 1 + (1 if facts.machine.value.is_bridged else 0) :]
    return tuple(hop for hop in rest if hop.address not in overlay)


def _varies(facts: Facts) -> bool | None:
    """Whether the router's mapping changes with the server asked, from one socket (RFC 4787, section 4.1)."""
    mapped = {(one.address, one.port) for one in facts.stun.value}
    return None if len({one.service for one in facts.stun.value}) < 2 else len(mapped) > 1


def _v4(text: str) -> bool:
    address = parse_address(text)
    return address is not None and address.version == 4 and is_routed(address)


def _is(text: str, question: object) -> bool:
    address = parse_address(text)
    return bool(address and callable(question) and question(address))
