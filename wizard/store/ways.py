"""What was set up for each way in, and how it stood when it was last looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wizard.store.clock import now
from wizard.store.session import Database
from wizard.store.tables import WayRow


@dataclass(frozen=True, slots=True)
class SavedWay:
    """One way in. `sealed` is its secret as it lies in the database, for the vault to open.

    `seen` is what was observed last (the JSON form of the watch's own value), None before the first look.
    """

    method: str
    values: dict[str, Any] = field(default_factory=dict)
    sealed: str = field(default="", repr=False)
    seen: dict[str, Any] | None = None
    seen_at: datetime | None = None


def load_way(database: Database, method: str) -> SavedWay:
    """What is known of a way in; empty when nothing was set up."""
    with database.read() as session:
        row = session.get(WayRow, method)
        return SavedWay(method, dict(row.values), row.secret, row.seen, row.seen_at) if row else SavedWay(method)


def save_way(database: Database, method: str, values: dict[str, Any], sealed: str | None = None) -> None:
    """Keep what was typed, and a new secret unless `sealed` is None. What was seen before no longer counts."""
    with database.write() as session:
        row = _row(session.get(WayRow, method), method)
        session.add(row)
        row.values, row.seen, row.seen_at, row.updated_at = values, None, None, now()
        row.secret = row.secret if sealed is None else sealed


def note_seen(database: Database, method: str, seen: dict[str, Any]) -> None:
    """Keep what was observed."""
    with database.write() as session:
        row = _row(session.get(WayRow, method), method)
        session.add(row)
        row.seen, row.seen_at = seen, now()


def note_seen_with(database: Database, method: str, sealed: str, seen: dict[str, Any]) -> bool:
    """Keep what was observed with a secret, unless that was replaced or forgotten meanwhile; False then."""
    with database.write() as session:
        row = session.get(WayRow, method)
        if row is None or row.secret != sealed:
            return False
        row.seen, row.seen_at = seen, now()
        return True


def forget_way(database: Database, method: str) -> None:
    """Take back what was set up here. Gone already is fine."""
    with database.write() as session:
        if row := session.get(WayRow, method):
            session.delete(row)


def _row(row: WayRow | None, method: str) -> WayRow:
    return row or WayRow(method=method, values={}, secret="", updated_at=now())
