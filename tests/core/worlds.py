"""Whole worlds: what every witness would say in one topology, and the verdicts that are true there.

Addresses for examples (RFC 5737) stand for public ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wizard.core.connection import (
    Fact,
    Facts,
    Gateway,
    Hop,
    Interface,
    Machine,
    Outward,
    Place,
    Seen,
    State,
)
from wizard.core.nat_kinds import Kind

PUBLIC, OTHER_PUBLIC, SIX = "203.0.113.20", "198.51.100.9", "2001:db8::50"
LAN, GATEWAY = "192.168.1.50", "192.168.1.1"


@dataclass(frozen=True)
class World:
    """All facts of a topology, and every kind that may be called certain in it."""

    name: str
    facts: Facts
    true: frozenset[Kind]
    best: Kind  # what the complete facts lead to


def known(value: Any, source: str = "test") -> Fact[Any]:
    """A fact that was measured."""
    return Fact(value, State.MEASURED, source)


def machine(
    *, six: str = "", gateways: tuple[str, ...] = (GATEWAY,), more: tuple[Interface, ...] = (), **named: Any
) -> Fact[Any]:
    """A machine on the home network."""
    lan = Interface("eth0", (LAN, *([six] if six else ())))
    outward = Outward(six, "eth0") if six else Outward()
    return known(Machine((lan, *more), Outward(LAN, "eth0", gateways), outward, **named))


def gateways(wan: str, *, upnp_wan: str | None = None) -> dict[str, Any]:
    """One router that tells its address over every protocol; over UPnP perhaps another."""
    said = wan if upnp_wan is None else upnp_wan
    return {
        "upnp": known((Gateway(GATEWAY, said, "Box", True),)),
        "nat_pmp": known((Gateway(GATEWAY, wan),)),
        "pcp": known((Gateway(GATEWAY, wan),)),
    }


def seen_as(address: str, *, ports: tuple[int, int] = (4000, 4000)) -> dict[str, Any]:
    """Every service out there sees one address."""
    return {
        "stun": known((Seen("one:3478", address, ports[0]), Seen("two:3478", address, ports[1]))),
        "public4": known((Seen("http-one", address), Seen("http-two", address))),
        "plex": known(address),
        "peer": known(address),
        "browser": known(address),
    }


def hops(*addresses: str) -> Fact[Any]:
    """The way out, the own router first; one more millisecond each."""
    return known(tuple(Hop(number, address, number * 3.0) for number, address in enumerate(addresses, 1)))


def _facts(**named: Any) -> Facts:
    named.setdefault("machine", machine())
    named.setdefault("pages", known(()))
    named.setdefault("public6", known(()))
    return Facts(**named)


_OPEN = frozenset({Kind.OPEN})
_CARRIER = frozenset({Kind.CGNAT})
TAILSCALE = Interface("tailscale0", ("100.101.1.10", "fd7a:115c:a1e0::a01:10a"), is_tunnel=True)

WORLDS: tuple[World, ...] = (
    World(
        "one router with a public address",
        _facts(**gateways(PUBLIC), **seen_as(PUBLIC), hops=hops(GATEWAY, "198.51.100.1"), typed=known(PUBLIC)),
        _OPEN,
        Kind.OPEN,
    ),
    World(
        "the machine itself is on the internet",
        Facts(
            machine=known(Machine((Interface("eth0", (PUBLIC,)),), Outward(PUBLIC, "eth0", ("203.0.113.1",)))),
            hops=hops("203.0.113.1", "198.51.100.1"),
            **seen_as(PUBLIC),
        ),
        frozenset({Kind.NO_NAT, Kind.OPEN}),
        Kind.NO_NAT,
    ),
    World(
        "carrier NAT in the carriers' block",
        _facts(
            **gateways("100.64.0.2"), **seen_as(PUBLIC), hops=hops(GATEWAY, "100.64.0.1"), typed=known("100.64.0.2")
        ),
        _CARRIER,
        Kind.CGNAT,
    ),
    World(
        "carrier NAT whose router repeats what it learnt by STUN",
        _facts(**gateways(PUBLIC), **seen_as(PUBLIC), hops=hops(GATEWAY, "100.64.0.1"), typed=known("100.64.0.2")),
        _CARRIER,
        Kind.CGNAT,
    ),
    World(
        "carrier NAT on private addresses",
        _facts(
            **gateways("10.7.0.2", upnp_wan=""), **seen_as(PUBLIC), hops=hops(GATEWAY, "10.7.0.1", "198.51.100.1")
        ),
        frozenset({Kind.CGNAT, Kind.TWO_NATS}),
        Kind.CGNAT,
    ),
    World(
        "carrier NAT on squatted public addresses",
        _facts(**gateways(OTHER_PUBLIC), **seen_as(PUBLIC), hops=hops(GATEWAY, ""), typed=known(OTHER_PUBLIC)),
        frozenset(),
        Kind.OTHER_ADDRESS,
    ),
    World(
        "a second router at home",
        _facts(
            upnp=known((Gateway(GATEWAY, "192.168.0.5"), Gateway("192.168.0.1", PUBLIC))),
            nat_pmp=known((Gateway(GATEWAY, "192.168.0.5"), Gateway("192.168.0.1", PUBLIC))),
            pages=known(("192.168.0.1",)),
            hops=hops(GATEWAY, "192.168.0.1", "198.51.100.1"),
            **seen_as(PUBLIC),
        ),
        frozenset({Kind.DOUBLE_NAT, Kind.OPEN, Kind.TWO_NATS}),
        Kind.DOUBLE_NAT,
    ),
    World(
        "a second router at home, and carrier NAT before it",
        _facts(
            upnp=known((Gateway(GATEWAY, "192.168.0.5"), Gateway("192.168.0.1", "100.64.3.3"))),
            pages=known(("192.168.0.1",)),
            hops=hops(GATEWAY, "192.168.0.1", "100.64.3.1"),
            **seen_as(PUBLIC),
        ),
        frozenset({Kind.CGNAT, Kind.TWO_NATS}),
        Kind.CGNAT,
    ),
    World(
        "IPv4 inside IPv6, told by the router",
        _facts(
            machine=machine(six=SIX),
            **gateways("192.0.0.2"),
            **seen_as(PUBLIC),
            public6=known((Seen("http-one", SIX),)),
            hops=hops(GATEWAY, "192.0.0.1"),
        ),
        frozenset({Kind.DS_LITE}),
        Kind.DS_LITE,
    ),
    World(
        "a line of IPv6 alone",
        Facts(
            machine=known(Machine((Interface("eth0", (SIX,)),), Outward(), Outward(SIX, "eth0", ("fe80::1",)))),
            public4=known(()),
            public6=known((Seen("http-one", SIX),)),
            stun=known(()),
        ),
        frozenset(),
        Kind.DS_LITE,
    ),
    World(
        "UPnP off, carrier NAT",
        _facts(upnp=known(()), nat_pmp=known(()), **seen_as(PUBLIC), hops=hops(GATEWAY, "100.64.0.1")),
        _CARRIER,
        Kind.CGNAT,
    ),
    World(
        "a VPN in use, and a router that does not speak",
        Facts(
            machine=known(
                Machine(
                    (Interface("eth0", (LAN,)), Interface("wg0", ("10.9.0.2",), is_tunnel=True)),
                    Outward("10.9.0.2", "wg0", (GATEWAY,)),
                )
            ),
            upnp=known(()),
            stun=known((Seen("one:3478", OTHER_PUBLIC, 1), Seen("two:3478", OTHER_PUBLIC, 1))),
            public4=known((Seen("http-one", OTHER_PUBLIC),)),
            hops=hops("10.9.0.1", "198.51.100.1"),
        ),
        frozenset({Kind.VPN}),
        Kind.VPN,
    ),
    World(
        "two lines, shared out by the router",
        _facts(
            **gateways(PUBLIC),
            stun=known((Seen("one:3478", PUBLIC, 1), Seen("two:3478", OTHER_PUBLIC, 2))),
            public4=known((Seen("http-one", PUBLIC), Seen("http-two", OTHER_PUBLIC))),
            hops=hops(GATEWAY, "198.51.100.1"),
        ),
        frozenset({Kind.OPEN, Kind.MULTI_WAN}),
        Kind.OPEN,
    ),
    World(
        "Tailscale runs beside a public address",
        _facts(
            machine=machine(more=(TAILSCALE,)),
            tailnet=known(TAILSCALE.addresses),
            **gateways(PUBLIC),
            **seen_as(PUBLIC),
            hops=hops(GATEWAY, "198.51.100.1"),
        ),
        _OPEN,
        Kind.OPEN,
    ),
    World(
        "a container behind its host's bridge, and a public address",
        _facts(
            machine=machine(gateways=("172.17.0.1",), is_bridged=True),
            nat_pmp=known((Gateway(GATEWAY, PUBLIC),)),
            **seen_as(PUBLIC),
            hops=hops("172.17.0.1", GATEWAY, "198.51.100.1"),
        ),
        _OPEN,
        Kind.OPEN,
    ),
    World(
        "a rented server, and a home behind carrier NAT",
        Facts(
            place=known(Place.SERVER),
            machine=known(Machine((Interface("eth0", (OTHER_PUBLIC,)),), Outward(OTHER_PUBLIC, "eth0"))),
            stun=known((Seen("one:3478", OTHER_PUBLIC, 1),)),
            browser=known(PUBLIC),
            typed=known("100.64.0.2"),
        ),
        _CARRIER,
        Kind.CGNAT,
    ),
)
