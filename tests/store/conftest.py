"""Every test of the store runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import KINDS, Postgresql, Sqlite, opened
from tests.runtime.postgresql import running_postgresql
from wizard.store.session import Database

Maker = Sqlite | Postgresql


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """One server for all tests."""
    with running_postgresql("porthole", "porthole-secret", "unused") as place:
        yield Postgresql(place)


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    """One folder for all tests."""
    return Sqlite(tmp_path_factory.mktemp("sqlite"))


# one server is enough: tests that need it stay on one worker of a parallel run
@pytest.fixture(params=[KINDS[0], pytest.param(KINDS[1], marks=pytest.mark.xdist_group(KINDS[1]))])
def maker(request: pytest.FixtureRequest) -> Maker:
    """Makes databases of one kind."""
    made: Maker = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def url(maker: Maker) -> str:
    """A database with the newest layout and nothing in it."""
    return maker.newest()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """The same, opened."""
    with opened(url) as database:
        yield database
