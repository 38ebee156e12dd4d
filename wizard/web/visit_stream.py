"""The stream of a visit: the panel on every connect, then what changed, until it has ended."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from wizard import visiting
from wizard.store import hosts
from wizard.store.session import Unavailable
from wizard.web.joined import joined
from wizard.web.parts_answer import message
from wizard.web.streams import KEEP_ALIVE, event, is_gone
from wizard.web.visit_panel import ID, draw_panel, is_awaited, mark_of, words_of

LOOK_SECONDS = 0.3
_SETTLE_SECONDS = 5.0
_ALIVE_SECONDS = 15.0
_LONGEST_SECONDS = 600.0


def events_of_visit(host_key: str, environ: Mapping[str, Any]) -> Iterator[str]:
    """The events of one connection. Ends with the visit, with the client, or after ten minutes."""
    try:
        yield from changes_of(host_key, environ)
    except Unavailable:
        return  # the browser comes back by itself


def changes_of(host_key: str, environ: Mapping[str, Any]) -> Iterator[str]:
    """The panel first, then again with each change. Ends at once when nothing can happen to the visit any more."""
    began = quiet_since = time.monotonic()
    settles_at, number, before = began, 0, None
    while time.monotonic() - began < _LONGEST_SECONDS and not is_gone(environ):
        if time.monotonic() >= settles_at:
            settles_at = time.monotonic() + _SETTLE_SECONDS
            visiting.settle_overdue(joined().database)
        mark, saved = mark_of(host_key), hosts.load_host(joined().database, host_key)
        if saved is None:
            yield event(message({}, say="This proxy host was removed", urgent=True, done=True), number=number + 1)
            return
        if mark != before:
            is_over = not is_awaited(host_key)
            say = words_of(saved) if before is not None else ""
            before, number, quiet_since = mark, number + 1, time.monotonic()
            yield event(message({ID: draw_panel(saved)}, say=say, urgent=is_over, done=is_over), number=number)
            if is_over:
                return
        if time.monotonic() - quiet_since > _ALIVE_SECONDS:
            quiet_since = time.monotonic()
            yield KEEP_ALIVE
        time.sleep(LOOK_SECONDS)
