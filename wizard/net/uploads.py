"""A body that is sent, and how much of it went out before the other side had enough."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wizard.net.deadline import Deadline
from wizard.net.exchange import HttpAnswer, Target, Terms, open_stream, send_head
from wizard.net.faults import NETWORK_ERRORS, fault_of, words_of
from wizard.net.streams import Stream

Headers = tuple[tuple[str, str], ...]

_PIECE = 64 * 1024
_MAX_ANSWER_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a body that was sent: how much of it went out, and the answer."""

    answer: HttpAnswer
    sent_bytes: int = 0


def send_body(
    url: str, addresses: tuple[str, ...], headers: Headers, terms: Terms, body: bytes, deadline: Deadline
) -> Sent:
    """POST a body. A server that has enough before the end may cut the line; its answer counts all the same."""
    target = Target.parse(url)
    try:
        stream = open_stream(target, addresses, terms, deadline)
    except NETWORK_ERRORS as error:
        return Sent(HttpAnswer(target.shown, seconds=deadline.spent(), fault=fault_of(error), detail=words_of(error)))
    try:
        return _send(target, stream, (*headers, ("Content-Length", str(len(body)))), body)
    finally:
        stream.close()


def _send(target: Target, stream: Stream, headers: Headers, body: bytes) -> Sent:
    answer = HttpAnswer(target.shown, local_address=stream.local_address, peer_address=stream.peer_address)
    sent = 0
    broken: BaseException | None = None
    try:
        connection = send_head(target, stream, headers, "POST")
        try:
            for start in range(0, len(body), _PIECE):
                stream.sendall(body[start : start + _PIECE])
                sent = min(start + _PIECE, len(body))
        except TimeoutError:
            raise
        except OSError as error:
            broken = error  # what it said before it cut the line may lie here, ready to be read
        response = connection.getresponse()
        answer = replace(
            answer,
            status=response.status,
            headers=tuple(response.getheaders()),
            body=response.read1(_MAX_ANSWER_BYTES).decode("utf-8", "replace"),
        )
    except NETWORK_ERRORS as error:
        broken = broken or error
        answer = replace(answer, fault=fault_of(broken), detail=words_of(broken))
    return Sent(replace(answer, seconds=stream.deadline.spent()), sent)
