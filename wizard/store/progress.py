"""How a run goes on. Rows are committed before anything is queued; a task may report twice without harm.

Whatever changes a run locks it first, so that two rows that end at once see each other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from wizard.core.health import OWNER
from wizard.core.runs import APPLY, ENDED, State, dependants, is_finished, next_moves, standing
from wizard.core.vantage_findings import did_not_answer
from wizard.core.vantages import HERE, check_of, needs_of, vantage_of
from wizard.core.verdicts import CheckResult, Level, Remedy, Verdict
from wizard.store.clock import now
from wizard.store.revisions import add_revision
from wizard.store.runs import FINISHED, RUNNING, STOPPED, Run, find_row, latest_rows, result_value, run_value
from wizard.store.session import Database
from wizard.store.tables import HostRow, ResultRow, RevisionRow, RunRow

GRACE = timedelta(seconds=10)
MOST_TRIES = 2  # a check whose worker died is made once more
TRAVEL_SECONDS = 20.0  # a question to another vantage waits there for its turn, and its answer comes back


class HostGoneError(Exception):
    """The proxy host was removed meanwhile."""


def create_run(database: Database, host_key: str, checks: Sequence[str], revision_id: int | None = None) -> Run:
    """Start a run. Without a revision a run of the owner's that is still going is given back instead of a second one.

    With a revision the configuration changes under an older run, so that one is stopped; so is one of the schedule's,
    which looks at less. Raises HostGoneError.
    """
    with database.write() as session:
        going = going_runs(session, host_key)
        if going and revision_id is None and going[-1].cause == OWNER:
            return run_value(session, going[-1])
        for old in going:
            newer = "A newer configuration is applied and checked" if revision_id else "You started a run of your own"
            _stop(session, old, newer)
        return run_value(session, add_run(session, host_key, checks, OWNER, revision_id))


def going_runs(session: Session, host_key: str) -> list[RunRow]:
    """The runs of a host that have not ended, locked, and the host with them. Raises HostGoneError.

    The lock on the host lets only one of two that start a run at once be the first.
    """
    if session.get(HostRow, host_key, with_for_update={"key_share": True}) is None:
        raise HostGoneError(host_key)
    ids = session.scalars(
        select(RunRow.id).where(RunRow.host_key == host_key, RunRow.state == RUNNING).order_by(RunRow.id)
    ).all()
    locked = [locked_run(session, run_id) for run_id in ids]
    return [run for run in locked if run is not None and run.state == RUNNING]


def add_run(
    session: Session, host_key: str, checks: Sequence[str], cause: str, revision_id: int | None = None
) -> RunRow:
    """A new run with all its rows waiting, within a transaction that holds the host."""
    run = RunRow(host_key=host_key, revision_id=revision_id, state=RUNNING, cause=cause, created_at=now())
    session.add(run)
    session.flush()
    session.add_all(_new_row(run.id, check, 1) for check in checks)
    session.flush()
    return run


def plan_run(database: Database, run_id: int, needs: Mapping[str, Sequence[str]]) -> list[tuple[str, int]]:
    """Mark what may start as QUEUED and what cannot as SKIPPED; gives (check, attempt) to be queued after commit."""
    with database.write() as session:
        run = locked_run(session, run_id)
        if run is None or run.state != RUNNING:
            return []
        latest = {row.check: row for row in latest_rows(session, run_id)}
        moves = next_moves([result_value(row).row for row in latest.values()], needs)
        for check, cause in moves.skip:
            end_row(latest[check], State.SKIPPED, reason=cause)
        for check in moves.start:
            latest[check].state, latest[check].queued_at = State.QUEUED, now()
        if moves.skip or moves.start:
            settle_run(session, run)
        return [(check, latest[check].attempt) for check in moves.start]


def unqueue(database: Database, run_id: int, planned: Sequence[tuple[str, int]]) -> None:
    """Take back the planning of rows that could not be queued; the next planning takes them up."""
    with database.write() as session:
        run = locked_run(session, run_id)
        for check, attempt in planned:
            row = find_row(session, run_id, check, attempt)
            if run is not None and row is not None and row.state == State.QUEUED:
                _put_back(run, row)


def begin_result(database: Database, run_id: int, check: str, attempt: int, worker: str = "") -> bool:
    """Take a queued row to work on; False when it was taken or has ended (a task may be delivered twice).

    `worker` is who gives signs of life while it works; empty for the command line, which gives none.
    """
    with database.write() as session:
        run, row = locked_run(session, run_id), find_row(session, run_id, check, attempt)
        if run is None or row is None or run.state != RUNNING or row.state != State.QUEUED:
            return False
        row.state, row.started_at, row.tries, row.worker = State.RUNNING, now(), row.tries + 1, worker
        run.version += 1
        return True


def finish_result(database: Database, run_id: int, attempt: int, result: CheckResult) -> None:
    """Write down what a check found. A row that has ended already stays as it is."""
    with database.write() as session:
        run, row = locked_run(session, run_id), find_row(session, run_id, result.check, attempt)
        if run is None or row is None or row.state in ENDED:
            return
        end_row(row, State.DONE)
        row.verdicts = [msgspec.to_builtins(v) for v in result.verdicts]
        row.observed, row.seconds = result.observed, result.seconds
        settle_run(session, run)


def skip_result(database: Database, run_id: int, check: str, attempt: int, verdict: Verdict) -> None:
    """A check that is not made for this host, by choice: the verdict says why and keeps it from looking bad."""
    with database.write() as session:
        run, row = locked_run(session, run_id), find_row(session, run_id, check, attempt)
        if run is None or row is None or row.state in ENDED:
            return
        end_row(row, State.SKIPPED, reason=verdict.summary)
        row.verdicts = [msgspec.to_builtins(verdict)]
        settle_run(session, run)


def retry_check(database: Database, run_id: int, check: str, needs: Mapping[str, Sequence[str]]) -> bool:
    """A new attempt at one row and at those that were skipped because of it; applying gets a revision of its own.

    False when that check is under way already, or is no part of the run: then nothing changes.
    """
    with database.write() as session:
        run = locked_run(session, run_id)
        latest = {row.check: row for row in latest_rows(session, run_id)}
        if run is None or check not in latest or latest[check].state not in ENDED:
            return False
        for name in (check, *sorted(dependants(check, needs_of(latest, needs)))):
            row = latest.get(name)
            if row is not None and (name == check or row.state in {State.SKIPPED, State.STOPPED}):
                session.add(_new_row(run_id, name, row.attempt + 1))
        if check == APPLY:
            before = session.get(RevisionRow, run.revision_id) if run.revision_id else None
            run.revision_id = add_revision(session, "Tried again", before.edge if before else "here").id
        run.state, run.finished_at, run.standing = RUNNING, None, ""
        run.version += 1
        return True


def stop_run(database: Database, run_id: int) -> None:
    """End a run at the owner's wish."""
    with database.write() as session:
        run = locked_run(session, run_id)
        if run is not None and run.state == RUNNING:
            _stop(session, run, "You stopped the checks")


