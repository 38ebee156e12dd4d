"""The echo as a player sees it: a film with any range of it, server-sent events, and a place for uploads.

Each address is good once and for whoever holds the ticket; each answer is bounded in size and time, because
Caddy shows these pages to the internet.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator

from flask import Blueprint, Response, abort, jsonify, request

from wizard.core.film import BLOCK_BYTES, read_film
from wizard.store import tickets
from wizard.web.guard import public, takes_ticket
from wizard.web.joined import joined

echo_streams = Blueprint("echo_streams", __name__)

MOST_FILM_BYTES = 512 << 20  # no buffer on the way is as large, so a player that pauses is really waited for
MOST_UPLOAD_BYTES = 16 << 20
EVENTS = 8
EVENT_GAP_SECONDS = 0.2
_FILM_SECONDS = 150
_UPLOAD_SECONDS = 30
_STUCK_SECONDS = 120.0


@echo_streams.get(f"{tickets.PREFIX}/<word:ticket>/events")
@public
def events(ticket: str) -> Response:
    """Numbered events, one each EVENT_GAP_SECONDS; each says when it was sent, in ms since the first.

    Nothing here asks a hop not to buffer, because media servers do not ask either.
    """
    return Response(_tell(_take(ticket)), mimetype="text/event-stream", headers={"Cache-Control": "no-cache"})


def _tell(mark: str) -> Iterator[str]:
    began = time.monotonic()
    for number in range(EVENTS):
        if number:
            time.sleep(EVENT_GAP_SECONDS)
        yield f"data: {mark} {number} {round((time.monotonic() - began) * 1000)}\n\n"


@echo_streams.get(f"{tickets.PREFIX}/<word:ticket>/bytes")
@public
def film(ticket: str) -> Response:
    """The film with the ticket's mark, `?size=` bytes long: whole, one range of it (RFC 9110, section 14), or 416."""
    size = request.args.get("size", 0, int)
    if not 0 < size <= MOST_FILM_BYTES:
        abort(404)
    mark = _take(ticket)
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "no-store"}
    asked = request.range
    is_part = asked is not None and asked.units == "bytes" and len(asked.ranges) == 1  # several may be ignored
    places = _places(size, *asked.ranges[0]) if asked is not None and is_part else range(size)
    if not places:
        return Response(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    headers["Content-Length"] = str(len(places))
    if is_part:
        headers["Content-Range"] = f"bytes {places.start}-{places.stop - 1}/{size}"
    played = _play(mark, places, request.environ.get("gunicorn.socket"))
    return Response(played, 206 if is_part else 200, headers, mimetype="video/x-matroska")


def _places(size: int, start: int, stop: int | None) -> range:
    """One range as Werkzeug reads it: a negative start counts from the end. Empty when it begins behind the end."""
    if start < 0:
        return range(max(0, size + start), size)
    return range(start, min(size, stop or size))


def _play(mark: str, places: range, connection: object) -> Iterator[bytes]:
    give_up_after(connection, _STUCK_SECONDS)
    ends_at = time.monotonic() + _FILM_SECONDS
    start = places.start
    try:
        while start < places.stop:
            if time.monotonic() > ends_at:
                raise TimeoutError("this film ran long enough")  # breaks the line: a short end would look whole
            stop = min(places.stop, (start // BLOCK_BYTES + 1) * BLOCK_BYTES)
            yield read_film(mark, start, stop)
            start = stop
    finally:
        give_up_after(connection, None)


@echo_streams.route(f"{tickets.PREFIX}/<word:ticket>/upload", methods=["POST", "PUT"])
@takes_ticket
def upload(ticket: str) -> Response:
    """What arrived of a body: its size and SHA-256. Nothing is kept."""
    mark = _take(ticket)
    request.max_content_length = MOST_UPLOAD_BYTES
    connection = request.environ.get("gunicorn.socket")
    give_up_after(connection, _UPLOAD_SECONDS)
    ends_at = time.monotonic() + _UPLOAD_SECONDS
    size, digest = 0, hashlib.sha256()
    try:
        while piece := request.stream.read(BLOCK_BYTES):
            size += len(piece)
            digest.update(piece)
            if time.monotonic() > ends_at:
                abort(408)
    finally:
        give_up_after(connection, None)
    answer = jsonify(mark=mark, size=size, sha256=digest.hexdigest())
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _take(ticket: str) -> str:
    mark = tickets.take_ticket(joined().database, ticket)
    if mark is None:
        abort(404)
    return mark


def give_up_after(connection: object, seconds: float | None) -> None:
    """Let the web server's own socket give up on a peer that neither reads nor writes, so that no thread is lost."""
    if hasattr(connection, "settimeout"):
        connection.settimeout(seconds)
