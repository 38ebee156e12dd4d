"""Fixtures for the tests of the stand-ins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.fakes.authority import Authority
from tests.fakes.plex import Plex, PlexSettings


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.create()


@pytest.fixture
def plex(authority: Authority) -> Iterator[Plex]:
    with Plex(PlexSettings(notify_seconds=0), authority=authority) as running:
        yield running


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def trust(tmp_path: Path) -> Callable[[str], str]:
    """Write a PEM to a file, as `verify=` wants it."""

    def write(pem: str) -> str:
        path = tmp_path / "ca.pem"
        path.write_text(pem)
        return str(path)

    return write
