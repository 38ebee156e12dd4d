"""Earlier runs of a proxy host."""

from __future__ import annotations

from flask import Blueprint, render_template

from wizard.store import runs
from wizard.web.help_beside import beside, values_of
from wizard.web.host_pages import ago, host_nav, saved_host
from wizard.web.joined import joined
from wizard.web.runs_view import STANDING_STATES, run_summary

check_pages = Blueprint("checks", __name__)

_SHOWN = 50


@check_pages.get("/hosts/<key:host_key>/checks")
def show(host_key: str) -> str:
    """The newest runs, each in one line."""
    saved = saved_host(host_key)
    listed = runs.list_runs(joined().database, host_key, limit=_SHOWN)
    return render_template(
        "hosts/runs.html",
        title=f"Checks of {saved.host.domain}",
        saved=saved,
        host=saved.host,
        nav=host_nav(saved, "checks"),
        runs=[(run, STANDING_STATES[run.standing], ago(run.created_at), run_summary(run)) for run in listed],
        help=beside("checks#list", values_of(saved.host, saved.server_name)),
        wide=True,
    )
