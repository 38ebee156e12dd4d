"""How a run goes on. Rows are committed before anything is queued; a task may report twice without harm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from wizard.core.runs import ENDED, State, dependants, is_finished, next_moves
from wizard.core.verdicts import CheckResult, Level, Remedy, Verdict
from wizard.store.clock import now
from wizard.store.runs import FINISHED, RUNNING, STOPPED, Run, find_row, latest_rows, result_value, run_value
from wizard.store.session import Database
from wizard.store.tables import ResultRow, RunRow


def create_run(database: Database, host_key: str, checks: Sequence[str], revision_id: int | None = None) -> Run:
    """Start a run. Without a revision a run that is still going is given back instead of a second one.

    With a revision the configuration changes under an older run, so that one is stopped.
    """
    with database.write() as session:
        going = session.scalars(select(RunRow).where(RunRow.host_key == host_key, RunRow.state == RUNNING)).all()
        if going and revision_id is None:
            return run_value(session, going[-1])
        for old in going:
            _stop(session, old)
        run = RunRow(host_key=host_key, revision_id=revision_id, state=RUNNING, created_at=now())
        session.add(run)
        session.flush()
        for check in checks:
            session.add(ResultRow(run_id=run.id, check=check, state=State.WAITING, verdicts=[], observed={}))
        session.flush()
        return run_value(session, run)


def plan_run(database: Database, run_id: int, needs: Mapping[str, Sequence[str]]) -> list[tuple[str, int]]:
    """Mark what may start as QUEUED and what cannot as SKIPPED; gives (check, attempt) to be queued after commit."""
    with database.write() as session:
        run = _locked(session, run_id)
        if run is None or run.state != RUNNING:
            return []
        latest = {row.check: row for row in latest_rows(session, run_id)}
        moves = next_moves([result_value(row).row for row in latest.values()], needs)
        for check, cause in moves.skip:
            _end(latest[check], State.SKIPPED, reason=cause)
        for check in moves.start:
            latest[check].state = State.QUEUED
            latest[check].queued_at = now()
        _settle(run, list(latest.values()), changed=bool(moves.skip or moves.start))
        return [(check, latest[check].attempt) for check in moves.start]


def begin_result(database: Database, run_id: int, check: str, attempt: int) -> bool:
    """Take a queued row to work on; False when it was taken or has ended (a task may be delivered twice)."""
    with database.write() as session:
        run, row = _locked(session, run_id), find_row(session, run_id, check, attempt)
        if run is None or row is None or run.state != RUNNING or row.state != State.QUEUED:
            return False
        row.state, row.started_at = State.RUNNING, now()
        run.version += 1
        return True


def finish_result(database: Database, run_id: int, attempt: int, result: CheckResult) -> None:
    """Write down what a check found. A row that has ended already stays as it is."""
    with database.write() as session:
        run, row = _locked(session, run_id), find_row(session, run_id, result.check, attempt)
        if run is None or row is None or row.state in ENDED:
            return
        _end(row, State.DONE)
        row.verdicts = [msgspec.to_builtins(v) for v in result.verdicts]
        row.observed, row.seconds = result.observed, result.seconds
        _settle(run, latest_rows(session, run_id), changed=True)


def skip_result(database: Database, run_id: int, check: str, attempt: int, verdict: Verdict) -> None:
    """A check that is not made for this host, by choice: the verdict says why and keeps it from looking bad."""
    with database.write() as session:
        run, row = _locked(session, run_id), find_row(session, run_id, check, attempt)
        if run is None or row is None or row.state in ENDED:
            return
        _end(row, State.SKIPPED, reason=verdict.summary)
        row.verdicts = [msgspec.to_builtins(verdict)]
        _settle(run, latest_rows(session, run_id), changed=True)


def retry_check(database: Database, run_id: int, check: str, needs: Mapping[str, Sequence[str]]) -> bool:
    """A new attempt at one check and at those that were skipped because of it.

    False when that check is under way already, or is no part of the run: then nothing changes.
    """
    with database.write() as session:
        run = _locked(session, run_id)
        latest = {row.check: row for row in latest_rows(session, run_id)}
        if run is None or check not in latest or latest[check].state not in ENDED:
            return False
        again = [check, *sorted(dependants(check, needs))]
        for name in again:
            row = latest.get(name)
            if row is not None and (name == check or row.state in {State.SKIPPED, State.STOPPED}):
                session.add(
                    ResultRow(
                        run_id=run_id,
                        check=name,
                        attempt=row.attempt + 1,
                        state=State.WAITING,
                        verdicts=[],
                        observed={},
                    )
                )
        run.state, run.finished_at = RUNNING, None
        run.version += 1
        return True


def stop_run(database: Database, run_id: int) -> None:
    """End a run at the owner's wish."""
    with database.write() as session:
        run = _locked(session, run_id)
        if run is not None and run.state == RUNNING:
            _stop(session, run)


def touch_run(database: Database, run_id: int) -> None:
    """Let live pages look again."""
    with database.write() as session:
        if run := _locked(session, run_id):
            run.version += 1


def settle_overdue(database: Database, limits: Mapping[str, float], grace: timedelta = timedelta(seconds=30)) -> int:
    """Rows whose result never came turn UNKNOWN: `limits` are seconds by check, counted from being taken.

    A row that was queued but never taken waits for a worker and is left alone. Gives how many were ended.
    """
    ended = 0
    with database.write() as session:
        rows = session.scalars(select(ResultRow).where(ResultRow.state == State.RUNNING)).all()
        for row in rows:
            if (
                row.started_at is None
                or now() - row.started_at < timedelta(seconds=limits.get(row.check, 60)) + grace
            ):
                continue
            _end(row, State.DONE)
            row.verdicts = [msgspec.to_builtins(_no_result())]
            if run := _locked(session, row.run_id):
                _settle(run, latest_rows(session, run.id), changed=True)
            ended += 1
    return ended


def requeue(database: Database, run_id: int, queued_before: datetime) -> None:
    """Rows queued long ago that nobody took go back to WAITING: their place in the queue was lost."""
    with database.write() as session:
        for row in latest_rows(session, run_id):
            if row.state == State.QUEUED and row.queued_at is not None and row.queued_at < queued_before:
                row.state, row.queued_at = State.WAITING, None


def give_revision(database: Database, run_id: int, revision_id: int) -> None:
    """Let a run wait for another revision."""
    with database.write() as session:
        if run := _locked(session, run_id):
            run.revision_id = revision_id


def _no_result() -> Verdict:
    return Verdict(
        "check-no-result",
        Level.UNKNOWN,
        "No result came from the background worker in time",
        why="The checker stopped. This is our fault, not yours.",
        remedy=Remedy("Check again", "troubleshooting#check-no-result"),
    )


def _stop(session: Session, run: RunRow) -> None:
    for row in latest_rows(session, run.id):
        if row.state not in ENDED:
            _end(row, State.STOPPED, reason="You stopped the checks")
    run.state, run.finished_at = STOPPED, now()
    run.version += 1


def _end(row: ResultRow, state: State, reason: str = "") -> None:
    row.state, row.reason, row.finished_at = state, reason, now()


def _settle(run: RunRow, latest: Sequence[ResultRow], *, changed: bool) -> None:
    if changed:
        run.version += 1
    if run.state == RUNNING and is_finished([result_value(row).row for row in latest]):
        run.state, run.finished_at = FINISHED, now()
        run.version += 1


def _locked(session: Session, run_id: int) -> RunRow | None:
    # two rows that end at once must see each other, or neither would find the run finished
    return session.get(RunRow, run_id, with_for_update=True)
