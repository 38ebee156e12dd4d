"""python-plexapi, a client nobody here wrote, against the stand-in Plex."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from plexapi import server
from plexapi.exceptions import BadRequest, Unauthorized

from tests.fakes.plex import LARGE_PART, SMALL_PART, Plex, part_key

PlexServer: Any = server.PlexServer  # the library is not typed


@pytest.fixture
def client(plex: Plex, http: requests.Session) -> Any:
    return PlexServer(plex.url, plex.token, session=http)


def test_the_client_connects_and_reads_who_the_server_is(plex: Plex, client: Any) -> None:
    assert client.friendlyName == "Living room"
    assert client.identity().machineIdentifier == plex.machine_identifier
    assert client.identity().claimed is True
    assert client.account().publicAddress == "198.51.100.77"
    assert client.library.sections() == []


def test_the_client_connects_over_tls(plex: Plex, http: requests.Session) -> None:
    # by IP the certificate cannot match; the server's name is proven in the tests of its certificate
    http.verify = False
    with pytest.warns(Warning, match="Unverified HTTPS request"):
        assert PlexServer(plex.https_url, plex.token, session=http).friendlyName == "Living room"


def test_a_wrong_token_is_refused(plex: Plex, http: requests.Session) -> None:
    with pytest.raises(Unauthorized):
        PlexServer(plex.url, "wrong", session=http)


def test_the_client_changes_a_preference_and_reads_it_back(plex: Plex, client: Any, http: requests.Session) -> None:
    client.settings.get("customConnections").set("https://plex.example.org:443")
    client.settings.save()
    assert plex.preferences["customConnections"] == "https://plex.example.org:443"
    # a new client, for save() of this one reads back only the first preference
    client = PlexServer(plex.url, plex.token, session=http)
    assert client.settings.get("customConnections").value == "https://plex.example.org:443"
    assert client.settings.get("TreatWanIpAsLocal").value is True


def test_the_client_may_not_disable_secure_connections(client: Any) -> None:
    with pytest.raises(BadRequest):
        client.settings.get("secureConnections").set(2)


@pytest.mark.parametrize(("forwarded", "local", "location"), [(None, True, "lan"), ("203.0.113.9", False, "wan")])
def test_the_client_sees_a_stream_and_its_locality(
    plex: Plex, client: Any, http: requests.Session, forwarded: str | None, local: bool, location: str
) -> None:
    headers = {"X-Plex-Token": plex.token, "X-Plex-Client-Identifier": "c1", "X-Forwarded-For": forwarded}
    with http.get(plex.url + part_key(LARGE_PART), headers=headers, stream=True, timeout=10) as stream:
        stream.raw.read(1)
        (session,) = client.sessions()
    assert session.player.address == (forwarded or "127.0.0.1")
    assert (session.player.local, session.session.location) == (local, location)
    assert session.usernames == ["owner"]


@pytest.fixture
def alerts(plex: Plex, client: Any) -> Iterator[queue.Queue[dict[str, Any]]]:
    """What the client's alert listener received; opened before the test, closed after it."""
    received: queue.Queue[dict[str, Any]] = queue.Queue()
    listener = client.startAlertListener(callback=received.put)
    plex.wait_for(lambda one: one.path == "/:/websockets/notifications")
    plex.notify("status", StatusNotification=[{"title": "ready"}])
    assert received.get(timeout=10)["type"] == "status"
    yield received
    # the listener's own stop() may leave its thread waiting for 10 seconds, and after a close frame from the server
    # its socket stays open: so the server cuts it off
    plex.hang_up(None)
    listener.join(10)
    assert not listener.is_alive()


def test_the_alert_listener_receives_what_is_sent(plex: Plex, alerts: queue.Queue[dict[str, Any]]) -> None:
    plex.notify("timeline", TimelineEntry=[{"itemID": "7"}])
    assert alerts.get(timeout=10) == {"type": "timeline", "size": 1, "TimelineEntry": [{"itemID": "7"}]}


def test_the_alert_listener_hears_of_a_stream(
    plex: Plex, http: requests.Session, alerts: queue.Queue[dict[str, Any]]
) -> None:
    headers = {"X-Plex-Token": plex.token, "X-Plex-Client-Identifier": "c1"}
    http.get(plex.url + part_key(SMALL_PART), headers=headers, timeout=10)
    assert alerts.get(timeout=10)["PlaySessionStateNotification"][0]["state"] == "playing"
