"""A whole chain on this machine: a stand-in Plex, a real Caddy, and a stand-in for our own echo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.caddy_process import start_caddy
from tests.checks.chain import Chain
from tests.checks.echo import Echo
from tests.checks.lab import Lab, start_lab
from tests.fakes.plex import Plex, PlexSettings


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """One Caddy for a module; what a test loads stays until the next loads."""
    caddy = start_caddy(tmp_path_factory.mktemp("caddy"))
    with Plex(PlexSettings(notify_seconds=0.3)) as plex, Echo() as echo:
        yield Chain(caddy, plex, echo)
    caddy.stop()


@pytest.fixture
def chain(started: Chain) -> Chain:
    """The chain with its ordinary host loaded."""
    started.load(started.host())
    return started


@pytest.fixture(scope="package")
def started_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One Caddy and one web server for all modules; what a test loads stays until the next loads."""
    with start_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture
def lab(started_lab: Lab) -> Lab:
    """The lab with its ordinary host loaded."""
    started_lab.serve(started_lab.host())
    return started_lab
