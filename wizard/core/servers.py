"""Media servers that were found: which addresses may be asked at all, in which order, and who is who. Pure.

Only private and tailnet addresses are ever asked, so that looking for one's own servers disturbs nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from wizard.core.addresses import Kind, kind_of, parse_address

MOST_TARGETS = 300
MOST_ANNOUNCED = 64  # whoever announces thousands is not believed
USUAL_PORTS = {32400: "http", 8096: "http", 8920: "https"}


class Source(StrEnum):
    """How somebody was found. Kept as text; the most telling first."""

    HAND = "hand"
    HOST = "host"
    GDM = "gdm"
    JELLYFIN = "jellyfin"
    EMBY = "emby"
    SSDP = "ssdp"
    DOCKER = "docker"
    TAILNET = "tailnet"
    MACHINE = "machine"


SOURCE_WORDS = {
    Source.HAND: "Saved by you",
    Source.HOST: "Used by a proxy host",
    Source.GDM: "Answered Plex’s question",
    Source.JELLYFIN: "Answered Jellyfin’s question",
    Source.EMBY: "Answered Emby’s question",
    Source.SSDP: "Announces itself by UPnP",
    Source.DOCKER: "A container on this machine",
    Source.TAILNET: "A device of your tailnet",
    Source.MACHINE: "On this machine",
}
_RANKS = {source: number for number, source in enumerate(Source)}
_NETWORKS = {Kind.PRIVATE: 0, Kind.TAILNET: 2, Kind.SHARED: 1, Kind.LOOPBACK: 3}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address where a media server may be. `port` 0: the usual ones; then `name` is the machine's."""

    address: str
    port: int = 0
    scheme: str = "http"
    name: str = ""
    kind: str = ""
    source: Source = Source.HAND


@dataclass(frozen=True, slots=True)
class Found:
    """A media server that said who it is. `id` is its own, empty where it told none."""

    kind: str
    name: str
    address: str
    port: int
    scheme: str = "http"
    id: str = ""
    version: str = ""
    source: Source = Source.HAND

    @property
    def key(self) -> str:
        """The same for the same server, whichever way it was found."""
        return f"{self.kind}:{self.id}"[:128] if self.id else f"at:{self.dial}"[:128]

    @property
    def dial(self) -> str:
        """Address and port, as they are written in a URL."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    @property
    def url(self) -> str:
        """Its home address."""
        return f"{self.scheme}://{self.dial}"

    @property
    def is_over_tailnet(self) -> bool:
        """True when it is reached over Tailscale."""
        address = parse_address(self.address)
        return address is not None and kind_of(address) in {Kind.SHARED, Kind.TAILNET}


def may_be_asked(address: str, source: Source, *, loopback: bool = False) -> bool:
    """True for the addresses of a home and of the owner's tailnet, in numbers.

    Loopback is asked only where that is said, or where the owner named it.

    100.64.0.0/10 is also the network of providers with CGNAT: it counts as the tailnet's only when the tailnet
    itself, or the owner, named it.
    """
    parsed = parse_address(address)
    if parsed is None or parsed.is_multicast or parsed.is_unspecified:
        return False
    match kind_of(parsed):
        case Kind.PRIVATE | Kind.TAILNET:
            return True
        case Kind.SHARED:
            return source in {Source.TAILNET, Source.HAND, Source.HOST}
        case Kind.LOOPBACK:
            return loopback or source in {Source.HAND, Source.HOST}
        case _:
            return False


def sweep(
    machines: Iterable[Candidate], ports: Iterable[int], *, loopback: bool = False, most: int = MOST_TARGETS
) -> tuple[Candidate, ...]:
    """The machines with each port to try, the likeliest port of every machine first; bounded to `most` machines."""
    allowed: dict[str, Candidate] = {}
    for machine in machines:
        if len(allowed) < most and may_be_asked(machine.address, machine.source, loopback=loopback):
            allowed.setdefault(machine.address, machine)
    return tuple(
        replace(machine, port=port, scheme=USUAL_PORTS.get(port, "http"))
        for port in ports
        for machine in allowed.values()
    )


def merge(one: Found, other: Found) -> Found:
    """The same server, found again as `other`: the address at home wins over the tailnet's, what is known is kept."""
    first, second = sorted((one, other), key=_preference)
    source = min(one.source, other.source, key=lambda source: _RANKS[source])
    return replace(
        first,
        name=first.name or second.name,
        id=first.id or second.id,
        version=other.version or one.version,
        source=source,
    )


def is_same(one: Found, other: Found) -> bool:
    """By what it calls itself, or else by where it is."""
    if one.id and other.id:
        return (one.kind, one.id) == (other.kind, other.id)
    return (one.address, one.port) == (other.address, other.port)


def merged(found: Iterable[Found]) -> tuple[Found, ...]:
    """Each server once, in the order in which they came."""
    kept: list[Found] = []
    for one in found:
        same = next((number for number, other in enumerate(kept) if is_same(one, other)), None)
        if same is None:
            kept.append(one)
        else:
            kept[same] = merge(kept[same], one)
    return tuple(kept)


def _preference(found: Found) -> tuple[int, int]:
    address = parse_address(found.address)
    network = -1 if address is None else _NETWORKS.get(kind_of(address), 9)
    return (0 if found.source is Source.HAND else 1, network)
