"""The course of an attempt to give a Caddy its configuration: taken by one worker, kept, ended with its runs.

An attempt that runs is on lease: whoever works on it renews the lease, and when that worker dies the lease runs
out and another one may take it. At most one attempt runs for each Caddy at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session, defer

from wizard.core.runs import APPLY, ENDED, State
from wizard.core.verdicts import CheckResult, Trouble
from wizard.store.clock import now
from wizard.store.progress import end_row, locked_run, settle_run
from wizard.store.revisions import PENDING, RUNNING, WAITING
from wizard.store.runs import latest_rows
from wizard.store.session import Database
from wizard.store.tables import ResultRow, RevisionRow, RunRow

LEASE = timedelta(seconds=10)
TURN = timedelta(seconds=0.5)  # how long to wait for another attempt to end


class Take(StrEnum):
    """What became of taking an attempt. BUSY: another one runs for the same Caddy. LATER: taken, or not due yet."""

    TAKEN = "taken"
    BUSY = "busy"
    LATER = "later"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended: applied, unchanged, refused, conflict, caddy-down, restored or crashed."""

    state: str
    sentences: tuple[str, ...] = ()
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    trouble: Trouble | None = None
    notes: tuple[dict[str, Any], ...] = ()


def take_attempt(database: Database, revision_id: int) -> Take:
    """Take an attempt to work on it for LEASE; rows of runs that wait for it turn RUNNING. Safe to ask twice."""
    with database.write() as session:
        pending = _pending(session)
        row = next((one for one in pending if one.id == revision_id), None)
        if row is None:
            return Take.ENDED
        if row.due_at > now():
            return Take.LATER
        if any(one.edge == row.edge and one.state == RUNNING and one.due_at > now() for one in pending):
            row.due_at = now() + TURN
            return Take.BUSY
        row.state, row.tries, row.due_at = RUNNING, row.tries + 1, now() + LEASE
        for run in _runs(session, revision_id):
            for result in _open_rows(session, run):
                if result.state != State.RUNNING:
                    result.state, result.started_at = State.RUNNING, now()
            run.version += 1
        return Take.TAKEN


def renew_lease(database: Database, revision_id: int) -> None:
    """Keep an attempt that is being worked on."""
    with database.write() as session:
        session.execute(
            update(RevisionRow)
            .where(RevisionRow.id == revision_id, RevisionRow.state == RUNNING)
            .values(due_at=now() + LEASE)
        )


def put_off_attempt(database: Database, revision_id: int, trouble: Trouble, wait: timedelta) -> None:
    """Caddy is down: say so, and let the attempt be taken again after a while."""
    with database.write() as session:
        row = next((one for one in _pending(session) if one.id == revision_id), None)
        if row is None:
            return
        row.state, row.due_at, row.trouble = WAITING, now() + wait, msgspec.to_builtins(trouble)
        for run in _runs(session, revision_id):
            run.version += 1


def finish_attempt(database: Database, revision_id: int, ending: Ending, result: CheckResult) -> None:
    """Write down how an attempt ended, also in the runs that wait for it. One that ended already stays as it is."""
    with database.write() as session:
        row = next((one for one in _pending(session) if one.id == revision_id), None)
        if row is not None:
            row.state, row.finished_at = ending.state, now()
            row.sentences, row.notes = list(ending.sentences), list(ending.notes)
            row.before, row.after = ending.before, ending.after
            row.trouble = msgspec.to_builtins(ending.trouble) if ending.trouble else None
        _tell_runs(session, revision_id, result)


def tell_runs(database: Database, revision_id: int, result: CheckResult) -> None:
    """Give runs that began to wait for an attempt when it had ended already what it found."""
    with database.write() as session:
        _tell_runs(session, revision_id, result)


def lost_attempts(database: Database, patience: timedelta) -> list[int]:
    """Attempts that nobody took although they are due for longer than this, or whose worker died."""
    with database.read() as session:
        rows = session.execute(
            select(RevisionRow.id, RevisionRow.state, RevisionRow.due_at)
            .where(RevisionRow.state.in_(PENDING))
            .order_by(RevisionRow.id)
        )
        since = {RUNNING: now()}
        return [row.id for row in rows if row.due_at < since.get(row.state, now() - patience)]


def _pending(session: Session) -> Sequence[RevisionRow]:
    # all of them locked, always in this order: two workers that take two attempts at once must see each other.
    # key_share: a new run may refer to a locked attempt
    return session.scalars(
        select(RevisionRow)
        .where(RevisionRow.state.in_(PENDING))
        .order_by(RevisionRow.id)
        .options(defer(RevisionRow.before), defer(RevisionRow.after))
        .with_for_update(key_share=True)
    ).all()


def _runs(session: Session, revision_id: int) -> list[RunRow]:
    ids = session.scalars(select(RunRow.id).where(RunRow.revision_id == revision_id).order_by(RunRow.id)).all()
    return [run for run_id in ids if (run := locked_run(session, run_id)) is not None]


def _open_rows(session: Session, run: RunRow) -> list[ResultRow]:
    return [row for row in latest_rows(session, run.id) if row.check == APPLY and row.state not in ENDED]


def _tell_runs(session: Session, revision_id: int, result: CheckResult) -> None:
    for run in _runs(session, revision_id):
        for row in _open_rows(session, run):
            end_row(row, State.DONE)
            row.verdicts = [msgspec.to_builtins(verdict) for verdict in result.verdicts]
            settle_run(session, run)