def settle_overdue(database: Database, limits: Mapping[str, float], grace: timedelta = GRACE) -> int:
    """End rows whose result never came: `limits` are seconds by check, counted from being taken.

    The first time such a row goes back to WAITING, because its worker may have died; the second time it turns
    UNKNOWN. A row that nobody took waits for a worker and is left alone, and so is applying, which has a lease of
    its own. Gives how many rows were overdue.
    """
    return _settle_lost(database, lambda row: _is_overdue(row, limits, grace))


def take_back(database: Database, living: Collection[str]) -> int:
    """Rows whose worker is not among the living go back at once, as those that are overdue. Gives how many."""
    return _settle_lost(database, lambda row: row.worker != "" and row.worker not in living)


def _settle_lost(database: Database, is_lost: Callable[[ResultRow], bool]) -> int:
    with database.read() as session:
        # by way of the runs that are going: results are many, and most of them ended long ago
        going = (RunRow.id == ResultRow.run_id, RunRow.state == RUNNING)
        wanted = (ResultRow.state == State.RUNNING, ResultRow.check != APPLY)
        run_ids = session.scalars(select(RunRow.id).where(*going, *wanted).distinct().order_by(RunRow.id)).all()
    return sum(_settle_lost_of(database, run_id, is_lost) for run_id in run_ids)


