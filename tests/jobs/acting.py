"""What the tests of jobs do: add hosts, queue, wait for the end, let time pass."""

from __future__ import annotations

import time
from datetime import timedelta

from sqlalchemy import select

from tasks import queueing
from tests.processes import WAIT_SECONDS, wait_until
from tests.store.samples import sample_host
from tests.whole_system import DOMAIN, System
from wizard.core.hosts import ProxyHost, Upstream
from wizard.core.runs import APPLY
from wizard.store import hosts, progress, revisions, runs
from wizard.store.revisions import Revision
from wizard.store.runs import Result, Run
from wizard.store.tables import ResultRow, RevisionRow


def add_host(system: System, domain: str = DOMAIN, **changes: object) -> ProxyHost:
    """A saved proxy host for the stand-in Plex; nothing is applied yet."""
    plex = Upstream("plex", "http", "127.0.0.1", system.plex.port)
    host = sample_host(domain, **{"upstream": plex, **changes})
    hosts.save_host(system.place.database, host)
    return host


def start_checks(system: System, host: ProxyHost, *checks: str) -> int:
    """Queue a run of these checks only; those of a usual run take longer. Gives the run."""
    run_id = progress.create_run(system.place.database, host.key, checks).id
    queueing.advance(system.place, run_id)
    return run_id


def start_apply(system: System, host: ProxyHost, *checks: str) -> int:
    """Queue an apply, and a run of it and of these checks only. Gives the run."""
    revision_id = revisions.create_revision(system.place.database, "Changed")
    run_id = progress.create_run(system.place.database, host.key, (APPLY, *checks), revision_id).id
    queueing.advance(system.place, run_id)
    return run_id


def revision(system: System, revision_id: int) -> Revision:
    """An attempt as it stands."""
    found = revisions.load_revision(system.place.database, revision_id)
    assert found is not None
    return found


def ended_revision(system: System, revision_id: int) -> Revision:
    """An attempt once it has ended."""
    wait_until(lambda: not revision(system, revision_id).is_pending, f"revision {revision_id} has ended")
    return revision(system, revision_id)


def run(system: System, run_id: int) -> Run:
    """A run as it stands."""
    found = runs.load_run(system.place.database, run_id)
    assert found is not None
    return found


def ended_run(system: System, run_id: int, seconds: float = WAIT_SECONDS) -> Run:
    """A run once it has ended."""
    wait_until(lambda: not run(system, run_id).is_running, f"run {run_id} has ended", seconds)
    return run(system, run_id)


def ended_run_under_the_clock(system: System, run_id: int, seconds: float) -> Run:
    """A run once it has ended, with the sweeps that the clock of a whole system queues every 15 seconds."""
    next_at = time.monotonic() + 15

    def has_ended() -> bool:
        nonlocal next_at
        if time.monotonic() > next_at:
            next_at += 15
            queueing.send("sweep")
        return not run(system, run_id).is_running

    wait_until(has_ended, f"run {run_id} has ended", seconds)
    return run(system, run_id)


def row(system: System, run_id: int, check: str) -> Result:
    """One row of a run as it stands."""
    found = run(system, run_id).result(check)
    assert found is not None
    return found


def let_pass(system: System, time: timedelta) -> None:
    """Make everything that is under way look as if it had begun so much earlier, for every process alike."""
    with system.place.database.write() as session:
        for attempt in session.scalars(select(RevisionRow).where(RevisionRow.finished_at.is_(None))):
            attempt.due_at -= time
        for result in session.scalars(select(ResultRow).where(ResultRow.finished_at.is_(None))):
            result.queued_at = result.queued_at - time if result.queued_at else None
            result.started_at = result.started_at - time if result.started_at else None


def sweep(system: System) -> None:
    """What the clock of the system queues every few seconds."""
    assert queueing.send("sweep")
