"""The closed list of rules by which media servers sort viewers, each with its sentence and guide section. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Counted(StrEnum):
    """What a media server calls a viewer. UNKNOWN means that nobody could confirm what it does."""

    LOCAL = "local"
    REMOTE = "remote"
    UNKNOWN = "unknown"


class Source(StrEnum):
    """Why the server goes by one address and not by another."""

    NO_HEADER = "no-header"
    HEADER = "header"
    HEADER_PRIVATE = "header-private"
    HEADER_SHARED = "header-shared"
    HEADER_IPV6 = "header-ipv6"
    HEADER_LIST = "header-list"
    HEADER_UNREADABLE = "header-unreadable"
    PEER_PUBLIC = "peer-public"
    PEER_SHARED = "peer-shared"
    PEER_UNCONFIRMED = "peer-unconfirmed"
    PEER_UNREADABLE = "peer-unreadable"
    HEADERS_OFF = "headers-off"
    PROXY_NOT_KNOWN = "proxy-not-known"
    PROXY_BY_NAME = "proxy-by-name"
    HEADERS_UNKNOWN = "headers-unknown"
    NO_RULES = "no-rules"


class Rule(StrEnum):
    """Why an address is Local, Remote or neither for certain."""

    LOOPBACK = "loopback"
    OWN_WAN = "own-wan"
    IN_LAN_NETWORKS = "in-lan-networks"
    OUTSIDE_LAN_NETWORKS = "outside-lan-networks"
    IN_OWN_SUBNET = "in-own-subnet"
    NEAR_OWN_ADDRESS = "near-own-address"
    OUTSIDE_OWN_SUBNET = "outside-own-subnet"
    PRIVATE_ADDRESS = "private-address"
    TAILSCALE_ADDRESS = "tailscale-address"
    INTERNET_ADDRESS = "internet-address"
    ADDRESS_UNCERTAIN = "address-uncertain"
    OWN_SUBNET_UNKNOWN = "own-subnet-unknown"
    LAN_NETWORKS_UNCLEAR = "lan-networks-unclear"
    OWN_WAN_UNCONFIRMED = "own-wan-unconfirmed"
    LOOPBACK_UNCONFIRMED = "loopback-unconfirmed"
    TAILSCALE_UNCONFIRMED = "tailscale-unconfirmed"
    IPV6_UNCONFIRMED = "ipv6-unconfirmed"
    OTHER_ADDRESS = "other-address"
    NO_ADDRESS = "no-address"
    NO_RULES = "no-rules"


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence with places for {server}, {address}, {peer} and {forwarded}, and the guide section behind it."""

    sentence: str
    guide: str


SOURCES: dict[Source, Reason] = {
    Source.NO_HEADER: Reason(
        "No viewer's address is passed on, so {server} goes by {peer}, which the connection comes from.",
        "local-vs-remote#rule-no-header",
    ),
    Source.HEADER: Reason(
        "{server} takes the viewer's address {address} from the header.",
        "local-vs-remote#rule-header",
    ),
    Source.HEADER_PRIVATE: Reason(
        "The header names {forwarded}, which is a private address. {server} ignores that and goes by {peer}.",
        "local-vs-remote#rule-header-private",
    ),
    Source.HEADER_SHARED: Reason(
        "The header names {forwarded}, an address of Tailscale or of a carrier. Whether {server} takes it or goes by "
        "{peer} is not confirmed.",
        "local-vs-remote#rule-header-shared",
    ),
    Source.HEADER_IPV6: Reason(
        "The header names {forwarded} in IPv6. {server} has been seen to ignore that and go by {peer}; whether newer "
        "versions do is not confirmed.",
        "local-vs-remote#rule-header-ipv6",
    ),
    Source.HEADER_LIST: Reason(
        "The header names several addresses, {forwarded}. Which of them {server} takes is not confirmed.",
        "local-vs-remote#rule-header-list",
    ),
    Source.HEADER_UNREADABLE: Reason(
        "The header holds “{forwarded}”, which is no address that could be a viewer's. What {server} makes of it is "
        "not confirmed.",
        "local-vs-remote#rule-header-unreadable",
    ),
    Source.PEER_PUBLIC: Reason(
        "The proxy reaches {server} from {peer}, which is a public address. {server} believes the header only from a "
        "private one, so it goes by {peer}.",
        "local-vs-remote#rule-peer-public",
    ),
    Source.PEER_SHARED: Reason(
        "The proxy reaches {server} from {peer}, an address of Tailscale or of a carrier. Whether {server} believes "
        "the header from there is not confirmed.",
        "local-vs-remote#rule-peer-shared",
    ),
    Source.PEER_UNCONFIRMED: Reason(
        "The proxy reaches {server} from {peer}. Whether {server} believes the header from such an address is not "
        "confirmed.",
        "local-vs-remote#rule-peer-shared",
    ),
    Source.PEER_UNREADABLE: Reason("", "local-vs-remote#rule-no-address"),
    Source.HEADERS_OFF: Reason(
        "{server} is set to read no header, so it goes by {peer}, which the connection comes from.",
        "local-vs-remote#rule-headers-off",
    ),
    Source.PROXY_NOT_KNOWN: Reason(
        "{peer} is not among the known proxies of {server}, so the header is ignored.",
        "local-vs-remote#rule-headers-off",
    ),
    Source.PROXY_BY_NAME: Reason(
        "The known proxies of {server} hold names. Whether {peer} is one of them cannot be told from here.",
        "local-vs-remote#rule-headers-off",
    ),
    Source.HEADERS_UNKNOWN: Reason(
        "Whether {server} reads the header from {peer} is not known: it has not told its settings, or what they do "
        "is not confirmed.",
        "local-vs-remote#rule-headers-off",
    ),
    Source.NO_RULES: Reason("", "local-vs-remote#rule-no-rules"),
}
"""Every source has its reason; one without a sentence says nothing beside its rule."""

