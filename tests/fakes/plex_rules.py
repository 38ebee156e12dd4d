"""How Plex Media Server judges a client: which address, local or remote, and who needs no token. Pure.

Plex is closed source: these rules are observations from outside. Where nothing could be observed the choice made here
says "not confirmed" and nothing may be concluded from it about real servers.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# RFC 1918, loopback and their IPv6 counterparts (the IPv6 ones: not confirmed). 100.64.0.0/10 is left out: Plex
# treats it as outside when it is the peer of a stream; whether it is "private" for the header rule is not confirmed.
_PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fc00::/7", "fe80::/10")
)
# Never a client's address, so never taken from a header.
_NOBODY = tuple(ipaddress.ip_network(text) for text in ("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"))


class AddressRule(StrEnum):
    """Why Plex attributes a request to this address."""

    NO_HEADER = "no-forwarded-header"
    FORWARDED = "forwarded-public-ipv4"
    PUBLIC_PEER = "peer-kept-as-it-is-not-private"
    PRIVATE_VALUE = "peer-kept-as-header-is-private"
    IPV6_VALUE = "peer-kept-as-header-is-ipv6"
    LIST_VALUE = "peer-kept-as-header-is-a-list"
    UNREADABLE_VALUE = "peer-kept-as-header-is-unreadable"


class LocalityRule(StrEnum):
    """Why Plex calls an address local or remote."""

    LOOPBACK = "loopback"
    OWN_WAN = "own-wan-address"
    IN_LAN_NETWORKS = "in-lan-networks"
    OUTSIDE_LAN_NETWORKS = "outside-lan-networks"
    IN_OWN_SUBNET = "in-own-subnet"
    OUTSIDE_OWN_SUBNET = "outside-own-subnet"

    @property
    def is_local(self) -> bool:
        """Plex's `local` flag for this reason."""
        return self not in {LocalityRule.OUTSIDE_LAN_NETWORKS, LocalityRule.OUTSIDE_OWN_SUBNET}


class Access(StrEnum):
    """As whom a request is let in."""

    ADMIN = "admin"
    GUEST = "guest"
    WITHOUT_TOKEN = "without-token"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rules need to know about the server: its preferences, and the network it believes to be in."""

    own_subnets: tuple[str, ...] = ("192.168.1.0/24",)
    wan_address: str = "198.51.100.77"
    lan_networks: str = ""  # LanNetworksBandwidth
    treats_wan_as_local: bool = True  # TreatWanIpAsLocal
    allowed_networks: str = ""  # allowedNetworks
    is_claimed: bool = True


@dataclass(frozen=True, slots=True)
class Judgement:
    """Plex's opinion about who sent a request."""

    address: str
    address_rule: AddressRule
    locality_rule: LocalityRule
    names_are_known: bool

    @property
    def is_local(self) -> bool:
        """`Player@local`."""
        return self.locality_rule.is_local

    @property
    def location(self) -> str:
        """`Session@location`."""
        return "lan" if self.is_local else "wan"


def judge_client(
    peer: str,
    forwarded_for: Sequence[str],
    surroundings: Surroundings,
    *,
    names: Sequence[str | None] = (),
) -> Judgement:
    """Judge a request from `peer` with these X-Forwarded-For lines; `names` are its Host, Origin and Referer."""
    address, address_rule = attribute_address(peer, forwarded_for)
    rule = judge_locality(address, surroundings)
    return Judgement(str(address), address_rule, rule, all(is_known_name(name) for name in names if name is not None))


def attribute_address(peer: str, forwarded_for: Sequence[str]) -> tuple[Address, AddressRule]:
    """The address Plex attributes a request to.

    X-Forwarded-For counts only when the TCP peer is private and the value is one non-private IPv4 address; private
    and IPv6 values were seen to be ignored. Which element of a list wins is not confirmed: here the peer is kept.
    """
    own = parse_address(peer)
    if not forwarded_for:
        return own, AddressRule.NO_HEADER
    if not is_private(own):
        return own, AddressRule.PUBLIC_PEER
    if len(forwarded_for) > 1 or "," in forwarded_for[0]:
        return own, AddressRule.LIST_VALUE
    try:
        claimed = ipaddress.ip_address(forwarded_for[0].strip())
    except ValueError:
        return own, AddressRule.UNREADABLE_VALUE
    if isinstance(claimed, ipaddress.IPv6Address):
        return own, AddressRule.IPV6_VALUE
    if is_private(claimed) or _is_in(claimed, _NOBODY):
        return own, AddressRule.PRIVATE_VALUE
    return claimed, AddressRule.FORWARDED


def judge_locality(address: Address, surroundings: Surroundings) -> LocalityRule:
    """Local or remote, as in /status/sessions. That loopback stays local with LAN Networks set is not confirmed."""
    if address.is_loopback:
        return LocalityRule.LOOPBACK
    if surroundings.treats_wan_as_local and str(address) == surroundings.wan_address:
        return LocalityRule.OWN_WAN
    if surroundings.lan_networks:
        is_listed = _is_in(address, parse_networks(surroundings.lan_networks))
        return LocalityRule.IN_LAN_NETWORKS if is_listed else LocalityRule.OUTSIDE_LAN_NETWORKS
    is_near = _is_in(address, parse_networks(",".join(surroundings.own_subnets)))
    return LocalityRule.IN_OWN_SUBNET if is_near else LocalityRule.OUTSIDE_OWN_SUBNET


def judge_access(
    token: str | None, judgement: Judgement, surroundings: Surroundings, *, admin: str, guest: str | None = None
) -> Access:
    """Who a request is, by its token or by where it comes from.

    Without a token a claimed server lets in only `allowedNetworks`, an unclaimed one only local clients, and both
    only when Host, Origin and Referer name no unknown domain. What a tokenless client may do then is not confirmed.
    """
    if token:
        return Access.ADMIN if token == admin else Access.GUEST if token == guest else Access.REFUSED
    if not judgement.names_are_known:
        return Access.REFUSED
    is_allowed = _is_in(parse_address(judgement.address), parse_networks(surroundings.allowed_networks))
    if is_allowed or (not surroundings.is_claimed and judgement.is_local):
        return Access.WITHOUT_TOKEN
    return Access.REFUSED


def is_known_name(text: str) -> bool:
    """Whether a Host value, Origin or Referer names no unknown domain: an address, localhost or a plex.direct name.

    Whether domains in the custom access URLs are exempt is not confirmed; here they are not.
    """
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".plex.direct"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_private(address: Address) -> bool:
    """Private in the sense of the X-Forwarded-For rule."""
    return _is_in(address, _PRIVATE)


def parse_address(text: str) -> Address:
    """An address without scope; an IPv4-mapped IPv6 one as IPv4."""
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped if isinstance(mapped, ipaddress.IPv4Address) else address


def parse_networks(text: str) -> tuple[Network, ...]:
    """Comma-separated addresses or address/netmask. Plex wants no whitespace: an entry with some is passed over."""
    networks: list[Network] = []
    for entry in text.split(","):
        try:
            networks.append(ipaddress.ip_network(entry, strict=False))
        except ValueError:
            continue
    return tuple(networks)


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
