"""Attempts to give a Caddy its configuration. Every one is kept, with what was there before and after.

What changes them is in `wizard.store.attempts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from wizard.core.hosts import HERE
from wizard.core.shapes import learn
from wizard.core.verdicts import Trouble
from wizard.store.clock import now
from wizard.store.session import Database
from wizard.store.tables import RevisionRow

QUEUED = "queued"
RUNNING = "running"
WAITING = "waiting"  # Caddy is down; tried again later
PENDING = (QUEUED, RUNNING, WAITING)
GOOD = ("applied", "unchanged")


learn(Trouble)


@dataclass(frozen=True, slots=True)
class Revision:
    """One attempt. `before`/`after` are whole Caddy configurations, None where it never came to that.

    While it is pending, `due_at` is when a worker may take it: again, when it waits for Caddy or is being worked on.
    """

    id: int
    edge: str
    cause: str
    state: str
    tries: int
    sentences: tuple[str, ...]
    trouble: Trouble | None
    notes: tuple[dict[str, Any], ...]
    created_at: datetime
    due_at: datetime
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


def create_revision(database: Database, cause: str, edge: str = HERE) -> int:
    """A new attempt, to be queued once this has returned."""
    with database.write() as session:
        return add_revision(session, cause, edge).id


def add_revision(session: Session, cause: str, edge: str) -> RevisionRow:
    """A new attempt within a transaction, with its id."""
    row = RevisionRow(edge=edge, cause=cause, state=QUEUED, sentences=[], notes=[], created_at=now(), due_at=now())
    session.add(row)
    session.flush()
    return row


def load_revision(database: Database, revision_id: int) -> Revision | None:
    """One attempt with its configurations."""
    with database.read() as session:
        row = session.get(RevisionRow, revision_id)
        return _value(row, whole=True) if row else None


def list_revisions(database: Database, limit: int = 20, edge: str = "") -> list[Revision]:
    """The latest attempts, newest first, without the configurations; with `edge` only those at that Caddy."""
    with database.read() as session:
        light = (defer(RevisionRow.before), defer(RevisionRow.after))
        wanted = select(RevisionRow).order_by(RevisionRow.id.desc()).limit(limit).options(*light)
        rows = session.scalars(wanted.where(RevisionRow.edge == edge) if edge else wanted)
        return [_value(row, whole=False) for row in rows]


def pending_revisions(database: Database) -> list[int]:
    """Attempts that have not ended."""
    with database.read() as session:
        return list(session.scalars(select(RevisionRow.id).where(RevisionRow.state.in_(PENDING))))


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
        due_at=row.due_at,
        finished_at=row.finished_at,
        before=row.before if whole else None,
        after=row.after if whole else None,
    )
