"""The end of the wizard: the answers become a proxy host, Caddy gets its configuration, the checks run."""

from __future__ import annotations

import time

from tasks.queueing import start_apply_and_run
from tasks.workplace import Workplace
from wizard.store import drafts, hosts, runs
from wizard.web.setup.answers import build_host

_WAIT_SECONDS = 2.0


def apply_answers(place: Workplace, draft: drafts.Draft) -> int | None:
    """Save the proxy host, then start; gives the run. None when the same answers were applied a moment ago.

    The proxy host is saved before the draft goes, so a crash in between loses nothing; whoever
    takes the draft away starts the run, so sending it twice starts one.
    """
    host = build_host(draft.answers)
    is_new = hosts.load_host(place.database, host.key) is None
    sealed = {"": None, drafts.FORGET: ""}.get(draft.sealed, draft.sealed)
    hosts.save_host(place.database, host, server=draft.answers.get("server") or {}, sealed_token=sealed)
    if not drafts.drop_draft(place.database, draft.host_key):
        return None
    return start_apply_and_run(place, host.key, f"{'Added' if is_new else 'Changed'} {host.domain}")


def finished_run(place: Workplace, host_key: str) -> int | None:
    """The run that the same answers started; waits a moment for it, because it may be starting this instant."""
    until = time.monotonic() + _WAIT_SECONDS
    while hosts.load_host(place.database, host_key) is not None:
        run = runs.latest_run(place.database, host_key)
        if run is not None:
            return run.id
        if time.monotonic() > until:
            break
        time.sleep(0.1)
    return None
