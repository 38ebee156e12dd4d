"""What happens by itself: runs that are due, conclusions that nobody drew yet, and clearing away what is old."""

from __future__ import annotations

from tasks.queueing import advance, rows_of_run
from tasks.workplace import Workplace
from wizard.core.schedule import due_runs
from wizard.store import clearing, hosts, scheduled, servers
from wizard.store.clock import now


def start_due(place: Workplace) -> list[int]:
    """Start the runs that are due; gives them. Asked twice, or by two clocks at once, each is started once."""
    schedule = scheduled.load_schedule(place.database)
    if schedule.interval is None:
        return []
    started = []
    for due in due_runs(scheduled.candidates(place.database), schedule, now()):
        rows = rows_of_run(place, hosts.load_host(place.database, due.host_key))
        run_id = scheduled.create_scheduled_run(place.database, due, rows)
        if run_id is not None:
            started.append(run_id)
            advance(place, run_id)
    return started


def clear_old(place: Workplace) -> None:
    """Remove runs, results, revisions and notices that are older than the owner wants, or that say nothing new."""
    clearing.clear(place.database, scheduled.load_schedule(place.database).keep_days)
    servers.forget_unseen(place.database)
