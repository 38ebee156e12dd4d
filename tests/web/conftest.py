"""The application in this process: a database of its own for each test, one broker and one Caddy for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from tasks.workplace import Workplace
from tests.databases import Sqlite
from tests.fakes.plex import Plex
from tests.fakes.tailscaled import Tailscaled
from tests.net.dns_server import NameServer
from tests.web.browsing import Visitor
from tests.whole_system import System, queue_into, start_system
from wizard.app import create_app
from wizard.net import tailnet_watch
from wizard.web import streams
from wizard.web.joined import Joined, join


@pytest.fixture(scope="session")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A broker, a Caddy, a name server and a stand-in Plex. No worker: what is queued stays queued."""
    records = {
        ("plex.example.com", "A"): ("203.0.113.9",),
        ("films.example.com", "A"): ("192.168.1.20",),
        ("com", "NS"): ("a.gtld-servers.net.",),
    }
    with (
        NameServer(records) as names,
        start_system(
            tmp_path_factory.mktemp("surroundings"), only=("valkey", "caddy"), PORTHOLE_NAMESERVERS=names.address
        ) as system,
    ):
        yield system


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    """Database files with the newest layout."""
    return Sqlite(tmp_path_factory.mktemp("databases"))


@pytest.fixture
def plex(surroundings: System) -> Iterator[Plex]:
    """The stand-in media server, as it was before the test when the test has ended."""
    before = surroundings.plex.settings
    yield surroundings.plex
    surroundings.plex.change(behaviour=before.behaviour, is_claimed=before.is_claimed)


@pytest.fixture
def place(surroundings: System, databases: Sqlite) -> Iterator[Workplace]:
    """The workplace of the application under test."""
    queue_into(surroundings.place)
    found = Workplace(replace(surroundings.settings, database_url=databases.newest()))
    yield found
    found.database.close()
    found.redis.close()


@pytest.fixture(scope="session")
def one_app(surroundings: System) -> Flask:
    """Made once, because its templates are compiled when first used."""
    return create_app(surroundings.settings, place=surroundings.place, testing=True)


@pytest.fixture
def app(one_app: Flask, place: Workplace) -> Flask:
    """The application, at work in this test's own database."""
    join(one_app.extensions, Joined(place))
    return one_app


@pytest.fixture
def stranger(app: Flask, place: Workplace) -> Visitor:
    """A browser that is not signed in."""
    return Visitor(app, place)


@pytest.fixture
def owner(app: Flask, place: Workplace) -> Visitor:
    """A browser that is signed in."""
    return Visitor(app, place).sign_in()


@pytest.fixture(autouse=True)
def _no_open_streams() -> Iterator[None]:
    """Places of streams belong to the process: a stream that a test left to itself must not count in the next."""
    yield
    streams._open.clear()


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tailscaled]:
    """The only tailscaled that is found."""
    monkeypatch.setattr(tailnet_watch, "_BETWEEN_SECONDS", 0.0)
    with Tailscaled(tmp_path / "tailscaled.sock") as running:
        monkeypatch.setattr("wizard.net.tailscaled.SOCKETS", (str(running.path),))
        yield running
