"""Notifications of the stand-in Plex, over WebSocket and as server-sent events."""

from __future__ import annotations

import json

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.fakes.authority import Authority
from tests.fakes.plex import LARGE_PART, Plex, PlexSettings, part_key
from tests.fakes_tests.talking import ask_raw

OWNER = {"X-Plex-Token": "demo-token"}
IDENTITY = b"GET /identity HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def websocket_url(plex: Plex, query: str = "") -> str:
    return plex.url.replace("http", "ws", 1) + "/:/websockets/notifications" + query


@pytest.mark.parametrize("by_header", [True, False])
def test_the_websocket_carries_messages_both_ways(plex: Plex, by_header: bool) -> None:
    url = websocket_url(plex, "" if by_header else "?X-Plex-Token=demo-token")
    with connect(url, additional_headers=OWNER if by_header else {}, proxy=None) as listening:
        listening.send("from the client")
        assert plex.wait_for_frame() == "from the client"
        plex.notify("reachability", ReachabilityNotification=[{"reachability": True}])
        message = json.loads(listening.recv(10))
        assert message["NotificationContainer"]["type"] == "reachability"
        assert listening.ping().wait(10)
    assert plex.seen[-1].status == 101


def test_the_websocket_works_over_tls(plex: Plex, authority: Authority) -> None:
    url = f"wss://127.0.0.1:{plex.port}/:/websockets/notifications?X-Plex-Token=demo-token"
    context = authority.client_context()
    with connect(url, ssl=context, server_hostname=plex.server_name, proxy=None) as listening:
        listening.send(b"\x00\x01")
        assert plex.wait_for_frame() == b"\x00\x01"
        plex.notify()
        assert "timeline" in str(listening.recv(10))


@pytest.mark.parametrize(("token", "refuses", "status"), [("", False, 401), ("?X-Plex-Token=demo-token", True, 403)])
def test_an_upgrade_is_refused_without_a_token_or_when_told(
    plex: Plex, token: str, refuses: bool, status: int
) -> None:
    plex.change(refuses_upgrades=refuses)
    with pytest.raises(InvalidStatus) as refused, connect(websocket_url(plex, token), proxy=None):
        pass
    assert refused.value.response.status_code == status


def test_notifications_come_unasked_when_wanted(plex: Plex) -> None:
    plex.change(notify_seconds=0.05)
    with connect(websocket_url(plex), additional_headers=OWNER, proxy=None) as listening:
        assert "TimelineEntry" in str(listening.recv(10))


def test_a_stream_announces_itself_and_its_end(plex: Plex, http: requests.Session) -> None:
    with connect(websocket_url(plex), additional_headers=OWNER, proxy=None) as listening:
        http.get(f"{plex.url}{part_key(1)}?X-Plex-Client-Identifier=c1", headers=OWNER, timeout=10)
        http.get(f"{plex.url}/:/timeline?state=stopped&X-Plex-Client-Identifier=c1", headers=OWNER, timeout=10)
        told = [json.loads(listening.recv(10))["NotificationContainer"] for _ in range(2)]
    assert [one["PlaySessionStateNotification"][0]["state"] for one in told] == ["playing", "stopped"]


def test_server_sent_events_begin_at_once_and_stay_open(plex: Plex, http: requests.Session) -> None:
    url = f"{plex.url}/:/eventsource/notifications"
    with http.get(url, headers=OWNER, stream=True, timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines) == b"event: ping"
        plex.notify("playing")
        assert next(line for line in lines if line.startswith(b"event:")) == b"event: playing"


def test_hanging_up_closes_websockets_and_event_streams(plex: Plex, http: requests.Session) -> None:
    events = http.get(f"{plex.url}/:/eventsource/notifications", headers=OWNER, stream=True, timeout=10)
    with connect(websocket_url(plex), additional_headers=OWNER, proxy=None) as listening, events:
        plex.hang_up()
        with pytest.raises(ConnectionClosed):
            listening.recv(10)
        assert listening.close_code == 1001
        assert events.content.endswith(b"data: {}\n\n")


def test_stopping_ends_open_streams_and_sockets(authority: Authority, http: requests.Session) -> None:
    plex = Plex(PlexSettings(notify_seconds=0), authority=authority).start()
    with connect(websocket_url(plex), additional_headers=OWNER, proxy=None) as listening:
        with http.get(plex.url + part_key(LARGE_PART), headers=OWNER, stream=True, timeout=10) as answer:
            answer.raw.read(10)
            plex.stop()
        assert listening.close_code in {1001, 1006, None}
    with pytest.raises(ConnectionRefusedError):
        ask_raw(plex.port, IDENTITY)
