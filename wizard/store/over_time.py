"""What is kept of a host's runs beyond each of them: the latest ones in short, changes, days."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from wizard.core.changes import Change, Finding, compare
from wizard.core.health import OWNER, DayCount, Past
from wizard.core.runs import Standing
from wizard.core.shapes import learn
from wizard.core.verdicts import Level
from wizard.store.runs import RUNNING, Run, run_value
from wizard.store.session import Database
from wizard.store.tables import DayRow, RunRow

_LOOKED_AT = 12  # runs that decide how a host stands now


learn(tuple[Change, ...])


def load_past(database: Database, host_key: str) -> list[Past]:
    """The latest ended runs of a host, the newest first."""
    with database.read() as session:
        return past_within(session, host_key)


def past_within(session: Session, host_key: str) -> list[Past]:
    """The same within a transaction."""
    rows = session.scalars(
        select(RunRow)
        .where(RunRow.host_key == host_key, RunRow.state != RUNNING)
        .order_by(RunRow.id.desc())
        .limit(_LOOKED_AT)
    )
    return [Past(_standing(session, row), row.cause, row.finished_at or row.created_at) for row in rows]


def _standing(session: Session, row: RunRow) -> Standing:
    # runs from before this was kept
    return Standing(row.standing) if row.standing else run_value(session, row).standing


def run_before(session: Session, run: RunRow | Run) -> Run | None:
    """The ended run before one, of the same host, that was not stopped."""
    row = session.scalar(
        select(RunRow)
        .where(
            RunRow.host_key == run.host_key,
            RunRow.id < run.id,
            RunRow.state != RUNNING,
            RunRow.standing != Standing.STOPPED,
        )
        .order_by(RunRow.id.desc())
        .limit(1)
    )
    return run_value(session, row) if row else None


def load_changes(database: Database, run: Run) -> tuple[Change, ...] | None:
    """What changed since the run before; None while it goes on, and for the first run there is."""
    if run.is_running:
        return None
    with database.read() as session:
        before = run_before(session, run)
    return changes_between(before, run) if before else None


def changes_between(before: Run, after: Run) -> tuple[Change, ...]:
    """What changed between two runs."""
    good = frozenset(row.check for row in after.rows if row.is_good)
    return compare(findings_of(before), findings_of(after), good)


def findings_of(run: Run) -> list[Finding]:
    """The warnings and failures of a run, the worst of each row."""
    found = []
    for result in run.results:
        verdict = max(result.verdicts, key=lambda one: one.level.rank, default=None)
        if verdict is not None and verdict.level.rank >= Level.WARNING.rank:
            found.append(Finding(result.check, verdict.level, verdict.code, verdict.summary))
    return found


def load_days(database: Database, host_key: str, today: datetime, number: int = 30) -> list[DayCount]:
    """What was counted on each of the last days, the oldest first; days without a run count nothing."""
    names = [f"{today - timedelta(days=back):%Y-%m-%d}" for back in reversed(range(number))]
    with database.read() as session:
        rows = session.scalars(select(DayRow).where(DayRow.host_key == host_key, DayRow.day.in_(names)))
        known = {row.day: DayCount(row.checks, row.failures, row.interruptions) for row in rows}
    return [known.get(name, DayCount()) for name in names]


def has_worked(session: Session, host_key: str) -> bool:
    """True when the host was found working on some day."""
    wanted = (DayRow.host_key == host_key, DayRow.checks > DayRow.failures)
    return session.scalar(select(DayRow.day).where(*wanted).limit(1)) is not None


def add_to_day(session: Session, host_key: str, day: str, count: DayCount) -> None:
    """Add what one run counts to its day."""
    if not count.checks:
        return
    row = session.get(DayRow, (host_key, day))
    if row is None:
        row = DayRow(host_key=host_key, day=day, checks=0, failures=0, interruptions=0)
        session.add(row)
    row.checks += count.checks
    row.failures += count.failures
    row.interruptions += count.interruptions


def list_page(
    database: Database, host_key: str, *, before: int | None, everything: bool, limit: int
) -> list[tuple[Run, tuple[Change, ...]]]:
    """Runs of a host with what changed in each, the newest first, those with a smaller number than `before`.

    Unless `everything` is wanted, scheduled runs that found nothing new are left out.
    """
    wanted = [RunRow.host_key == host_key]
    if before is not None:
        wanted.append(RunRow.id < before)
    if not everything:
        wanted.append(or_(RunRow.cause == OWNER, RunRow.changes.is_not(None), RunRow.state == RUNNING))
    with database.read() as session:
        rows = session.scalars(select(RunRow).where(*wanted).order_by(RunRow.id.desc()).limit(limit))
        return [(run_value(session, row), _changes(row)) for row in rows]


def _changes(row: RunRow) -> tuple[Change, ...]:
    return msgspec.convert(row.changes or [], tuple[Change, ...])
