"""Server-sent events: how many each browser may hold, and how an event is written."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Response, request, session
from flask import stream_with_context as in_context

from wizard.web.guard import SIGN_IN

MOST_PER_BROWSER = 3
# most of the web server's threads stay free for pages, whoever else leaves tabs open
MOST_AT_ONCE = 20
_open: Counter[str] = Counter()
_lock = threading.Lock()


def stream_of(events: Callable[[Mapping[str, Any]], Iterator[str]]) -> Response:
    """The answer to whoever asks for a stream: 204 when all places are taken, nothing but its head for a HEAD.

    `events` gets the request's environment, for `is_gone`; the place is left when the answer is closed.
    """
    if request.method == "HEAD":
        return Response(mimetype="text/event-stream")
    leave = take_place(session.get(SIGN_IN, ""))
    if leave is None:
        return Response(status=204)
    answer = Response(in_context(events(request.environ)), mimetype="text/event-stream")
    answer.call_on_close(leave)
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


def take_place(browser: str) -> Callable[[], None] | None:
    """A place for one stream: call what is given to leave it, as often as you like. None when all are taken.

    More streams than a browser may hold would block its other pages.
    """
    with _lock:
        if _open[browser] >= MOST_PER_BROWSER or _open.total() >= MOST_AT_ONCE:
            return None
        _open[browser] += 1
    left = threading.Event()

    def leave() -> None:
        with _lock:
            if left.is_set():
                return
            left.set()
            _open[browser] -= 1
            if not _open[browser]:
                del _open[browser]

    return leave


def is_gone(environ: Mapping[str, Any]) -> bool:
    """True when the client has hung up. Writing would notice too, but a quiet stream seldom writes."""
    connection = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    if not isinstance(connection, socket.socket):
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def event(data: str, *, number: int) -> str:
    """One event of the stream, with the number a browser names when it comes back."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"id: {number}\n{lines}\n"


KEEP_ALIVE = ": still here\n\n"
