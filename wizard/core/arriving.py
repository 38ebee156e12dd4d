"""How a viewer came in against how the media server counts them: the question of the traffic board. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from wizard.core.addresses import Kind, is_documentation, kind_of, parse_address
from wizard.core.locality import Counted
from wizard.core.streams import LiveStream, ServerWords


class CameIn(StrEnum):
    """The ways a viewer can come in."""

    HOME = "home"
    HOME_BY_NAME = "home-by-name"
    INTERNET = "internet"
    TAILSCALE = "tailscale"
    RELAY = "relay"
    LOST = "lost"  # the server sees only the proxy
    UNKNOWN = "unknown"


class Match(StrEnum):
    """Whether a viewer is counted the way they came in."""

    AS_IT_SHOULD = "as-it-should"
    COUNTED_LOCAL = "counted-local"
    COUNTED_REMOTE = "counted-remote"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A viewer as the proxy saw them lately: the address it took for theirs, and the device they named."""

    address: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """One stream with both sides. `arrived_as` is the viewer's address as the proxy or else the server knows it."""

    stream: LiveStream
    came_in: CameIn
    match: Match
    arrived_as: str = ""
    through_proxy: bool = False


def judge_streams(
    streams: Sequence[LiveStream], words: ServerWords, arrivals: Sequence[Arrival] = ()
) -> tuple[Judged, ...]:
    """Every stream with how it came in. The proxy's own view wins over the server's, where both know the viewer."""
    return tuple(_judge(stream, words, arrivals) for stream in streams)


def _judge(stream: LiveStream, words: ServerWords, arrivals: Sequence[Arrival]) -> Judged:
    arrival = _arrival_of(stream, arrivals)
    address = arrival.address if arrival else stream.address
    if stream.is_relayed:
        came_in = CameIn.RELAY
    elif arrival is None and stream.address and stream.address == words.reached_from:
        came_in, address = CameIn.LOST, ""
    else:
        came_in = way_of(address, words)
    return Judged(stream, came_in, match_of(came_in, stream.counted), address, arrival is not None)


def _arrival_of(stream: LiveStream, arrivals: Sequence[Arrival]) -> Arrival | None:
    """The proxy's view of the same viewer: by address, else by a device name that only one viewer has."""
    for one in arrivals:
        if stream.address and one.address == stream.address:
            return one
    named = [one for one in arrivals if one.device and one.device == stream.device]
    return named[0] if len(named) == 1 else None


def way_of(address: str, words: ServerWords) -> CameIn:
    """How a viewer with this address comes in."""
    parsed = parse_address(address)
    if parsed is None:
        return CameIn.UNKNOWN
    own = words.settings.around.wan_addresses if words.settings else ()
    if str(parsed) in own:
        return CameIn.HOME_BY_NAME
    if is_from_outside(address):
        return CameIn.INTERNET
    match kind_of(parsed):
        case Kind.PRIVATE | Kind.LOOPBACK | Kind.LINK_LOCAL:
            return CameIn.HOME
        case Kind.SHARED | Kind.TAILNET:
            return CameIn.TAILSCALE
        case _:
            return CameIn.UNKNOWN


def is_from_outside(address: str) -> bool:
    """True for an address on the internet."""
    parsed = parse_address(address)
    return parsed is not None and (kind_of(parsed) is Kind.PUBLIC or is_documentation(parsed))


def match_of(came_in: CameIn, counted: Counted) -> Match:
    """Home should be Local, the internet and the relay Remote. Tailscale may be either: some use it at home."""
    if counted is Counted.UNKNOWN:
        return Match.UNKNOWN
    match came_in:
        case CameIn.HOME | CameIn.HOME_BY_NAME:
            return Match.AS_IT_SHOULD if counted is Counted.LOCAL else Match.COUNTED_REMOTE
        case CameIn.INTERNET | CameIn.RELAY:
            return Match.AS_IT_SHOULD if counted is Counted.REMOTE else Match.COUNTED_LOCAL
        case CameIn.TAILSCALE:
            return Match.AS_IT_SHOULD
        case _:
            return Match.UNKNOWN


@dataclass(frozen=True, slots=True)
class Sums:
    """What line one of the board says. Rates in kbit/s."""

    streams: int
    kbps: int
    local: int
    local_kbps: int
    remote: int
    remote_kbps: int

    @property
    def unknown(self) -> int:
        """Streams of which nobody knows."""
        return self.streams - self.local - self.remote


def sum_up(streams: Sequence[LiveStream]) -> Sums:
    """Count streams and rates by what the server calls them."""
    local = [one.kbps for one in streams if one.counted is Counted.LOCAL]
    remote = [one.kbps for one in streams if one.counted is Counted.REMOTE]
    return Sums(len(streams), sum(one.kbps for one in streams), len(local), sum(local), len(remote), sum(remote))


def upload_percent(kbps: int, upload_mbps: float | None) -> int | None:
    """The share of the upload that is in use, in whole percent; None when the upload is not known."""
    return round(kbps / 10 / upload_mbps) if upload_mbps else None
