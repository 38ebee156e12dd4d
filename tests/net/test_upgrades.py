"""WebSocket handshakes through the door, against a real WebSocket server and against things that are none."""

from __future__ import annotations

import http
import logging
import re
import socket
import threading
from collections.abc import Iterator, Sequence

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol
from websockets.utils import accept_key

from tests.fakes.authority import Authority
from tests.fakes.ports import free_port
from tests.net.small import Small, Talk, answers, drips, hangs_up, read_request, says
from wizard.core.faults import Fault
from wizard.net import Net, Upgrade


def talk(connection: ServerConnection) -> None:
    assert connection.request is not None
    match connection.request.path.split("?")[0]:
        case "/echo":
            for frame in connection:
                connection.send(f"back: {frame!s}")
        case "/close":
            connection.close(1001, "going away")
        case "/cut":
            connection.socket.close()
        case "/flood":
            try:
                while True:
                    connection.send("x" * 100)
            except ConnectionClosed:
                pass
        case _:
            for _ in connection:
                pass  # silent, but answers pings


def refuse(connection: ServerConnection, request: Request) -> Response | None:
    if request.path.startswith("/refused"):
        return connection.respond(http.HTTPStatus.FORBIDDEN, "not today\n")
    return None


def agree(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return offered[0] if offered else None


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serve(talk, "127.0.0.1", 0, process_request=refuse, select_subprotocol=agree) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.socket.getsockname()[1]
        server.shutdown()
        thread.join(10)


def test_a_message_comes_back(port: int) -> None:
    seen = Net().upgrade(f"ws://127.0.0.1:{port}/echo", send="hello")
    assert (seen.status, seen.frames, seen.close_code, seen.fault) == (101, ("back: hello",), None, None)
    assert (seen.local_address, seen.peer_address) == ("127.0.0.1", "127.0.0.1")


def test_a_silent_socket_is_held_open_and_answers_a_ping(port: int) -> None:
    seen = Net().upgrade(f"ws://127.0.0.1:{port}/silent", hold_seconds=0.2)
    assert (seen.status, seen.frames, seen.is_ponged, seen.close_code, seen.fault) == (101, (), True, None, None)
    assert seen.held_seconds >= 0.2


def test_a_subprotocol_is_agreed(port: int) -> None:
    assert Net().upgrade(f"ws://127.0.0.1:{port}/echo", subprotocol="chat", send="x").subprotocol == "chat"


def test_a_socket_that_is_closed_early_tells_its_code(port: int) -> None:
    assert Net().upgrade(f"ws://127.0.0.1:{port}/close").close_code == 1001
    assert Net().upgrade(f"ws://127.0.0.1:{port}/cut").close_code == 1006


def test_a_flood_of_frames_ends_when_there_are_enough(port: int) -> None:
    seen = Net().upgrade(f"ws://127.0.0.1:{port}/flood", enough=3)
    assert len(seen.frames) >= 3
    assert seen.fault is None


def test_a_refusal_is_a_status_with_its_words(port: int) -> None:
    seen = Net().upgrade(f"ws://127.0.0.1:{port}/refused")
    assert (seen.status, seen.body, seen.fault) == (403, "not today\n", None)


def test_the_query_is_neither_shown_nor_logged(port: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        seen = Net().upgrade(f"ws://127.0.0.1:{port}/silent?X-Plex-Token=secret", hold_seconds=0.1)
    assert seen.status == 101
    assert "secret" not in str(msgspec.to_builtins(seen))
    own = [record.getMessage() for record in caplog.records if record.name.startswith("wizard")]
    assert not [line for line in own if "secret" in line]


def test_an_ordinary_page_is_no_upgrade() -> None:
    with Small(answers("<p>hello</p>")) as server:
        seen = Net().upgrade(f"ws://127.0.0.1:{server.port}/")
    assert (seen.status, seen.body, seen.fault) == (200, "<p>hello</p>", None)


def test_a_101_without_the_right_key_is_no_upgrade() -> None:
    data = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    with Small(says(data)) as server:
        seen = Net().upgrade(f"ws://127.0.0.1:{server.port}/")
    assert (seen.status, seen.fault) == (101, Fault.NOT_HTTP)
    assert "Sec-WebSocket-Accept" in seen.detail


@pytest.mark.parametrize("does", [hangs_up, says(b"SSH-2.0-OpenSSH\r\n\r\n")], ids=["hangs up", "ssh"])
def test_a_server_that_speaks_something_else_is_a_fault(does: Talk) -> None:
    with Small(does) as server:
        seen = Net().upgrade(f"ws://127.0.0.1:{server.port}/")
    assert (seen.status, seen.fault) == (0, Fault.CLOSED)


def test_a_dripping_handshake_ends_at_the_deadline() -> None:
    with Small(drips(lambda: server.ended, b"HTTP/1.1 101 Switching Protocols\r\n", b"X: y\r\n")) as server:
        seen = Net().upgrade(f"ws://127.0.0.1:{server.port}/", seconds=0.4)
    assert (seen.status, seen.fault) == (0, Fault.TIMED_OUT)


def test_a_socket_that_drips_frames_ends_with_the_hold_time() -> None:
    def talk_(connection: socket.socket) -> None:
        key = re.search(r"Sec-WebSocket-Key: (\S+)", read_request(connection))
        assert key is not None
        head = f"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: {accept_key(key[1])}\r\n"
        connection.sendall(f"{head}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n".encode())
        connection.sendall(b"\x81\x7d")  # the head of a text frame of 125 bytes
        while not server.ended.wait(0.05):
            connection.sendall(b"x")

    with Small(talk_) as server:
        seen = Net().upgrade(f"ws://127.0.0.1:{server.port}/", hold_seconds=0.3)
    assert (seen.status, seen.frames, seen.close_code, seen.fault) == (101, (), None, None)


def test_wss_is_verified() -> None:
    authority = Authority.create()
    context = authority.issue("plex.example.com").server_context()
    with serve(talk, "127.0.0.1", 0, ssl=context) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        net = Net(known={"plex.example.com": ("127.0.0.1",)})
        url = f"wss://plex.example.com:{server.socket.getsockname()[1]}/echo"
        assert net.upgrade(url, send="x", roots_pem=authority.certificate_pem).frames == ("back: x",)
        assert net.upgrade(url).fault is Fault.UNTRUSTED
        server.shutdown()
        thread.join(10)


def test_nothing_listening_is_refused_and_unknown_names_are_not_found() -> None:
    assert Net().upgrade(f"ws://127.0.0.1:{free_port()}/").fault is Fault.REFUSED
    assert Net().upgrade("wss://nobody.invalid/").fault is Fault.NAME_NOT_FOUND


def test_an_upgrade_survives_the_journey_as_json(port: int) -> None:
    seen = Net().upgrade(f"ws://127.0.0.1:{port}/echo", send="hello")
    assert msgspec.convert(msgspec.to_builtins(seen), Upgrade) == seen
