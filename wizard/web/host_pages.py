"""What the pages of proxy hosts share: navigation, cards, words for times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import abort, url_for

from wizard.core.runs import Standing
from wizard.methods import METHODS
from wizard.store import hosts, runs
from wizard.store.clock import now
from wizard.web.joined import joined
from wizard.web.runs_view import STANDING_STATES, seen_words

OLD_AFTER = timedelta(hours=24)
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
    """A proxy host with its newest run, ready to be shown."""

    saved: hosts.SavedHost
    run: runs.Run | None
    standing: Standing

    @property
    def state(self) -> str:
        """The word that the tags know."""
        return STANDING_STATES[self.standing]

    @property
    def seen(self) -> str:
        """Who looked: `seen from this machine`. Empty without a run."""
        return seen_words(self.run) if self.run else ""


def host_page(saved: hosts.SavedHost) -> HostPage:
    """How a proxy host stands. A result from yesterday does not count as working."""
    run = runs.latest_run(joined().database, saved.host.key)
    if saved.host.paused:
        return HostPage(saved, run, Standing.PAUSED)
    if run is None:
        return HostPage(saved, run, Standing.NOT_CHECKED)
    if run.finished_at is not None and now() - run.finished_at > OLD_AFTER:
        return HostPage(saved, run, Standing.OLD)
    return HostPage(saved, run, run.standing)


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
        "checked_at": checked_at,
        "checked_text": ago(checked_at) if checked_at else "",
        "route": method.title if method else host.method,
        "note": page.saved.server_name,
    }


def host_nav(saved: hosts.SavedHost, here: str) -> list[dict[str, Any]]:
    """The links between the pages of one proxy host."""
    key = saved.host.key
    entries = (
        ("overview", "Overview", url_for("hosts.overview", host_key=key)),
        ("checks", "Checks", url_for("checks.show", host_key=key)),
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
