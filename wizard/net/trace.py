"""The routers on the way out, seen without privileges: UDP with a small TTL, and what ICMP said about it.

Linux hands ICMP errors to the socket that caused them (IP_RECVERR, ip(7)), as tracepath uses it. Every distance has a
socket of its own, so all are asked at once. Must not know what an address means.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import sys
import time
from dataclasses import dataclass

from wizard.net.deadline import Deadline

IP_RECVERR = 11  # linux/in.h; the socket module does not name it
_ERROR = struct.Struct("=IBBBBII")  # sock_extended_err: errno, origin, type, code, pad, info, data
_FROM_ICMP = 2
_TIME_EXCEEDED, _UNREACHABLE = 11, 3
FIRST_PORT = 33434
MOST_HOPS = 8
_RETRY_SECONDS = 0.7


@dataclass(frozen=True, slots=True)
class Step:
    """One distance: who answered and when. Empty for silence. `is_end`: it was the target, or nothing goes on."""

    distance: int
    address: str = ""
    milliseconds: float = 0.0
    is_end: bool = False


def can_trace() -> bool:
    """True where the kernel hands out ICMP errors like Linux."""
    return sys.platform.startswith("linux") and hasattr(socket, "MSG_ERRQUEUE")


def trace(target: str, deadline: Deadline, *, most: int = MOST_HOPS) -> tuple[Step, ...]:
    """The steps towards an IPv4 address, up to it or to the last that answered. Raises OSError for no network."""
    with contextlib.ExitStack() as stack:
        asked: dict[int, socket.socket] = {}
        for distance in range(1, most + 1):
            sock = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, distance)
            asked[distance] = sock
        found = _answers(asked, target, deadline)
    return _way(found, target)


def _answers(asked: dict[int, socket.socket], target: str, deadline: Deadline) -> dict[int, Step]:
    found: dict[int, Step] = {}
    while len(found) < len(asked) and not _is_complete(found):
        try:
            turn = deadline.within(_RETRY_SECONDS)
        except TimeoutError:
            break
        sent_at: dict[int, float] = {}
        for distance, sock in asked.items():
            if distance not in found:
                sent_at[distance] = time.monotonic()
                # an error of an earlier question may be waiting here; the next one is asked all the same
                with contextlib.suppress(OSError):
                    sock.sendto(b"porthole", (target, FIRST_PORT + distance))
        _collect(asked, found, sent_at, turn)
    return found


def _collect(
    asked: dict[int, socket.socket], found: dict[int, Step], sent_at: dict[int, float], turn: Deadline
) -> None:
    poll = select.poll()
    waiting = {asked[distance].fileno(): distance for distance in sent_at}
    for descriptor in waiting:
        poll.register(descriptor, select.POLLERR)
    while waiting and not _is_complete(found):
        try:
            left = turn.left()
        except TimeoutError:
            return
        for descriptor, _ in poll.poll(left * 1000):
            distance = waiting[descriptor]
            heard = _read_error(asked[distance])
            if heard is None:
                continue
            address, is_end = heard
            milliseconds = (time.monotonic() - sent_at[distance]) * 1000
            found[distance] = Step(distance, address, round(milliseconds, 2), is_end)
            poll.unregister(descriptor)
            del waiting[descriptor]


def _read_error(sock: socket.socket) -> tuple[str, bool] | None:
    try:
        _, ancillary, _, _ = sock.recvmsg(512, 512, socket.MSG_ERRQUEUE)
    except OSError:
        return None
    for level, kind, data in ancillary:
        if level == socket.IPPROTO_IP and kind == IP_RECVERR:
            return read_icmp_error(data)
    return None


def read_icmp_error(data: bytes) -> tuple[str, bool] | None:
    """Who complained, and whether it was the end of the way, from an IP_RECVERR message. None for local errors."""
    if len(data) < _ERROR.size + 8:
        return None
    _, origin, kind, _, _, _, _ = _ERROR.unpack_from(data)
    if origin != _FROM_ICMP or kind not in {_TIME_EXCEEDED, _UNREACHABLE}:
        return None
    return socket.inet_ntoa(data[_ERROR.size + 4 : _ERROR.size + 8]), kind == _UNREACHABLE


def _is_complete(found: dict[int, Step]) -> bool:
    """True when the end is known and nobody before it is still asked."""
    ends = [distance for distance, step in found.items() if step.is_end]
    return bool(ends) and all(distance in found for distance in range(1, min(ends)))


def _way(found: dict[int, Step], target: str) -> tuple[Step, ...]:
    ends = [distance for distance, step in found.items() if step.is_end]
    last = min(ends) if ends else max(found, default=0)
    steps = [found.get(distance, Step(distance)) for distance in range(1, last + 1)]
    # a router on the way may refuse too; it is a hop like any other, unless it is the target
    return tuple(
        Step(step.distance, step.address, step.milliseconds, is_end=step.address == target) for step in steps
    )
