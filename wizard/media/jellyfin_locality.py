"""How Jellyfin sorts viewers, read in its source (10.11). Pure.

Forwarded headers count only from known proxies; then the list is walked from the right while its entries are known.
Home is loopback and the private ranges; a list of local networks replaces those ranges, and `!` takes a network out.
"""

from __future__ import annotations

import ipaddress

from wizard.core.addresses import Address, Kind, is_documentation, kind_of
from wizard.core.locality import Attribution, Counted, Rule, Rules, Source, Surroundings, attribute_list, networks

_SITE_LOCAL = ipaddress.ip_network("fec0::/10")


def attribute(peer: Address, forwarded: str | None, around: Surroundings) -> Attribution:
    """The address Jellyfin goes by."""
    if forwarded is None:
        return Attribution(Source.NO_HEADER, (peer,))
    if not around.is_read:
        return Attribution(Source.HEADERS_UNKNOWN, (peer, *(attribute_list(forwarded) or ())))
    known = networks(around.known_proxies)
    if not known.is_set:
        return Attribution(Source.HEADERS_OFF, (peer,))
    claimed = attribute_list(forwarded)
    if peer not in known:
        if known.unclear:
            return Attribution(Source.PROXY_BY_NAME, (peer, *(claimed or ())))
        return Attribution(Source.PROXY_NOT_KNOWN, (peer,))
    if not claimed:
        return Attribution(Source.HEADER_UNREADABLE, (peer, ipaddress.IPv4Address("0.0.0.0")))  # noqa: S104 -- a value
    return Attribution(Source.HEADER, (_walk(claimed, around),))


def _walk(claimed: tuple[Address, ...], around: Surroundings) -> Address:
    """From the right, on while the entry is a known proxy itself."""
    known = networks(around.known_proxies)
    for one in reversed(claimed):
        if one not in known:
            return one
    return claimed[0]


def place(address: Address, around: Surroundings) -> tuple[Counted, Rule]:
    """Local or Remote for the address Jellyfin goes by."""
    kind = kind_of(address)
    if kind is Kind.LOOPBACK:
        return Counted.LOCAL, Rule.LOOPBACK
    lan = networks(around.lan_networks)
    if any(address.version == one.version and address in one for one in lan.excluded):
        return Counted.REMOTE, Rule.OUTSIDE_LAN_NETWORKS
    if lan.is_set:
        if address in lan:
            return Counted.LOCAL, Rule.IN_LAN_NETWORKS
        if lan.unclear:
            return Counted.UNKNOWN, Rule.LAN_NETWORKS_UNCLEAR
        return Counted.REMOTE, Rule.OUTSIDE_LAN_NETWORKS
    return _place_by_default(address, kind, around)


def _place_by_default(address: Address, kind: Kind, around: Surroundings) -> tuple[Counted, Rule]:
    if address.version == 4:
        return _place_ipv4(address, kind)
    is_near = kind in {Kind.PRIVATE, Kind.LINK_LOCAL} or address in _SITE_LOCAL
    if kind is Kind.TAILNET or (is_near and around.has_ipv6 is None):
        return Counted.UNKNOWN, Rule.IPV6_UNCONFIRMED
    if is_near and around.has_ipv6:
        return Counted.LOCAL, Rule.PRIVATE_ADDRESS
    return Counted.REMOTE, Rule.INTERNET_ADDRESS if not is_near else Rule.OUTSIDE_OWN_SUBNET


def _place_ipv4(address: Address, kind: Kind) -> tuple[Counted, Rule]:
    if kind is Kind.PRIVATE:
        return Counted.LOCAL, Rule.PRIVATE_ADDRESS
    if kind is Kind.SHARED:
        return Counted.REMOTE, Rule.TAILSCALE_ADDRESS
    if kind is Kind.PUBLIC or is_documentation(address):
        return Counted.REMOTE, Rule.INTERNET_ADDRESS
    return Counted.UNKNOWN, Rule.OTHER_ADDRESS


RULES = Rules(attribute, place)
