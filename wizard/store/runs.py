"""Runs and their rows, as values. What changes them is in `wizard.store.progress`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from wizard.core.health import OWNER
from wizard.core.runs import UNSEEN, Row, Standing, State, standing
from wizard.core.shapes import learn
from wizard.core.verdicts import Level, Verdict, worst
from wizard.store.session import Database
from wizard.store.tables import ResultRow, RunRow

RUNNING = "running"
FINISHED = "finished"
STOPPED = "stopped"


learn(tuple[Verdict, ...])


@dataclass(frozen=True, slots=True)
class Result:
    """One row of a run, in one attempt."""

    check: str
    attempt: int
    state: State
    reason: str
    verdicts: tuple[Verdict, ...]
    observed: dict[str, Any]
    seconds: float
    queued_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    worker: str = ""

    @property
    def level(self) -> Level | None:
        """The worst verdict; None while there is none."""
        return worst(v.level for v in self.verdicts) if self.verdicts else None

    @property
    def row(self) -> Row:
        """The part of it that decides the course of the run."""
        cause = self.reason if self.state is State.SKIPPED and not self.verdicts else ""
        is_unseen = any(verdict.code in UNSEEN for verdict in self.verdicts)
        return Row(self.check, self.state, self.level, cause, is_unseen)


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of checks. `results` holds the latest attempt of each, in the order they were created."""

    id: int
    host_key: str
    revision_id: int | None
    state: str
    version: int
    created_at: datetime
    finished_at: datetime | None
    results: tuple[Result, ...]
    cause: str = OWNER

    @property
    def rows(self) -> list[Row]:
        """The rows as `wizard.core.runs` wants them."""
        return [result.row for result in self.results]

    @property
    def standing(self) -> Standing:
        """How the run stands."""
        return standing(self.rows)

    @property
    def is_running(self) -> bool:
        """True while it may change by itself."""
        return self.state == RUNNING

    def result(self, check: str) -> Result | None:
        """The latest attempt at one check."""
        return next((r for r in self.results if r.check == check), None)


def load_run(database: Database, run_id: int) -> Run | None:
    """One run with its rows."""
    with database.read() as session:
        run = session.get(RunRow, run_id)
        return run_value(session, run) if run else None


def earlier_results(database: Database, run_id: int) -> dict[str, Result]:
    """What each check of a run found the time before, for those that are made again."""
    with database.read() as session:
        rows = session.scalars(select(ResultRow).where(ResultRow.run_id == run_id).order_by(ResultRow.attempt)).all()
        newest = {row.check: row.attempt for row in rows}
        return {row.check: result_value(row) for row in rows if row.attempt < newest[row.check] and row.verdicts}


def latest_run(database: Database, host_key: str) -> Run | None:
    """The newest run of a proxy host."""
    runs = list_runs(database, host_key, limit=1)
    return runs[0] if runs else None


def list_runs(database: Database, host_key: str, limit: int = 20) -> list[Run]:
    """The runs of a proxy host, newest first."""
    with database.read() as session:
        rows = session.scalars(
            select(RunRow).where(RunRow.host_key == host_key).order_by(RunRow.id.desc()).limit(limit)
        ).all()
        return [run_value(session, row) for row in rows]


def run_version(database: Database, run_id: int) -> tuple[int, str] | None:
    """Version and state of a run: all a live page needs to know whether there is news."""
    with database.read() as session:
        row = session.execute(select(RunRow.version, RunRow.state).where(RunRow.id == run_id)).first()
        return (row.version, row.state) if row else None


def runs_of_revision(database: Database, revision_id: int) -> list[int]:
    """Runs that wait for a revision."""
    with database.read() as session:
        return list(session.scalars(select(RunRow.id).where(RunRow.revision_id == revision_id)))


def running_runs(database: Database) -> list[int]:
    """Runs that have not ended."""
    with database.read() as session:
        return list(session.scalars(select(RunRow.id).where(RunRow.state == RUNNING)))


def latest_rows(session: Session, run_id: int) -> list[ResultRow]:
    """The latest attempt at each check, in the order of their first."""
    wanted = select(ResultRow).where(ResultRow.run_id == run_id).order_by(ResultRow.attempt, ResultRow.id)
    newest: dict[str, ResultRow] = {}
    for row in session.scalars(wanted):
        newest[row.check] = row
    return list(newest.values())


def find_row(session: Session, run_id: int, check: str, attempt: int) -> ResultRow | None:
    """One attempt at one check."""
    return session.scalar(
        select(ResultRow).where(ResultRow.run_id == run_id, ResultRow.check == check, ResultRow.attempt == attempt)
    )


def run_value(session: Session, run: RunRow) -> Run:
    """A run as a value."""
    return Run(
        run.id,
        run.host_key,
        run.revision_id,
        run.state,
        run.version,
        run.created_at,
        run.finished_at,
        tuple(result_value(row) for row in latest_rows(session, run.id)),
        run.cause,
    )


def result_value(row: ResultRow) -> Result:
    """A row as a value."""
    return Result(
        check=row.check,
        attempt=row.attempt,
        state=State(row.state),
        reason=row.reason,
        verdicts=msgspec.convert(row.verdicts, tuple[Verdict, ...]),
        observed=dict(row.observed),
        seconds=row.seconds,
        queued_at=row.queued_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        worker=row.worker,
    )
