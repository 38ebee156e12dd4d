"""python-plexapi, a client nobody here wrote, through the proxy: it connects, reads, and stays connected."""

from __future__ import annotations

import queue
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from plexapi import server

from tasks import queueing
from tests.browser.home import RUN_SECONDS, Home
from tests.processes import wait_until
from tests.web.browsing import given_host
from wizard.core.hosts import Upstream
from wizard.store import hosts
from wizard.store.revisions import load_revision

pytestmark = pytest.mark.xdist_group("whole system")

PlexServer: Any = server.PlexServer  # the library is not typed


@pytest.fixture
def session(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[requests.Session]:
    """What a viewer's machine brings along: a resolver that knows the domain, and trust in Caddy's authority."""
    root = home.system.caddy.local_root_pem()
    assert isinstance(root, str)
    bundle = tmp_path / "root.pem"
    bundle.write_text(root)
    original = socket.getaddrinfo

    def resolve(host: Any, *arguments: Any, **named: Any) -> Any:
        return original("127.0.0.1" if str(host).endswith(".localhost") else host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setenv("WEBSOCKET_CLIENT_CA_BUNDLE", str(bundle))
    with requests.Session() as made:
        made.trust_env = False
        made.verify = str(bundle)
        yield made


@pytest.fixture
def client(home: Home, session: requests.Session) -> Any:
    return PlexServer(home.system.public_url, home.system.plex.token, session=session)


def test_it_connects_and_reads_who_the_server_is(home: Home, client: Any) -> None:
    assert client.friendlyName == home.system.plex.settings.name
    assert client.identity().machineIdentifier == home.system.plex.machine_identifier
    assert client.library.sections() == []


def test_what_it_says_of_itself_arrives_untouched_and_its_token_stays_out_of_the_log(home: Home, client: Any) -> None:
    client.identity()
    seen = home.system.plex.seen[-1]
    told = {name.lower(): value for name, value in seen.headers}
    assert told["x-plex-client-identifier"] == client._headers()["X-Plex-Client-Identifier"]
    assert told["x-forwarded-for"] == "127.0.0.1"
    assert home.system.plex.token not in home.system.access_log()


def test_its_alert_listener_stays_open_across_an_apply(home: Home, client: Any) -> None:
    plex, place = home.system.plex, home.system.place
    received: queue.Queue[dict[str, Any]] = queue.Queue()
    before = upgrades(home)
    listener = client.startAlertListener(callback=received.put)
    try:
        wait_until(lambda: upgrades(home) == before + 1, "the listener is connected")
        plex.notify("status", StatusNotification=[{"title": "before"}])
        wait_for_title(received, "before")

        other = given_host(place, "films.localhost", upstream=Upstream("plex", "http", "127.0.0.1", plex.port))
        assert apply(home, "Added films.localhost") == "applied"
        hosts.remove_host(place.database, other.key)
        assert apply(home, "Removed films.localhost") == "applied"

        plex.notify("status", StatusNotification=[{"title": "after"}])
        wait_for_title(received, "after")
        assert upgrades(home) == before + 1
    finally:
        # its own stop() may leave its thread waiting for 10 seconds: the server cuts it off instead
        plex.hang_up(None)
        listener.join(10)
    assert not listener.is_alive()


def wait_for_title(received: queue.Queue[dict[str, Any]], title: str) -> None:
    """Until that notification arrives; the server sends others unasked."""
    while received.get(timeout=10).get("StatusNotification") != [{"title": title}]:
        pass


def upgrades(home: Home) -> int:
    return sum(one.path == "/:/websockets/notifications" for one in home.system.plex.seen)


def apply(home: Home, cause: str) -> str:
    """Give Caddy what is saved; says how it ended."""
    revision_id = queueing.start_apply(home.system.place, cause)

    def state() -> str:
        revision = load_revision(home.system.place.database, revision_id)
        assert revision is not None
        return "" if revision.is_pending else revision.state

    wait_until(state, f"{cause}: ended", RUN_SECONDS)
    return state()
