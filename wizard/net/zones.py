"""Where a name is really decided: its authoritative name servers, and what they and chosen resolvers say about it.

All servers are asked side by side. Must not judge what they say.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from wizard.core.addresses import parse_address
from wizard.core.faults import Fault
from wizard.net.names import Records, resolve
from wizard.net.questions import PORT, Reply, ask

KINDS = ("A", "AAAA")
MOST_SERVERS = 4
_THREADS = 16

Lookup = Callable[[str, str], Records]
"""Name and kind -> records, as this machine or another resolver finds them."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one server said about a name. `server` is its name or, of a resolver, its address."""

    server: str
    address: str
    v4: Reply
    v6: Reply

    @property
    def label(self) -> str:
        """`ns1.example.net (192.0.2.1)`."""
        return self.server if self.server == self.address else f"{self.server} ({self.address})"

    @property
    def has_said(self) -> bool:
        """True when it knows about both families."""
        return self.v4.has_said and self.v6.has_said

    @property
    def values(self) -> tuple[str, ...]:
        """All addresses, IPv4 first."""
        return (*self.v4.values, *self.v6.values)


@dataclass(frozen=True, slots=True)
class Survey:
    """What the servers of `zone` said, "" when they could not be found, and what resolvers said."""

    zone: str = ""
    authorities: tuple[Told, ...] = ()
    resolvers: tuple[Told, ...] = ()


def find_authorities(name: str, lookup: Lookup) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The nearest zone at or above `name`, and its servers as (name, address), IPv4 where there is one.

    Walks from the name up to the label below the top, all at once; ("", ()) when nothing was found.
    """
    labels = name.split(".")
    above = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    if not above:
        return "", ()
    with ThreadPoolExecutor(_THREADS) as pool:
        found = dict(zip(above, pool.map(lambda zone: lookup(zone, "NS"), above), strict=True))
        # a resolver that follows an alias names the servers of its target: they are not those of the name
        zone = next((zone for zone in above if found[zone].values and not found[zone].canonical), "")
        servers = [server.rstrip(".") for server in found[zone].values[:MOST_SERVERS]] if zone else []
        addresses = pool.map(lambda server: _address_of(server, lookup), servers)
        return zone, tuple((server, address) for server, address in zip(servers, addresses, strict=True) if address)


def _address_of(server: str, lookup: Lookup) -> str:
    for kind in KINDS:
        for value in lookup(server, kind).values:
            if parse_address(value):
                return value
    return ""


def ask_all(
    name: str, servers: tuple[tuple[str, str], ...], *, port: int, recursive: bool, seconds: float
) -> tuple[Told, ...]:
    """Ask each server, (label, address or address:port), for both families at once."""
    questions = [(address, kind) for _, address in servers for kind in KINDS]
    if not questions:
        return ()

    def one(question: tuple[str, str]) -> Reply:
        address, kind = question
        return ask(address, name, kind, port=port, recursive=recursive, seconds=seconds)

    with ThreadPoolExecutor(min(len(questions), _THREADS)) as pool:
        replies = list(pool.map(one, questions))
    return tuple(
        Told(label, address, replies[2 * number], replies[2 * number + 1])
        for number, (label, address) in enumerate(servers)
    )


def survey(
    name: str, nameservers: tuple[str, ...], resolvers: tuple[str, ...], *, port: int, seconds: float
) -> Survey:
    """Ask the resolvers, and meanwhile find the authoritative servers through `nameservers` and ask them too.

    Where this machine's own resolver does not even name the servers of the zone, `resolvers` are asked for them.
    """

    def lookup(wanted: str, kind: str) -> Records:
        found = resolve(wanted, kind, nameservers, seconds)
        if found.fault is Fault.RESOLVER_FAILED and resolvers:
            return resolve(wanted, kind, resolvers, seconds)
        return found

    with ThreadPoolExecutor(1) as pool:
        listed = tuple((resolver, resolver) for resolver in resolvers)
        outside = pool.submit(ask_all, name, listed, port=PORT, recursive=True, seconds=seconds)
        zone, servers = find_authorities(name, lookup)
        authorities = ask_all(name, servers, port=port, recursive=False, seconds=seconds)
        return Survey(zone, authorities, outside.result())
