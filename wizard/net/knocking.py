"""Which of many ports are open: all of them tried side by side, within one time limit. Sends no data."""

from __future__ import annotations

import errno
import selectors
import socket
from collections import deque
from collections.abc import Iterator, Sequence

from wizard.net.deadline import Deadline

AT_ONCE = 256  # well below the 1,024 open files that a process often has
SECONDS = 1.2  # one second is when a lost first packet is sent again

Door = tuple[str, int]


def knock(doors: Sequence[Door], deadline: Deadline, *, seconds: float = SECONDS) -> Iterator[Door]:
    """Each IP address and port that accepts a connection, as soon as it does. Nobody is waited for longer than
    `seconds`, and the whole ends with the deadline."""
    waiting = deque(doors)
    with selectors.DefaultSelector() as selector:
        started: dict[socket.socket, tuple[Door, Deadline]] = {}
        try:
            while waiting or started:
                while waiting and len(started) < AT_ONCE:
                    door = waiting.popleft()
                    if (sock := _begin(door)) is not None:
                        started[sock] = (door, deadline.within(seconds))
                        selector.register(sock, selectors.EVENT_WRITE, sock)
                yield from _ended(selector, started, deadline)
        except TimeoutError:
            return
        finally:
            for sock in started:
                sock.close()


def _begin(door: Door) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in door[0] else socket.AF_INET
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return None
    sock.setblocking(False)
    try:
        told = sock.connect_ex(door)
    except OSError:
        told = errno.EHOSTUNREACH
    if told in {0, errno.EINPROGRESS}:
        return sock
    sock.close()
    return None


def _ended(
    selector: selectors.BaseSelector, started: dict[socket.socket, tuple[Door, Deadline]], deadline: Deadline
) -> Iterator[Door]:
    for key, _ in selector.select(min(0.1, deadline.left())):
        sock: socket.socket = key.data
        door, _limit = started.pop(sock)
        selector.unregister(sock)
        is_open = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
        sock.close()
        if is_open:
            yield door
    for sock in [sock for sock, (_, limit) in started.items() if _is_over(limit)]:
        started.pop(sock)
        selector.unregister(sock)
        sock.close()


def _is_over(limit: Deadline) -> bool:
    try:
        limit.left()
    except TimeoutError:
        return True
    return False
