"""Dashboard and the pages of one proxy host: overview, checks, configuration, edit, pause, remove."""

from __future__ import annotations

import json
from dataclasses import replace

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from tasks import queueing
from wizard.caddy.caddyfile import caddyfile
from wizard.caddy.config import build
from wizard.caddy.difference import compare
from wizard.caddy.version import UNKNOWN
from wizard.core.flow import next_unfinished, number_of
from wizard.core.runs import Standing
from wizard.core.verdicts import Trouble
from wizard.methods import placed
from wizard.store import drafts, hosts, revisions, runs
from wizard.web.guard import is_worker_missing
from wizard.web.help_beside import beside, values_of
from wizard.web.host_pages import HostPage, ago, host_card, host_nav, host_page
from wizard.web.joined import joined
from wizard.web.pictures import capacity, qr_code
from wizard.web.runs_view import STANDING_STATES, leading_verdict
from wizard.web.setup.answers import answers_of
from wizard.web.setup.context import review_groups
from wizard.web.setup.pages import STEPS
from wizard.web.warnings import warnings_of

host_views = Blueprint("hosts", __name__)


@host_views.get("/")
def dashboard() -> str:
    """What needs attention, the proxy hosts, what is not finished, what changed."""
    pages = [host_page(saved) for saved in hosts.list_hosts(joined().database)]
    return render_template(
        "hosts/dashboard.html",
        title="Dashboard",
        nav_here="dashboard",
        wide=True,
        cards=[host_card(page) for page in pages],
        attention=[_attention(page) for page in pages if page.standing in {Standing.NOT_WORKING, Standing.WARNINGS}],
        drafts=_draft_cards(),
        changes=_changes(),
        worker_missing=is_worker_missing(),
    )


def _attention(page: HostPage) -> dict[str, object]:
    run = page.run
    if run is None:  # only a run can have found something
        return {}
    bad = max(run.results, key=lambda result: result.level.rank if result.level else -1)
    verdict = leading_verdict(bad)
    return {
        "host": page.saved.host.domain.name,
        "what": verdict.summary if verdict else "Not working",
        "since_at": run.finished_at,
        "since_text": ago(run.finished_at) if run.finished_at else "",
        "url": url_for("runs.show", host_key=run.host_key, run_id=run.id, _anchor=f"fix-{bad.check}"),
        "state": page.state,
    }


def _draft_cards() -> list[dict[str, str]]:
    cards = []
    for draft in drafts.list_drafts(joined().database):
        step = next_unfinished(STEPS, draft.answers)
        name = str(draft.answers.get("domain") or draft.answers.get("upstream", {}).get("address") or "a proxy host")
        cards.append(
            {
                "title": f"Continue {'changing' if draft.host_key else 'setting up'} {name}",
                "text": f"Step {number_of(STEPS, step.name)} of {len(STEPS)}",
                "url": url_for("setup.step", name=step.name, host_key=draft.host_key or None),
                "discard": url_for("hosts.discard", host_key=draft.host_key or "new"),
            }
        )
    return cards


def _changes() -> list[dict[str, object]]:
    return [
        {
            "at": revision.created_at,
            "at_text": ago(revision.created_at),
            "text": f"{revision.cause}: {REVISION_WORDS.get(revision.state, revision.state)}",
        }
        for revision in revisions.list_revisions(joined().database, limit=5)
    ]


REVISION_WORDS = {
    "queued": "waits for the worker",
    "running": "is being applied",
    "waiting": "waits until Caddy answers",
    "applied": "Caddy took it",
    "unchanged": "Caddy had it already",
    "refused": "Caddy refused it",
    "conflict": "somebody else changed Caddy at the same time",
    "caddy-down": "Caddy did not answer",
    "restored": "the last good configuration was put back",
}


@host_views.post("/hosts/<host_key>/discard")
def discard(host_key: str) -> AnyResponse:
    """Throw away answers that were not applied."""
    drafts.drop_draft(joined().database, drafts.NEW if host_key == "new" else host_key)
    return redirect(url_for("hosts.dashboard"), 303)


@host_views.get("/hosts/<host_key>")
def overview(host_key: str) -> str:
    """How it stands, its address, warnings, the last run."""
    saved = _saved(host_key)
    page = host_page(saved)
    edge = joined().place.edge
    address = saved.host.public_url(edge)
    return render_template(
        "hosts/overview.html",
        title=saved.host.domain.name,
        saved=saved,
        host=saved.host,
        page=page,
        state=page.state,
        nav=host_nav(saved, "overview"),
        address=address,
        custom_url=saved.host.custom_server_access_url(edge),
        qr=None if saved.host.domain.is_localhost else qr_code(address, f"QR code of {address}"),
        warnings=warnings_of(saved.host),
        capacity=capacity(saved.host.upload_mbps, saved.host.stream_limit_mbps),
        checked=ago(page.run.finished_at) if page.run and page.run.finished_at else "",
        help=beside("plex-mode#set-in-plex", values_of(saved.host, saved.server_name)),
        wide=True,
    )


@host_views.get("/hosts/<host_key>/checks")
def check_list(host_key: str) -> str:
    """Earlier runs."""
    saved = _saved(host_key)
    listed = runs.list_runs(joined().database, host_key, limit=50)
    return render_template(
        "hosts/runs.html",
        title=f"Checks of {saved.host.domain}",
        saved=saved,
        host=saved.host,
        nav=host_nav(saved, "checks"),
        runs=[(run, STANDING_STATES[run.standing], ago(run.created_at)) for run in listed],
        help=beside("checks#list", values_of(saved.host, saved.server_name)),
        wide=True,
    )


