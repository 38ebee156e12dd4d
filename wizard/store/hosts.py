"""Proxy hosts: saved and loaded as core values. The media server's token stays sealed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wizard.core.hosts import ProxyHost
from wizard.core.shapes import learn
from wizard.core.ways import WaySetup
from wizard.methods import placed
from wizard.store.clock import now
from wizard.store.session import Database
from wizard.store.tables import HostRow, WayRow

# not among the settings: two are columns, and the listener follows from the way in (`wizard.methods.placed`)
_ELSEWHERE = ("key", "domain", "listener")


learn(ProxyHost)


@dataclass(frozen=True, slots=True)
class SavedHost:
    """A proxy host with what the store knows about it. `server` is what the media server said of itself."""

    host: ProxyHost
    server: dict[str, Any]
    has_token: bool
    created_at: datetime
    updated_at: datetime

    @property
    def server_name(self) -> str:
        """The name the media server gives itself, else its home address."""
        return str(self.server.get("name") or self.host.upstream.dial)


class DomainTakenError(Exception):
    """Another proxy host has this domain already."""


def new_key() -> str:
    """A short key for a new proxy host, fit for an address and a configuration id."""
    return secrets.token_hex(5)


def save_host(
    database: Database, host: ProxyHost, *, server: dict[str, Any] | None = None, sealed_token: str | None = None
) -> None:
    """Create or change a proxy host. None keeps what is known. Raises DomainTakenError."""
    settings = {k: v for k, v in msgspec.to_builtins(host).items() if k not in _ELSEWHERE}
    try:
        with database.write() as session:
            row = session.get(HostRow, host.key)
            if row is None:
                row = HostRow(key=host.key, server={}, token="", created_at=now())
                session.add(row)
            row.domain = host.domain.name
            row.settings = settings
            row.server = row.server if server is None else server
            row.token = row.token if sealed_token is None else sealed_token
            row.updated_at = now()
    except IntegrityError as error:
        raise DomainTakenError(host.domain.name) from error


def load_host(database: Database, key: str) -> SavedHost | None:
    """One proxy host by its key."""
    with database.read() as session:
        row = session.get(HostRow, key)
        return _value(session, row) if row else None


def find_host(database: Database, domain: str) -> SavedHost | None:
    """One proxy host by its domain."""
    with database.read() as session:
        row = session.scalar(select(HostRow).where(HostRow.domain == domain.lower()))
        return _value(session, row) if row else None


def list_hosts(database: Database) -> list[SavedHost]:
    """All proxy hosts, the oldest first."""
    with database.read() as session:
        return [
            _value(session, row) for row in session.scalars(select(HostRow).order_by(HostRow.created_at, HostRow.key))
        ]


def remove_host(database: Database, key: str) -> None:
    """Forget a proxy host with its runs. Gone already is fine."""
    with database.write() as session:
        if row := session.get(HostRow, key):
            session.delete(row)


def sealed_token(database: Database, key: str) -> str:
    """The media server's token as it lies in the database, for the vault to open."""
    with database.read() as session:
        return session.scalar(select(HostRow.token).where(HostRow.key == key)) or ""


def note_server(database: Database, key: str, server: dict[str, Any]) -> None:
    """Remember what the media server last said of itself."""
    with database.write() as session:
        if row := session.get(HostRow, key):
            row.server = server


def _value(session: Session, row: HostRow) -> SavedHost:
    document = {**row.settings, "key": row.key, "domain": {"name": row.domain}}
    host = msgspec.convert(document, ProxyHost)
    way = session.get(WayRow, host.method)  # its secret stays sealed: who is trusted never depends on one
    host = placed(host, WaySetup(host.method, way.values if way else {}))
    return SavedHost(host, dict(row.server), bool(row.token), row.created_at, row.updated_at)
