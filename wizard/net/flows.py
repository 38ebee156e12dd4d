"""Bodies that are watched while they arrive: how much, how fast, whether the very bytes, and after a pause.

Nothing is kept but numbers. Must not know what the bytes are: the caller says what to expect.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from wizard.core.faults import Fault
from wizard.net.deadline import Deadline
from wizard.net.exchange import Target, Terms, open_stream, send_head
from wizard.net.faults import NETWORK_ERRORS, fault_of, words_of
from wizard.net.streams import Stream

Headers = tuple[tuple[str, str], ...]
Expect = Callable[[int, int], bytes]

_PIECE = 64 * 1024
_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read a body.

    `expect(start, stop)` gives the bytes that should come, counted from the beginning of this body. Reading ends
    after `most_bytes` or `most_seconds`, whichever is first. After `pause_after_bytes` nobody reads for
    `pause_seconds`; both limits count from there on.
    """

    method: str = "GET"
    expect: Expect | None = None
    most_bytes: int = _MEBIBYTE
    most_seconds: float = 5.0
    pause_after_bytes: int = 0
    pause_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Flow:
    """One body that was watched. `status` 0 means that no answer came; a fault beside a status, that it broke off.

    `bytes` counts what came after a pause, or everything without one, and `read_seconds` the time that took.
    `wrong_at` is the place of the first piece with other bytes than expected. `announced` is the Content-Length.
    """

    url: str
    status: int = 0
    headers: Headers = ()
    announced: int | None = None
    bytes: int = 0
    bytes_before_pause: int = 0
    wrong_at: int | None = None
    is_ended: bool = False
    first_byte_seconds: float = 0.0
    read_seconds: float = 0.0
    peer_address: str = ""
    seconds: float = 0.0
    fault: Fault | None = None
    detail: str = ""

    def header(self, name: str) -> str:
        """The values of one response header joined with a comma; empty when it is absent."""
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())

    @property
    def mbps(self) -> float:
        """Mbit/s while reading; 0 when nothing came."""
        return self.bytes * 8 / 1e6 / self.read_seconds if self.bytes and self.read_seconds else 0.0


def read_flow(
    url: str, addresses: tuple[str, ...], headers: Headers, terms: Terms, plan: Plan, deadline: Deadline
) -> Flow:
    """Ask for a URL and watch its body. Never raises for the network."""
    target = Target.parse(url)
    flow = Flow(target.shown)
    try:
        stream = open_stream(target, addresses, terms, deadline)
    except NETWORK_ERRORS as error:
        return replace(flow, seconds=deadline.spent(), fault=fault_of(error), detail=words_of(error))
    try:
        return _Watch(replace(flow, peer_address=stream.peer_address), stream, plan).run(target, headers)
    finally:
        stream.close()


class _Watch:
    """The state of one body that is being read."""

    def __init__(self, flow: Flow, stream: Stream, plan: Plan) -> None:
        self._flow = flow
        self._stream = stream
        self._plan = plan
        self._place = 0

    def run(self, target: Target, headers: Headers) -> Flow:
        try:
            response = send_head(target, self._stream, headers, self._plan.method).getresponse()
            self._note(status=response.status, headers=tuple(response.getheaders()), announced=_announced(response))
            if self._plan.pause_seconds:
                self._read(response, self._plan.pause_after_bytes, self._plan.most_seconds)
                self._note(bytes_before_pause=self._flow.bytes, bytes=0)
                time.sleep(min(self._plan.pause_seconds, self._stream.deadline.left()))
            if not self._flow.is_ended and self._flow.wrong_at is None:
                self._read(response, self._plan.most_bytes, self._plan.most_seconds)
        except NETWORK_ERRORS as error:
            self._note(fault=fault_of(error), detail=words_of(error))
        self._note(seconds=self._stream.deadline.spent())
        return self._flow

    def _note(self, **changes: object) -> None:
        self._flow = replace(self._flow, **changes)  # type: ignore[arg-type]  # field names and types as in Flow

    def _read(self, response: http.client.HTTPResponse, most_bytes: int, most_seconds: float) -> None:
        deadline = self._stream.deadline
        began = deadline.spent()
        while self._flow.bytes < most_bytes and deadline.spent() - began < most_seconds:
            piece = response.read1(min(_PIECE, most_bytes - self._flow.bytes))
            if not piece:
                self._end()
                return
            if not self._place:
                self._note(first_byte_seconds=deadline.spent())
            expected = self._plan.expect(self._place, self._place + len(piece)) if self._plan.expect else piece
            if piece != expected:
                self._note(wrong_at=self._place)
                return
            self._place += len(piece)
            self._note(bytes=self._flow.bytes + len(piece), read_seconds=deadline.spent() - began)

    def _end(self) -> None:
        """The other side is done. `http.client` does not mind when fewer bytes came than were announced."""
        self._note(is_ended=True)
        if self._flow.announced is not None and self._plan.method != "HEAD" and self._place < self._flow.announced:
            self._note(fault=Fault.CLOSED, detail=f"{self._place} of {self._flow.announced} bytes came")


def _announced(response: http.client.HTTPResponse) -> int | None:
    text = response.getheader("Content-Length", "")
    return int(text) if text.isdigit() else None
