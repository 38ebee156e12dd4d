"""Clearing away what is old. The history of days stays, and so does what runs refer to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select

from wizard.core.health import OWNER
from wizard.store.clock import now
from wizard.store.notices import WAITING
from wizard.store.revisions import GOOD, PENDING
from wizard.store.runs import RUNNING
from wizard.store.session import Database
from wizard.store.tables import DayRow, NoticeRow, RevisionRow, RunRow

UNCHANGED_KEPT = timedelta(days=2)
REVISIONS_KEPT = 200
NOTICES_KEPT = timedelta(days=30)
DAYS_KEPT = timedelta(days=400)
_AT_ONCE = 200  # so that nobody waits long for the database


def clear(database: Database, keep_days: int) -> int:
    """Remove what is old, some at a time; gives how many runs went. Asked twice it finds nothing more.

    Of scheduled runs that found nothing new only those of the last two days are kept. The newest run of a host is
    always kept, and so are the newest revisions, those that runs refer to, and the last that Caddy took.
    """
    gone = 0
    while found := _old_runs(database, now() - timedelta(days=keep_days), now() - UNCHANGED_KEPT):
        with database.write() as session:
            session.execute(delete(RunRow).where(RunRow.id.in_(found)))
        gone += len(found)
    while revisions := _old_revisions(database):
        with database.write() as session:
            session.execute(delete(RevisionRow).where(RevisionRow.id.in_(revisions)))
    with database.write() as session:
        session.execute(
            delete(NoticeRow).where(NoticeRow.state != WAITING, NoticeRow.created_at < now() - NOTICES_KEPT)
        )
        session.execute(delete(DayRow).where(DayRow.day < f"{now() - DAYS_KEPT:%Y-%m-%d}"))
    return gone


def _old_runs(database: Database, before: datetime, unchanged_before: datetime) -> Sequence[int]:
    with database.read() as session:
        newest = select(func.max(RunRow.id)).group_by(RunRow.host_key)
        unchanged: Any = (
            (RunRow.cause != OWNER)
            & RunRow.changes.is_(None)
            & (RunRow.concluded == RunRow.version)
            & (RunRow.created_at < unchanged_before)
        )
        wanted = (
            RunRow.state != RUNNING,
            RunRow.id.not_in(newest),
            (RunRow.created_at < before) | unchanged,
        )
        return session.scalars(select(RunRow.id).where(*wanted).order_by(RunRow.id).limit(_AT_ONCE)).all()


def _old_revisions(database: Database) -> Sequence[int]:
    with database.read() as session:
        kept = session.scalars(select(RevisionRow.id).order_by(RevisionRow.id.desc()).limit(REVISIONS_KEPT)).all()
        if len(kept) < REVISIONS_KEPT:
            return []
        used = select(RunRow.revision_id).where(RunRow.revision_id.is_not(None))
        last_good = select(func.max(RevisionRow.id)).where(RevisionRow.state.in_(GOOD)).group_by(RevisionRow.edge)
        wanted = (
            RevisionRow.id < kept[-1],
            RevisionRow.state.not_in(PENDING),
            RevisionRow.id.not_in(used),
            RevisionRow.id.not_in(last_good),
        )
        return session.scalars(select(RevisionRow.id).where(*wanted).order_by(RevisionRow.id).limit(_AT_ONCE)).all()
