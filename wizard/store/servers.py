"""Media servers that were found or saved by hand, and where Docker may be asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from wizard.core.servers import Found, Source, is_same, merge
from wizard.store.clock import now
from wizard.store.session import Database
from wizard.store.tables import MetaRow, ServerRow

KEPT = timedelta(days=30)
MOST = 500
_DOCKER = "docker-socket"


@dataclass(frozen=True, slots=True)
class SavedServer:
    """One server. `is_saved`: the owner wants it kept under this name, also when it is not found any more."""

    key: str
    found: Found
    is_saved: bool
    found_at: datetime
    seen_at: datetime


def list_servers(database: Database) -> list[SavedServer]:
    """All of them: those saved by hand first, then by name."""
    with database.read() as session:
        rows = session.scalars(select(ServerRow))
        return sorted((_saved(row) for row in rows), key=lambda one: (not one.is_saved, one.found.name.lower()))


def load_server(database: Database, key: str) -> SavedServer | None:
    """One of them; None when it is gone."""
    with database.read() as session:
        row = session.get(ServerRow, key)
        return _saved(row) if row else None


def note_found(database: Database, found: Found) -> bool:
    """Keep what was found just now, together with what is known of the same server. False when there are too many.

    The name that the owner gave stays, and so does the address of a server saved by hand.
    """
    with database.write() as session:
        same = [row for row in _alike(session, found) if is_same(_found(row), found)]
        if not same and (session.scalar(select(func.count()).select_from(ServerRow)) or 0) >= MOST:
            return False
        kept = [row for row in same if row.is_saved] or same
        known = merge(_found(kept[0]), found) if kept else found
        if kept and kept[0].is_saved:
            old = _found(kept[0])
            known = replace(known, name=old.name, address=old.address, port=old.port, scheme=old.scheme)
        found_at = min((row.found_at for row in same), default=now())
        is_saved = any(row.is_saved for row in same)
        for row in same:  # one server that was taken for two becomes one
            session.delete(row)
        session.flush()
        session.add(_row(known, is_saved=is_saved, found_at=found_at))
        return True


def save_by_hand(database: Database, found: Found) -> str:
    """Keep a server that the owner named; gives its key."""
    by_hand = replace(found, source=Source.HAND)
    with database.write() as session:
        for row in _alike(session, found):
            session.delete(row)
        session.flush()
        session.add(_row(by_hand, is_saved=True, found_at=now()))
    return by_hand.key


def rename_server(database: Database, key: str, name: str) -> bool:
    """Give a server a name of the owner's own, which also keeps it. False when it is gone."""
    with database.write() as session:
        row = session.get(ServerRow, key)
        if row is None:
            return False
        row.name, row.is_saved = name, True
        return True


def remove_server(database: Database, key: str) -> None:
    """Forget one; it may be found again. Gone already is fine."""
    with database.write() as session:
        if row := session.get(ServerRow, key):
            session.delete(row)


def forget_unseen(database: Database) -> None:
    """Forget what was not seen for a month, unless it was saved by hand."""
    with database.write() as session:
        session.execute(delete(ServerRow).where(ServerRow.is_saved.is_(False), ServerRow.seen_at < now() - KEPT))


def load_docker(database: Database) -> str:
    """The path of Docker's socket; empty: Docker is not asked."""
    with database.read() as session:
        row = session.get(MetaRow, _DOCKER)
        return row.value if row else ""


def save_docker(database: Database, path: str) -> None:
    """Ask Docker at this socket from now on; empty: no more."""
    with database.write() as session:
        session.merge(MetaRow(name=_DOCKER, value=path))


def _alike(session: Session, found: Found) -> list[ServerRow]:
    at = (ServerRow.address == found.address) & (ServerRow.port == found.port)
    known = (ServerRow.kind == found.kind) & (ServerRow.server_id == found.id) & (ServerRow.server_id != "")
    return list(session.scalars(select(ServerRow).where(at | known | (ServerRow.key == found.key))))


def _found(row: ServerRow) -> Found:
    return Found(
        row.kind, row.name, row.address, row.port, row.scheme, row.server_id, row.version, Source(row.source)
    )


def _saved(row: ServerRow) -> SavedServer:
    return SavedServer(row.key, _found(row), row.is_saved, row.found_at, row.seen_at)


def _row(found: Found, *, is_saved: bool, found_at: datetime) -> ServerRow:
    return ServerRow(
        key=found.key,
        kind=found.kind,
        name=found.name,
        scheme=found.scheme,
        address=found.address,
        port=found.port,
        server_id=found.id,
        version=found.version,
        source=str(found.source),
        is_saved=is_saved,
        found_at=found_at,
        seen_at=now(),
    )