def _settle_lost_of(database: Database, run_id: int, is_lost: Callable[[ResultRow], bool]) -> int:
    with database.write() as session:
        run = locked_run(session, run_id)
        if run is None:
            return 0
        running = [r for r in latest_rows(session, run_id) if r.state == State.RUNNING and r.check != APPLY]
        lost = [row for row in running if is_lost(row)]
        for row in lost:
            if row.tries < MOST_TRIES and vantage_of(row.check) == HERE:
                _put_back(run, row)
                continue
            end_row(row, State.DONE)
            row.verdicts = [msgspec.to_builtins(_no_result(row.check))]
            settle_run(session, run)
        return len(lost)


def requeue(database: Database, run_id: int, queued_before: datetime) -> None:
    """Rows queued long ago that nobody took go back to WAITING: their place in the queue was lost."""
    with database.write() as session:
        run = locked_run(session, run_id)
        if run is None:
            return
        for row in latest_rows(session, run_id):
            if row.state == State.QUEUED and row.queued_at is not None and row.queued_at < queued_before:
                _put_back(run, row)


def locked_run(session: Session, run_id: int) -> RunRow | None:
    """A run that nobody else changes until the transaction ends. Rows are to be read after this."""
    return session.get(RunRow, run_id, with_for_update={"key_share": True})


def end_row(row: ResultRow, state: State, reason: str = "") -> None:
    """Let one row end."""
    row.state, row.reason, row.finished_at = state, reason, now()


def settle_run(session: Session, run: RunRow) -> None:
    """After rows changed: let live pages look again, and end the run when no row can change any more."""
    run.version += 1
    rows = [result_value(row).row for row in latest_rows(session, run.id)]
    if run.state == RUNNING and is_finished(rows):
        run.state, run.finished_at, run.standing = FINISHED, now(), standing(rows)


def _new_row(run_id: int, check: str, attempt: int) -> ResultRow:
    return ResultRow(run_id=run_id, check=check, attempt=attempt, state=State.WAITING, verdicts=[], observed={})


def _is_overdue(row: ResultRow, limits: Mapping[str, float], grace: timedelta) -> bool:
    travel = 0.0 if vantage_of(row.check) == HERE else TRAVEL_SECONDS
    limit = timedelta(seconds=limits.get(check_of(row.check), 60) + travel) + grace
    return row.started_at is not None and now() - row.started_at >= limit


def _put_back(run: RunRow, row: ResultRow) -> None:
    row.state, row.queued_at, row.started_at, row.worker = State.WAITING, None, None, ""
    run.version += 1


def _no_result(row: str) -> Verdict:
    if vantage_of(row) != HERE:
        return did_not_answer(vantage_of(row))
    return Verdict(
        "check-no-result",
        Level.UNKNOWN,
        "No result came from the background worker in time",
        why="The checker stopped. This is our fault, not yours.",
        remedy=Remedy("Check again", "troubleshooting#check-no-result"),
    )


def _stop(session: Session, run: RunRow, reason: str) -> None:
    for row in latest_rows(session, run.id):
        if row.state not in ENDED:
            end_row(row, State.STOPPED, reason=reason)
    session.flush()
    run.state, run.finished_at = STOPPED, now()
    run.standing = standing([result_value(row).row for row in latest_rows(session, run.id)])
    run.version += 1
