"""One real certificate authority for the session, and a real Caddy for each test that asks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acme.asking import Asking
from tests.caddy_process import start_caddy
from tests.fakes.acme import Acme


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acme]:
    """Pebble. It looks for Caddy at its `http_port` and `tls_port`: one Caddy at a time."""
    with Acme(tmp_path_factory.mktemp("acme"), blocked=("blocked.example.com",)) as acme:
        yield acme


@pytest.fixture
def asking(tmp_path: Path, authority: Acme) -> Iterator[Asking]:
    """A fresh Caddy that is told to ask Pebble."""
    caddy = start_caddy(tmp_path / "caddy")
    yield Asking(caddy, authority)
    caddy.stop()
