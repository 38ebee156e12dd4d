"""The dashboard: what needs attention, the proxy hosts, what is not finished, what changed."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from wizard.core.flow import next_unfinished, number_of
from wizard.core.runs import Standing
from wizard.store import conclusions, drafts, hosts, revisions
from wizard.web.guard import is_worker_missing
from wizard.web.host_pages import REVISION_WORDS, HostPage, ago, host_card, host_page, nobody_knows
from wizard.web.joined import joined
from wizard.web.runs_view import leading_verdict
from wizard.web.setup.pages import STEPS
from wizard.web.traffic_now import draw_now

dashboard_views = Blueprint("dashboard", __name__)

_NEW = "new"
_NEEDS_ATTENTION = frozenset({Standing.NOT_WORKING, Standing.WARNINGS})


@dashboard_views.get("/")
def show() -> str:
    """Everything at a glance."""
    pages = [host_page(saved) for saved in hosts.list_hosts(joined().database)]
    latest = revisions.list_revisions(joined().database, limit=5)
    return render_template(
        "hosts/dashboard.html",
        title="Dashboard",
        nav_here="dashboard",
        wide=True,
        cards=[host_card(page) for page in pages],
        attention=[
            *_unapplied(latest, pages),
            *(_attention(page) for page in pages if page.standing in _NEEDS_ATTENTION),
        ],
        drafts=_draft_cards({page.saved.host.key for page in pages}),
        changes=[_change(revision) for revision in latest],
        now=draw_now() if pages else "",
        worker_missing=is_worker_missing(),
        in_container=joined().in_container,
    )


@dashboard_views.post("/drafts/<key:host_key>/discard")
def discard(host_key: str) -> AnyResponse:
    """Throw away answers that were not applied."""
    drafts.drop_draft(joined().database, drafts.NEW if host_key == _NEW else host_key)
    flash("The answers are discarded")
    return redirect(url_for("dashboard.show"), 303)


def _attention(page: HostPage) -> dict[str, object]:
    run = page.run
    if run is None:  # only a run can have found something
        return {}
    bad = max(run.results, key=lambda result: result.level.rank if result.level else -1)
    verdict = leading_verdict(bad)
    since_at = _since(page) or run.finished_at
    return {
        "host": page.saved.host.domain.name,
        "what": verdict.summary if verdict else "Not working",
        "since_at": since_at,
        "since_text": ago(since_at) if since_at else "",
        "url": url_for("runs.show", host_key=run.host_key, run_id=run.id, _anchor=f"fix-{bad.check}"),
        "state": page.state,
    }


def _since(page: HostPage) -> datetime | None:
    """Since when it stands as it does, where that is known."""
    known = conclusions.standing_since(joined().database, page.saved.host.key)
    return known[1].at if known is not None and known[0] is page.standing else None


def _unapplied(latest: list[revisions.Revision], pages: list[HostPage]) -> list[dict[str, object]]:
    """Caddy runs something else than what was saved last."""
    if not latest or not pages or latest[0].trouble is None:
        return []
    last = latest[0]
    return [
        {
            "host": "Caddy",
            "what": last.trouble.summary if last.trouble else "",
            "since_at": last.created_at,
            "since_text": ago(last.created_at),
            "url": url_for("configuration.revision", host_key=pages[0].saved.host.key, revision_id=last.id),
            "state": "warnings" if last.is_pending else "down",
        }
    ]


def _draft_cards(known: set[str]) -> list[dict[str, str]]:
    cards = []
    for draft in drafts.list_drafts(joined().database):
        if draft.host_key != drafts.NEW and draft.host_key not in known:
            continue  # its proxy host was removed in the meantime
        step = next_unfinished(STEPS, draft.answers)
        name = str(draft.answers.get("domain") or draft.answers.get("upstream", {}).get("address") or "a proxy host")
        cards.append(
            {
                "id": draft.host_key or _NEW,
                "title": f"Continue {'changing' if draft.host_key else 'setting up'} {name}",
                "text": f"Step {number_of(STEPS, step.name)} of {len(STEPS)}: {step.title}",
                "url": url_for("setup.step", name=step.name, host_key=draft.host_key or None),
                "discard": url_for("dashboard.discard", host_key=draft.host_key or _NEW),
                "saved_at": draft.updated_at.isoformat() if draft.updated_at else "",
                "saved_text": ago(draft.updated_at) if draft.updated_at else "",
            }
        )
    return cards


def _change(revision: revisions.Revision) -> dict[str, object]:
    return {
        "at": revision.created_at,
        "at_text": ago(revision.created_at),
        "text": f"{revision.cause}: {REVISION_WORDS.get(revision.state, nobody_knows(revision.state))}",
    }
