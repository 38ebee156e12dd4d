"""Links for phones, the owner's side: make one, take it back, watch what the phone sees, look at earlier visits."""

from __future__ import annotations

import time
from functools import partial

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from wizard import visiting
from wizard.store import visits
from wizard.web.help_beside import beside, values_of
from wizard.web.host_pages import host_nav, saved_host
from wizard.web.joined import joined
from wizard.web.parts_answer import parts_answer, wants_parts
from wizard.web.streams import stream_of
from wizard.web.visit_panel import ID, draw_panel, draw_visit, is_awaited, mark_of
from wizard.web.visit_stream import LOOK_SECONDS, events_of_visit

visit_links = Blueprint("visit_links", __name__)

_LONGEST_WAIT = 20.0


@visit_links.post("/hosts/<key:host_key>/visits")
def create(host_key: str) -> AnyResponse:
    """Make a link. An older one that nobody started is taken back."""
    saved = saved_host(host_key)
    if saved.host.paused:
        abort(404)
    run_id = request.form.get("run", type=int)
    visits.create_visit(joined().database, joined().place.vault, host_key, run_id)
    return _after(host_key, "The link is ready. It works once, for 30 minutes", run_id)


@visit_links.post("/hosts/<key:host_key>/visits/<number:visit_id>/revoke")
def revoke(host_key: str, visit_id: int) -> AnyResponse:
    """Take a link back: from now on it leads nowhere."""
    saved_host(host_key)
    visits.revoke_visit(joined().database, host_key, visit_id)
    return _after(host_key, "The link is taken back", request.form.get("run", type=int))


@visit_links.get("/hosts/<key:host_key>/visits")
def show(host_key: str) -> str:
    """The panel and earlier visits; with `wait` seconds answered as soon as there is news."""
    saved = saved_host(host_key)
    visiting.settle_overdue(joined().database)
    _wait_for_news(host_key)
    past = [one for one in visits.list_visits(joined().database, host_key) if one.finished_at is not None]
    return render_template(
        "visits/show.html",
        title=f"{saved.host.domain} from outside",
        saved=saved,
        host=saved.host,
        nav=host_nav(saved, "overview"),
        panel=draw_panel(saved),
        past=[(one, draw_visit(saved, one)) for one in past],
        help=beside("checks#phone", values_of(saved.host, saved.server_name)),
        wide=True,
    )


@visit_links.get("/hosts/<key:host_key>/visits/stream")
def stream(host_key: str) -> Response:
    """The panel as it changes, as server-sent events, until the newest visit has ended."""
    saved_host(host_key)
    return stream_of(partial(events_of_visit, host_key))


def _wait_for_news(host_key: str) -> None:
    seen, seconds = request.args.get("seen", ""), request.args.get("wait", 0.0, float)
    until = time.monotonic() + min(seconds, _LONGEST_WAIT)
    while time.monotonic() < until and seen == _mark_text(host_key) and is_awaited(host_key):
        time.sleep(LOOK_SECONDS)


def _mark_text(host_key: str) -> str:
    number, version, stage = mark_of(host_key)
    return f"{number}-{version}-{stage}"


def _after(host_key: str, say: str, run_id: int | None) -> AnyResponse:
    if not wants_parts():
        return redirect(url_for("visit_links.show", host_key=host_key, _anchor=ID), 303)
    return parts_answer({ID: draw_panel(saved_host(host_key), run_id)}, say=say, focus=ID, live=is_awaited(host_key))
