"""What is known about an internet connection: facts as values, each with its source, its time and "not measured".

Pure. Gathered by `wizard.net.gather`, typed by the owner, or pasted; judged by `wizard.core.nat`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from wizard.core.addresses import Kind, kind_of, parse_address

T = TypeVar("T")


class State(StrEnum):
    """Whether a fact was measured, and if not, whether anybody asked."""

    MEASURED = "measured"
    NOT_MEASURED = "not-measured"
    NOT_ALLOWED = "not-allowed"  # the owner did not allow this question


class Place(StrEnum):
    """Where the machine that measured stands."""

    HOME = "home"
    SERVER = "server"  # rented, somewhere on the internet: what it measures says nothing about the home
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Fact(Generic[T]):
    """One fact. `value` counts only when it was measured; `source` is who said so, `note` why there is no value."""

    value: T
    state: State = State.NOT_MEASURED
    source: str = ""
    at: datetime | None = None
    note: str = ""

    @property
    def is_known(self) -> bool:
        """True when it was measured."""
        return self.state is State.MEASURED


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface of the machine. `is_tunnel` when the kernel drives it without a wire, as a VPN does."""

    name: str
    addresses: tuple[str, ...] = ()
    is_tunnel: bool = False


@dataclass(frozen=True, slots=True)
class Outward:
    """How this machine would send to the internet: its own address, the interface, the gateways of that family.

    Empty when it has no way out. `gateways` of more than one line are multi-WAN on the machine itself.
    """

    address: str = ""
    interface: str = ""
    gateways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that measured. `is_bridged`: it is a container whose gateway is its own host, not the router."""

    interfaces: tuple[Interface, ...] = ()
    four: Outward = field(default=Outward())
    six: Outward = field(default=Outward())
    is_bridged: bool = False


@dataclass(frozen=True, slots=True)
class Gateway:
    """A router that answered. `wan` is the address it says it has on its internet side; empty when it gave none.

    `is_connected` is what UPnP's GetStatusInfo said; `result` is the result code of NAT-PMP or PCP, 0 for success.
    """

    address: str
    wan: str = ""
    name: str = ""
    is_connected: bool | None = None
    result: int = 0
    link: str = ""  # the page that UPnP names for people


@dataclass(frozen=True, slots=True)
class Seen:
    """The address (and for STUN the port) under which a service out there saw us."""

    service: str
    address: str
    port: int = 0


@dataclass(frozen=True, slots=True)
class Hop:
    """One router on the way out; `address` is empty when it kept silent. `is_end`: the target itself."""

    distance: int
    address: str = ""
    milliseconds: float = 0.0
    is_end: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known about one connection. Without arguments: nothing is known.

    `pages` are private addresses past the own router that answer with a web page, as a second router does.
    `typed` is the WAN address read from the router's page, `-` when the router shows none. `peer` is where tailscaled
    reaches the machine with the media server directly, when that is another one than this.
    """

    place: Fact[Place] = field(default=Fact(Place.UNKNOWN))
    machine: Fact[Machine] = field(default=Fact(Machine()))
    upnp: Fact[tuple[Gateway, ...]] = field(default=Fact(()))
    nat_pmp: Fact[tuple[Gateway, ...]] = field(default=Fact(()))
    pcp: Fact[tuple[Gateway, ...]] = field(default=Fact((), State.NOT_ALLOWED))
    stun: Fact[tuple[Seen, ...]] = field(default=Fact(()))
    public4: Fact[tuple[Seen, ...]] = field(default=Fact(()))
    public6: Fact[tuple[Seen, ...]] = field(default=Fact(()))
    hops: Fact[tuple[Hop, ...]] = field(default=Fact(()))
    pages: Fact[tuple[str, ...]] = field(default=Fact(()))
    browser: Fact[str] = field(default=Fact(""))
    typed: Fact[str] = field(default=Fact(""))
    plex: Fact[str] = field(default=Fact(""))
    peer: Fact[str] = field(default=Fact(""))
    tailnet: Fact[tuple[str, ...]] = field(default=Fact(()))


NO_ADDRESS = "-"
"""What is typed when the router's page shows no IPv4 address on its internet side."""

_ABOUT_THE_HOME = ("browser", "typed", "plex", "peer")


def about_home(facts: Facts) -> Facts:
    """What of some facts tells about the home: on a rented server only what was not measured there."""
    if facts.place.value is not Place.SERVER:
        return facts
    return replace(Facts(place=facts.place), **{name: getattr(facts, name) for name in _ABOUT_THE_HOME})


def carrier_address(facts: Facts) -> str:
    """The address of 100.64.0.0/10 (RFC 6598) that a router here has on its internet side; empty for none."""
    routers = (router for fact in (facts.upnp, facts.nat_pmp, facts.pcp) if fact.is_known for router in fact.value)
    typed = (facts.typed.value,) if facts.typed.is_known and facts.place.value is not Place.SERVER else ()
    parsed = (parse_address(text) for text in (*(router.wan for router in routers), *typed))
    return next((str(one) for one in parsed if one is not None and kind_of(one) is Kind.SHARED), "")


def joined_with(measured: Facts, told: Facts) -> Facts:
    """Measured facts, with everything that is known in `told` put over them."""
    known = {name: fact for name in Facts.__dataclass_fields__ if (fact := getattr(told, name)).is_known}
    return replace(measured, **known)
