"""How a way in stands, live: its card on every connect, and again with each new look."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, get_template_attribute

from wizard.methods import METHODS
from wizard.store.session import Unavailable
from wizard.web.parts_answer import message
from wizard.web.streams import KEEP_ALIVE, event, is_gone, stream_of
from wizard.web.ways_pages import shown

way_stream = Blueprint("way_stream", __name__)

LOOK_SECONDS = 1.0
_LONGEST_SECONDS, _ALIVE_SECONDS = 600.0, 15.0


@way_stream.get("/settings/ways/<word:key>/stream")
def stream(key: str) -> Response:
    """The events of one way in; 204 when this browser holds enough streams."""
    if key not in METHODS or METHODS[key].watch is None:
        abort(404)
    return stream_of(partial(_events, key))


def _events(key: str, environ: Mapping[str, Any]) -> Iterator[str]:
    """Ends with the client, or after ten minutes: the browser comes back by itself."""
    began = said_at = time.monotonic()
    seen_at, state, number = None, None, 0
    macro = get_template_attribute("parts/ways.html", "way_state")
    try:
        while time.monotonic() - began < _LONGEST_SECONDS and not is_gone(environ):
            way = shown(METHODS[key])
            if number == 0 or way.seen_at != seen_at:
                # aloud only what changed, not every look
                say = f"{way.method.title}: {way.tag[1]}" if number and way.tag != state else ""
                seen_at, state, number, said_at = way.seen_at, way.tag, number + 1, time.monotonic()
                yield event(message({"way-state": macro(way)}, say=say), number=number)
            elif time.monotonic() - said_at > _ALIVE_SECONDS:
                said_at = time.monotonic()
                yield KEEP_ALIVE
            time.sleep(LOOK_SECONDS)
    except Unavailable:
        return
