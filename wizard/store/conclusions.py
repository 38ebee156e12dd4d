"""What follows from a run that has ended, written down in one go and once for each version of the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from wizard.core.changes import Change, is_news
from wizard.core.health import DEFINITE, Health, Past, counted, health_of
from wizard.core.news import Told
from wizard.core.runs import Standing
from wizard.store.clock import now
from wizard.store.notices import Notice, add_notices
from wizard.store.over_time import add_to_day, changes_between, has_worked, past_within, run_before
from wizard.store.progress import locked_run
from wizard.store.runs import RUNNING, Run, run_value
from wizard.store.session import Database
from wizard.store.tables import HealthRow, RunRow


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended, and how its host stands with it."""

    run: Run
    changes: tuple[Change, ...]
    past: tuple[Past, ...]
    health: Health
    told: Told


Tell = Callable[[Ended], tuple[Told, Sequence[Notice]]]


def conclude(database: Database, run_id: int, tell: Tell) -> list[int]:
    """Draw the conclusions from a run that has ended; gives notices to be sent after the commit.

    Keeps what changed, counts the run in its day, notes since when the host stands as it does. `tell` says, without
    side effects, what the receivers are to be told. Nothing happens for a run that goes on, or when this version of
    it was concluded before; a run of which a check was made again is counted only once.
    """
    with database.write() as session:
        row = locked_run(session, run_id)
        if row is None or row.state == RUNNING or row.concluded == row.version:
            return []
        is_first, row.concluded = row.concluded == 0, row.version
        if row.standing == Standing.STOPPED:
            return []
        ended = _ended(session, row)
        row.changes = msgspec.to_builtins(ended.changes) if is_news(ended.changes) else None
        if is_first:
            count = counted(ended.past, has_worked=has_worked(session, row.host_key))
            add_to_day(session, row.host_key, f"{row.finished_at or now():%Y-%m-%d}", count)
        told, notices = tell(ended)
        _note_health(session, row.host_key, ended.health, told)
        return add_notices(session, notices)


def unconcluded_runs(database: Database) -> list[int]:
    """Runs that have ended and of which nobody has drawn the conclusions: their worker died before it could."""
    with database.read() as session:
        wanted = (RunRow.state != RUNNING, RunRow.concluded != RunRow.version)
        return list(session.scalars(select(RunRow.id).where(*wanted).order_by(RunRow.id)))


def standing_since(database: Database, host_key: str) -> tuple[Standing, Past] | None:
    """How a host stood after its last conclusive run, and since when."""
    with database.read() as session:
        row = session.get(HealthRow, host_key)
        return (Standing(row.standing), Past(Standing(row.standing), "", row.since_at)) if row else None


def _ended(session: Session, row: RunRow) -> Ended:
    run = run_value(session, row)
    before = run_before(session, row)
    past = tuple(past_within(session, row.host_key))
    known = session.get(HealthRow, row.host_key)
    told = Told(known.told, tuple(known.told_codes)) if known else Told()
    return Ended(run, changes_between(before, run) if before else (), past, health_of(past), told)


def _note_health(session: Session, host_key: str, health: Health, told: Told) -> None:
    if health.standing not in DEFINITE:
        return
    row = session.get(HealthRow, host_key)
    if row is None:
        row = HealthRow(host_key=host_key, standing="", since_at=now(), told="", told_codes=[])
        session.add(row)
    if row.standing != health.standing:
        row.standing, row.since_at = health.standing, health.at or now()
    row.told, row.told_codes = told.standing, list(told.codes)
