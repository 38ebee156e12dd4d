"""The stream of a run: a full snapshot on every connect, then what changed, until it has ended."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from wizard.store import hosts, runs
from wizard.store.session import Unavailable
from wizard.web.certificate_wait import is_followed
from wizard.web.joined import joined
from wizard.web.parts_answer import message
from wizard.web.run_parts import draw_parts, draw_run
from wizard.web.runs_view import RunView
from wizard.web.spoken import spoken
from wizard.web.streams import KEEP_ALIVE, event, is_gone
from wizard.web.visit_panel import is_awaited, mark_of
from wizard.web.visit_stream import changes_of

LOOK_SECONDS = 0.3
_ALIVE_SECONDS = 15
_LONGEST_SECONDS = 600
_WORKER_LOOK_SECONDS = 2.0
_REMOVED = "This proxy host was removed"


def events_of(run_id: int, environ: Mapping[str, Any]) -> Iterator[str]:
    """The events of one connection. Ends with the run, with the client, or after ten minutes (it connects anew)."""
    try:
        yield from _changes(run_id, environ)
    except Unavailable:
        return  # the browser comes back by itself


def _changes(run_id: int, environ: Mapping[str, Any]) -> Iterator[str]:
    before: RunView | None = None
    run = runs.load_run(joined().database, run_id)
    host_key, shown = run.host_key if run else "", (0, 0, "")
    seen, quiet_since = -1, time.monotonic()
    looks_at, ends_at = quiet_since + _WORKER_LOOK_SECONDS, quiet_since + _LONGEST_SECONDS
    while time.monotonic() < ends_at and not is_gone(environ):
        known = runs.run_version(joined().database, run_id)
        if known is None:
            yield _farewell(seen + 1)
            return
        mark = mark_of(host_key)
        is_time = time.monotonic() > looks_at  # a worker that falls silent changes nothing in the database
        if known[0] != seen or mark != shown or is_time:
            looks_at = time.monotonic() + _WORKER_LOOK_SECONDS
            found = _snapshot(run_id, before)
            if found is None:  # removed this instant
                yield _farewell(seen + 1)
                return
            text, view, is_over = found
            if known[0] != seen or mark != shown or before is None or _looks_other(view, before):
                seen, shown, quiet_since = known[0], mark, time.monotonic()
                yield event(text, number=seen)
            if is_over:
                if is_awaited(host_key):
                    yield from changes_of(host_key, environ)  # the page stays live for the phone
                return
            before = view
        if time.monotonic() - quiet_since > _ALIVE_SECONDS:
            quiet_since = time.monotonic()
            yield KEEP_ALIVE
        time.sleep(LOOK_SECONDS)


def _looks_other(view: RunView, before: RunView) -> bool:
    """True when something changed of which the database knows nothing."""
    return view.verdict != before.verdict or view.certificate != before.certificate


def _snapshot(run_id: int, before: RunView | None) -> tuple[str, RunView, bool] | None:
    run = runs.load_run(joined().database, run_id)
    saved = hosts.load_host(joined().database, run.host_key) if run else None
    if run is None or saved is None:
        return None
    view = draw_run(run)
    say, urgent = spoken(before, view)
    is_over = not run.is_running and not is_followed(view.certificate)
    return (
        message(draw_parts(saved, run, view), say=say, urgent=urgent, done=is_over and not is_awaited(run.host_key)),
        view,
        is_over,
    )


def _farewell(number: int) -> str:
    line = Markup('<p id="notice" class="notice" tabindex="-1">{}</p>').format(_REMOVED)
    return event(message({"notice": line}, say=_REMOVED, urgent=True, done=True), number=number)
