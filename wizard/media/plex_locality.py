"""How Plex sorts viewers, as far as it has been observed from outside; the server is closed source. Pure.

X-Forwarded-For counts when the peer is private and the value is one non-private IPv4 address. LAN Networks, when
set, makes every other address external; empty, only the server's own subnets are local. Treat WAN IP As LAN
Bandwidth is on by default and means this network's own public address.
"""

from __future__ import annotations

import ipaddress

from wizard.core.addresses import Address, Kind, is_documentation, kind_of, parse_address
from wizard.core.locality import Attribution, Counted, Rule, Rules, Source, Surroundings, attribute_list, networks

_IPV4_PRIVATE = frozenset({Kind.PRIVATE, Kind.LOOPBACK})


def attribute(peer: Address, forwarded: str | None, _around: Surroundings) -> Attribution:
    """The address Plex goes by."""
    if forwarded is None:
        return Attribution(Source.NO_HEADER, (peer,))
    if _is_public(peer) and peer.version == 4:
        return Attribution(Source.PEER_PUBLIC, (peer,))
    claimed = attribute_list(forwarded)
    if not claimed:
        return Attribution(Source.HEADER_UNREADABLE, _possible(peer, ()))
    if len(claimed) > 1:
        return Attribution(Source.HEADER_LIST, _possible(peer, claimed))
    if kind_of(peer) is Kind.SHARED:
        return Attribution(Source.PEER_SHARED, _possible(peer, claimed))
    if peer.version == 6 or kind_of(peer) not in _IPV4_PRIVATE:
        return Attribution(Source.PEER_UNCONFIRMED, _possible(peer, claimed))
    return _from_private(peer, forwarded, claimed[0])


def _from_private(peer: Address, forwarded: str, claimed: Address) -> Attribution:
    """The one address in the header of a private IPv4 peer."""
    kind = kind_of(claimed)
    if ":" in forwarded:  # also an IPv4 address in IPv6 form: what Plex makes of that in a header nobody has shown
        return Attribution(Source.HEADER_IPV6, _possible(peer, (claimed,)))
    if kind in _IPV4_PRIVATE:
        return Attribution(Source.HEADER_PRIVATE, (peer,))
    if kind is Kind.SHARED:
        return Attribution(Source.HEADER_SHARED, _possible(peer, (claimed,)))
    if not _is_public(claimed):
        return Attribution(Source.HEADER_UNREADABLE, _possible(peer, (claimed,)))
    return Attribution(Source.HEADER, (claimed,))


def _possible(peer: Address, claimed: tuple[Address, ...]) -> tuple[Address, ...]:
    """Everything Plex could go by; a text that is no address adds one that stands for "something else"."""
    return (peer, *(claimed or (ipaddress.IPv4Address("0.0.0.0"),)))  # noqa: S104 -- no place to listen, a value


def _is_public(address: Address) -> bool:
    return kind_of(address) is Kind.PUBLIC or is_documentation(address)


def place(address: Address, around: Surroundings) -> tuple[Counted, Rule]:
    """Local or Remote for the address Plex goes by."""
    lan = networks(around.lan_networks)
    is_home = around.wan_as_lan and address in {parse_address(one) for one in around.wan_addresses}
    if lan.is_set:
        if address in lan:
            return (Counted.LOCAL, Rule.IN_LAN_NETWORKS) if address.version == 4 else _IPV6
        if is_home:
            return Counted.UNKNOWN, Rule.OWN_WAN_UNCONFIRMED
        if kind_of(address) is Kind.LOOPBACK:
            return Counted.UNKNOWN, Rule.LOOPBACK_UNCONFIRMED
        return (Counted.UNKNOWN, Rule.LAN_NETWORKS_UNCLEAR) if lan.unclear else _OUTSIDE_LIST
    if kind_of(address) is Kind.LOOPBACK:
        return Counted.LOCAL, Rule.LOOPBACK
    if is_home:
        return Counted.LOCAL, Rule.OWN_WAN
    return _IPV6 if address.version == 6 else _place_by_subnet(address, around)


_IPV6 = (Counted.UNKNOWN, Rule.IPV6_UNCONFIRMED)
_OUTSIDE_LIST = (Counted.REMOTE, Rule.OUTSIDE_LAN_NETWORKS)


def _place_by_subnet(address: Address, around: Surroundings) -> tuple[Counted, Rule]:
    """With LAN Networks empty only the server's own subnets are local, literally."""
    if address in networks(around.own_subnets):
        return Counted.LOCAL, Rule.IN_OWN_SUBNET
    if address in networks(_sized(around.own_addresses, 24)):
        return Counted.LOCAL, Rule.NEAR_OWN_ADDRESS
    kind = kind_of(address)
    if kind is Kind.SHARED:
        return Counted.REMOTE, Rule.TAILSCALE_ADDRESS
    if _is_public(address):
        return Counted.REMOTE, Rule.INTERNET_ADDRESS
    if kind is not Kind.PRIVATE:
        return Counted.UNKNOWN, Rule.OTHER_ADDRESS
    if around.own_addresses:  # whose networks may be larger than we took them for
        is_far = address not in networks(_sized(around.own_addresses, 8))
        return (Counted.REMOTE, Rule.OUTSIDE_OWN_SUBNET) if is_far else (Counted.UNKNOWN, Rule.OWN_SUBNET_UNKNOWN)
    if around.own_subnets:
        return Counted.REMOTE, Rule.OUTSIDE_OWN_SUBNET
    return Counted.UNKNOWN, Rule.OWN_SUBNET_UNKNOWN


def _sized(addresses: tuple[str, ...], bits: int) -> tuple[str, ...]:
    """The networks of this size around private addresses of interfaces. Tailscale's own is a network of one."""
    parsed = (parse_address(one) for one in addresses)
    return tuple(f"{one}/{bits}" for one in parsed if one and one.version == 4 and kind_of(one) is Kind.PRIVATE)


RULES = Rules(attribute, place)
