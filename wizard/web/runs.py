"""The checks page: a run as a whole page and in parts; check again, stop."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from tasks import queueing
from wizard.store import hosts, progress, runs
from wizard.store.clock import now
from wizard.web.address_trail import draw_trail
from wizard.web.certificate_wait import is_followed
from wizard.web.help_beside import beside, values_of
from wizard.web.host_pages import OLD_AFTER, host_nav, saved_host
from wizard.web.joined import joined
from wizard.web.parts_answer import parts_answer, wants_parts
from wizard.web.run_parts import changes_of, draw_parts, draw_run, success_of, url_of_latest
from wizard.web.run_stream import LOOK_SECONDS, events_of
from wizard.web.runs_view import STANDING_STATES
from wizard.web.streams import stream_of
from wizard.web.visit_panel import draw_panel

checks = Blueprint("runs", __name__)

SUMMARY_AFTER = timedelta(days=31)  # what it found then helps nobody any more
_LONGEST_WAIT = 20.0


@checks.post("/hosts/<key:host_key>/checks")
def start(host_key: str) -> AnyResponse:
    """Start a run, or go to the one that is going. `deep` adds the checks that take minutes."""
    saved_host(host_key)
    run_id = queueing.start_run(joined().place, host_key, deep=request.form.get("deep") == "1")
    return redirect(url_for("runs.show", host_key=host_key, run_id=run_id), 303)


@checks.get("/hosts/<key:host_key>/checks/<number:run_id>")
def show(host_key: str, run_id: int) -> str:
    """The run as it stands; with `wait` seconds answered as soon as there is news."""
    saved, run = saved_host(host_key), _run(host_key, run_id)
    _wait_for_news(run)
    run = _run(host_key, run_id)
    view = draw_run(run)
    newest = runs.latest_run(joined().database, host_key)
    age = now() - (run.finished_at or now())
    return render_template(
        "runs/show.html",
        title=f"Checking {saved.host.domain}",
        saved=saved,
        host=saved.host,
        run=run,
        view=view,
        success=success_of(saved, view, run),
        way=draw_trail(run),
        panel="" if newest is not None and newest.id != run.id else draw_panel(saved, run.id),
        is_live=run.is_running or is_followed(view.certificate),
        newest=newest if newest is not None and newest.id != run.id else None,
        changes=changes_of(run),
        worker_missing=view.worker_missing,
        in_container=joined().in_container,
        is_old=age > OLD_AFTER,
        is_summary=age > SUMMARY_AFTER,
        url_latest=url_of_latest(run),
        nav=host_nav(saved, "checks"),
        help=beside("checks#states", values_of(saved.host, saved.server_name)),
        state=STANDING_STATES[run.standing],
        wide=True,
    )


@checks.get("/hosts/<key:host_key>/checks/<number:run_id>/stream")
def stream(host_key: str, run_id: int) -> Response:
    """The run as it changes, as server-sent events: a full snapshot first, then what changed."""
    _run(host_key, run_id)
    return stream_of(partial(events_of, run_id))


@checks.post("/hosts/<key:host_key>/checks/<number:run_id>/retry/<row:check>")
def retry(host_key: str, run_id: int, check: str) -> AnyResponse:
    """One row again, with those that were skipped because of it. Asked twice it is made once."""
    run = _run(host_key, run_id)
    if run.result(check) is None:
        abort(404)
    queueing.retry(joined().place, run_id, check)
    return _after_action(host_key, run_id, "Checking again", f"fix-{check}")


@checks.post("/hosts/<key:host_key>/checks/<number:run_id>/stop")
def stop(host_key: str, run_id: int) -> AnyResponse:
    """End the run; what was not looked at yet is skipped."""
    _run(host_key, run_id)
    progress.stop_run(joined().database, run_id)
    return _after_action(host_key, run_id, "Stopped", "results")


def _after_action(host_key: str, run_id: int, say: str, anchor: str) -> AnyResponse:
    if not wants_parts():
        return redirect(url_for("runs.show", host_key=host_key, run_id=run_id, _anchor=anchor), 303)
    run = _run(host_key, run_id)
    return parts_answer(draw_parts(saved_host(host_key), run, draw_run(run)), say=say, live=run.is_running)


def _wait_for_news(run: runs.Run) -> None:
    try:
        until = time.monotonic() + min(float(request.args.get("wait", 0)), _LONGEST_WAIT)
        seen = int(request.args.get("seen", run.version))
    except ValueError:
        return
    while time.monotonic() < until:
        known = runs.run_version(joined().database, run.id)
        if known is None or known[0] != seen or known[1] != runs.RUNNING:
            return
        time.sleep(LOOK_SECONDS)


def _run(host_key: str, run_id: int) -> runs.Run:
    run = runs.load_run(joined().database, run_id)
    if run is None or run.host_key != host_key or hosts.load_host(joined().database, host_key) is None:
        abort(404)
    return run
