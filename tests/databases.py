"""Databases for tests: SQLite files and a real PostgreSQL, empty or with the newest layout, one for each test."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from wizard.store.session import Database, migrate, open_database
from wizard.store.tables import Table

KINDS = ("sqlite", "postgresql")
_USER, _PASSWORD, _NEWEST = "porthole", "porthole-secret", "newest"


@dataclass
class Sqlite:
    """Makes SQLite files; the layout is made once and copied."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def empty(self) -> str:
        """The URL of a database that is not there yet."""
        return f"sqlite:///{self.folder / f'{next(self._numbers)}.sqlite3'}"

    def newest(self) -> str:
        """The URL of a database with the newest layout and nothing in it."""
        template = self.folder / "newest.sqlite3"
        if not template.exists():
            migrate(f"sqlite:///{template}")
        url = self.empty()
        shutil.copy(template, url.removeprefix("sqlite:///"))
        return url


@dataclass
class Postgresql:
    """Makes databases on one running server. `place` is its `host:port`."""

    place: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _has_newest: bool = False

    def empty(self) -> str:
        """The URL of a new, empty database."""
        name = f"test{next(self._numbers)}"
        self._run("postgres", f'create database "{name}"')
        return self._url(name)

    def newest(self) -> str:
        """The URL of a database with the newest layout and nothing in it: always the same one, emptied."""
        if not self._has_newest:
            self._run("postgres", f'create database "{_NEWEST}"')
            migrate(self._url(_NEWEST))
            self._has_newest = True
        tables = ", ".join(f'"{name}"' for name in Table.metadata.tables)
        self._run(_NEWEST, f"truncate {tables} restart identity")
        return self._url(_NEWEST)

    def _url(self, name: str, driver: str = "+psycopg") -> str:
        return f"postgresql{driver}://{_USER}:{_PASSWORD}@{self.place}/{name}"

    def _run(self, name: str, statement: str) -> None:
        with psycopg.connect(self._url(name, ""), autocommit=True, connect_timeout=10) as connection:
            connection.execute(statement.encode())


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """An open database, closed with the block."""
    database = open_database(url)
    try:
        yield database
    finally:
        database.close()
