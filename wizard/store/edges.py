"""Further Caddies that we drive, beside the one of the settings. Saved and loaded as core values."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import select

from wizard.core.hosts import HERE, Edge
from wizard.core.shapes import learn
from wizard.store.clock import now
from wizard.store.session import Database
from wizard.store.tables import EdgeRow, HostRow

learn(Edge)


class EdgeInUseError(Exception):
    """Proxy hosts are served there still; their domains are the arguments."""


def save_edge(database: Database, edge: Edge) -> None:
    """Create or change one. Raises ValueError for the name of the Caddy of the settings: a bug of the caller."""
    if edge.name == HERE:
        raise ValueError("the Caddy of the settings is changed in the settings")
    settings: dict[str, Any] = {k: v for k, v in msgspec.to_builtins(edge).items() if k != "name"}
    with database.write() as session:
        row = session.get(EdgeRow, edge.name)
        if row is None:
            session.add(EdgeRow(name=edge.name, settings=settings, created_at=now()))
        else:
            row.settings = settings


def list_edges(database: Database) -> list[Edge]:
    """All of them, the oldest first; without the one of the settings."""
    with database.read() as session:
        rows = session.scalars(select(EdgeRow).order_by(EdgeRow.created_at, EdgeRow.name))
        return [msgspec.convert({**row.settings, "name": row.name}, Edge) for row in rows]


def remove_edge(database: Database, name: str) -> None:
    """Forget one; gone already is fine. Raises EdgeInUseError while a proxy host is served there."""
    with database.write() as session:
        used = [row.domain for row in session.scalars(select(HostRow)) if row.settings.get("edge", HERE) == name]
        if used:
            raise EdgeInUseError(*sorted(used))
        if row := session.get(EdgeRow, name):
            session.delete(row)
