"""The stream of a page of traffic: its live part again whenever something new was counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from flask import Response
from markupsafe import Markup

from tasks.reading import ask_to_read
from wizard.store import traffic
from wizard.store.session import Unavailable
from wizard.web.joined import joined
from wizard.web.parts_answer import message
from wizard.web.streams import KEEP_ALIVE, event, is_gone, stream_of

LOOK_SECONDS = 1.0
_ALIVE_SECONDS = 15
_LONGEST_SECONDS = 600
_REDRAW_SECONDS = 10  # time goes on although nothing is counted

Draw = Callable[[], Mapping[str, Markup]]


def stream_of_traffic(host_key: str, draw: Draw) -> Response:
    """The stream of one page of traffic."""
    return stream_of(partial(_events, host_key, draw))


def _events(host_key: str, draw: Draw, environ: Mapping[str, Any]) -> Iterator[str]:
    """Ends with the client, or after ten minutes; then the browser connects anew."""
    seen, drawn_at, told_at = -1, 0.0, time.monotonic()
    ends_at = told_at + _LONGEST_SECONDS
    number = 0
    before: Mapping[str, Markup] | None = None
    try:
        while time.monotonic() < ends_at and not is_gone(environ):
            ask_to_read(joined().place, host_key)
            version = traffic.load_log(joined().database, host_key).version
            if version != seen or time.monotonic() - drawn_at > _REDRAW_SECONDS:
                seen, drawn_at = version, time.monotonic()
                parts = draw()
                if parts != before:
                    before, told_at = parts, time.monotonic()
                    number += 1
                    yield event(message(parts), number=number)
            if time.monotonic() - told_at > _ALIVE_SECONDS:
                told_at = time.monotonic()
                yield KEEP_ALIVE
            time.sleep(LOOK_SECONDS)
    except Unavailable:
        return  # the browser comes back by itself
