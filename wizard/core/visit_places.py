"""Where a phone was when it visited, as far as the address that arrived can tell. Pure."""

from __future__ import annotations

import ipaddress
from enum import StrEnum

from wizard.core.addresses import Address, Kind, is_documentation, kind_of, parse_address
from wizard.core.visits import Arrived, Subject

_CONTAINERS = ipaddress.ip_network("172.16.0.0/12")  # where Docker takes the networks of its containers from
_INSIDE = frozenset({Kind.LOOPBACK, Kind.PRIVATE, Kind.LINK_LOCAL})
_HOME_PREFIX = 64  # one network at home, RFC 4291: the rest of an IPv6 address is the device's own


class Whereabouts(StrEnum):
    """What is known about where the phone was."""

    OUTSIDE = "outside"
    HOME = "home"  # on the same network, or behind the same public address
    HIDDEN = "hidden"  # a hop put its own address in place of the phone's
    UNTOLD = "untold"  # an address that does not say


def address_of(subject: Subject, arrived: Arrived) -> Address | None:
    """The best word on whose request it was: what was forwarded, else who connected when no hop stands before."""
    forwarded = parse_address(arrived.forwarded)
    if forwarded is not None or subject.has_hop:
        return forwarded
    return parse_address(arrived.peer)


def whereabouts(subject: Subject, arrived: Arrived) -> Whereabouts:
    """Outside is a public address that is known not to be the home's, or one from a phone that says so itself."""
    address = address_of(subject, arrived)
    if address is None:
        return Whereabouts.UNTOLD
    kind = kind_of(address)
    if kind in _INSIDE:
        is_hop = subject.has_hop or _is_gateway(address, arrived.hop)
        return Whereabouts.HIDDEN if is_hop else Whereabouts.HOME
    if not is_public(address):
        return Whereabouts.UNTOLD
    home = [one for one in map(parse_address, subject.home) if one is not None and is_public(one)]
    if any(_same_network(address, one) for one in home):
        return Whereabouts.HOME
    is_told_apart = arrived.network == "cellular" or any(one.version == address.version for one in home)
    return Whereabouts.OUTSIDE if is_told_apart else Whereabouts.UNTOLD


def is_public(address: Address) -> bool:
    """Public, or set aside for examples, which stand for public ones in tests."""
    return kind_of(address) is Kind.PUBLIC or is_documentation(address)


def _same_network(one: Address, other: Address) -> bool:
    if one.version != other.version:
        return False
    if one.version == 4:
        return one == other
    return one in ipaddress.ip_network(f"{other}/{_HOME_PREFIX}", strict=False)


def _is_gateway(address: Address, hop: str) -> bool:
    """An address of the very container network in which Caddy stands: its gateway speaks for everybody outside it."""
    other = parse_address(hop)
    if other is None or address.version != 4 or other.version != 4 or address not in _CONTAINERS:
        return False
    return other in ipaddress.ip_network(f"{address}/16", strict=False)
