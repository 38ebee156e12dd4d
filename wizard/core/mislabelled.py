"""Why a viewer is counted otherwise than they came in. Pure: the causes that can be told apart, worst guess last."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wizard.core.addresses import parse_address
from wizard.core.arriving import CameIn, Judged, Match
from wizard.core.locality import networks
from wizard.core.streams import ServerWords


class Cause(StrEnum):
    """The causes. The name of each is the end of the finding's code."""

    RELAYED = "relayed"
    HEADERS_OFF = "headers-off"
    LAN_TOO_WIDE = "lan-too-wide"
    IPV6 = "ipv6"
    HEADER_LOST = "header-lost"
    COUNTED_LOCAL = "counted-local"
    HOME_BY_NAME = "home-by-name"
    LAN_WITHOUT_HOME = "lan-without-home"
    BRIDGE = "bridge"
    HOME_REMOTE = "home-remote"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One stream that is counted wrong, and why."""

    judged: Judged
    cause: Cause

    @property
    def is_counted_local(self) -> bool:
        """A viewer from outside that counts as home; else somebody at home that counts as outside."""
        return self.judged.match is Match.COUNTED_LOCAL


def mistakes(judged: tuple[Judged, ...], words: ServerWords, *, forwards: bool) -> tuple[Mistake, ...]:
    """Every stream that is counted wrong. `forwards` says whether Caddy is set to pass viewers' addresses on."""
    wrong = (one for one in judged if one.match in {Match.COUNTED_LOCAL, Match.COUNTED_REMOTE})
    return tuple(Mistake(one, _cause(one, words, forwards)) for one in wrong)


def _cause(one: Judged, words: ServerWords, forwards: bool) -> Cause:  # noqa: FBT001, RUF100 -- our own two callers
    return _why_local(one, words, forwards) if one.match is Match.COUNTED_LOCAL else _why_remote(one, words)


def _why_local(one: Judged, words: ServerWords, forwards: bool) -> Cause:  # noqa: FBT001, RUF100 -- as above
    around = words.settings.around if words.settings else None
    address = parse_address(one.stream.address)
    goes_by_proxy = bool(one.arrived_as) and one.stream.address != one.arrived_as
    if one.came_in is CameIn.RELAY:
        return Cause.RELAYED
    if around and address and not goes_by_proxy and address in networks(around.lan_networks):
        return Cause.LAN_TOO_WIDE
    if not forwards:
        return Cause.HEADERS_OFF
    if ":" in one.arrived_as:
        return Cause.IPV6
    return Cause.HEADER_LOST if goes_by_proxy else Cause.COUNTED_LOCAL


def _why_remote(one: Judged, words: ServerWords) -> Cause:
    around = words.settings.around if words.settings else None
    address = parse_address(one.stream.address)
    if one.came_in is CameIn.HOME_BY_NAME:
        return Cause.HOME_BY_NAME
    if around is None or address is None:
        return Cause.HOME_REMOTE
    lan = networks(around.lan_networks)
    if lan.is_set and address not in lan:
        return Cause.LAN_WITHOUT_HOME
    cards = [parse_address(card) for card in around.own_addresses]
    is_bridge = (
        bool(cards) and not around.own_subnets and all(card and str(card).startswith("172.") for card in cards)
    )
    return Cause.BRIDGE if is_bridge else Cause.HOME_REMOTE
