"""The door to the database: what writes waits for its turn, and rolls back as a whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import StatementError

from tests.databases import opened
from tests.threads import together
from wizard.store.session import Database, Unavailable, open_database
from wizard.store.tables import FailedSignInRow, MetaRow


def test_writers_at_once_wait_for_each_other_and_lose_nothing(database: Database) -> None:
    with database.write() as session:
        session.add(MetaRow(name="count", value="0"))

    def count_up() -> None:
        for _ in range(10):
            with database.write() as session:
                row = session.get(MetaRow, "count", with_for_update=True)
                assert row is not None
                row.value = str(int(row.value) + 1)

    together(*[count_up] * 4)
    with database.read() as session:
        assert session.scalar(select(MetaRow.value)) == "40"


def test_a_body_that_raises_leaves_nothing_behind(database: Database) -> None:
    def write_half() -> None:
        with database.write() as session:
            session.add(MetaRow(name="half", value="done"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    with database.read() as session:
        assert session.scalar(select(func.count(MetaRow.name))) == 0


def test_reading_goes_on_while_somebody_writes(database: Database) -> None:
    with database.write() as writing:
        writing.add(MetaRow(name="new", value=""))
        writing.flush()
        with database.read() as reading:
            assert reading.scalar(select(func.count(MetaRow.name))) == 0


def test_times_come_back_in_utc_whatever_zone_they_were_given_in(database: Database) -> None:
    given = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with database.write() as session:
        session.add(FailedSignInRow(at=given))
    with database.read() as session:
        found = session.scalar(select(FailedSignInRow.at))
    assert found == given
    assert found is not None
    assert found.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="naive time"), database.write() as session:
        session.add(FailedSignInRow(at=datetime(2026, 7, 1)))  # noqa: DTZ001 -- this is what must be refused


def test_more_threads_than_kept_connections_all_get_one(database: Database) -> None:
    def hold() -> int:
        with database.read() as session:
            return session.scalar(select(func.count(MetaRow.name))) or 0

    assert together(*[hold] * 40) == [0] * 40


def test_a_database_says_whether_it_is_alive(url: str) -> None:
    with opened(url) as database:
        assert database.is_alive()


@pytest.mark.parametrize(
    "address",
    ["sqlite:///{folder}/not/here.sqlite3", "postgresql+psycopg://a:b@127.0.0.1:1/nobody?connect_timeout=2"],
    ids=["sqlite", "postgresql"],
)
def test_a_database_that_is_away_is_unavailable(address: str, tmp_path: Path) -> None:
    database = open_database(address.format(folder=tmp_path))
    assert not database.is_alive()
    with pytest.raises(Unavailable), database.read() as session:
        session.scalar(select(MetaRow.name))
    database.close()
