"""A real WebSocket handshake, and what comes over the socket afterwards.

The protocol is `websockets`' own, driven over our stream so that one deadline rules everything.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from wizard.core.faults import Fault
from wizard.net.deadline import Deadline
from wizard.net.exchange import USER_AGENT, Target, Terms, open_stream
from wizard.net.faults import NETWORK_ERRORS, fault_of, words_of
from wizard.net.streams import Stream

# theirs logs the request line at DEBUG, token and all
_QUIET = logging.getLogger("wizard.net.upgrades.protocol")
_QUIET.disabled = True
_MAX_FRAME_BYTES = 64 * 1024
_MAX_BODY_BYTES = 2048


@dataclass(frozen=True, slots=True)
class Upgrade:
    """One attempt at a WebSocket. `status` 101 means upgraded; 0 that no answer came.

    `frames` are the text frames that came back, `is_ponged` says that a ping was answered, and
    `close_code` (RFC 6455, section 7.4) is set when the other side closed within `held_seconds`;
    1006 stands for a line cut without a close frame. `url` is without its query.
    """

    url: str
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    subprotocol: str = ""
    frames: tuple[str, ...] = ()
    is_ponged: bool = False
    close_code: int | None = None
    held_seconds: float = 0.0
    local_address: str = ""
    peer_address: str = ""
    seconds: float = 0.0
    fault: Fault | None = None
    detail: str = ""

    def header(self, name: str) -> str:
        """The values of one response header joined with a comma; empty when it is absent."""
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())


@dataclass(frozen=True, slots=True)
class Talk:
    """What to say after the handshake and when to stop: `enough` text frames, or `hold_seconds`.

    Before that nothing is said for `silent_seconds`, not even a ping.
    """

    send: str | None = None
    subprotocol: str | None = None
    enough: int = 1
    hold_seconds: float = 2.0
    silent_seconds: float = 0.0


def upgrade(
    url: str,
    addresses: tuple[str, ...],
    headers: tuple[tuple[str, str], ...],
    terms: Terms,
    talk: Talk,
    deadline: Deadline,
) -> Upgrade:
    """Shake hands, talk, close. Never raises for the network; a refusal is a status."""
    target = Target.parse(url)
    try:
        stream = open_stream(target, addresses, terms, deadline)
    except NETWORK_ERRORS as error:
        return Upgrade(target.shown, seconds=deadline.spent(), fault=fault_of(error), detail=words_of(error))
    try:
        return _Conversation(url, target, stream, talk).run(headers)
    finally:
        stream.close()


class _Conversation:
    """The state of one attempt."""

    def __init__(self, url: str, target: Target, stream: Stream, talk: Talk) -> None:
        wanted = [Subprotocol(talk.subprotocol)] if talk.subprotocol else None
        self._protocol = ClientProtocol(parse_uri(url), subprotocols=wanted, max_size=_MAX_FRAME_BYTES, logger=_QUIET)
        self._stream = stream
        self._talk = talk
        self._seen = Upgrade(target.shown, local_address=stream.local_address, peer_address=stream.peer_address)

    def run(self, headers: tuple[tuple[str, str], ...]) -> Upgrade:
        try:
            self._shake_hands(headers)
            if self._seen.status == 101 and self._seen.fault is None:
                self._hold()
        except NETWORK_ERRORS as error:
            self._note(fault=fault_of(error), detail=words_of(error))
        self._note(seconds=self._stream.deadline.spent())
        return self._seen

    def _note(self, **changes: object) -> None:
        self._seen = replace(self._seen, **changes)  # type: ignore[arg-type]  # field names and types as in Upgrade

    def _shake_hands(self, headers: tuple[tuple[str, str], ...]) -> None:
        request = self._protocol.connect()
        request.headers["User-Agent"] = USER_AGENT
        for name, value in headers:
            request.headers[name] = value
        self._protocol.send_request(request)
        self._flush()
        while not self._note_response():
            if not self._receive(self._stream.deadline):
                self._note_response()
                if not self._seen.status:
                    self._note(fault=Fault.CLOSED, detail=_words(self._protocol.handshake_exc))
                return

    def _note_response(self) -> bool:
        for event in self._protocol.events_received():
            if isinstance(event, Response):
                refused = self._protocol.handshake_exc
                wrong = event.status_code == 101 and isinstance(refused, InvalidHandshake)
                self._note(
                    status=event.status_code,
                    headers=tuple(event.headers.raw_items()),
                    body=bytes(event.body or b"")[:_MAX_BODY_BYTES].decode("utf-8", "replace"),
                    subprotocol=self._protocol.subprotocol or "",
                    fault=Fault.NOT_HTTP if wrong else None,
                    detail=_words(refused) if wrong else "",
                )
                return True
        return False

    def _hold(self) -> None:
        started = self._stream.deadline.spent()
        if not self._stays_open(started):
            return
        limit = self._stream.deadline.within(self._talk.hold_seconds)
        self._protocol.send_ping(b"porthole")
        if self._talk.send is not None:
            self._protocol.send_text(self._talk.send.encode())
        self._flush()
        is_open = True
        try:
            while is_open and len(self._seen.frames) < self._talk.enough:
                is_open = self._receive(limit)
                self._note_frames()
        except TimeoutError:
            pass  # the hold time passed with the socket open: what we wanted to know
        except OSError as error:
            is_open = False
            self._note(detail=words_of(error))
        self._note(held_seconds=self._stream.deadline.spent() - started)
        if self._protocol.close_rcvd is not None or not is_open:
            self._note(close_code=self._protocol.close_rcvd.code if self._protocol.close_rcvd else 1006)
            return
        self._protocol.send_close(1000)
        self._flush()

    def _stays_open(self, started: float) -> bool:
        """Say nothing for as long as was asked; False when the other side ends the line meanwhile."""
        if not self._talk.silent_seconds:
            return True
        limit = self._stream.deadline.within(self._talk.silent_seconds)
        try:
            while self._receive(limit):
                self._note_frames()
        except TimeoutError:
            return True
        except OSError as error:
            self._note(detail=words_of(error))
        closed = self._protocol.close_rcvd
        self._note(held_seconds=self._stream.deadline.spent() - started, close_code=closed.code if closed else 1006)
        return False

    def _note_frames(self) -> None:
        for event in self._protocol.events_received():
            if not isinstance(event, Frame):
                continue
            if event.opcode is Opcode.PONG:
                self._note(is_ponged=True)
            if event.opcode is Opcode.TEXT:
                self._note(frames=(*self._seen.frames, bytes(event.data).decode("utf-8", "replace")))

    def _receive(self, deadline: Deadline) -> bool:
        """Take in what comes next. False when the other side has ended the line."""
        data = self._stream.recv(16 * 1024, deadline)
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        self._flush()
        return bool(data) and not self._protocol.close_expected()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._stream.sendall(data)


def _words(error: BaseException | None) -> str:
    return words_of(error) if error else ""