RULES: dict[Rule, Reason] = {
    Rule.LOOPBACK: Reason(
        "{address} is the server's own machine, so it counts as Local.",
        "local-vs-remote#rule-loopback",
    ),
    Rule.OWN_WAN: Reason(
        "{address} is your home's public address, and Treat WAN IP As LAN Bandwidth is on, so it counts as Local.",
        "local-vs-remote#treat-wan-ip",
    ),
    Rule.IN_LAN_NETWORKS: Reason(
        "{address} is in the list of home networks that is set in {server}, so it counts as Local.",
        "local-vs-remote#lan-networks",
    ),
    Rule.OUTSIDE_LAN_NETWORKS: Reason(
        "{address} is not in the list of home networks that is set in {server}, so it counts as Remote.",
        "local-vs-remote#lan-networks",
    ),
    Rule.IN_OWN_SUBNET: Reason(
        "{address} is in the network of the server's own network card, so it counts as Local.",
        "local-vs-remote#rule-own-subnet",
    ),
    Rule.NEAR_OWN_ADDRESS: Reason(
        "{address} begins like the server's own address. In a home network of usual size (/24) it counts as Local.",
        "local-vs-remote#rule-own-subnet",
    ),
    Rule.OUTSIDE_OWN_SUBNET: Reason(
        "{address} is private, but not in the network of the server's own network card, so it counts as Remote.",
        "local-vs-remote#rule-own-subnet",
    ),
    Rule.PRIVATE_ADDRESS: Reason(
        "{address} is private, and {server} takes private addresses for home, so it counts as Local.",
        "local-vs-remote#jellyfin-emby",
    ),
    Rule.TAILSCALE_ADDRESS: Reason(
        "{address} is one of Tailscale's or of a carrier. Those are no home network by default, so it counts as "
        "Remote.",
        "local-vs-remote#rule-tailscale",
    ),
    Rule.INTERNET_ADDRESS: Reason(
        "{address} is on the internet, so it counts as Remote.",
        "local-vs-remote#rule-internet",
    ),
    Rule.ADDRESS_UNCERTAIN: Reason(
        "One of these would be Local and another Remote, so nobody can tell before a stream runs.",
        "local-vs-remote#rule-uncertain",
    ),
    Rule.OWN_SUBNET_UNKNOWN: Reason(
        "Which networks the server's own network cards are in is not known, so Local and Remote are both possible.",
        "local-vs-remote#rule-own-subnet",
    ),
    Rule.LAN_NETWORKS_UNCLEAR: Reason(
        "The list of home networks that is set in {server} has an entry that it may read in more than one way.",
        "local-vs-remote#lan-networks",
    ),
    Rule.OWN_WAN_UNCONFIRMED: Reason(
        "{address} is your home's public address, but not in LAN Networks. Which of the two settings wins is not "
        "confirmed.",
        "local-vs-remote#treat-wan-ip",
    ),
    Rule.LOOPBACK_UNCONFIRMED: Reason(
        "{address} is the server's own machine, but not in LAN Networks. Whether it stays Local is not confirmed.",
        "local-vs-remote#rule-loopback",
    ),
    Rule.TAILSCALE_UNCONFIRMED: Reason(
        "{address} is one of Tailscale's or of a carrier. Whether {server} takes those for home is not confirmed.",
        "local-vs-remote#rule-tailscale",
    ),
    Rule.IPV6_UNCONFIRMED: Reason(
        "How {server} sorts viewers by IPv6 addresses is not confirmed.",
        "local-vs-remote#ipv6",
    ),
    Rule.OTHER_ADDRESS: Reason(
        "{address} is no address that a viewer could have, and what {server} makes of it is not confirmed.",
        "local-vs-remote#rule-header-unreadable",
    ),
    Rule.NO_ADDRESS: Reason(
        "It is not known from which address the server is reached.",
        "local-vs-remote#rule-no-address",
    ),
    Rule.NO_RULES: Reason(
        "How this application sorts viewers is not known.",
        "local-vs-remote#rule-no-rules",
    ),
}
"""Every rule has its reason."""
