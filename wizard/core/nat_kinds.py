"""The closed sets of words in a verdict on a connection: kinds, confidence, what may come in. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Confidence(StrEnum):
    """How sure a verdict is."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"
    UNKNOWN = "unknown"


class Inbound(StrEnum):
    """Whether a connection from outside can come in."""

    OPEN = "open"
    AFTER_CHANGE = "after-change"  # once the owner forwards a port or opens a firewall
    CLOSED = "closed"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What stands between a viewer and the home."""

    NO_NAT = "no-nat"  # the machine has the public address itself
    OPEN = "open"  # one router, and its address is the public one
    CGNAT = "cgnat"
    DOUBLE_NAT = "double-nat"  # a second router of one's own
    TWO_NATS = "two-nats"  # a second translator; whose it is, is not known
    DS_LITE = "ds-lite"  # IPv4 only inside IPv6: DS-Lite, 464XLAT, MAP
    MULTI_WAN = "multi-wan"
    OTHER_ADDRESS = "other-address"  # a public address, but not the one the internet sees
    VPN = "vpn"  # what was measured is the VPN, not the line
    OFFLINE = "offline"
    UNKNOWN = "unknown"

    @property
    def guide(self) -> str:
        """The guide section that explains it."""
        return f"cgnat#{_SECTIONS.get(self, self.value)}"

    @property
    def inbound(self) -> Inbound:
        """What it means for IPv4 from outside."""
        return _INBOUND.get(self, Inbound.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Note:
    """Something beside the verdict that the owner should know. `code` is a greppable literal."""

    code: str
    sentence: str
    guide: str


_SECTIONS = {
    Kind.NO_NAT: "no-cgnat",
    Kind.OPEN: "no-cgnat",
    Kind.CGNAT: "what-to-do",
    Kind.TWO_NATS: "double-nat",
}
_INBOUND = {
    Kind.NO_NAT: Inbound.OPEN,
    Kind.OPEN: Inbound.AFTER_CHANGE,
    Kind.DOUBLE_NAT: Inbound.AFTER_CHANGE,
    Kind.CGNAT: Inbound.CLOSED,
    Kind.DS_LITE: Inbound.CLOSED,
}
