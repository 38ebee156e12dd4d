"""Links for somebody's phone: made, opened, started once by one browser, filled step by step, ended.

Both secrets are known here by their hashes only; the sealed link is for the owner's own page.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from wizard.core.shapes import learn
from wizard.core.visits import MEASURES_FOR, OPEN_FOR, Arrived, Finding, Seen, Visit
from wizard.store.clock import now
from wizard.store.progress import HostGoneError
from wizard.store.secrets import Vault
from wizard.store.session import Database
from wizard.store.tables import HostRow, RunRow, VisitRow
from wizard.store.tickets import PREFIX

KEPT = timedelta(days=90)
_SECRET_BYTES = 24  # 192 bits: nobody guesses one


learn(Seen, tuple[Finding, ...])


def create_visit(database: Database, vault: Vault, host_key: str, run_id: int | None = None) -> Visit:
    """A new link for a proxy host; an older one that nobody started is revoked. Raises HostGoneError."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    with database.write() as session:
        if session.get(HostRow, host_key, with_for_update={"key_share": True}) is None:
            raise HostGoneError(host_key)
        session.execute(delete(VisitRow).where(VisitRow.created_at < now() - KEPT))
        for older in session.scalars(select(VisitRow).where(VisitRow.host_key == host_key, *_OPEN)):
            _revoke(older)
        run = session.get(RunRow, run_id) if run_id is not None else None
        row = VisitRow(
            host_key=host_key,
            run_id=run.id if run is not None and run.host_key == host_key else None,
            link=vault.seal(secret),
            link_hash=_hash(secret),
            seen={},
            taken=[],
            findings=[],
            created_at=now(),
            expires_at=now() + OPEN_FOR,
        )
        session.add(row)
        session.flush()
        return _value(row)


def path_of(secret: str) -> str:
    """Where a link leads, on its media domain."""
    return f"{PREFIX}/visit/{secret}"


def find_link(database: Database, secret: str) -> Visit | None:
    """The visit of a link that has not expired and was not revoked, started or not."""
    return _find(database, VisitRow.link_hash == _hash(secret))


def note_opened(database: Database, secret: str) -> None:
    """Somebody, or the preview of a messenger, was shown the page."""
    with database.write() as session:
        row = _locked(session, VisitRow.link_hash == _hash(secret))
        if row is not None and row.opened_at is None:
            row.opened_at = now()
            row.version += 1


def start_visit(database: Database, secret: str, arrived: Arrived) -> str | None:
    """Give the visit to the browser that starts it: its key. None when another was first, or the link is gone."""
    key = secrets.token_urlsafe(_SECRET_BYTES)
    with database.write() as session:
        row = _locked(session, VisitRow.link_hash == _hash(secret), *_known())
        if row is None or row.started_at is not None:
            return None
        row.key_hash, row.started_at, row.expires_at = _hash(key), now(), now() + OPEN_FOR
        row.opened_at = row.opened_at or now()
        row.seen = msgspec.to_builtins(Seen(arrived))
        row.version += 1
        return key


def find_visit(database: Database, key: str) -> Visit | None:
    """The visit of the browser that holds this key, until its page is forgotten."""
    return _find(database, VisitRow.key_hash == _hash(key))


def take_step(database: Database, key: str, step: str) -> bool:
    """Whether a step may be made: each once, and only while the visit runs."""
    with database.write() as session:
        row = _locked(session, VisitRow.key_hash == _hash(key))
        if row is None or not _is_running(row) or step in row.taken:
            return False
        row.taken = [*row.taken, step]
        row.version += 1
        return True


def note_seen(database: Database, key: str, **changes: Any) -> Visit | None:
    """Write down fields of Seen. None when the visit is over, or gone."""
    with database.write() as session:
        row = _locked(session, VisitRow.key_hash == _hash(key))
        if row is None or not _is_running(row):
            return None
        row.seen = msgspec.to_builtins(replace(msgspec.convert(row.seen, Seen), **changes))
        row.version += 1
        return _value(row)


def finish_visit(database: Database, visit_id: int, findings: Sequence[Finding]) -> None:
    """End a visit with what was found. One that has ended stays as it is."""
    with database.write() as session:
        row = _locked(session, VisitRow.id == visit_id)
        if row is None or row.started_at is None or row.finished_at is not None:
            return
        row.findings = [msgspec.to_builtins(finding) for finding in findings]
        row.finished_at = now()
        row.version += 1


def revoke_visit(database: Database, host_key: str, visit_id: int) -> None:
    """Let a link lead nowhere from now on. One that has ended stays as it is."""
    with database.write() as session:
        row = _locked(session, VisitRow.id == visit_id)
        if row is not None and row.host_key == host_key and row.finished_at is None and row.revoked_at is None:
            _revoke(row)


def load_visit(database: Database, visit_id: int) -> Visit | None:
    """One visit, whatever became of it."""
    with database.read() as session:
        row = session.get(VisitRow, visit_id)
        return _value(row) if row else None


def latest_visit(database: Database, host_key: str) -> Visit | None:
    """The newest visit of a proxy host."""
    found = list_visits(database, host_key, limit=1)
    return found[0] if found else None


def list_visits(database: Database, host_key: str, limit: int = 20) -> list[Visit]:
    """The visits of a proxy host, newest first."""
    with database.read() as session:
        wanted = select(VisitRow).where(VisitRow.host_key == host_key).order_by(VisitRow.id.desc()).limit(limit)
        return [_value(row) for row in session.scalars(wanted)]


def overdue_visits(database: Database) -> list[Visit]:
    """Visits that began and whose page was never heard of again."""
    with database.read() as session:
        wanted = select(VisitRow).where(
            VisitRow.started_at < now() - MEASURES_FOR, VisitRow.finished_at.is_(None), VisitRow.revoked_at.is_(None)
        )
        return [_value(row) for row in session.scalars(wanted)]


_OPEN = (VisitRow.started_at.is_(None), VisitRow.finished_at.is_(None), VisitRow.revoked_at.is_(None))


def _known() -> tuple[ColumnElement[bool], ...]:
    return VisitRow.expires_at > now(), VisitRow.revoked_at.is_(None)


def _find(database: Database, which: ColumnElement[bool]) -> Visit | None:
    with database.read() as session:
        row = session.scalar(select(VisitRow).where(which, *_known()))
        return _value(row) if row else None


def _locked(session: Session, *which: ColumnElement[bool]) -> VisitRow | None:
    return session.scalar(select(VisitRow).where(*which).with_for_update())


def _is_running(row: VisitRow) -> bool:
    if row.started_at is None or row.finished_at is not None or row.revoked_at is not None:
        return False
    return now() - row.started_at < MEASURES_FOR


def _revoke(row: VisitRow) -> None:
    row.revoked_at = now()
    row.version += 1


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _value(row: VisitRow) -> Visit:
    return Visit(
        id=row.id,
        host_key=row.host_key,
        run_id=row.run_id,
        sealed_link=row.link,
        version=row.version,
        seen=msgspec.convert(row.seen, Seen),
        findings=msgspec.convert(row.findings, tuple[Finding, ...]),
        created_at=row.created_at,
        expires_at=row.expires_at,
        opened_at=row.opened_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        revoked_at=row.revoked_at,
    )
