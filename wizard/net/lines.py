"""How `requests` gets its connections here: dialled by us, and every read under a deadline that can be moved on.

`requests` itself limits single reads only, so a server that drips could hold it for ever.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from wizard.net.deadline import Deadline
from wizard.net.streams import Stream

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Dial = Callable[[int], socket.socket]
"""Connects to the third party on a port. Raises OSError."""


class Line(Stream):
    """A connection kept open from one request to the next, in place of the socket that the library expects.

    The library closes its socket while the answer is still to be read; the connection then lasts until the
    reader is closed, too.
    """

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        super().__init__(connected, deadline)
        self._readers = 0
        self._is_closed = False

    def makefile(self, mode: str = "rb", buffering: int | None = None) -> io.BufferedReader:  # noqa: ARG002 -- http.client passes them
        """A buffered reader for one answer."""
        self._readers += 1
        return io.BufferedReader(_Reading(self))

    def close(self) -> None:
        """Close once nobody reads any more."""
        self._is_closed = True
        if not self._readers:
            self.cut()

    def release(self) -> None:
        """One reader is done."""
        self._readers -= 1
        if self._is_closed and not self._readers:
            self.cut()

    def cut(self) -> None:
        """Close now, whoever reads."""
        self.socket.close()

    def settimeout(self, seconds: float | None) -> None:
        """Nothing: the deadline rules."""

    def fileno(self) -> int:
        """For the question whether an idle connection has been closed by the other side."""
        return self.socket.fileno()

    def shutdown(self, how: int) -> None:
        """Stop sending or receiving."""
        self.socket.shutdown(how)


class _Reading(io.RawIOBase):
    """The raw side of `Line.makefile`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        data = self._line.recv(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._line.release()


class LineAdapter(HTTPAdapter):
    """Makes `requests` dial with `dial`, and talk over the Line that `lend` makes of the connected socket."""

    def __init__(self, dial: Dial, lend: Callable[[socket.socket], Line]) -> None:
        self._pools = _pools(dial, lend)
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Called by the library while it sets itself up."""
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = self._pools


def _pools(dial: Dial, lend: Callable[[socket.socket], Line]) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return dial(self.port)

        def connect(self) -> None:
            super().connect()
            self.sock = lend(self.sock)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return dial(self.port)

        def connect(self) -> None:
            super().connect()
            self.sock = lend(self.sock)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
