"""A run as HTML: the whole view, and the parts that app.js swaps while it changes."""

from __future__ import annotations

from dataclasses import replace

from flask import get_template_attribute, render_template, url_for

from wizard.core.changes import Turn
from wizard.core.runs import Standing, State
from wizard.core.verdicts import Level
from wizard.media import MEDIA
from wizard.media.shape import Place
from wizard.methods import placed
from wizard.store import hosts, over_time, revisions, runs, scheduled
from wizard.store.clock import now
from wizard.web.address_trail import draw_trail
from wizard.web.caddy_seen import caddy_seen
from wizard.web.certificate_wait import draw_certificate
from wizard.web.guard import is_worker_missing
from wizard.web.help_beside import help_url
from wizard.web.host_pages import OLD_AFTER
from wizard.web.joined import joined
from wizard.web.runs_view import Addresses, RunView, seen_words, title_of, view_run
from wizard.web.visit_panel import ID as PANEL
from wizard.web.visit_panel import draw_panel

_WORKER_PATIENCE_SECONDS = 5
_WITH_WORKER = frozenset({State.WAITING, State.QUEUED, State.RUNNING})


def draw_run(run: runs.Run) -> RunView:
    """A run with everything around it that decides how it looks."""
    database = joined().database
    saved = hosts.load_host(database, run.host_key)
    view = view_run(
        run,
        revisions.load_revision(database, run.revision_id) if run.revision_id else None,
        Addresses(
            help_url,
            lambda check: url_for("runs.retry", host_key=run.host_key, run_id=run.id, check=check),
        ),
        earlier=runs.earlier_results(database, run.id),
        worker_missing=is_queue_stuck(run),
        is_old=run.finished_at is not None and now() - run.finished_at > OLD_AFTER,
    )
    return view if saved is None or view.is_old else replace(view, certificate=draw_certificate(saved.host, run))


def draw_parts(saved: hosts.SavedHost, run: runs.Run, view: RunView) -> dict[str, object]:
    """Every part of the page that changes, by element id."""
    part = "parts/checks.html"
    row, card = get_template_attribute(part, "check_row"), get_template_attribute(part, "fix_card")
    parts: dict[str, object] = {
        "verdict": get_template_attribute(part, "verdict_line")(view.verdict),
        "hops": get_template_attribute(part, "hop_picture")(view.hops),
        "run-actions": render_template(
            "runs/actions.html", run=run, host_key=run.host_key, url_latest=url_of_latest(run)
        ),
        "run-changes": render_template("runs/changes.html", changes=changes_of(run)),
        "worker-missing": worker_banner(is_missing=view.worker_missing),
        "success": render_template("runs/success.html", success=success_of(saved, view, run)),
        "certificate": render_template("runs/certificate.html", certificate=view.certificate),
        "trail": get_template_attribute("parts/trail.html", "trail")(draw_trail(run)),
    }
    parts[PANEL] = draw_panel(saved, run.id)
    for group in view.groups:
        parts |= {f"check-{one['name']}": row(one) for one in group["rows"]}
    return parts | {f"fix-{one['name']}": card(one) for one in view.cards}


def url_of_latest(run: runs.Run) -> str:
    """The page again, answered as soon as there is news: what a person without a script follows."""
    return url_for("runs.show", host_key=run.host_key, run_id=run.id, wait=20, seen=run.version, _anchor="results")


def success_of(saved: hosts.SavedHost, view: RunView, run: runs.Run) -> dict[str, object] | None:
    """What the green panel shows; None while it is not earned, and when it was earned too long ago."""
    if view.is_old or view.standing not in {Standing.WORKING, Standing.WARNINGS}:
        return None
    edge, host = joined().place.edge_of(saved.host), placed(saved.host)
    media = MEDIA[host.upstream.media]
    address = host.public_url(edge)
    return {
        "domain": host.domain.name,
        "seen": seen_words(run),
        "address": address,
        "custom_url": host.custom_server_access_url(edge) if media.has_plex_mode else "",
        "media": media.title,
        "instructions": media.instructions(Place(host, edge, caddy_seen(host))),
        "is_local": host.domain.is_localhost,
        "overview": url_for("hosts.overview", host_key=host.key),
        "schedule": scheduled.load_schedule(joined().database).words,
    }


_TURNS = {Turn.NEW: "New", Turn.FIXED: "Fixed", Turn.STILL: "Still so"}


def changes_of(run: runs.Run) -> list[dict[str, str]] | None:
    """What changed since the run before, as the page lists it; None while there is nothing to compare."""
    changes = over_time.load_changes(joined().database, run)
    if changes is None:
        return None
    states = {Level.FAILURE: "failed", Level.WARNING: "warning"}
    return [
        {
            "state": "passed" if change.turn is Turn.FIXED else states.get(change.level, "unknown"),
            "word": _TURNS[change.turn],
            "text": f"{title_of(change.row)}: {change.summary}",
        }
        for change in changes
    ]


def worker_banner(*, is_missing: bool) -> str:
    """The place at the top of a page that says, with the command, that the background worker is gone."""
    return render_template("runs/worker.html", is_missing=is_missing, in_container=joined().in_container)


def is_queue_stuck(run: runs.Run) -> bool:
    """True when checks wait, or a worker has them in hand, and no worker gives a sign of life."""
    age = (now() - run.created_at).total_seconds()
    is_due = any(one.state in _WITH_WORKER and (one.worker or one.state is not State.RUNNING) for one in run.results)
    return run.is_running and is_due and age > _WORKER_PATIENCE_SECONDS and is_worker_missing()
