"""From which of its own addresses a machine dials another one. Pure; the answer is read from networks, not tried."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from wizard.core.addresses import Address, Kind, kind_of, parse_address

_TAILNET = frozenset({Kind.SHARED, Kind.TAILNET})


def dialled_from(target: str, own: Mapping[str, str]) -> str:
    """The address that `target` sees; empty when only the routes could tell.

    `own` are addresses with their networks, as `wizard.net.interfaces.own_networks` gives them. A machine that dials
    itself uses the address it dials; a network that both are in decides; on a tailnet everyone has a network of one.
    """
    at = parse_address(target)
    if at is None:
        return ""
    if kind_of(at) is Kind.LOOPBACK or str(at) in own:
        return str(at)
    shared = [
        (network.prefixlen, address)
        for address, text in own.items()
        if at.version == (network := ipaddress.ip_network(text, strict=False)).version and at in network
    ]
    return max(shared)[1] if shared else _on_the_tailnet(at, own)


def _on_the_tailnet(target: Address, own: Mapping[str, str]) -> str:
    if kind_of(target) not in _TAILNET:
        return ""
    parsed = [address for text in own if (address := parse_address(text)) is not None]
    ends = [str(one) for one in parsed if kind_of(one) in _TAILNET and one.version == target.version]
    return ends[0] if len(ends) == 1 else ""
