"""WebSocket through a real Caddy: carried when on, refused with a reason when off, alive across our reloads."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import h2.config
import h2.connection
import h2.events
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_websocket

from tests.caddy.talk import DOMAIN, ECHO, SECONDS, Reply, Stage, connect
from tests.caddy_process import VERSIONS, start_caddy
from tests.fakes.plex import Plex
from wizard.caddy import routes

NOTIFICATIONS = "/:/websockets/notifications"
REASON = b"WebSocket support is off for this host."


@contextmanager
def websocket(stage: Stage, path: str = NOTIFICATIONS) -> Iterator[ClientConnection]:
    """An open WebSocket through Caddy."""
    url = f"ws://{DOMAIN}{path}?X-Plex-Token={stage.media.token}"
    with connect(stage.caddy) as sock, open_websocket(url, sock=sock, open_timeout=SECONDS, proxy=None) as opened:
        yield opened


def was_closed(opened: ClientConnection) -> bool:
    """Reads until the other side closes; False when it goes on talking."""
    try:
        for _ in range(100):
            opened.recv(timeout=SECONDS)
    except ConnectionClosed:
        return True
    return False


def exchange(stage: Stage, opened: ClientConnection, word: str) -> None:
    """A frame in each direction."""
    stage.media.forget()
    opened.send(word)
    assert stage.media.wait_for_frame() == word
    stage.media.notify("timeline", title=word)
    while word not in str(opened.recv(timeout=SECONDS)):
        pass


@pytest.mark.parametrize("plex_mode", [True, False])
def test_when_on_frames_go_both_ways(stage: Stage, plex_mode: bool) -> None:
    stage.serve(stage.host(plex_mode=plex_mode))
    with websocket(stage) as opened:
        assert opened.response is not None
        assert opened.response.status_code == 101
        exchange(stage, opened, "hello")


def test_it_survives_our_own_reloads_both_ways(stage: Stage) -> None:
    stage.serve(stage.host())
    with websocket(stage) as opened:
        exchange(stage, opened, "before")
        stage.serve(stage.host(), stage.host("second.localhost"))
        stage.serve(stage.host())
        exchange(stage, opened, "after two reloads")


def test_it_ends_when_the_close_delay_is_over(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "CLOSE_DELAY_SECONDS", 1)
    stage.serve(stage.host())
    with websocket(stage) as opened:
        stage.serve(stage.host(forward_client_ip=False))
        exchange(stage, opened, "still here")
        assert was_closed(opened)


def test_without_plex_mode_a_reload_closes_it(stage: Stage) -> None:
    stage.serve(stage.host(plex_mode=False))
    with websocket(stage) as opened:
        exchange(stage, opened, "before")
        stage.serve(stage.host(plex_mode=False, forward_client_ip=False))
        assert was_closed(opened)


@pytest.mark.parametrize("path", [NOTIFICATIONS, ECHO])
@pytest.mark.parametrize(
    "headers",
    [
        [("Connection", "Upgrade"), ("Upgrade", "websocket")],
        [("connection", "keep-alive, UPGRADE"), ("upgrade", "WebSocket")],
        [("Connection", "keep-alive"), ("Connection", "upgrade"), ("Upgrade", "h2c, websocket")],
        [("Connection", "Upgrade"), ("Upgrade", "something-new/1")],
    ],
)
def test_when_off_upgrades_are_refused_with_a_reason(
    stage: Stage, headers: Sequence[tuple[str, str]], path: str
) -> None:
    stage.serve(stage.host(websocket=False))
    extra = [("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13")]
    reply = stage.ask(path, [*headers, *extra])
    assert (reply.status, reply.body) == (403, REASON)
    assert stage.media.seen == stage.echo.seen == ()


def test_when_off_normal_requests_still_work(stage: Stage) -> None:
    stage.serve(stage.host(websocket=False))
    assert stage.ask("/identity").status == 200
    assert stage.ask("/identity", [("Upgrade-Insecure-Requests", "1")]).status == 200
    assert ask_http2(stage, [(":method", "GET"), (":path", "/identity")]).status == 200
    stage.ask(ECHO)
    assert stage.arrived(stage.echo).path == ECHO


EXTENDED_CONNECT = [
    (":method", "CONNECT"),
    (":protocol", "websocket"),
    (":path", f"{NOTIFICATIONS}?X-Plex-Token=demo-token"),
    ("sec-websocket-version", "13"),
]


@pytest.fixture(scope="module", params=VERSIONS)
def extended(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, media: Plex, echo: Plex
) -> Iterator[Stage]:
    """A Caddy that offers WebSocket over HTTP/2. Neither version does by itself (measured: no setting 8 sent)."""
    folder = tmp_path_factory.mktemp("extended")
    caddy = start_caddy(folder, request.param, environment={"GODEBUG": "http2xconnect=1"})
    yield Stage(caddy, media, echo)
    caddy.stop()


def test_when_on_http2_carries_it_too_where_caddy_offers_it(extended: Stage) -> None:
    extended.serve(extended.host())
    assert ask_http2(extended, EXTENDED_CONNECT).status == 200
    assert extended.media.wait_for(lambda seen: seen.path == NOTIFICATIONS).value("Upgrade") == "websocket"


def test_when_off_http2_is_refused_with_a_reason_too(extended: Stage) -> None:
    extended.serve(extended.host(websocket=False))
    reply = ask_http2(extended, EXTENDED_CONNECT)
    assert (reply.status, reply.body) == (403, REASON)
    assert extended.media.seen == ()


def ask_http2(stage: Stage, headers: Sequence[tuple[str, str]]) -> Reply:
    """One HTTP/2 request; for an accepted CONNECT the answer's headers, else the whole answer."""
    with connect(stage.caddy, protocol="h2") as sock:
        assert isinstance(sock, ssl.SSLSocket)
        assert sock.selected_alpn_protocol() == "h2"
        connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        connection.initiate_connection()
        pseudo = [pair for pair in headers if pair[0].startswith(":")]
        rest = [pair for pair in headers if not pair[0].startswith(":")]
        all_headers = [*pseudo, (":scheme", "https"), (":authority", DOMAIN), *rest]
        is_connect = (":method", "CONNECT") in headers
        connection.send_headers(1, all_headers, end_stream=not is_connect)
        sock.sendall(connection.data_to_send())
        status, body = 0, b""
        while True:
            for event in connection.receive_data(sock.recv(65536)):
                if isinstance(event, h2.events.ResponseReceived):
                    status = int({str(name): value for name, value in event.headers}[":status"])
                    if is_connect and status == 200:
                        return Reply(status, (), b"")
                if isinstance(event, h2.events.DataReceived):
                    body += event.data
                if isinstance(event, h2.events.StreamEnded | h2.events.StreamReset | h2.events.ConnectionTerminated):
                    return Reply(status, (), body)
            sock.sendall(connection.data_to_send())
