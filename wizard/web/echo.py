"""The echo: what reaches us through a proxy host's header rules, told back once to whoever holds a ticket.

The only part of these pages that Caddy shows to the internet. Without a ticket it is a plain 404.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from simple_websocket import ConnectionClosed, Server

from wizard.store import tickets
from wizard.web.guard import public
from wizard.web.joined import joined

echo = Blueprint("echo", __name__)
_FRAME_BYTES = 4096
_HOLD_SECONDS = 15
_LONGEST_HOLD_SECONDS = 120
_OWN = frozenset({"Cookie", "Authorization"})


@echo.get(f"{tickets.PREFIX}/<word:ticket>")
@public
def headers(ticket: str) -> Response:
    """What arrived: the mark that only the asking check knows, the peer, and every header."""
    mark = tickets.take_ticket(joined().database, ticket)
    if mark is None:
        abort(404)
    answer = jsonify(
        mark=mark,
        peer=request.remote_addr,
        scheme=request.headers.get("X-Forwarded-Proto", ""),
        headers=[[name, value] for name, value in request.headers.items() if name not in _OWN],
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@echo.route(f"{tickets.PREFIX}/<word:ticket>/ws", websocket=True)
@public
def websocket(ticket: str) -> Any:
    """A WebSocket that sends each text frame back with the mark in front, until nothing came for `?hold=` seconds."""
    if "websocket" not in request.headers.get("Upgrade", "").lower():
        abort(404)
    mark = tickets.take_ticket(joined().database, ticket)
    if mark is None:
        abort(404)
    hold = min(max(request.args.get("hold", _HOLD_SECONDS, int), 1), _LONGEST_HOLD_SECONDS)
    socket = Server.accept(request.environ, max_message_size=_FRAME_BYTES, ping_interval=None)
    try:
        while (frame := socket.receive(timeout=hold)) is not None:
            socket.send(f"{mark} {frame}" if isinstance(frame, str) else frame)
        socket.close()
    except ConnectionClosed:
        pass
    return Hijacked()


class Hijacked(Response):
    """The connection was taken over: gunicorn must not write a second answer into it."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if environ.get("gunicorn.socket") is not None:
            raise StopIteration  # gunicorn's workers take this as "nothing more to send"
        return super().__call__(environ, start_response)
