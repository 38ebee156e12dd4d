"""Small servers on real loopback sockets whose every byte a test decides. Must not know the door."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Talk = Callable[[socket.socket], None]
_LONG = 30.0


class Small:
    """Serves each connection with `talk` on a thread; a context manager. Ends every thread when it ends."""

    def __init__(self, talk: Talk, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.ended = threading.Event()
        self.talk = talk
        self.tls = tls  # may be changed while it runs, and counts for new connections
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listening = socket.create_server((host, 0), family=family)
        self.port: int = self._listening.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        for one in (self._listening, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(_LONG)

    def _accept(self) -> None:
        while not self.ended.is_set():
            try:
                accepted, _ = self._listening.accept()
            except OSError:
                return
            accepted.settimeout(_LONG)
            self._open.append(accepted)
            thread = threading.Thread(target=self._serve, args=(accepted,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, accepted: socket.socket) -> None:
        # what a client does to us here is its own business
        with contextlib.suppress(OSError, ssl.SSLError):
            connection = accepted
            if self.tls is not None:
                connection = self.tls.wrap_socket(accepted, server_side=True)
                self._open.append(connection)
            with connection:
                self.talk(connection)


def read_request(connection: socket.socket) -> str:
    """The head of one request."""
    head = b""
    while b"\r\n\r\n" not in head and (piece := connection.recv(4096)):
        head += piece
    return head.decode("latin-1")


def answers(body: str = "hello", *, status: str = "200 OK", headers: str = "") -> Talk:
    """Reads a request and sends one answer."""
    data = body.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(data)}\r\n{headers}Connection: close\r\n\r\n"

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(head.encode() + data)

    return talk


def says(data: bytes) -> Talk:
    """Reads a request and sends these bytes."""

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(data)

    return talk


def drips(ended: Callable[[], threading.Event], *pieces: bytes, seconds: float = 0.05) -> Talk:
    """Sends its pieces one after the other, the last again and again, with a pause each."""

    def talk(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
            ended().wait(seconds)
        while not ended().wait(seconds):
            connection.sendall(pieces[-1])

    return talk


def resets(connection: socket.socket) -> None:
    """Cuts the line with a RST instead of an answer."""
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def hangs_up(connection: socket.socket) -> None:
    """Reads the request and closes."""
    read_request(connection)
