"""Lines of Caddy's JSON access log, decoded as far as traffic needs them. Pure; knows no file and no database.

Only a few fields are decoded; whatever else a line holds is skipped by the decoder and never becomes an object,
tokens least of all. Caddy writes a line when a response has ended, so `ts` is its end.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec

SWITCHED = 101  # a WebSocket that has ended; its `duration` is its life time and its `size` not its payload
CLIENT_GONE = 499  # the viewer left before the media server answered; 0 up to Caddy 2.11.4


class Headers(msgspec.Struct, gc=False, frozen=True):
    """What a player says of itself."""

    name: tuple[str, ...] = msgspec.field(name="X-Plex-Device-Name", default=())
    product: tuple[str, ...] = msgspec.field(name="X-Plex-Product", default=())
    platform: tuple[str, ...] = msgspec.field(name="X-Plex-Platform", default=())


NO_HEADERS = Headers()
# what does not fit is a broken line, so that nobody behind this has to fear overflows
Seconds = Annotated[float, msgspec.Meta(ge=0, le=2**33)]
Size = Annotated[int, msgspec.Meta(ge=0, le=2**50)]
Status = Annotated[int, msgspec.Meta(ge=0, le=999)]


class Request(msgspec.Struct, gc=False):
    """`client_ip` is the viewer as Caddy believes it, `remote_ip` whoever opened the connection."""

    client_ip: str = ""
    remote_ip: str = ""
    method: str = ""
    uri: str = ""
    headers: Headers = NO_HEADERS


class Line(msgspec.Struct, gc=False):
    """One response. `ts` in seconds since 1970, `duration` in seconds, `size` in bytes of body sent."""

    ts: Seconds
    request: Request | None = None
    duration: Seconds = 0.0
    size: Size = 0
    status: Status = 0

    @property
    def is_cut(self) -> bool:
        """True when the viewer left before the end: Caddy then logs no duration (measured), or status 499 or 0."""
        return self.status in {0, CLIENT_GONE} or (not self.duration and self.status != SWITCHED)


class _Loose(msgspec.Struct, gc=False):
    """The same from a Caddy whose encoder writes times and durations as words."""

    ts: Seconds | str
    request: Request | None = None
    duration: Seconds | str = 0.0
    size: Size = 0
    status: Status = 0


BLOCK_BYTES = 1024 * 1024  # its lines, once decoded, are about as much again
_decode_lines = msgspec.json.Decoder(Line).decode_lines
_decode_loose = msgspec.json.Decoder(_Loose).decode
_DURATION = re.compile(r"([0-9.]+)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Decoded:
    """The lines of a piece of log, in their order, and how many could not be read."""

    lines: list[Line]
    broken: int = 0


def decode(piece: bytes) -> Decoded:
    """Decode whole lines. A broken one costs only itself."""
    with no_cycles():
        try:
            return Decoded(_decode_lines(piece))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _one_by_one(piece)


def decode_blocks(piece: bytes | memoryview, size: int = BLOCK_BYTES) -> Iterator[Decoded]:
    """Decode whole lines, about `size` bytes at a time: what is counted and dropped at once stays in the cache."""
    view, at = memoryview(piece), 0
    while at < len(view):
        block = _whole_lines(view[at:], size)
        at += len(block)
        yield decode(block)


def _whole_lines(rest: memoryview, size: int) -> bytes:
    """The first lines of the rest, at least one, and about `size` bytes where lines are not longer than that."""
    while size < len(rest):
        block = bytes(rest[:size])
        if end := block.rfind(b"\n") + 1:
            return block[:end]
        size *= 2
    return bytes(rest)


@contextmanager
def no_cycles() -> Iterator[None]:
    """Nothing that is decoded or counted can be part of a cycle: looking for cycles meanwhile takes 30 % of the time.

    Whoever switches the search off switches it on again, so threads that do this at once leave it on.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _one_by_one(piece: bytes) -> Decoded:
    lines: list[Line] = []
    broken = 0
    for text in piece.split(b"\n"):
        if not text.strip():
            continue
        try:
            lines.append(_stern(_decode_loose(text)))
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError):
            broken += 1
    return Decoded(lines, broken)


def _stern(loose: _Loose) -> Line:
    at, duration = loose.ts, loose.duration
    if isinstance(at, str):
        at = datetime.fromisoformat(at).timestamp()
    if isinstance(duration, str):
        duration = _seconds(duration)
    return Line(at, loose.request, duration, loose.size, loose.status)


def _seconds(text: str) -> float:
    """Go's way of writing a duration, such as `1m2.5s`. Raises ValueError for anything else."""
    found = _DURATION.findall(text)
    if not found or "".join(number + unit for number, unit in found) != text:
        raise ValueError(f"no duration: {text}")
    return sum(float(number) * _SECONDS[unit] for number, unit in found)
