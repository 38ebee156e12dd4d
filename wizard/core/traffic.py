"""Words and sums of the traffic of a proxy host: viewers, spans of time, what is shown of an address. Pure."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NamedTuple

from wizard.core.addresses import parse_address

BITS = 8
MEGA = 1_000_000
LONGEST_SPREAD_SECONDS = 86_400
LOCAL_MBPS = 100.0  # how fast a stream at home is taken to have been when nobody wrote down how long it ran
REMOTE_MBPS = 20.0  # the same for one through an upload of unknown speed
LONGEST_NAME = 64
LONGEST_PATH = 512
_TOKEN = re.compile(r"(?i)((?:token|api_?key|authorization)(?:=|%(?:25)*3D))[^&#;/]*")


class Span(IntEnum):
    """How long the time is that one row of sums stands for, in seconds."""

    MINUTE = 60
    HOUR = 3_600
    DAY = 86_400


class Kind(StrEnum):
    """How a request ended."""

    DONE = ""
    CUT = "cut"  # the viewer left before the end; nobody knows how long it ran
    SOCKET = "socket"  # a WebSocket: its bytes are not counted by Caddy


class Viewer(NamedTuple):
    """Who asked: an address, and what the player says of itself; "" for what it does not say."""

    address: str
    device: str = ""
    product: str = ""
    platform: str = ""

    @property
    def name(self) -> str:
        """The device as people call it; "" when it says nothing of itself."""
        return self.device or self.product or self.platform


@dataclass(slots=True)
class Sums:
    """What happened in one span of time. `failed`: the media server or Caddy answered 5xx."""

    requests: int = 0
    sent_bytes: int = 0
    failed: int = 0
    cut: int = 0
    sockets: int = 0

    def add(self, other: Sums) -> None:
        """Take in other sums."""
        self.requests += other.requests
        self.sent_bytes += other.sent_bytes
        self.failed += other.failed
        self.cut += other.cut
        self.sockets += other.sockets


class Asked(NamedTuple):
    """One proxied request as the request view shows it. `at` is its end, in seconds since 1970.

    `seconds` is None where nobody knows how long it ran. `path` holds no value of any query argument.
    """

    at: float
    address: str
    locality: str
    device: str
    method: str
    path: str
    status: int
    sent_bytes: int
    seconds: float | None
    kind: Kind = Kind.DONE


# whose: (span, start of it in seconds since 1970, locality)
Place = tuple[int, int, str]
ViewerPlace = tuple[int, int, str, Viewer]


@dataclass(slots=True)
class Counted:
    """What a piece of log adds: sums by place, the newest requests, and how many lines that were."""

    totals: dict[Place, Sums] = field(default_factory=dict)
    viewers: dict[ViewerPlace, Sums] = field(default_factory=dict)
    requests: list[Asked] = field(default_factory=list)
    lines: int = 0
    broken: int = 0
    others: int = 0  # lines of something else than a request
    newest: float = 0.0


def spread(at: float, seconds: float, sent_bytes: int) -> list[tuple[int, int]]:
    """Share the bytes of a response that ended at `at` among the minutes it ran in: start of minute, bytes.

    The shares add up exactly. Nothing is spread over more than a day.
    """
    seconds = min(seconds, LONGEST_SPREAD_SECONDS)
    start, end = at - seconds, int(at)
    minute, last = int(start), end - end % 60
    minute -= minute % 60
    shares = []
    given = 0
    while minute < last and seconds > 0:
        upto = round(sent_bytes * (minute + 60 - start) / seconds)
        shares.append((minute, upto - given))
        given = upto
        minute += 60
    shares.append((last, sent_bytes - given))
    return shares


def shortest_seconds(sent_bytes: int, mbps: float) -> float:
    """The least time in which so many bytes go through a line of `mbps` Mbit/s."""
    return sent_bytes * BITS / (mbps * MEGA)


def mbps_of(sent_bytes: float, seconds: float) -> float:
    """Mbit/s of so many bytes in that time; 0 for no time."""
    return sent_bytes * BITS / MEGA / seconds if seconds > 0 else 0.0


def masked(address: str) -> str:
    """An address without what tells one home from its neighbours: IPv4 to /24, IPv6 to /64. Other text is hidden."""
    found = parse_address(address)
    if found is None:
        return ""
    prefix = 24 if found.version == 4 else 64
    return str(ipaddress.ip_network(f"{found}/{prefix}", strict=False).network_address)


def shown_path(uri: str) -> str:
    """The path of a request with the names of its query arguments, without their values. Never a token."""
    path, _, query = uri.partition("?")
    if not path.startswith("/"):  # a proxy's way of asking, with scheme and host, perhaps even a password
        path = "/" + path.partition("://")[2].partition("/")[2]
    if "=" in path or "%" in path:
        path = _TOKEN.sub(r"\1…", path)
    names = [name for name in (one.partition("=")[0] for one in query.partition("#")[0].split("&")) if name]
    shown = f"{path}?{'&'.join(names)}" if names else path
    return shown if len(shown) <= LONGEST_PATH else f"{shown[: LONGEST_PATH - 1]}…"


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time up to now that a picture shows: which sums it is drawn from, and the width of one step."""

    key: str
    title: str
    seconds: int
    span: Span
    step_seconds: int

    def starts(self, at: float) -> int:
        """The start of its first step, so that the last step holds `at`."""
        end = int(at) - int(at) % self.step_seconds + self.step_seconds
        return end - self.seconds

    @property
    def viewer_span(self) -> Span:
        """Which sums viewers are told from: nobody needs them by minute for a whole day."""
        return Span.HOUR if self.seconds >= Span.DAY and self.span is Span.MINUTE else self.span

    @property
    def steps(self) -> int:
        """How many steps it has."""
        return self.seconds // self.step_seconds


WINDOWS = {
    window.key: window
    for window in (
        Window("30m", "30 minutes", 1_800, Span.MINUTE, 60),
        Window("24h", "24 hours", Span.DAY, Span.MINUTE, 900),
        Window("7d", "7 days", 7 * Span.DAY, Span.HOUR, 2 * Span.HOUR),
        Window("90d", "90 days", 90 * Span.DAY, Span.DAY, Span.DAY),
    )
}
