"""Talking JSON to a third party: limits, privacy, and services that misbehave."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from tests.fakes import probe_network as fake
from tests.fakes.authority import Authority
from tests.fakes.probe_network import FakeGlobalping
from tests.fakes.wire import Answer
from tests.net.small import Small, Talk, answers, drips, hangs_up, read_request, resets, says
from wizard.core.faults import Fault
from wizard.core.outside import Why
from wizard.net.apis import Api
from wizard.net.deadline import Deadline

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def api(url: str, seconds: float = 10.0) -> Api:
    return Api(url, Deadline(seconds))


@pytest.mark.parametrize("pieces", [(b"HTTP/1.1 200 OK\r\nX: ", b"x"), (_HEAD + b"\r\n", b" ")], ids=["head", "body"])
def test_a_server_that_drips_is_cut_off_at_the_deadline(pieces: tuple[bytes, ...]) -> None:
    ended = threading.Event()
    with Small(drips(lambda: ended, *pieces)) as server, api(f"http://127.0.0.1:{server.port}", 0.4) as one:
        reply = one.ask("GET", "/")
        ended.set()
    assert reply.fault is Fault.TIMED_OUT
    assert one.unasked(reply).why is Why.TOO_SLOW


def test_a_server_that_says_nothing_is_cut_off_at_the_deadline() -> None:
    def talk(connection: socket.socket) -> None:
        read_request(connection)
        server.ended.wait(20)

    with Small(talk) as server, api(f"http://127.0.0.1:{server.port}", 0.3) as one:
        assert one.ask("GET", "/").fault is Fault.TIMED_OUT
        assert one.ask("GET", "/").fault is Fault.TIMED_OUT
        server.ended.set()


@pytest.mark.parametrize(
    ("talk", "fault", "why"),
    [
        (resets, Fault.RESET, Why.UNREACHABLE),
        (hangs_up, Fault.CLOSED, Why.UNREACHABLE),
        (says(b"SSH-2.0-OpenSSH\r\n"), Fault.NOT_HTTP, Why.UNREACHABLE),
        (answers("x" * 600_000), Fault.TOO_LARGE, Why.NOT_UNDERSTOOD),
        (answers("this is no gzip at all", headers="Content-Encoding: gzip\r\n"), None, Why.UNREACHABLE),
        (answers("<p>hello</p>"), None, Why.NOT_UNDERSTOOD),
    ],
)
def test_what_goes_wrong_is_a_value(talk: Talk, fault: Fault | None, why: Why) -> None:
    with Small(talk) as server, api(f"http://127.0.0.1:{server.port}") as one:
        reply = one.ask("GET", "/")
    assert fault in {None, reply.fault}
    assert one.unasked(reply).why is why


def test_a_certificate_that_nobody_trusts_is_a_value() -> None:
    authority = Authority.create()
    context = authority.issue("localhost").server_context()
    with Small(answers("{}"), tls=context) as server, api(f"https://localhost:{server.port}") as one:
        reply = one.ask("GET", "/")
    assert reply.fault is Fault.UNTRUSTED


def test_an_encrypted_conversation_is_read_like_any_other(tmp_path: Path) -> None:
    authority = Authority.create()
    roots = tmp_path / "roots.pem"
    roots.write_text(authority.certificate_pem)
    context = authority.issue("localhost").server_context()
    with Small(answers('{"id": 1}'), tls=context) as server, api(f"https://localhost:{server.port}") as one:
        one._session.verify = str(roots)
        assert [one.ask("GET", "/").document for _ in range(2)] == [{"id": 1}] * 2


def test_cookies_are_not_kept() -> None:
    with FakeGlobalping() as server:
        server.instead = fake.always(fake.reply(200, {}, (("Set-Cookie", "seen=1; Path=/"),)))
        with api(server.url) as one:
            one.ask("GET", "/a")
            one.ask("GET", "/b")
    assert [request.value("Cookie") for request in server.requests] == [None, None]


def test_redirects_are_not_followed() -> None:
    with FakeGlobalping() as server:
        server.instead = fake.always(Answer(302, (("Location", "/elsewhere"),)))
        with api(server.url) as one:
            assert one.ask("GET", "/a").status == 302
    assert [request.target for request in server.requests] == ["/a"]


def test_nothing_of_the_environment_comes_along(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with FakeGlobalping() as server, api(server.url) as one:
        assert one.ask("GET", "/v1/measurements/none").status == 404
    assert server.requests[0].value("Authorization") is None


def test_one_connection_serves_all_questions_and_a_lost_one_is_replaced() -> None:
    with FakeGlobalping() as server:
        with api(server.url) as one:
            assert [one.ask("GET", "/x").status for _ in range(3)] == [404, 404, 404]
            assert server.connections == 1
            server.instead = fake.always(Answer(200, (), b"{}", ends_connection=True))
            assert one.ask("GET", "/x").document == {}
            assert one.ask("GET", "/x").document == {}
        assert server.connections == 2


def test_every_connection_is_closed_at_the_end() -> None:
    with FakeGlobalping() as server:
        with api(server.url) as one:
            one.ask("GET", "/x")
            lines = list(one._lines)
        assert [line.fileno() for line in lines] == [-1]


def test_the_libraries_reader_outlives_a_closed_connection() -> None:
    """What `Line` is for: http.client closes a connection that is not kept alive before its body is read."""
    data = _HEAD + b"Content-Length: 9\r\nConnection: close\r\n\r\n"

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(data)
        server.ended.wait(0.05)
        connection.sendall(b'{"id": 1}')

    with Small(talk) as server, api(f"http://127.0.0.1:{server.port}") as one:
        assert one.ask("GET", "/").document == {"id": 1}
