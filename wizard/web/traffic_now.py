"""The panel "Traffic now" of the dashboard: line one of every proxy host, and its stream."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, get_template_attribute, url_for
from markupsafe import Markup

from tasks.live import load_snapshot
from wizard.store import hosts
from wizard.store.session import Unavailable
from wizard.web.joined import joined
from wizard.web.parts_answer import message
from wizard.web.streams import KEEP_ALIVE, event, is_gone, stream_of
from wizard.web.traffic import look_again
from wizard.web.traffic_board import count_mistakes, line_one

traffic_now = Blueprint("traffic_now", __name__)

LOOK_SECONDS = 1.0
_ALIVE_SECONDS = 15
_LONGEST_SECONDS = 600


@traffic_now.get("/traffic/stream")
def stream() -> Response:
    """The panel as it changes, as server-sent events."""
    return stream_of(_events)


def draw_now() -> Markup:
    """The panel as it is; whoever draws it looks, so servers are asked anew."""
    entries = [entry for saved in hosts.list_hosts(joined().database) if (entry := _entry(saved))]
    return Markup(get_template_attribute("parts/board.html", "traffic_now")(entries))  # noqa: S704 -- a macro's own output


def _entry(saved: hosts.SavedHost) -> dict[str, Any] | None:
    if saved.host.paused or not saved.has_token:
        return None
    look_again(saved)
    snapshot = load_snapshot(joined().place, saved.host.key)
    line, rest = line_one(saved, snapshot)
    return {
        "domain": saved.host.domain.name,
        "url": url_for("traffic.board", host_key=saved.host.key),
        "line": line,
        "rest": rest if snapshot and snapshot.streams else "",
        "wrong": count_mistakes(saved, snapshot) if snapshot else 0,
    }


def _events(environ: Mapping[str, Any]) -> Iterator[str]:
    """Ends with the client or after ten minutes; then the browser connects anew."""
    before, number, told_at = Markup(), 0, time.monotonic()
    ends_at = told_at + _LONGEST_SECONDS
    try:
        while time.monotonic() < ends_at and not is_gone(environ):
            drawn = draw_now()
            if drawn != before:
                before, number, told_at = drawn, number + 1, time.monotonic()
                yield event(message({"traffic-now": drawn}), number=number)
            if time.monotonic() - told_at > _ALIVE_SECONDS:
                told_at = time.monotonic()
                yield KEEP_ALIVE
            time.sleep(LOOK_SECONDS)
    except Unavailable:
        return  # the browser comes back by itself
