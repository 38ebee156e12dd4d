"""What the pages of proxy hosts share: navigation, cards, words for times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import abort, url_for

from wizard.core.health import OWNER, aged, health_of
from wizard.core.runs import Standing
from wizard.methods import METHODS
from wizard.store import hosts, over_time, runs, scheduled
from wizard.store.clock import now
from wizard.web import pictures
from wizard.web.joined import joined
from wizard.web.runs_view import STANDING_STATES, seen_words

OLD_AFTER = timedelta(hours=24)
_LOOKED_THROUGH = 4  # runs among which the one to show is
REVISION_WORDS = {
    "queued": "waits for the background worker",
    "running": "is being applied",
    "waiting": "waits until Caddy answers",
    "applied": "Caddy took it",
    "unchanged": "Caddy had it already",
    "refused": "Caddy refused it",
    "conflict": "somebody else changed Caddy at the same time",
    "caddy-down": "Caddy did not answer",
    "restored": "the last good configuration was put back",
    "crashed": "the background worker stopped in the middle",
}


def nobody_knows(state: str) -> str:
    """A state from a newer version, in words."""
    return f"ended as {state}"


def saved_host(host_key: str) -> hosts.SavedHost:
    """The proxy host of an address. Ends the request with 404 when there is none."""
    return hosts.load_host(joined().database, host_key) or abort(404)


@dataclass(frozen=True, slots=True)
class HostPage:
    """A proxy host, how it stands over time, and the run that this comes from, ready to be shown.

    `in_doubt`: it worked, the last scheduled run failed, and another one follows soon.
    """

    saved: hosts.SavedHost
    run: runs.Run | None
    standing: Standing
    in_doubt: bool = False

    @property
    def state(self) -> str:
        """The word that the tags know."""
        return STANDING_STATES[self.standing]

    @property
    def seen(self) -> str:
        """Who looked: `seen from this machine`. Empty without a run."""
        return seen_words(self.run) if self.run else ""


def host_page(saved: hosts.SavedHost) -> HostPage:
    """How a proxy host stands. A result from too long ago does not count as working."""
    database, key = joined().database, saved.host.key
    run = _shown_run(key)
    if saved.host.paused:
        return HostPage(saved, run, Standing.PAUSED)
    if run is None:
        return HostPage(saved, run, Standing.NOT_CHECKED)
    if run.is_running:
        return HostPage(saved, run, Standing.CHECKING)
    health = health_of(over_time.load_past(database, key))
    health = aged(health, now(), scheduled.load_schedule(database).old_after)
    return HostPage(saved, run, health.standing, health.in_doubt)


def _shown_run(host_key: str) -> runs.Run | None:
    """The newest run; while the schedule looks, the one before, so that a page does not flicker every few minutes."""
    newest = runs.list_runs(joined().database, host_key, limit=_LOOKED_THROUGH)
    told = (run for run in newest if run.cause == OWNER or not (run.is_running or run.standing is Standing.STOPPED))
    return next(told, newest[0] if newest else None)


def host_card(page: HostPage) -> dict[str, Any]:
    """The card of the dashboard."""
    host, run = page.saved.host, page.run
    method = METHODS.get(host.method)
    checked_at = run.finished_at if run else None
    return {
        "id": host.key,
        "domain": host.domain.name,
        "url": url_for("hosts.overview", host_key=host.key),
        "address": host.public_url(joined().place.edge_of(host)),
        "state": page.state,
        "in_doubt": page.in_doubt,
        "checked_at": checked_at,
        "checked_text": ago(checked_at) if checked_at else "",
        "route": method.title if method else host.method,
        "note": page.saved.server_name,
        "history": pictures.history(days_of(host.key)) if run else None,
    }


def days_of(host_key: str) -> list[pictures.Day]:
    """The last thirty days, the oldest first."""
    counts = over_time.load_days(joined().database, host_key, now())
    return [pictures.Day(one.checks, one.failures, one.interruptions) for one in counts]


def host_nav(saved: hosts.SavedHost, here: str) -> list[dict[str, Any]]:
    """The links between the pages of one proxy host."""
    key = saved.host.key
    entries = (
        ("overview", "Overview", url_for("hosts.overview", host_key=key)),
        ("checks", "Checks", url_for("checks.show", host_key=key)),
        ("traffic", "Traffic", url_for("traffic.board", host_key=key)),
        ("configuration", "Configuration", url_for("configuration.show", host_key=key)),
        ("edit", "Edit", url_for("hosts.edit", host_key=key)),
    )
    return [{"text": text, "url": url, "here": name == here} for name, text, url in entries]


def ago(at: datetime) -> str:
    """How long ago, in words that do not need to be exact."""
    seconds = int((now() - at).total_seconds())
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            number = seconds // size
            return f"{number} {word}{'' if number == 1 else 's'} ago"
    return "a moment ago"
