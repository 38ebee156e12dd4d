"""Local or Remote: what a media server will call a viewer, and the rule that decides. Pure.

Here is the shape and what all kinds share; the rules of each kind stand with it in `wizard/media/`. Where it is not
confirmed what a server does, every possibility is counted: only when all agree is the answer Local or Remote.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from wizard.core.addresses import Address, parse_address
from wizard.core.locality_rules import RULES, SOURCES, Counted, Rule, Source

__all__ = [
    "Attribution",
    "Classify",
    "Counted",
    "Counting",
    "Networks",
    "Rule",
    "Rules",
    "Source",
    "Surroundings",
    "attribute_list",
    "classifier",
    "explain",
    "networks",
]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What decides, as far as it is known. Texts, so that it can be kept as JSON.

    `lan_networks` are the entries of the server's own list as they stand there (Plex LAN Networks, Jellyfin and
    Emby LocalNetworkSubnets). `own_subnets` are networks of the server's interfaces, `own_addresses` addresses of
    interfaces whose network size nobody told. `wan_addresses` are the public addresses of the server's home.
    `known_proxies` is Jellyfin's list, `proxy_headers` Emby's ProxyHeaderMode. `is_read` says that the server told
    its settings; without it they are its defaults.
    """

    lan_networks: tuple[str, ...] = ()
    own_subnets: tuple[str, ...] = ()
    own_addresses: tuple[str, ...] = ()
    wan_addresses: tuple[str, ...] = ()
    wan_as_lan: bool = True
    known_proxies: tuple[str, ...] = ()
    proxy_headers: str = ""
    has_ipv6: bool | None = None
    is_read: bool = False


@dataclass(frozen=True, slots=True)
class Networks:
    """A list of networks as a server has it. `unclear` entries are text that the server may read differently."""

    inside: tuple[Network, ...] = ()
    excluded: tuple[Network, ...] = ()
    unclear: tuple[str, ...] = ()

    @property
    def is_set(self) -> bool:
        """Whether the list says anything at all."""
        return bool(self.inside or self.unclear)

    def __contains__(self, address: Address) -> bool:
        """In the list, and not taken out again by one of its exclusions."""
        return _within(address, self.inside) and not _within(address, self.excluded)


@lru_cache(maxsize=512)
def networks(entries: tuple[str, ...]) -> Networks:
    """Read entries: an address, CIDR or address/netmask each; with a leading `!` it is taken out again (Jellyfin).

    Empty entries are nothing. One with blanks around it is unclear, like everything that is no network.
    """
    inside: list[Network] = []
    excluded: list[Network] = []
    unclear: list[str] = []
    for entry in filter(None, entries):
        try:
            network = ipaddress.ip_network(entry.removeprefix("!"), strict=False)
        except ValueError:
            unclear.append(entry)
        else:
            (excluded if entry.startswith("!") else inside).append(network)
    return Networks(tuple(inside), tuple(excluded), tuple(unclear))


def _within(address: Address, among: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in among)


@dataclass(frozen=True, slots=True)
class Attribution:
    """The address that a server takes a request to come from, and why; several when it is not known which."""

    source: Source
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """How one kind of server judges: which address it takes, and where it places an address."""

    attribute: Callable[[Address, str | None, Surroundings], Attribution]
    place: Callable[[Address, Surroundings], tuple[Counted, Rule]]


@dataclass(frozen=True, slots=True)
class Counting:
    """What a server will call a viewer. `address` is the one it goes by, empty when that is not known."""

    counted: Counted
    rule: Rule
    source: Source
    address: str = ""


Classify = Callable[[str, str | None], Counting]

_NO_RULES = Counting(Counted.UNKNOWN, Rule.NO_RULES, Source.NO_RULES)
_NO_ADDRESS = Counting(Counted.UNKNOWN, Rule.NO_ADDRESS, Source.PEER_UNREADABLE)


def classifier(rules: Rules | None, surroundings: Surroundings) -> Classify:
    """A function of the address that reaches the server and of X-Forwarded-For (None: not sent), each as text.

    It remembers its answers, so it may be called for every line of a log. An IPv4 address in IPv6 form counts as
    IPv4.
    """

    @lru_cache(maxsize=1 << 16)
    def classify(peer: str, forwarded: str | None) -> Counting:
        return count(rules, surroundings, peer, forwarded)

    return classify


def count(rules: Rules | None, surroundings: Surroundings, peer: str, forwarded: str | None) -> Counting:
    """What a server with these rules will call one viewer; see `classifier`."""
    if rules is None:
        return _NO_RULES
    address = parse_address(peer)
    if address is None:
        return _NO_ADDRESS
    taken = rules.attribute(address, forwarded, surroundings)
    placed = [rules.place(one, surroundings) for one in taken.addresses]
    certain = str(taken.addresses[0]) if len(taken.addresses) == 1 else ""
    if len({counted for counted, _ in placed}) > 1:
        return Counting(Counted.UNKNOWN, Rule.ADDRESS_UNCERTAIN, taken.source)
    counted, rule = placed[-1]
    return Counting(counted, rule, taken.source, certain)


def attribute_list(forwarded: str) -> tuple[Address, ...] | None:
    """The addresses in an X-Forwarded-For value, left to right; None when a part of it is no address."""
    found = tuple(parse_address(part) for part in forwarded.split(","))
    return None if None in found else tuple(one for one in found if one is not None)


def explain(counting: Counting, *, server: str, peer: str, forwarded: str | None) -> tuple[tuple[str, str], ...]:
    """Why, in at most two sentences, each with its guide section: the address first, then what follows from it."""
    values = {"server": server, "peer": peer, "forwarded": forwarded or ""}
    values["address"] = counting.address or "Each of these addresses"
    reasons = (SOURCES[counting.source], RULES[counting.rule])
    return tuple((one.sentence.format_map(values), one.guide) for one in reasons if one.sentence)
