"""Earlier runs of a proxy host, a page at a time: when, who asked, how it stood, what changed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for

from wizard.core.changes import Change, Turn
from wizard.core.health import OWNER
from wizard.core.runs import Standing
from wizard.store import over_time
from wizard.store.runs import Run
from wizard.web.help_beside import beside, values_of
from wizard.web.host_pages import ago, host_nav, saved_host
from wizard.web.joined import joined
from wizard.web.runs_view import STANDING_STATES, run_summary

check_pages = Blueprint("checks", __name__)

_SHOWN = 25
_TURNS = {Turn.NEW: "New", Turn.FIXED: "Fixed"}


@check_pages.get("/hosts/<key:host_key>/checks")
def show(host_key: str) -> str:
    """The newest runs, each in one line; `before` goes on from a run, `all` shows those without news, too."""
    saved = saved_host(host_key)
    before = request.args.get("before", type=int)
    everything = request.args.get("all") == "1"
    listed = over_time.list_page(joined().database, host_key, before=before, everything=everything, limit=_SHOWN + 1)
    rest: dict[str, Any] = {"all": "1"} if everything else {}
    return render_template(
        "hosts/runs.html",
        title=f"Checks of {saved.host.domain}",
        saved=saved,
        host=saved.host,
        nav=host_nav(saved, "checks"),
        runs=[_row(run, changes) for run, changes in listed[:_SHOWN]],
        everything=everything,
        before=before,
        url_newest=url_for("checks.show", host_key=host_key, **rest),
        url_older=url_for("checks.show", host_key=host_key, before=listed[_SHOWN - 1][0].id, **rest)
        if len(listed) > _SHOWN
        else "",
        help=beside("checks#list", values_of(saved.host, saved.server_name)),
        wide=True,
    )


def _row(run: Run, changes: tuple[Change, ...]) -> dict[str, Any]:
    words = [f"{_TURNS[change.turn]}: {change.summary}" for change in changes if change.turn in _TURNS]
    return {
        "id": run.id,
        "at": run.created_at,
        "when": ago(run.created_at),
        "state": STANDING_STATES[run.standing],
        "by": "You" if run.cause == OWNER else "Schedule",
        "changed": words or [_nothing_new(run)],
    }


def _nothing_new(run: Run) -> str:
    if run.is_running:
        return "Checks are running"
    is_bad = run.standing in {Standing.NOT_WORKING, Standing.WARNINGS}
    return run_summary(run) if is_bad else "Nothing"
