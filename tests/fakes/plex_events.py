"""Notifications of the stand-in Plex, over WebSocket and as server-sent events.

Must not know who may listen: that is decided before.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, SERVER, Protocol
from websockets.utils import accept_key

from tests.fakes.listening import Stream
from tests.fakes.plex_seen import SeenLog
from tests.fakes.wire import Headers, Request

Notification = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Farewell:
    """The end of a WebSocket: with a close code, or cut off without a word when that is None."""

    code: int | None = 1001


def switching_headers(request: Request) -> Headers | None:
    """The headers of a 101 answer (RFC 6455, 4.2.2); None when the request does not ask for a WebSocket."""
    key = request.value("Sec-WebSocket-Key")
    wants = "upgrade" in (request.value("Connection") or "").lower().replace(" ", "").split(",")
    if key is None or not wants or (request.value("Upgrade") or "").lower() != "websocket":
        return None
    return (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept_key(key)))


def container(kind: str, **entries: object) -> Notification:
    """A NotificationContainer of some type, e.g. container("playing", PlaySessionStateNotification=[…])."""
    return {"NotificationContainer": {"type": kind, "size": 1, **entries}}


class Events:
    """Passes every notification on to whoever listens. Everything here runs on the serving thread."""

    def __init__(self, seen: SeenLog) -> None:
        self._seen = seen
        self._queues: set[asyncio.Queue[Notification | Farewell]] = set()

    @property
    def listeners(self) -> int:
        """How many WebSockets and event streams are open."""
        return len(self._queues)

    def publish(self, notification: Notification) -> None:
        """Send to every listener."""
        for queue in self._queues:
            queue.put_nowait(notification)

    def hang_up(self, farewell: Farewell) -> None:
        """Close every WebSocket and event stream."""
        for queue in self._queues:
            queue.put_nowait(farewell)

    async def talk(self, stream: Stream) -> None:
        """Speak WebSocket after the 101 until either side closes; client messages are noted, not answered."""
        protocol = Protocol(SERVER, state=OPEN)
        queue: asyncio.Queue[Notification | Farewell] = asyncio.Queue()
        self._queues.add(queue)
        sender = asyncio.create_task(_forward(protocol, queue, stream))
        try:
            while not protocol.close_expected() and (data := await stream.reader.read(65536)):
                protocol.receive_data(data)
                for event in protocol.events_received():
                    self._note(event)
                await _flush(protocol, stream)
        except asyncio.CancelledError:
            # the server is stopping: say good-bye as far as that is possible without waiting
            if protocol.state is OPEN:
                protocol.send_close(1001)
                stream.writer.write(b"".join(protocol.data_to_send()))
            raise
        finally:
            sender.cancel()
            self._queues.discard(queue)

    def _note(self, event: object) -> None:
        if isinstance(event, Frame) and event.opcode in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}:
            data = bytes(event.data)
            self._seen.add_frame(data if event.opcode is Opcode.BINARY else data.decode(errors="replace"))

    async def as_server_sent_events(self) -> AsyncGenerator[bytes, None]:
        """An endless body: one `ping` at once, afterwards only what is published."""
        queue: asyncio.Queue[Notification | Farewell] = asyncio.Queue()
        self._queues.add(queue)
        try:
            yield b"event: ping\ndata: {}\n\n"
            while not isinstance(notification := await queue.get(), Farewell):
                kind = notification.get("NotificationContainer", {}).get("type", "message")
                yield f"event: {kind}\ndata: {json.dumps(notification)}\n\n".encode()
        finally:
            self._queues.discard(queue)


async def _forward(protocol: Protocol, queue: asyncio.Queue[Notification | Farewell], stream: Stream) -> None:
    while not isinstance(notification := await queue.get(), Farewell):
        protocol.send_text(json.dumps(notification).encode())
        await _flush(protocol, stream)
    if notification.code is None:
        stream.abort()
    else:
        protocol.send_close(notification.code)
        await _flush(protocol, stream)


async def _flush(protocol: Protocol, stream: Stream) -> None:
    await stream.send(b"".join(protocol.data_to_send()))
