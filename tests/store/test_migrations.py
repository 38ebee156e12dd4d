"""Migrations on both databases: from nothing, again, from many processes at once, and true to the tables."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import upgrade
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from tests.databases import opened
from tests.store.conftest import Maker
from wizard.store import session
from wizard.store.hosts import list_hosts
from wizard.store.session import migrate
from wizard.store.tables import Table

PROCESSES = 4


def scripts() -> Config:
    config = Config()
    config.set_main_option("script_location", str(session._MIGRATIONS))
    return config


def newest() -> str | None:
    return ScriptDirectory.from_config(scripts()).get_current_head()


def layout(url: str) -> str | None:
    with opened(url) as database, database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def test_an_empty_database_gets_every_table(maker: Maker) -> None:
    url = maker.empty()
    migrate(url)
    assert layout(url) == newest()
    with opened(url) as database:
        assert set(inspect(database.engine).get_table_names()) == {*Table.metadata.tables, "alembic_version"}
        assert list_hosts(database) == []


def test_migrating_twice_changes_nothing(maker: Maker) -> None:
    url = maker.empty()
    migrate(url)
    migrate(url)
    assert layout(url) == newest()


def test_processes_that_migrate_at_once_all_succeed(maker: Maker) -> None:
    url = maker.empty()
    program = "import sys; from wizard.store.session import migrate; migrate(sys.argv[1])"
    started = [
        subprocess.Popen([sys.executable, "-c", program, url], stderr=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    said = [process.communicate(timeout=60)[1] for process in started]
    assert [process.returncode for process in started] == [0] * PROCESSES, said
    assert layout(url) == newest()


def test_the_tables_and_the_migrations_agree(url: str) -> None:
    with opened(url) as database, database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Table.metadata) == []


def test_every_migration_follows_the_one_before() -> None:
    directory = ScriptDirectory.from_config(scripts())
    assert len(directory.get_heads()) == 1
    assert all(not script.is_merge_point for script in directory.walk_revisions())


def fill_first_layout(connection: Any) -> None:
    """A host with a run and a revision, in the words of the first layout."""
    at = "2026-01-02 03:04:05.000000+00:00"
    for statement in (
        f"insert into hosts values ('k', 'a.example.com', '{{}}', '{{}}', '', '{at}', '{at}')",
        (
            "insert into revisions (id, edge, cause, state, tries, sentences, notes, created_at, touched_at)"
            f" values (1, 'here', 'Added', 'applied', 1, '[]', '[]', '{at}', '{at}')"
        ),
        (
            "insert into runs (id, host_key, revision_id, state, version, created_at)"
            f" values (1, 'k', 1, 'running', 1, '{at}')"
        ),
        (
            'insert into results (id, run_id, "check", attempt, state, reason, verdicts, observed, seconds)'
            " values (1, 1, 'dns', 1, 'waiting', '', '[]', '{}', 0)"
        ),
    ):
        connection.execute(text(statement))


def test_rows_of_the_first_layout_survive_every_later_one(maker: Maker) -> None:
    """SQLite changes a table by copying and dropping it, and a dropped parent could take its children along."""
    url = maker.empty()
    config = scripts()
    engine = session._engine(url, keeps_references=False)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        upgrade(config, "0001")
        fill_first_layout(connection)
        connection.commit()
    engine.dispose()
    migrate(url)
    with opened(url) as database, database.read() as reading:
        counts = {
            name: reading.scalar(text(f"select count(*) from {name}"))
            for name in ("hosts", "revisions", "runs", "results")
        }
        due = reading.scalar(text("select due_at from revisions"))
    assert counts == {"hosts": 1, "revisions": 1, "runs": 1, "results": 1}
    assert "03:04:05" in str(due)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_sqlite_keeps_a_write_ahead_log_and_references(kind: str, request: pytest.FixtureRequest) -> None:
    with opened(request.getfixturevalue(kind).newest()) as database, database.read() as reading:
        assert reading.scalar(text("pragma journal_mode")) == "wal"
        assert reading.scalar(text("pragma foreign_keys")) == 1
        assert reading.scalar(text("pragma busy_timeout")) >= 5000
