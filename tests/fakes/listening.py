"""A listening socket whose connections are served by coroutines on a thread of its own.

Knows sockets, TLS and threads; must not know what is spoken over them. Shared by every stand-in.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import weakref
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Self

# What a peer can do to us at any moment; none of it is a bug of the stand-in.
PEER_FAULTS = (OSError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError)

_HEAD_LIMIT_BYTES = 256 * 1024


Talk = Callable[[socket.socket], Coroutine[Any, Any, None]]


class Listener:
    """Accepts connections until stopped; `talk` serves one accepted socket and owns it."""

    def __init__(
        self,
        talk: Talk,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        background: Callable[[], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.errors: list[BaseException] = []
        self._talk = talk
        self._background = background
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ended = asyncio.Event()
        self._doors: list[tuple[socket.socket, Talk]] = []

    def add_door(self, port: int, talk: Talk) -> int:
        """One more port of the same host, served by `talk`; call before the start. Gives the port."""
        self._doors.append((_listening(self.host, port), talk))
        return int(self._doors[-1][0].getsockname()[1])

    def start(self) -> Self:
        """Bind (raises OSError here, in the caller) and serve from a daemon thread."""
        listening = _listening(self.host, self.port)
        self.port = listening.getsockname()[1]
        ready = threading.Event()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listening, ready)), name=f"listener-{self.port}", daemon=True
        )
        self._thread.start()
        ready.wait(10)
        return self

    def stop(self) -> None:
        """Close the listening socket and every connection. Raises RuntimeError if the stand-in itself failed."""
        if self._thread is None or self._loop is None:
            return
        with contextlib.suppress(RuntimeError):  # the loop is gone already
            self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(15)
        self._thread = self._loop = None
        if self.errors:
            raise RuntimeError(f"the stand-in on port {self.port} failed") from self.errors[0]

    def run_soon(self, callback: Callable[..., object], *args: object) -> None:
        """Run `callback` on the serving thread; nothing happens when the listener is not running."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # stopped in this very moment
                self._loop.call_soon_threadsafe(callback, *args)

    async def _serve(self, listening: socket.socket, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        doors = [(listening, self._talk), *self._doors]
        tasks: set[asyncio.Task[None]] = {asyncio.create_task(self._accept(*door)) for door in doors}
        if self._background is not None:
            tasks.add(asyncio.create_task(self._background()))
        ready.set()
        try:
            await self._ended.wait()
            await _cancel(tasks)
        finally:
            for door, _ in doors:
                door.close()
        await _cancel({task for task in asyncio.all_tasks() if task is not asyncio.current_task()})
        # a connection onward that is cancelled before its TLS begins leaves its transport open (CPython 3.11)
        for transport in list(getattr(self._loop, "_transports", {}).values()):
            transport.abort()
        # aborted transports close their sockets in the next turns of the loop
        for _ in range(5):
            await asyncio.sleep(0)

    async def _accept(self, listening: socket.socket, talk: Talk) -> None:
        loop = asyncio.get_running_loop()
        connections: set[asyncio.Task[None]] = set()
        while True:
            accepted, _ = await loop.sock_accept(listening)
            accepted.setblocking(False)
            # asyncio does this by itself only for sockets it made; without it small answers wait 40 ms
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = asyncio.create_task(self._guard(accepted, talk))
            connections.add(connection)
            connection.add_done_callback(connections.discard)

    async def _guard(self, accepted: socket.socket, talk: Talk) -> None:
        try:
            await talk(accepted)
        except PEER_FAULTS:
            pass
        except Exception as error:  # noqa: BLE001 -- kept, and raised to the test by stop()
            self.errors.append(error)
        finally:
            accepted.close()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=128)
    listening.setblocking(False)
    return listening


async def _cancel(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Stream:
    """One accepted connection after the optional TLS handshake."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    peer: tuple[str, int]
    is_tls: bool
    server_name: str | None  # SNI as the client sent it

    async def send(self, data: bytes) -> None:
        """Write and wait until the peer has taken enough of it."""
        self.writer.write(data)
        await self.writer.drain()

    async def close(self) -> None:
        """Flush and close; a peer that does not go along is cut off after two seconds."""
        try:
            self.writer.close()
            async with asyncio.timeout(2):
                await self.writer.wait_closed()
        except PEER_FAULTS:
            pass
        finally:
            self.abort()

    def abort(self) -> None:
        """Close at once, whatever is still to be sent; harmless when closed already."""
        # CPython 3.11 forgets its loop once a transport has flushed and closed, and then stumbles over abort()
        with contextlib.suppress(AttributeError):
            self.writer.transport.abort()


_server_names: weakref.WeakKeyDictionary[ssl.SSLObject, str | None] = weakref.WeakKeyDictionary()


def remember_server_name(context: ssl.SSLContext) -> ssl.SSLContext:
    """Make `context` note the SNI of each handshake, so that `Stream.server_name` can tell it."""

    def note(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
        if isinstance(connection, ssl.SSLObject):
            _server_names[connection] = name

    context.sni_callback = note
    return context


async def first_byte(accepted: socket.socket) -> bytes:
    """The first byte a client sends, left in the socket; empty when it closed without a word."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(accepted, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(accepted)
    return accepted.recv(1, socket.MSG_PEEK)


async def open_stream(accepted: socket.socket, context: ssl.SSLContext | None = None) -> Stream:
    """Turn an accepted socket into a stream; with `context` only after a TLS handshake. Raises one of PEER_FAULTS."""
    loop = asyncio.get_running_loop()
    address = accepted.getpeername()
    reader = asyncio.StreamReader(limit=_HEAD_LIMIT_BYTES, loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    if context is None:
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, accepted)
    else:
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol, accepted, ssl=context, ssl_handshake_timeout=10, ssl_shutdown_timeout=1
        )
    writer = asyncio.StreamWriter(transport, protocol, reader, loop)
    secured = writer.get_extra_info("ssl_object")
    name = _server_names.get(secured) if secured is not None else None
    return Stream(reader, writer, (address[0], address[1]), secured is not None, name)
