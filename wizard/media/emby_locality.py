"""How Emby sorts viewers, as far as its published interface tells; the server is closed source. Pure.

ProxyHeaderMode decides whether forwarded headers are read; what its two middle values do is not confirmed, nor are
the exact home ranges beyond the private ones. Local networks that are set come on top of those.
"""

from __future__ import annotations

import ipaddress

from wizard.core.addresses import Address, Kind, is_documentation, kind_of
from wizard.core.locality import Attribution, Counted, Rule, Rules, Source, Surroundings, attribute_list, networks


def attribute(peer: Address, forwarded: str | None, around: Surroundings) -> Attribution:
    """The address Emby goes by."""
    if forwarded is None:
        return Attribution(Source.NO_HEADER, (peer,))
    claimed = attribute_list(forwarded) or (ipaddress.IPv4Address("0.0.0.0"),)  # noqa: S104 -- no place to listen
    match around.proxy_headers:
        case "None":
            return Attribution(Source.HEADERS_OFF, (peer,))
        case "AllAddresses" if claimed[0].is_unspecified:
            return Attribution(Source.HEADER_UNREADABLE, (peer, *claimed))
        case "AllAddresses" if len(claimed) > 1:
            return Attribution(Source.HEADER_LIST, (peer, *claimed))
        case "AllAddresses":
            return Attribution(Source.HEADER, claimed)
        case _:
            return Attribution(Source.HEADERS_UNKNOWN, (peer, *claimed))


def place(address: Address, around: Surroundings) -> tuple[Counted, Rule]:
    """Local or Remote for the address Emby goes by."""
    kind = kind_of(address)
    lan = networks(around.lan_networks)
    if address in lan:
        return Counted.LOCAL, Rule.IN_LAN_NETWORKS
    if kind is Kind.LOOPBACK:
        return Counted.LOCAL, Rule.LOOPBACK
    if kind is Kind.PRIVATE and address.version == 4:
        return Counted.LOCAL, Rule.PRIVATE_ADDRESS
    if lan.unclear:
        return Counted.UNKNOWN, Rule.LAN_NETWORKS_UNCLEAR
    if kind in {Kind.SHARED, Kind.TAILNET}:
        return Counted.UNKNOWN, Rule.TAILSCALE_UNCONFIRMED
    if address.version == 6:
        return Counted.UNKNOWN, Rule.IPV6_UNCONFIRMED
    if kind is Kind.PUBLIC or is_documentation(address):
        return Counted.REMOTE, Rule.INTERNET_ADDRESS
    return Counted.UNKNOWN, Rule.OTHER_ADDRESS


RULES = Rules(attribute, place)
