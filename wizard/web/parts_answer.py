"""Answers for app.js: rendered parts by element id, and what to say aloud."""

from __future__ import annotations

import json
from collections.abc import Mapping

from flask import Response, request

PARTS_TYPE = "text/vnd.porthole.parts+json"


def wants_parts() -> bool:
    """True when app.js asks, False for a plain form or link."""
    return PARTS_TYPE in request.headers.get("Accept", "")


def message(
    parts: Mapping[str, object], *, say: str | None = None, urgent: bool = False, done: bool = False, focus: str = ""
) -> str:
    """The JSON that app.js understands, for an answer or for one event of a stream."""
    document: dict[str, object] = {
        "parts": {name: str(html) for name, html in parts.items()},
        "say": say,
        "done": done,
    }
    if urgent:
        document["urgent"] = True
    if focus:
        document["focus"] = focus
    return json.dumps(document, separators=(",", ":"))


def parts_answer(
    parts: Mapping[str, object], *, say: str | None = None, urgent: bool = False, focus: str = "", live: bool = False
) -> Response:
    """One answer with parts. `live` opens the page's stream again."""
    body = json.loads(message(parts, say=say, urgent=urgent, focus=focus))
    if live:
        body["live"] = True
    return Response(json.dumps(body), mimetype=PARTS_TYPE)
