"""Asking a probe network again and again until it is done, and no oftener than it allows; what comes of it.

Must not know the API of any one of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wizard.core.faults import Fault
from wizard.core.outside import Answer, Answerer, Unasked
from wizard.net.apis import Api, Reply
from wizard.net.exchange import HttpAnswer

Recognise = Callable[[HttpAnswer], Answerer]
"""Says who sent an answer: how a kind of media server is read, given by the caller."""

PAUSE_SECONDS = 0.5
"""The least pause between a reply and the next request: what Globalping asks of its clients."""

_LONGER_AFTER = 10
_LONGER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """`seconds` for everything, at most `polls` questions for one result; `wait` sleeps."""

    seconds: float = 60.0
    polls: int = 40
    wait: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Looked:
    """What one probe network said. `links` are where anybody can read the results."""

    answers: tuple[Answer, ...] = ()
    unasked: tuple[Unasked, ...] = ()
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Polled:
    """The newest document, None when there is none. `trouble` is the reply that ended it early."""

    document: Any = None
    trouble: Reply | None = None


def poll(api: Api, path: str, is_done: Callable[[Any], bool], pace: Pace, *, ways: int = 1) -> Polled:
    """GET until `is_done`, with the ETag of the last reply. Ends at the first reply that is of no use.

    Takes one of `ways` equal shares of the time that `api` has left.
    """
    ends_at = api.left() * (1 - 1 / ways)
    document: Any = None
    etag = ""
    for tried in range(pace.polls):
        pause = PAUSE_SECONDS if tried < _LONGER_AFTER else _LONGER_SECONDS
        if api.left() - ends_at <= pause:
            break
        pace.wait(pause)
        reply = api.ask("GET", path, headers={"If-None-Match": etag} if etag else {})
        if reply.status == 304:
            continue
        if reply.status != 200 or reply.fault or not isinstance(reply.document, dict):
            return Polled(document, reply)
        document, etag = reply.document, reply.header("ETag")
        if is_done(document):
            return Polled(document)
    return Polled(document, Reply(fault=Fault.TIMED_OUT, detail="the results were not complete in time"))
