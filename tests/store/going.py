"""Runs on their way, for the tests of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.store.samples import CHECKS, NEEDS, found, saved_host
from wizard.core.runs import State
from wizard.core.verdicts import Level
from wizard.store import clock, progress, runs
from wizard.store.runs import Run
from wizard.store.session import Database

ROUNDS = 5  # how often a test tries to let two come at the same moment


def started(database: Database, checks: Sequence[str] = CHECKS) -> int:
    """A run of a new host."""
    return progress.create_run(database, saved_host(database, f"{clock.now():%H%M%S%f}.example.com").key, checks).id


def loaded(database: Database, run_id: int) -> Run:
    run = runs.load_run(database, run_id)
    assert run is not None
    return run


def states(database: Database, run_id: int) -> dict[str, State]:
    return {result.check: result.state for result in loaded(database, run_id).results}


def work(
    database: Database,
    run_id: int,
    needs: Mapping[str, Sequence[str]] = NEEDS,
    levels: Mapping[str, Level] | None = None,
) -> None:
    """Go through a run as a worker would, until nothing is left to start."""
    while planned := progress.plan_run(database, run_id, needs):
        for check, attempt in planned:
            assert progress.begin_result(database, run_id, check, attempt)
            progress.finish_result(database, run_id, attempt, found(check, (levels or {}).get(check, Level.OK)))
