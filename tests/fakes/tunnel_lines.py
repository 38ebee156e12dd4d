"""One connection that carries many streams, as a tunnel's does: `Line` is an end of it, `Lane` one stream on it.

A frame is the lane's number, a kind, and so many bytes. Whoever sends on a lane needs credit from the other end, so a
viewer who reads slowly holds up nobody else. Silence for IDLE_SECONDS ends the line: cloudflared's own limit for QUIC
(quic/constants.go). Must not know what is spoken on a lane.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Coroutine
from contextlib import suppress
from enum import IntEnum
from typing import Any

from tests.fakes.listening import PEER_FAULTS, Stream

IDLE_SECONDS, PING_SECONDS = 5.0, 1.0
_FRAME = struct.Struct(">IBI")
_WINDOW_BYTES, _PIECE_BYTES, _HEAD_BYTES = 1 << 20, 64 * 1024, 256 * 1024


class Kind(IntEnum):
    """What a frame is."""

    DATA = 0  # the first one with a new number opens a lane
    END = 1
    RESET = 2
    CREDIT = 3
    PING = 4


class Lane:
    """One stream. Reading gives b"" at its end; sending raises ConnectionResetError once the other side is gone."""

    def __init__(self, line: Line, number: int) -> None:
        self._line, self._number = line, number
        self._reader = asyncio.StreamReader(limit=_HEAD_BYTES)
        self._credit, self._more_credit = _WINDOW_BYTES, asyncio.Event()
        self.is_cut = False

    async def read_head(self) -> bytes:
        """Everything up to an empty line."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        self._line.frame(self._number, Kind.CREDIT, struct.pack(">I", len(head)))
        return head

    async def read(self) -> bytes:
        """What is there, as soon as there is anything."""
        data = await self._reader.read(_PIECE_BYTES)
        if data:
            self._line.frame(self._number, Kind.CREDIT, struct.pack(">I", len(data)))
        return data

    async def send(self, data: bytes) -> None:
        """Send as the other end has room."""
        for begin in range(0, len(data), _PIECE_BYTES):
            piece = data[begin : begin + _PIECE_BYTES]
            while self._credit < len(piece) and not self.is_cut:
                self._more_credit.clear()
                await self._more_credit.wait()
            if self.is_cut:
                raise ConnectionResetError("the other end of the lane is gone")
            self._credit -= len(piece)
            self._line.frame(self._number, Kind.DATA, piece)
            await self._line.drain()

    async def finish(self) -> None:
        """No more from here; the other direction stays open."""
        self._line.frame(self._number, Kind.END)

    def abort(self) -> None:
        """End both directions at once. Harmless when ended already."""
        if self._line.lanes.pop(self._number, None) is not None:
            self._line.frame(self._number, Kind.RESET)
            self.cut()

    def arrived(self, kind: Kind, payload: bytes) -> None:
        """A frame for this lane."""
        match kind:
            case Kind.DATA:
                self._reader.feed_data(payload)
            case Kind.END:
                self._reader.feed_eof()
            case Kind.CREDIT:
                self._credit += int.from_bytes(payload, "big")
                self._more_credit.set()
            case _:
                self.cut()

    def cut(self) -> None:
        """The other end is gone."""
        self.is_cut = True
        self._more_credit.set()
        if self._reader.exception() is None and not self._reader.at_eof():
            self._reader.set_exception(ConnectionResetError("the lane was cut"))


class Line:
    """An end of the connection. `opened` serves a lane that the other end opened; it owns the lane."""

    def __init__(self, stream: Stream, opened: Callable[[Lane], Coroutine[Any, Any, None]] | None = None) -> None:
        self.lanes: dict[int, Lane] = {}
        self._stream, self._opened = stream, opened
        self._numbers = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining = asyncio.Lock()

    def open(self) -> Lane:
        """A new lane. One end of a line opens lanes, the other one serves them."""
        self._numbers += 1
        lane = self.lanes[self._numbers] = Lane(self, self._numbers)
        return lane

    def frame(self, number: int, kind: Kind, payload: bytes = b"") -> None:
        """Put a frame on the line; nothing happens once it is cut."""
        with suppress(RuntimeError, OSError):
            self._stream.writer.write(_FRAME.pack(number, kind, len(payload)) + payload)

    async def drain(self) -> None:
        """Wait until the line has taken enough."""
        async with self._draining:
            await self._stream.writer.drain()

    async def run(self) -> None:
        """Carry frames until the line breaks or is silent for too long; then every lane is cut.

        Raises one of PEER_FAULTS, TimeoutError for silence.
        """
        pings = asyncio.create_task(self._ping())
        try:
            while True:
                async with asyncio.timeout(IDLE_SECONDS):
                    number, kind, size = _FRAME.unpack(await self._stream.reader.readexactly(_FRAME.size))
                    payload = await self._stream.reader.readexactly(size)
                self._take(number, Kind(kind), payload)
        finally:
            for task in (pings, *self._tasks):
                task.cancel()
            for lane in self.lanes.values():
                lane.cut()
            self.lanes.clear()
            self._stream.abort()

    async def _ping(self) -> None:
        while True:
            self.frame(0, Kind.PING)
            await asyncio.sleep(PING_SECONDS)

    def _take(self, number: int, kind: Kind, payload: bytes) -> None:
        if kind is Kind.PING:
            return
        if number not in self.lanes and self._opened is not None and kind is Kind.DATA and number > self._numbers:
            self._numbers = number
            lane = self.lanes[number] = Lane(self, number)
            task = asyncio.create_task(self._serve(lane, self._opened))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if (known := self.lanes.get(number)) is None:
            return  # it was ended here while this was on its way
        known.arrived(kind, payload)
        if kind is Kind.RESET:
            self.lanes.pop(number)

    async def _serve(self, lane: Lane, opened: Callable[[Lane], Coroutine[Any, Any, None]]) -> None:
        with suppress(*PEER_FAULTS):
            await opened(lane)
        lane.abort()


class Wire:
    """A TCP connection with the reading and sending of a lane, so that one leads into the other."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    async def read_head(self) -> bytes:
        """Everything up to an empty line."""
        return await self.stream.reader.readuntil(b"\r\n\r\n")

    async def read(self) -> bytes:
        """What is there, as soon as there is anything."""
        return await self.stream.reader.read(_PIECE_BYTES)

    async def send(self, data: bytes) -> None:
        """Send as the other end takes it."""
        await self.stream.send(data)

    async def finish(self) -> None:
        """No more from here. TLS knows no half-closed connection: there it is all."""
        if self.stream.writer.can_write_eof():
            self.stream.writer.write_eof()
        else:
            await self.stream.close()

    def abort(self) -> None:
        """End both directions at once."""
        self.stream.abort()


End = Lane | Wire


async def dial(host: str, port: int, seconds: float) -> Wire:
    """A connection onward. Raises OSError or TimeoutError."""
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection(host, port, limit=_HEAD_BYTES)
    return Wire(Stream(reader, writer, (host, port), False, None))


async def pump(source: End, target: End) -> int:
    """Pass on what comes until it ends, then say so; gives how many bytes. Raises one of PEER_FAULTS."""
    passed = 0
    while data := await source.read():
        await target.send(data)
        passed += len(data)
    await target.finish()
    return passed


async def join(near: End, far: End) -> None:
    """Pass bytes both ways until both directions have ended or one broke; then both ends are gone."""
    try:
        async with asyncio.TaskGroup() as pumps:
            pumps.create_task(pump(near, far))
            pumps.create_task(pump(far, near))
    except* PEER_FAULTS:
        pass
    finally:
        near.abort()
        far.abort()
