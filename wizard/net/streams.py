"""TCP and TLS streams whose every read and write obeys one overall deadline."""

from __future__ import annotations

import io
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wizard.core.addresses import parse_address
from wizard.core.faults import Fault
from wizard.net.deadline import Deadline
from wizard.net.faults import NETWORK_ERRORS, fault_of, words_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


@dataclass(frozen=True, slots=True)
class Connection:
    """Whether a TCP port answers. `local_address` is ours on that connection."""

    address: str
    port: int
    local_address: str = ""
    fault: Fault | None = None
    detail: str = ""
    seconds: float = 0.0


class Stream:
    """A connected socket under a deadline."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self.socket = connected
        self.deadline = deadline

    def sendall(self, data: bytes) -> None:
        """Send everything. Raises TimeoutError at the deadline."""
        self.socket.settimeout(self.deadline.left())
        self.socket.sendall(data)

    def recv(self, most: int, deadline: Deadline | None = None) -> bytes:
        """Receive something; empty when the other side closed. Raises TimeoutError at the deadline."""
        self.socket.settimeout((deadline or self.deadline).left())
        return self.socket.recv(most)

    def makefile(self, mode: str = "rb", buffering: int | None = None) -> io.BufferedReader:  # noqa: ARG002 -- http.client passes them
        """A buffered reader over the same deadline."""
        return io.BufferedReader(_Raw(self))

    def close(self) -> None:
        """Close at once, without TLS's farewell."""
        self.socket.close()

    @property
    def local_address(self) -> str:
        """Our own address of this connection."""
        return _plain(self.socket.getsockname()[0])

    @property
    def peer_address(self) -> str:
        """The address that was dialled."""
        return _plain(self.socket.getpeername()[0])


class _Raw(io.RawIOBase):
    """The raw side of `Stream.makefile`."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        data = self._stream.recv(len(view))
        view[: len(data)] = data
        return len(data)


def dial(addresses: tuple[str, ...], port: int, deadline: Deadline) -> Stream:
    """Connect to the first address that answers, each getting its share of the time.

    Raises the most telling error when none does.
    """
    errors: list[OSError] = []
    for tried, address in enumerate(addresses):
        try:
            part = deadline.share(len(addresses) - tried)
            connected = socket.create_connection((address, port), timeout=part.left())
        except OSError as error:
            errors.append(error)
        else:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return Stream(connected, deadline)
    raise most_telling(errors)


def most_telling(errors: list[OSError]) -> OSError:
    """The error of the first address that this machine has a network for.

    A missing IPv6 network says nothing about a server that refuses over IPv4.
    """
    telling = [error for error in errors if fault_of(error) is not Fault.NO_NETWORK]
    return (telling or errors or [socket.gaierror(socket.EAI_NONAME, "no address to dial")])[0]


def secure(stream: Stream, context: ssl.SSLContext, server_name: str) -> Stream:
    """The same stream inside TLS. Closes it and raises what the handshake raised when that fails.

    CPython counts the socket's time limit over the whole handshake, so a dripping server cannot stretch it.
    """
    try:
        stream.socket.settimeout(stream.deadline.left())
        return Stream(context.wrap_socket(stream.socket, server_hostname=server_name), stream.deadline)
    except OSError:
        stream.close()
        raise


def connect(address: str, port: int, seconds: float) -> Connection:
    """Whether a TCP connection opens, and from which address of ours."""
    deadline = Deadline(seconds)
    try:
        stream = dial((address,), port, deadline)
    except NETWORK_ERRORS as error:
        return Connection(address, port, "", fault_of(error), words_of(error), deadline.spent())
    local = stream.local_address
    stream.close()
    return Connection(address, port, local, seconds=deadline.spent())


def _plain(address: object) -> str:
    parsed = parse_address(str(address))
    return str(parsed) if parsed else str(address)
