"""Server-sent events, each with the moment at which it came: what a hop holds back comes late, and all at once."""

from __future__ import annotations

import http.client
from dataclasses import dataclass, replace

from wizard.core.faults import Fault
from wizard.net.deadline import Deadline
from wizard.net.exchange import Target, Terms, open_stream, send_head
from wizard.net.faults import NETWORK_ERRORS, fault_of, words_of

Headers = tuple[tuple[str, str], ...]

_PIECE = 4096
_MAX_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Arrival:
    """One server-sent event: what its data lines say, and when it came, in seconds since the call began."""

    data: str
    seconds: float


@dataclass(frozen=True, slots=True)
class EventStream:
    """The events that came (WHATWG HTML, section 9.2). `status` 0 means that no answer came."""

    url: str
    status: int = 0
    headers: Headers = ()
    arrivals: tuple[Arrival, ...] = ()
    answered_seconds: float = 0.0
    seconds: float = 0.0
    fault: Fault | None = None
    detail: str = ""

    def header(self, name: str) -> str:
        """The values of one response header joined with a comma; empty when it is absent."""
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())


def read_events(
    url: str, addresses: tuple[str, ...], headers: Headers, terms: Terms, enough: int, deadline: Deadline
) -> EventStream:
    """Listen to server-sent events until `enough` came or the stream ends."""
    target = Target.parse(url)
    seen = EventStream(target.shown)
    try:
        stream = open_stream(target, addresses, terms, deadline)
    except NETWORK_ERRORS as error:
        return replace(seen, seconds=deadline.spent(), fault=fault_of(error), detail=words_of(error))
    arrivals: list[Arrival] = []
    try:
        response = send_head(target, stream, headers).getresponse()
        seen = replace(
            seen,
            status=response.status,
            headers=tuple(response.getheaders()),
            answered_seconds=deadline.spent(),
        )
        _listen(response, arrivals, enough, deadline)
    except NETWORK_ERRORS as error:
        seen = replace(seen, fault=fault_of(error), detail=words_of(error))
    finally:
        stream.close()
    return replace(seen, arrivals=tuple(arrivals[:enough]), seconds=deadline.spent())


def _listen(response: http.client.HTTPResponse, arrivals: list[Arrival], enough: int, deadline: Deadline) -> None:
    waiting = ""
    taken = 0
    while len(arrivals) < enough and taken < _MAX_BYTES and (piece := response.read1(_PIECE)):
        taken += len(piece)
        waiting += piece.decode("utf-8", "replace").replace("\r\n", "\n")
        *blocks, waiting = waiting.split("\n\n")
        for block in blocks:
            lines = [line[5:].removeprefix(" ") for line in block.split("\n") if line.startswith("data:")]
            if lines:
                arrivals.append(Arrival("\n".join(lines), deadline.spent()))
