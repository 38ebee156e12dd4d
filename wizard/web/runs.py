"""The checks page: a run, live and without a script; check again, stop."""

from __future__ import annotations

import time
from collections.abc import Iterator

from flask import (
    Blueprint,
    Response,
    abort,
    get_template_attribute,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask import stream_with_context as in_context
from werkzeug.wrappers import Response as AnyResponse

from tasks import queueing
from wizard.core.runs import Standing, State
from wizard.media import MEDIA
from wizard.media.shape import Place
from wizard.methods import placed
from wizard.store import hosts, progress, revisions, runs
from wizard.store.clock import now
from wizard.web.guard import SIGN_IN, is_worker_missing
from wizard.web.help_beside import beside, help_url, values_of
from wizard.web.host_pages import host_nav
from wizard.web.joined import joined
from wizard.web.parts_answer import message, parts_answer, wants_parts
from wizard.web.pictures import qr_code
from wizard.web.runs_view import STANDING_STATES, RunView, spoken, view_run
from wizard.web.streams import KEEP_ALIVE, event, place_for

checks = Blueprint("runs", __name__)

_LOOK_SECONDS = 0.3
_ALIVE_SECONDS = 15
_LONGEST_SECONDS = 600
_LONGEST_WAIT = 20.0
_WORKER_PATIENCE_SECONDS = 5


@checks.post("/hosts/<host_key>/checks")
def start(host_key: str) -> AnyResponse:
    """Start a run, or go to the one that is going."""
    _saved(host_key)
    run_id = queueing.start_run(joined().place, host_key)
    return redirect(url_for("runs.show", host_key=host_key, run_id=run_id), 303)


@checks.get("/hosts/<host_key>/checks/<int:run_id>")
def show(host_key: str, run_id: int) -> str:
    """The run as it stands; with `wait` seconds answered as soon as there is news."""
    saved, run = _saved(host_key), _run(host_key, run_id)
    _wait_for_news(run)
    run = _run(host_key, run_id)
    view = _view(run)
    newest = runs.latest_run(joined().database, host_key)
    edge = joined().place.edge
    values = values_of(saved.host, saved.server_name)
    return render_template(
        "runs/show.html",
        title=f"Checking {saved.host.domain}",
        saved=saved,
        host=saved.host,
        run=run,
        view=view,
        success=_success(saved, view),
        newest=newest if newest is not None and newest.id != run.id else None,
        worker_missing=_worker_banner(run),
        url_latest=_latest_url(run),
        nav=host_nav(saved, "checks"),
        address=saved.host.public_url(edge),
        help=beside("checks#states", values),
        state=STANDING_STATES[run.standing],
        wide=True,
    )


@checks.get("/hosts/<host_key>/checks/<int:run_id>/stream")
def stream(host_key: str, run_id: int) -> Response:
    """The run as it changes, as server-sent events: a full snapshot first, then what changed."""
    _run(host_key, run_id)
    holder = place_for(session.get(SIGN_IN, ""))
    if not holder.__enter__():
        holder.__exit__(None, None, None)
        return Response(status=204)

    def events() -> Iterator[str]:
        try:
            yield from _events(host_key, run_id)
        finally:
            holder.__exit__(None, None, None)

    answer = Response(in_context(events()), mimetype="text/event-stream")
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


def _events(host_key: str, run_id: int) -> Iterator[str]:
    before: RunView | None = None
    version, quiet_since, ends_at = -1, time.monotonic(), time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < ends_at:
        known = runs.run_version(joined().database, run_id)
        if known is None:
            return
        if known[0] != version:
            version = known[0]
            run = _run(host_key, run_id)
            view = _view(run)
            say, urgent = spoken(before, view, [result.check for result in run.results])
            is_over = not run.is_running
            text = message(_parts(host_key, run, view), say=say, urgent=urgent, done=is_over)
            yield event(text, number=version)
            if is_over:
                return
            before, quiet_since = view, time.monotonic()
        elif time.monotonic() - quiet_since > _ALIVE_SECONDS:
            quiet_since = time.monotonic()
            yield KEEP_ALIVE
        time.sleep(_LOOK_SECONDS)


@checks.post("/hosts/<host_key>/checks/<int:run_id>/retry/<check>")
def retry(host_key: str, run_id: int, check: str) -> AnyResponse:
    """One check again, with those that were skipped because of it. Asked twice it is made once."""
    run = _run(host_key, run_id)
    if run.result(check) is None:
        abort(404)
    queueing.retry(joined().place, run_id, check)
    return _after_action(host_key, run_id, "Checking again", f"fix-{check}")


@checks.post("/hosts/<host_key>/checks/<int:run_id>/stop")
def stop(host_key: str, run_id: int) -> AnyResponse:
    """End the run; what was not looked at yet is skipped."""
    _run(host_key, run_id)
    progress.stop_run(joined().database, run_id)
    return _after_action(host_key, run_id, "Stopped", "results")


def _after_action(host_key: str, run_id: int, say: str, anchor: str) -> AnyResponse:
    if not wants_parts():
        return redirect(url_for("runs.show", host_key=host_key, run_id=run_id, _anchor=anchor), 303)
    run = _run(host_key, run_id)
    return parts_answer(_parts(host_key, run, _view(run)), say=say, live=run.is_running)


def _parts(host_key: str, run: runs.Run, view: RunView) -> dict[str, object]:
    part = "parts/checks.html"
    row, card = get_template_attribute(part, "check_row"), get_template_attribute(part, "fix_card")
    parts: dict[str, object] = {
        "verdict": get_template_attribute(part, "verdict_line")(view.verdict),
        "hops": get_template_attribute(part, "hop_picture")(view.hops),
        "run-actions": render_template("runs/actions.html", run=run, host_key=host_key),
        "success": render_template("runs/success.html", success=_success(_saved(host_key), view)),
    }
    for group in view.groups:
        parts |= {f"check-{one['name']}": row(one) for one in group["rows"]}
    return parts | {f"fix-{one['name']}": card(one) for one in view.cards}


def _view(run: runs.Run) -> RunView:
    revision = revisions.load_revision(joined().database, run.revision_id) if run.revision_id else None
    return view_run(
        run,
        revision,
        help_url=help_url,
        retry_url=lambda check: url_for("runs.retry", host_key=run.host_key, run_id=run.id, check=check),
        worker_missing=_worker_banner(run),
    )


def _success(saved: hosts.SavedHost, view: RunView) -> dict[str, object] | None:
    """What the green panel shows; None while it is not earned."""
    if view.standing not in {Standing.WORKING, Standing.WARNINGS}:
        return None
    edge, host = joined().place.edge, placed(saved.host)
    media = MEDIA[host.upstream.media]
    address = host.public_url(edge)
    return {
        "domain": host.domain.name,
        "address": address,
        "custom_url": host.custom_server_access_url(edge) if media.has_plex_mode else "",
        "media": media.title,
        "qr": qr_code(address, f"QR code of {address}"),
        "instructions": media.instructions(Place(host, edge)),
        "is_local": host.domain.is_localhost,
    }


def _worker_banner(run: runs.Run) -> bool:
    age = (now() - run.created_at).total_seconds()
    is_queued = any(result.state in {State.QUEUED, State.WAITING} for result in run.results)
    return run.is_running and is_queued and age > _WORKER_PATIENCE_SECONDS and is_worker_missing()


def _latest_url(run: runs.Run) -> str:
    return url_for("runs.show", host_key=run.host_key, run_id=run.id, wait=20, seen=run.version, _anchor="results")


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
        time.sleep(_LOOK_SECONDS)


def _saved(host_key: str) -> hosts.SavedHost:
    saved = hosts.load_host(joined().database, host_key)
    return saved or abort(404)


def _run(host_key: str, run_id: int) -> runs.Run:
    run = runs.load_run(joined().database, run_id)
    if run is None or run.host_key != host_key:
        abort(404)
    return run
