"""What the phone's page measures: bytes in both directions, a live connection, and a place to say what it noticed.

Caddy shows these addresses to the internet. So each is good once for the browser whose visit it is, bounded in
bytes and seconds, and only one phone at a time moves bytes.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from flask import Blueprint, Response, abort, request
from simple_websocket import ConnectionClosed, Server

from wizard import visiting
from wizard.core.film import BLOCK_BYTES, read_film
from wizard.core.shapes import learn
from wizard.core.visits import HOLD_SECONDS, Flow, Live, Told
from wizard.store import visits
from wizard.store.session import Unavailable
from wizard.web.echo import Hijacked
from wizard.web.echo_streams import give_up_after
from wizard.web.guard import public, takes_ticket
from wizard.web.joined import joined
from wizard.web.phone import KEY, of_key

phone_streams = Blueprint("phone_streams", __name__)

MOST_DOWN_BYTES = 20_000_000
MOST_UP_BYTES = 2_000_000
MOST_BEATS = 40
_DOWN_SECONDS = 6.0
_UP_SECONDS = 8.0
_STUCK_SECONDS = 10.0
_QUIET_SECONDS = 10.0
_FRAME_BYTES = 64
_NEWS_BYTES = 1024
_moving = threading.Lock()


@dataclass(frozen=True, slots=True)
class News:
    """What the page says: bytes and seconds of what came down, the live connection, and whether it is done."""

    down: (
        tuple[Annotated[int, msgspec.Meta(ge=1, le=MOST_DOWN_BYTES)], Annotated[float, msgspec.Meta(gt=0, le=60)]]
        | None
    ) = None
    live: Told = Told.NOTHING
    over: bool = False


learn(News)


@phone_streams.get(f"{KEY}/down")
@public
def down(key: str) -> Response:
    """Bytes that do not compress, until there were enough or the time is over. 503 while another phone is served."""
    of_key(key)
    leave = _take_turn(key, "down")
    answer = Response(_pour(request.environ.get("gunicorn.socket"), leave), mimetype="application/octet-stream")
    answer.call_on_close(leave)  # also when the phone went away before the first byte
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _pour(connection: object, leave: Callable[[], None]) -> Iterator[bytes]:
    give_up_after(connection, _STUCK_SECONDS)
    mark, ends_at = secrets.token_hex(8), time.monotonic() + _DOWN_SECONDS
    try:
        for start in range(0, MOST_DOWN_BYTES, BLOCK_BYTES):
            if time.monotonic() > ends_at:
                return
            yield read_film(mark, start, min(start + BLOCK_BYTES, MOST_DOWN_BYTES))
    finally:
        give_up_after(connection, None)
        leave()


@phone_streams.post(f"{KEY}/up")
@takes_ticket
def up(key: str) -> Response:
    """How fast a body arrives. Nothing of it is kept."""
    of_key(key)
    leave = _take_turn(key, "up")
    request.max_content_length = MOST_UP_BYTES
    connection = request.environ.get("gunicorn.socket")
    give_up_after(connection, _STUCK_SECONDS)
    began, size = time.monotonic(), 0
    try:
        while time.monotonic() - began < _UP_SECONDS and (piece := request.stream.read(BLOCK_BYTES)):
            size += len(piece)
    finally:
        give_up_after(connection, None)
        leave()
    flow = Flow(size, round(max(time.monotonic() - began, 0.001), 3))
    visits.note_seen(joined().database, key, up=flow)
    return _noted()


def _take_turn(key: str, step: str) -> Callable[[], None]:
    """The one turn to move bytes: call what is given to give it back. Ends the request when there is none."""
    if not _moving.acquire(blocking=False):
        abort(503)
    left = threading.Event()

    def leave() -> None:
        if not left.is_set():
            left.set()
            _moving.release()

    try:
        is_first = visits.take_step(joined().database, key, step)
    except Unavailable:
        leave()
        raise
    if not is_first:
        leave()
        abort(404)
    return leave


@phone_streams.route(f"{KEY}/ws", websocket=True)
@public
def live(key: str) -> Any:
    """A WebSocket that answers each short text, for as long as a visit holds it; each is written down."""
    of_key(key)
    asks = "websocket" in request.headers.get("Upgrade", "").lower()
    if not asks or not visits.take_step(joined().database, key, "live"):
        abort(404)
    socket = Server.accept(request.environ, max_message_size=_FRAME_BYTES, ping_interval=None)
    try:
        _hold(socket, key)
        socket.close()
    except (ConnectionClosed, Unavailable):
        pass
    return Hijacked()


def _hold(socket: Any, key: str) -> None:
    began = time.monotonic()
    for beats in range(MOST_BEATS):
        seconds = time.monotonic() - began
        if visits.note_seen(joined().database, key, live=Live(round(seconds, 1), beats)) is None:
            return
        if beats:
            socket.send(str(beats))
        if seconds > HOLD_SECONDS + _QUIET_SECONDS or socket.receive(timeout=_QUIET_SECONDS) is None:
            return


@phone_streams.post(f"{KEY}/told")
@takes_ticket
def told(key: str) -> Response:
    """Write down what the page noticed, and end the visit when it says that it is done."""
    of_key(key)
    request.max_content_length = _NEWS_BYTES
    try:
        news = msgspec.json.decode(request.get_data(), type=News)
    except msgspec.DecodeError:
        abort(400)
    changes: dict[str, Any] = {"is_over": news.over}
    if news.down is not None:
        changes["down"] = Flow(*news.down)
    if news.live is not Told.NOTHING:
        changes["told"] = news.live
    visit = visits.note_seen(joined().database, key, **changes)
    if visit is not None and news.over:
        visiting.finish(joined().database, visit)
    return _noted()


def _noted() -> Response:
    return Response(status=204, headers={"Cache-Control": "no-store"})