@host_views.get("/hosts/<host_key>/configuration")
def configuration(host_key: str) -> str:
    """The Caddyfile to read and copy, the JSON that is loaded, what Caddy runs now, and every attempt so far."""
    saved = _saved(host_key)
    place = joined().place
    running, version = place.caddy.get_config(), place.caddy.version()
    known = UNKNOWN if isinstance(version, Trouble) else version
    everyone = [placed(one.host) for one in hosts.list_hosts(place.database)]
    difference = ""
    if not isinstance(running, Trouble):
        wanted = build(everyone, place.edge, known, running.config).config
        difference = compare(running.config, wanted).json_diff
    return render_template(
        "hosts/configuration.html",
        title=f"Configuration of {saved.host.domain}",
        saved=saved,
        host=saved.host,
        nav=host_nav(saved, "configuration"),
        caddyfile=caddyfile([placed(saved.host)], place.edge, known),
        document=json.dumps(build([placed(saved.host)], place.edge, known, {}).config, indent=2),
        trouble=running if isinstance(running, Trouble) else None,
        difference=difference,
        revisions=[
            (one, ago(one.created_at), REVISION_WORDS.get(one.state, one.state))
            for one in revisions.list_revisions(place.database)
        ],
        help=beside("apply#difference", values_of(saved.host, saved.server_name)),
        wide=True,
    )


@host_views.get("/hosts/<host_key>/caddyfile")
def download_caddyfile(host_key: str) -> Response:
    """The same Caddyfile as a file."""
    saved = _saved(host_key)
    version = joined().place.caddy.version()
    text = caddyfile([placed(saved.host)], joined().place.edge, UNKNOWN if isinstance(version, Trouble) else version)
    answer = Response(text, mimetype="text/plain")
    answer.headers["Content-Disposition"] = "attachment; filename=Caddyfile"
    return answer


@host_views.post("/hosts/<host_key>/apply")
def apply_again(host_key: str) -> AnyResponse:
    """Give Caddy its configuration again, then check."""
    saved = _saved(host_key)
    run_id = queueing.start_apply_and_run(joined().place, host_key, f"Applied {saved.host.domain} again")
    return redirect(url_for("runs.show", host_key=host_key, run_id=run_id), 303)


@host_views.get("/hosts/<host_key>/revisions/<int:revision_id>")
def revision(host_key: str, revision_id: int) -> str:
    """One attempt: what it changed, in words and as a difference."""
    saved = _saved(host_key)
    found = revisions.load_revision(joined().database, revision_id) or abort(404)
    return render_template(
        "hosts/revision.html",
        title=f"{found.cause}",
        saved=saved,
        host=saved.host,
        revision=found,
        words=REVISION_WORDS.get(found.state, found.state),
        difference=compare(found.before or {}, found.after or {}).json_diff if found.after is not None else "",
        back={"url": url_for("hosts.configuration", host_key=host_key), "text": "Back to the configuration"},
        help=beside("apply#revisions", values_of(saved.host, saved.server_name)),
        wide=True,
    )


@host_views.get("/hosts/<host_key>/edit")
def edit(host_key: str) -> str:
    """Every setting with a Change link, and what else can be done with the host."""
    saved = _saved(host_key)
    return render_template(
        "hosts/edit.html",
        title=f"Edit {saved.host.domain}",
        saved=saved,
        host=saved.host,
        nav=host_nav(saved, "edit"),
        groups=review_groups(saved.host, answers_of(saved.host, saved.server)),
        has_draft=bool(drafts.load_draft(joined().database, host_key).answers),
        help=beside("plex-mode#what-it-does", values_of(saved.host, saved.server_name)),
    )


@host_views.post("/hosts/<host_key>/pause")
def pause(host_key: str) -> AnyResponse:
    """Stop or go on serving it. Its certificate and settings stay."""
    saved = _saved(host_key)
    is_paused = request.form.get("pause") == "1"
    if saved.host.paused != is_paused:
        hosts.save_host(joined().database, replace(saved.host, paused=is_paused))
        queueing.start_apply(joined().place, f"{'Paused' if is_paused else 'Resumed'} {saved.host.domain}")
    return redirect(url_for("hosts.overview", host_key=host_key), 303)


@host_views.route("/hosts/<host_key>/remove", methods=["GET", "POST"])
def remove(host_key: str) -> AnyResponse | str:
    """A page that says what goes and what stays; then it goes."""
    saved = _saved(host_key)
    if request.method == "POST":
        drafts.drop_draft(joined().database, host_key)
        hosts.remove_host(joined().database, host_key)
        queueing.start_apply(joined().place, f"Removed {saved.host.domain}")
        return redirect(url_for("hosts.dashboard"), 303)
    return render_template(
        "hosts/remove.html",
        title=f"Remove {saved.host.domain}",
        saved=saved,
        host=saved.host,
        back={"url": url_for("hosts.edit", host_key=host_key), "text": "Back to edit"},
    )


def _saved(host_key: str) -> hosts.SavedHost:
    saved = hosts.load_host(joined().database, host_key)
    return saved or abort(404)
