"""The command line over a real system: Valkey, Caddy, the pages with their echo, and the stand-in Plex."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tasks.applying import apply_revision
from tests.fakes.plex import Behaviour
from tests.whole_system import System, queue_into, start_system
from wizard import cli
from wizard.store import hosts, revisions
from wizard.store.session import Database
from wizard.store.tables import Table

PARTS = ("valkey", "caddy", "web")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One system is enough: in a parallel run these tests stay together."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("cli"))


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The system, for all tests. No worker: what the command line does, it does by itself."""
    with start_system(tmp_path_factory.mktemp("cli") / "data", PARTS) as system:
        yield system


def empty(database: Database) -> None:
    """Forget everything."""
    with database.write() as session:
        for table in reversed(Table.metadata.sorted_tables):
            session.execute(table.delete())


@pytest.fixture
def system(running: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """The system with an empty database and a Caddy that serves nothing; its settings are the environment."""
    for name, value in running.settings.environ().items():
        monkeypatch.setenv(name, value)
    queue_into(running.place)
    running.start(*PARTS)
    running.plex.change(behaviour=Behaviour.NORMAL)
    database = running.place.database
    if hosts.list_hosts(database):
        empty(database)
        apply_revision(running.place, revisions.create_revision(database, "Cleared"))
    empty(database)
    yield running
    running.parts["worker"].stop()


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


Porthole = Callable[..., Said]


@pytest.fixture
def porthole(capsys: pytest.CaptureFixture[str]) -> Porthole:
    """porthole("host", "list") -> Said."""

    def typed(*words: str) -> Said:
        capsys.readouterr()
        try:
            code = cli.main(words)
        except SystemExit as end:  # argparse
            code = int(end.code or 0)
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Said(code, said.out, said.err)

    return typed
