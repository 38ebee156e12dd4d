"""A visit and its end: what it is judged against, as far as the store knows it, and when nobody comes back."""

from __future__ import annotations

from typing import Any

from wizard.checks.headers_sent import FORGED_ADDRESS
from wizard.core.visit_findings import judge
from wizard.core.visits import Finding, Subject, Visit
from wizard.media import MEDIA
from wizard.methods import METHODS
from wizard.store import hosts, runs, visits
from wizard.store.hosts import SavedHost
from wizard.store.runs import Result
from wizard.store.session import Database

_RUNS = 5  # how far back to look for the home's addresses


def subject_of(database: Database, saved: SavedHost) -> Subject:
    """What a visit to this proxy host is judged against."""
    host, media = saved.host, MEDIA[saved.host.upstream.media]
    return Subject(
        domain=host.domain.name,
        media=media.title if media.key != "other" else "The application",
        is_plex=media.key == "plex",
        forward_client_ip=host.forward_client_ip,
        websocket=host.websocket,
        stream_limit_mbps=host.stream_limit_mbps,
        has_hop=bool(host.listener.trusted) or not host.listener.tls,
        home=_home_addresses(database, saved),
    )


def findings_of(database: Database, saved: SavedHost, visit: Visit) -> tuple[Finding, ...]:
    """What was found at its end; while it runs, what can be said so far."""
    return visit.findings or judge(subject_of(database, saved), visit.seen)


def finish(database: Database, visit: Visit) -> None:
    """Judge a visit as far as it came, and end it. Ended before, or its host gone: nothing happens."""
    saved = hosts.load_host(database, visit.host_key)
    if saved is not None:
        visits.finish_visit(database, visit.id, judge(subject_of(database, saved), visit.seen))


def settle_overdue(database: Database) -> int:
    """End the visits whose page was never heard of again; gives how many."""
    overdue = visits.overdue_visits(database)
    for visit in overdue:
        finish(database, visit)
    return len(overdue)


def _home_addresses(database: Database, saved: SavedHost) -> tuple[str, ...]:
    """The addresses of Caddy's own network, as earlier checks saw them.

    Those under which this machine itself arrived at Caddy, and those of the name where the way in leads it to Caddy.
    """
    method = METHODS.get(saved.host.method)
    leads_here = method is not None and method.points_at_edge
    found: dict[str, None] = {}
    for run in runs.list_runs(database, saved.host.key, limit=_RUNS):
        for result in run.results:
            found |= dict.fromkeys(_addresses_in(result, leads_here=leads_here))
    return tuple(found)


def _addresses_in(result: Result, *, leads_here: bool) -> list[str]:
    if result.check == "headers":
        headers = _at(result.observed, "echoed", "headers") or []
        return [value for name, value in headers if name.lower() == "x-forwarded-for" and value != FORGED_ADDRESS]
    if result.check == "dns" and leads_here:
        return [one for family in ("v4", "v6") for one in _at(result.observed, family, "values") or []]
    return []


def _at(document: Any, *path: str) -> Any:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document
