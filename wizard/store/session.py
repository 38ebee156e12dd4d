"""One door to the database: SQLite in WAL mode or PostgreSQL, the same code for both.

Transactions say whether they will write. On SQLite a writing one takes the write lock at its
beginning, because a transaction that turns from reading to writing half-way cannot wait for another.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

_MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
_ADVISORY_LOCK = 0x706F7274  # "port"; any fixed number, the same in every process
_BUSY_MS = 10_000

Unavailable = OperationalError
"""What is raised when the database does not answer, is locked for too long or has no space left."""


class Database:
    """Gives sessions; rows read in one are values by the time it is closed."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = engine.execution_options(porthole_write=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads."""
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that commits at its end, or rolls back when the body raises."""
        with Session(self._writing) as session, session.begin():
            yield session

    def is_alive(self) -> bool:
        """True when a trivial question is answered."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("select 1"))
        except Exception:  # noqa: BLE001 -- drivers raise their own families; the answer is the same
            return False
        return True

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open the database at a SQLAlchemy URL. Nothing is created; see `migrate`."""
    return Database(_engine(url))


def _engine(url: str, *, keeps_references: bool = True) -> Engine:
    # every thread of the web server may want a connection at once; idle ones beyond the first few are closed again
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"), pool_size=5, max_overflow=60)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", partial(_prepare_sqlite, keeps_references))
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(keeps_references: bool, connection: Any, _record: Any) -> None:  # noqa: FBT001, RUF100 -- bound by partial
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    for pragma in (
        f"busy_timeout={_BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        f"foreign_keys={'ON' if keeps_references else 'OFF'}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("porthole_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def migrate(url: str) -> None:
    """Bring the database to the newest layout, one process at a time; safe to call from all at once."""
    from alembic import command  # noqa: PLC0415 -- only the process that migrates pays for it
    from alembic.config import Config  # noqa: PLC0415 -- see above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    # SQLite changes a table by copying and dropping it, and dropping would take along every row that refers to it
    engine = _engine(url, keeps_references=False)
    writing = engine.execution_options(porthole_write=True)
    try:
        with _migration_lock(url, engine), writing.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        engine.dispose()


@contextmanager
def _migration_lock(url: str, engine: Engine) -> Iterator[None]:
    if engine.dialect.name == "sqlite":
        path = Path(make_url(url).database or "porthole.db")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".migrating").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        return
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
        try:
            yield
        finally:
            connection.execute(text("select pg_advisory_unlock(:key)"), {"key": _ADVISORY_LOCK})
