"""The traffic board: the page, the same in parts, and its stream."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, get_template_attribute, render_template, request
from markupsafe import Markup

from tasks.live import load_snapshot, note_looking
from tasks.reading import ask_to_read
from tasks.sending import send
from wizard.media import MEDIA
from wizard.store import hosts, server_words
from wizard.store.hosts import SavedHost
from wizard.store.session import Unavailable
from wizard.web.guard import is_worker_missing
from wizard.web.help_beside import beside, values_of
from wizard.web.host_pages import host_nav, saved_host
from wizard.web.joined import joined
from wizard.web.parts_answer import message
from wizard.web.pictures import capacity
from wizard.web.streams import KEEP_ALIVE, event, is_gone, stream_of
from wizard.web.traffic_board import Board, load_board
from wizard.web.traffic_parts import history_parts, traffic_nav, window_of
from wizard.web.warnings import warnings_of

traffic = Blueprint("traffic", __name__)

LOOK_SECONDS = 0.5
_ALIVE_SECONDS = 15
_LONGEST_SECONDS = 600
_REDRAW_SECONDS = 5.0  # Caddy's log goes on although the server tells nothing new
_PARTS = ("traffic-line", "traffic-silence", "traffic-streams", "traffic-findings", "traffic-lately")


@traffic.get("/hosts/<key:host_key>/traffic")
def board(host_key: str) -> str:
    """Who is watching, how they came in and how they are counted."""
    saved = saved_host(host_key)
    look_again(saved)
    words = server_words.load_words(joined().database, host_key)
    titles = request.args.get("titles") == "1"
    host, media = saved.host, MEDIA[saved.host.upstream.media]
    limit = words.settings.stream_limit_kbps if words.settings else None
    limit_mbps = limit / 1000 if limit else host.stream_limit_mbps
    return render_template(
        "traffic/board.html",
        title=f"Traffic now: {host.domain}",
        host=host,
        saved=saved,
        media=media,
        nav=host_nav(saved, "traffic"),
        traffic_nav=traffic_nav(saved, "now"),
        board=load_board(saved, titles=titles),
        **draw_chart(saved),
        titles=titles,
        paused=request.args.get("paused") == "1",
        worker_missing=is_worker_missing(),
        warnings=[one for one in warnings_of(host, words) if one.key in _ABOUT_TRAFFIC],
        capacity=capacity(host.upload_mbps, limit_mbps),
        help=beside("local-vs-remote#board", values_of(host, saved.server_name)),
        help_below=True,
        wide=True,
    )


_ABOUT_TRAFFIC = frozenset(
    {"counted-local", "counted-remote", "no-limit", "limit-means-convert", "relay", "limit-unset"}
)


@traffic.get("/hosts/<key:host_key>/traffic/stream")
def stream(host_key: str) -> Response:
    """The board as it changes, as server-sent events."""
    saved_host(host_key)
    titles = request.args.get("titles") == "1"
    return stream_of(lambda environ: events_of(host_key, environ, titles=titles))


def look_again(saved: SavedHost) -> None:
    """Somebody looks: ask the server anew when the last answer is old. Without a token once, for its address."""
    place = joined().place
    ask_to_read(place, saved.host.key)
    if not saved.has_token and server_words.load_words(place.database, saved.host.key).reached_from:
        return
    if note_looking(place, saved.host.key):
        send("look", saved.host.key)


def draw_chart(saved: SavedHost) -> dict[str, Markup]:
    """The picture of the last 30 minutes, from Caddy's log."""
    return {"rates": history_parts(saved, window_of(None), time.time())["traffic-rates"]}


def draw_parts(board: Board, *, has_token: bool) -> dict[str, Markup]:
    """Every part of the page that changes, by element id."""
    return {
        name: Markup(get_template_attribute("parts/board.html", name.replace("-", "_"))(board, has_token))  # noqa: S704 -- a macro's own output
        for name in _PARTS
    }


def events_of(host_key: str, environ: Mapping[str, Any], *, titles: bool) -> Iterator[str]:
    """The events of one connection. Ends with the client or after ten minutes; then the browser connects anew."""
    try:
        yield from _changes(host_key, environ, titles=titles)
    except Unavailable:
        return  # the browser comes back by itself


def _changes(host_key: str, environ: Mapping[str, Any], *, titles: bool) -> Iterator[str]:
    shown: dict[str, Markup] = {}
    said: frozenset[str] | None = None
    seen_at: object = None
    number, told_at = 0, time.monotonic()
    drawn_at, ends_at = 0.0, told_at + _LONGEST_SECONDS
    while time.monotonic() < ends_at and not is_gone(environ):
        saved = hosts.load_host(joined().database, host_key)
        if saved is None:
            return
        look_again(saved)
        snapshot = load_snapshot(joined().place, host_key) if saved.has_token else None
        newest = snapshot.at if snapshot else None
        if newest != seen_at or time.monotonic() - drawn_at > _REDRAW_SECONDS:
            seen_at, drawn_at = newest, time.monotonic()
            board = load_board(saved, titles=titles)
            parts = {
                **draw_parts(board, has_token=saved.has_token),
                "traffic-rates": draw_chart(saved)["rates"],
            }
            changed = {name: html for name, html in parts.items() if shown.get(name) != html}
            if changed:
                shown, number, told_at = parts, number + 1, time.monotonic()
                yield event(message(changed, say=_news(board, said)), number=number)
                said = _codes(board)
        if time.monotonic() - told_at > _ALIVE_SECONDS:
            told_at = time.monotonic()
            yield KEEP_ALIVE
        time.sleep(LOOK_SECONDS)


def _codes(board: Board) -> frozenset[str]:
    return frozenset(one.code for one in board.findings)


def _news(board: Board, said: frozenset[str] | None) -> str | None:
    """What is said aloud: only a finding that was not there before, and never what the page showed at first."""
    if said is None:
        return None
    return next((one.summary for one in board.findings if one.code not in said), None)
