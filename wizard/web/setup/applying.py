"""The end of the wizard: the answers become a proxy host, Caddy gets its configuration, the checks run."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta

from tasks.queueing import start_apply, start_apply_and_run
from tasks.workplace import Workplace
from wizard.store import drafts, hosts, runs, ways
from wizard.store.clock import now
from wizard.web.setup.answers import build_host

_MOMENT = timedelta(seconds=2)


def apply_answers(place: Workplace, draft: drafts.Draft) -> int | None:
    """Save the proxy host, then start; gives the run. None when the same answers were applied a moment ago.

    The proxy host is saved before the draft goes, so a crash in between loses nothing; whoever
    takes the draft away starts the run, so sending it twice starts one. Raises DomainTakenError.
    """
    host = build_host(draft.answers)
    known = hosts.load_host(place.database, host.key)
    if draft.updated_at is None and known is not None:
        return None  # nothing was changed since it was applied
    if known is not None:
        host = replace(host, paused=known.host.paused)  # pausing is no answer of the wizard
    sealed = {"": None, drafts.FORGET: ""}.get(draft.sealed, draft.sealed)
    hosts.save_host(place.database, host, server=draft.answers.get("server") or {}, sealed_token=sealed)
    _keep_consent(place, host.method, str(draft.answers.get("consent_at", "")))
    if not drafts.drop_draft(place.database, draft.host_key):
        return None
    if known is not None and place.edge_of(known.host) != place.edge_of(host):
        start_apply(place, f"Moved {host.domain} away", place.edge_of(known.host).name)
    return start_apply_and_run(place, host.key, f"{'Added' if known is None else 'Changed'} {host.domain}")


def _keep_consent(place: Workplace, method: str, agreed_at: str) -> None:
    """What was agreed to in step 2 holds for the way in itself, so its own page does not ask again."""
    values = ways.load_way(place.database, method).values
    # "kept" stands for an agreement from before, whose day is there already
    if agreed_at[:1].isdigit() and not values.get("consent_at"):
        ways.save_way(place.database, method, {**values, "consent_at": agreed_at})


def run_since(place: Workplace, host_key: str, at: datetime) -> int | None:
    """The run that the same answers started; waits a moment for it, because it may be starting this instant."""
    while True:
        run = runs.latest_run(place.database, host_key)
        if run is not None and run.created_at >= at:
            return run.id
        if now() - at > _MOMENT:
            return run.id if run is not None else None
        time.sleep(0.05)
