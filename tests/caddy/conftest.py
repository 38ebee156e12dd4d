"""One real Caddy of each version for the whole session, a stand-in media server and a stand-in echo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.caddy.talk import Stage
from tests.caddy_process import VERSIONS, CaddyProcess, start_caddy
from tests.fakes.plex import Plex


@pytest.fixture(scope="session")
def caddies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, CaddyProcess]]:
    """A running Caddy by version, started when first asked for."""
    started = _Lazy(tmp_path_factory)
    yield started
    for caddy in started.values():
        caddy.stop()


class _Lazy(dict[str, CaddyProcess]):
    def __init__(self, folders: pytest.TempPathFactory) -> None:
        super().__init__()
        self._folders = folders

    def __missing__(self, version: str) -> CaddyProcess:
        self[version] = start_caddy(self._folders.mktemp(f"caddy-{version}"), version)
        return self[version]


@pytest.fixture(params=VERSIONS)
def caddy(request: pytest.FixtureRequest, caddies: dict[str, CaddyProcess]) -> CaddyProcess:
    """Each version in turn. What an earlier test loaded may still be there."""
    return caddies[request.param]


@pytest.fixture
def newest(caddies: dict[str, CaddyProcess]) -> CaddyProcess:
    """The newest version alone, for what does not differ."""
    return caddies[VERSIONS[0]]


@pytest.fixture(scope="session")
def media() -> Iterator[Plex]:
    """The stand-in media server."""
    with Plex() as plex:
        yield plex


@pytest.fixture(scope="session")
def echo() -> Iterator[Plex]:
    """Stands where our own echo would: it only has to remember what arrived."""
    with Plex() as plex:
        yield plex


@pytest.fixture
def stage(caddy: CaddyProcess, media: Plex, echo: Plex) -> Stage:
    """Everything a request passes, for each version."""
    return Stage(caddy, media, echo)


@pytest.fixture
def newest_stage(newest: CaddyProcess, media: Plex, echo: Plex) -> Stage:
    """Everything a request passes, on the newest version."""
    return Stage(newest, media, echo)
