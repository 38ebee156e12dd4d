"""Attempts to give a Caddy its configuration. Every one is kept, with what was there before and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select, update

from wizard.core.verdicts import Trouble
from wizard.store.clock import now
from wizard.store.session import Database
from wizard.store.tables import RevisionRow

QUEUED = "queued"
RUNNING = "running"
WAITING = "waiting"  # Caddy is down; tried again later
PENDING = (QUEUED, RUNNING, WAITING)
GOOD = ("applied", "unchanged")


@dataclass(frozen=True, slots=True)
class Revision:
    """One attempt. `before`/`after` are whole Caddy configurations, None where it never came to that."""

    id: int
    edge: str
    cause: str
    state: str
    tries: int
    sentences: tuple[str, ...]
    trouble: Trouble | None
    notes: tuple[dict[str, Any], ...]
    created_at: datetime
    finished_at: datetime | None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None

    @property
    def is_pending(self) -> bool:
        """True while it may still change by itself."""
        return self.state in PENDING

    @property
    def is_good(self) -> bool:
        """True when Caddy runs what was wanted."""
        return self.state in GOOD


def create_revision(database: Database, cause: str, edge: str = "here") -> int:
    """A new attempt, to be queued once this has returned."""
    with database.write() as session:
        row = RevisionRow(
            edge=edge, cause=cause, state=QUEUED, sentences=[], notes=[], created_at=now(), touched_at=now()
        )
        session.add(row)
        session.flush()
        return row.id


def begin_revision(database: Database, revision_id: int) -> bool:
    """Take an attempt to work on; False when it has ended already (a job may run twice)."""
    with database.write() as session:
        return bool(
            session.scalar(
                update(RevisionRow)
                .where(RevisionRow.id == revision_id, RevisionRow.state.in_(PENDING))
                .values(state=RUNNING, tries=RevisionRow.tries + 1, touched_at=now())
                .returning(RevisionRow.id)
            )
        )


def note_waiting(database: Database, revision_id: int, trouble: Trouble) -> None:
    """Caddy is down: say so, and stay pending for the next try."""
    with database.write() as session:
        if row := session.get(RevisionRow, revision_id):
            row.state, row.touched_at = WAITING, now()
            row.trouble = msgspec.to_builtins(trouble)


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended: applied, unchanged, refused, conflict, caddy-down or restored."""

    state: str
    sentences: tuple[str, ...] = ()
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    trouble: Trouble | None = None
    notes: tuple[dict[str, Any], ...] = ()


def finish_revision(database: Database, revision_id: int, ending: Ending) -> None:
    """Write down how an attempt ended."""
    with database.write() as session:
        if row := session.get(RevisionRow, revision_id):
            row.state = ending.state
            row.sentences = list(ending.sentences)
            row.before, row.after = ending.before, ending.after
            row.trouble = msgspec.to_builtins(ending.trouble) if ending.trouble else None
            row.notes = list(ending.notes)
            row.finished_at = now()


def load_revision(database: Database, revision_id: int) -> Revision | None:
    """One attempt with its configurations."""
    with database.read() as session:
        row = session.get(RevisionRow, revision_id)
        return _value(row, whole=True) if row else None


def list_revisions(database: Database, limit: int = 20) -> list[Revision]:
    """The latest attempts, newest first, without the configurations."""
    with database.read() as session:
        rows = session.scalars(select(RevisionRow).order_by(RevisionRow.id.desc()).limit(limit))
        return [_value(row, whole=False) for row in rows]


def pending_revisions(database: Database) -> list[int]:
    """Attempts that have not ended, for a worker that starts after a crash."""
    with database.read() as session:
        return list(session.scalars(select(RevisionRow.id).where(RevisionRow.state.in_(PENDING))))


def lost_revisions(database: Database, touched_before: datetime) -> list[int]:
    """Pending attempts that nothing was heard of since a time: their place in the queue was lost."""
    with database.read() as session:
        return list(
            session.scalars(
                select(RevisionRow.id).where(RevisionRow.state.in_(PENDING), RevisionRow.touched_at < touched_before)
            )
        )


def _value(row: RevisionRow, *, whole: bool) -> Revision:
    return Revision(
        id=row.id,
        edge=row.edge,
        cause=row.cause,
        state=row.state,
        tries=row.tries,
        sentences=tuple(row.sentences),
        trouble=msgspec.convert(row.trouble, Trouble) if row.trouble else None,
        notes=tuple(row.notes),
        created_at=row.created_at,
        finished_at=row.finished_at,
        before=row.before if whole else None,
        after=row.after if whole else None,
    )
