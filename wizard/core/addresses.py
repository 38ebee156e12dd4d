"""What kind of network an IP address belongs to. Pure.

Networks are named explicitly because `ipaddress` calls 100.64.0.0/10 neither private nor global
(seen with CPython 3.11).
"""

from __future__ import annotations

import ipaddress
from enum import StrEnum

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Kind(StrEnum):
    """The networks that matter for reaching a media server."""

    LOOPBACK = "loopback"
    PRIVATE = "private"  # RFC 1918, RFC 4193
    SHARED = "shared"  # RFC 6598: carrier NAT, and Tailscale's own addresses
    TAILNET = "tailnet"  # fd7a:115c:a1e0::/48, Tailscale's IPv6 addresses
    LINK_LOCAL = "link-local"
    PUBLIC = "public"
    OTHER = "other"  # documentation, multicast, unspecified, reserved


_NETWORKS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (Kind.LOOPBACK, ("127.0.0.0/8", "::1/128")),
    (Kind.TAILNET, ("fd7a:115c:a1e0::/48",)),
    (Kind.PRIVATE, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")),
    (Kind.SHARED, ("100.64.0.0/10",)),
    (Kind.LINK_LOCAL, ("169.254.0.0/16", "fe80::/10")),
)
_PARSED = tuple((kind, tuple(ipaddress.ip_network(n) for n in networks)) for kind, networks in _NETWORKS)


def parse_address(text: str) -> Address | None:
    """An IPv4 or IPv6 address without brackets, zone or port; IPv4-mapped IPv6 becomes IPv4. None otherwise."""
    try:
        address = ipaddress.ip_address(text.strip().strip("[]").split("%", 1)[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def kind_of(address: Address) -> Kind:
    """The kind of network an address belongs to."""
    for kind, networks in _PARSED:
        if any(address.version == network.version and address in network for network in networks):
            return kind
    return Kind.PUBLIC if address.is_global and not address.is_multicast else Kind.OTHER


def is_documentation(address: Address) -> bool:
    """True for the networks set aside for examples (RFC 5737, RFC 3849), which stand for public ones in tests."""
    return (
        not address.is_global
        and kind_of(address) is Kind.OTHER
        and not (address.is_multicast or address.is_reserved)
        and address.packed[0] != 0  # "this network" (RFC 1122, section 3.2.1.3), and the unspecified addresses
    )


_EXAMPLES = tuple(
    ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)
_TRANSLATED = ipaddress.ip_network("192.0.0.0/29")


def is_routed(address: Address) -> bool:
    """True for addresses of the internet itself; the networks for examples stand for them in tests."""
    return kind_of(address) is Kind.PUBLIC or any(
        address.version == network.version and address in network for network in _EXAMPLES
    )


def is_translated(address: Address) -> bool:
    """True for 192.0.0.0/29, IPv4's own end of DS-Lite (RFC 6333) and 464XLAT (RFC 7335)."""
    return address.version == 4 and address in _TRANSLATED
