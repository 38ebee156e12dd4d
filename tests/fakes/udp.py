"""A UDP socket whose datagrams are answered on a thread of its own. Must not know what is spoken over it."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Answer = Callable[[bytes, tuple[str, int]], bytes | None]
_LOOK_SECONDS = 0.1


class UdpServer:
    """Answers each datagram with what `answer` gives, or not at all; a context manager.

    `group` is joined on the interface of `host`, as a device does that wants to be found.
    """

    def __init__(self, answer: Answer, *, host: str = "127.0.0.1", port: int = 0, group: str = "") -> None:
        self._answer = answer
        self._ended = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("" if group else host, port))
        if group:
            joined = socket.inet_aton(group) + socket.inet_aton(host)
            self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name=f"udp {self.port}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(10)
        self._socket.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            if not select.select([self._socket], [], [], _LOOK_SECONDS)[0]:
                continue
            with contextlib.suppress(OSError):  # ICMP about a client that left already
                packet, sender = self._socket.recvfrom(4096)
                if (answered := self._answer(packet, sender)) is not None:
                    self._socket.sendto(answered, sender)
