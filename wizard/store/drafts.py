"""Answers on their way to a proxy host: one draft for a new one, one for each that is being changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from wizard.store.clock import now
from wizard.store.session import Database
from wizard.store.tables import DraftRow

NEW = ""
FORGET = "-"  # in `sealed`: take the saved token away


@dataclass(frozen=True, slots=True)
class Draft:
    """The answers given so far. `sealed` is the media token, encrypted, or FORGET."""

    host_key: str
    answers: dict[str, Any] = field(default_factory=dict)
    sealed: str = ""
    updated_at: datetime | None = None


def load_draft(database: Database, host_key: str = NEW) -> Draft:
    """The draft for a proxy host, empty when there is none."""
    with database.read() as session:
        row = session.get(DraftRow, host_key)
        return Draft(host_key, dict(row.answers), row.secrets, row.updated_at) if row else Draft(host_key)


def save_draft(database: Database, draft: Draft) -> None:
    """Keep a draft, replacing the one before."""
    with database.write() as session:
        row = session.get(DraftRow, draft.host_key)
        if row is None:
            row = DraftRow(host_key=draft.host_key, created_at=now())
            session.add(row)
        row.answers = draft.answers
        row.secrets = draft.sealed
        row.updated_at = now()


def drop_draft(database: Database, host_key: str = NEW) -> bool:
    """Forget a draft; False when it was gone already, so that of two who try only one is told True."""
    with database.write() as session:
        gone = session.scalar(delete(DraftRow).where(DraftRow.host_key == host_key).returning(DraftRow.host_key))
        return gone is not None


def list_drafts(database: Database) -> list[Draft]:
    """All drafts."""
    with database.read() as session:
        rows = session.scalars(select(DraftRow).order_by(DraftRow.updated_at.desc()))
        return [Draft(row.host_key, dict(row.answers), row.secrets, row.updated_at) for row in rows]
