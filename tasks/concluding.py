"""What follows from a run that has ended: history, standing, notices. Drawn once for each version of a run."""

from __future__ import annotations

from tasks.sending import send
from tasks.telling import deliver_due, telling
from tasks.workplace import Workplace
from wizard.store import conclusions, runs


def conclude_run(place: Workplace, run_id: int) -> None:
    """Draw the conclusions from a run, and queue the notices that follow."""
    run = runs.load_run(place.database, run_id)
    if run is None or run.is_running:
        return
    for notice_id in conclusions.conclude(place.database, run_id, telling(place, run.host_key)):
        send("tell", notice_id)


def catch_up(place: Workplace) -> None:
    """Conclude what a crash or a lost queue left, and queue the notices that are due."""
    for run_id in conclusions.unconcluded_runs(place.database):
        conclude_run(place, run_id)
    deliver_due(place)
