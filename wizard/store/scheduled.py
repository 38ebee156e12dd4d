"""Runs that start by themselves: what the owner chose, which hosts there are, and a start that happens once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from wizard.core.health import health_of
from wizard.core.schedule import INTERVALS, KEEPS, Candidate, Due, Schedule
from wizard.store.hosts import list_hosts
from wizard.store.over_time import past_within
from wizard.store.progress import HostGoneError, add_run, going_runs
from wizard.store.runs import RUNNING
from wizard.store.session import Database
from wizard.store.tables import MetaRow, RunRow

_INTERVAL, _KEEP = "check-minutes", "keep-days"


def load_schedule(database: Database) -> Schedule:
    """What the owner chose, or the defaults."""
    with database.read() as session:
        rows = session.scalars(select(MetaRow).where(MetaRow.name.in_((_INTERVAL, _KEEP))))
        known = {row.name: int(row.value) for row in rows}
    schedule = Schedule()
    minutes, days = known.get(_INTERVAL, schedule.minutes), known.get(_KEEP, schedule.keep_days)
    return Schedule(minutes if minutes in INTERVALS else None, days if days in KEEPS else schedule.keep_days)


def save_schedule(database: Database, schedule: Schedule) -> None:
    """Keep what the owner chose."""
    with database.write() as session:
        for name, value in ((_INTERVAL, schedule.minutes or 0), (_KEEP, schedule.keep_days)):
            session.merge(MetaRow(name=name, value=str(value)))


def candidates(database: Database) -> list[Candidate]:
    """Every host that is not paused, with its newest run."""
    keys = [saved.host.key for saved in list_hosts(database) if not saved.host.paused]
    with database.read() as session:
        newest = select(func.max(RunRow.id)).group_by(RunRow.host_key)
        rows = session.execute(
            select(RunRow.host_key, RunRow.id, RunRow.created_at, RunRow.state).where(RunRow.id.in_(newest))
        )
        latest = {row.host_key: row for row in rows}
        found = []
        for key in keys:
            row = latest.get(key)
            if row is None:
                found.append(Candidate(key))
                continue
            health = health_of(past_within(session, key))
            doubted_at = health.at if health.in_doubt else None
            found.append(Candidate(key, row.id, row.created_at, row.state == RUNNING, doubted_at))
        return found


def create_scheduled_run(database: Database, due: Due, checks: Sequence[str]) -> int | None:
    """Start a run that is due, once: None when the host has a newer one, or is gone. Two clocks do no harm."""
    with database.write() as session:
        try:
            going = going_runs(session, due.host_key)
        except HostGoneError:
            return None
        newest = session.scalar(select(func.max(RunRow.id)).where(RunRow.host_key == due.host_key)) or 0
        if going or newest != due.last_run:
            return None
        return add_run(session, due.host_key, checks, due.cause).id
