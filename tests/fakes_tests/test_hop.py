"""The hop that seeds faults, standing between a client and the stand-in Plex."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.fakes.authority import Authority
from tests.fakes.hop import Fault, Hop, main, parse_endpoint, strip_headers
from tests.fakes.plex import LARGE_PART, SMALL_PART, Plex, part_bytes, part_key
from tests.fakes.ports import free_port
from tests.fakes_tests.talking import ask_raw

OWNER = {"X-Plex-Token": "demo-token"}
IDENTITY = b"GET /identity HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
PROJECT = Path(__file__).parents[2]


def url(hop: Hop, path: str = "/identity", scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{hop.port}{path}"


def behind(plex: Plex) -> tuple[str, int]:
    return "127.0.0.1", plex.port


def test_it_passes_bytes_untouched(plex: Plex, http: requests.Session) -> None:
    with Hop(behind(plex)) as hop:
        answer = http.get(url(hop, part_key(SMALL_PART)), headers=OWNER | {"X-Forwarded-For": "1.2.3.4"}, timeout=10)
    assert answer.content == part_bytes(SMALL_PART, 0, 1 << 20)
    assert plex.seen[0].value("X-Forwarded-For") == "1.2.3.4"


def test_it_passes_tls_untouched(plex: Plex, authority: Authority) -> None:
    with (
        Hop(behind(plex)) as hop,
        socket.create_connection(hop.address, 10) as plain,
        authority.client_context().wrap_socket(plain, server_hostname=plex.server_name) as secured,
    ):
        secured.sendall(IDENTITY)
        assert secured.recv(9) == b"HTTP/1.1 "
    assert plex.seen[0].server_name == plex.server_name


def test_it_connects_onward_from_another_address(plex: Plex, http: requests.Session) -> None:
    with Hop(behind(plex), source="127.0.0.9") as hop:
        assert http.get(url(hop), timeout=10).status_code == 200
    assert plex.seen[0].peer_address == "127.0.0.9"


def test_it_closes_at_once(plex: Plex) -> None:
    with Hop(behind(plex), Fault.CLOSE) as hop, socket.create_connection(hop.address, 10) as connection:
        assert connection.recv(1) == b""
    assert plex.seen == ()


def test_it_swallows_everything(plex: Plex) -> None:
    with Hop(behind(plex), Fault.BLACKHOLE) as hop, socket.create_connection(hop.address, 0.3) as connection:
        connection.sendall(IDENTITY)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    assert plex.seen == ()


def test_it_cuts_a_connection_after_a_while(plex: Plex, http: requests.Session) -> None:
    with Hop(behind(plex), Fault.CUT_AFTER, cut_after_seconds=0.3) as hop:
        answer = http.get(url(hop, part_key(LARGE_PART)), headers=OWNER, stream=True, timeout=10)
        answer.raw.read(10)
        with socket.create_connection(hop.address, 10) as idle:
            assert idle.recv(1) == b""
        answer.close()


def test_the_fault_may_change_while_it_runs(plex: Plex) -> None:
    with Hop(behind(plex), Fault.CLOSE) as hop:
        hop.fault = Fault.PASS
        assert ask_raw(hop.port, IDENTITY).startswith(b"HTTP/1.1 200 ")


def test_an_unreachable_server_closes_the_connection(plex: Plex) -> None:
    with Hop(("127.0.0.1", free_port())) as hop, socket.create_connection(hop.address, 10) as connection:
        assert connection.recv(1) == b""


def test_it_presents_another_certificate_and_keeps_the_server_name(
    plex: Plex, authority: Authority, http: requests.Session, trust: Callable[[str], str]
) -> None:
    with Hop(behind(plex), Fault.TERMINATE, certificate=authority.issue("localhost")) as hop:
        ca = trust(authority.certificate_pem)
        answer = http.get(f"https://localhost:{hop.port}/identity", verify=ca, timeout=10)
    assert plex.machine_identifier in answer.text
    assert (plex.seen[0].is_tls, plex.seen[0].server_name) == (True, "localhost")


def test_it_presents_an_expired_certificate(plex: Plex, authority: Authority) -> None:
    with (
        Hop(behind(plex), Fault.TERMINATE, certificate=authority.issue_expired("localhost")) as hop,
        socket.create_connection(hop.address, 10) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match="expired"),
    ):
        authority.client_context().wrap_socket(plain, server_hostname="localhost")


def test_a_client_without_server_name_is_led_on_without_one(plex: Plex, authority: Authority) -> None:
    context = authority.client_context()
    with (
        Hop(behind(plex), Fault.TERMINATE, certificate=authority.issue("127.0.0.1")) as hop,
        socket.create_connection(hop.address, 10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        secured.sendall(IDENTITY)
        assert secured.recv(9) == b"HTTP/1.1 "
    assert plex.seen[0].server_name is None


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_terminating_keeps_websockets(plex: Plex, authority: Authority, scheme: str) -> None:
    with Hop(behind(plex), Fault.TERMINATE, certificate=authority.issue("127.0.0.1")) as hop:
        tls = authority.client_context() if scheme == "wss" else None
        target = url(hop, "/:/websockets/notifications", scheme)
        with connect(target, additional_headers=OWNER, ssl=tls, proxy=None) as listening:
            listening.send("hello")
            assert plex.wait_for_frame() == "hello"
            plex.notify()
            assert "timeline" in str(listening.recv(10))


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_stripped_upgrades_make_websockets_fail_and_nothing_else(
    plex: Plex, authority: Authority, http: requests.Session, scheme: str
) -> None:
    with Hop(behind(plex), Fault.STRIP_UPGRADE, certificate=authority.issue("127.0.0.1")) as hop:
        tls = authority.client_context() if scheme == "wss" else None
        target = url(hop, "/:/websockets/notifications", scheme)
        with pytest.raises(InvalidStatus), connect(target, additional_headers=OWNER, ssl=tls, proxy=None):
            pass
        assert http.get(url(hop), timeout=10).status_code == 200
    assert plex.seen[0].value("Upgrade") is None
    assert plex.seen[0].value("Sec-WebSocket-Key") is not None


def test_stripped_headers_do_not_arrive(plex: Plex, http: requests.Session) -> None:
    sent = {"X-Forwarded-For": "203.0.113.9", "x-forwarded-proto": "https", "X-Plex-Product": "A", "X-Other": "kept"}
    with Hop(behind(plex), Fault.STRIP_HEADERS) as hop:
        for _ in range(2):
            assert http.get(url(hop), headers=sent, timeout=10).status_code == 200
    for seen in plex.seen:
        assert [seen.value(name) for name in sent] == [None, None, None, "kept"]


def test_only_the_named_headers_are_stripped() -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\nX-Real-IP: 1\r\nX-Forwarded-For: 2\r\nConnection: keep-alive\r\n\r\n"
    assert strip_headers(head, ["x-real-ip"]) == (
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 2\r\nConnection: close\r\n\r\n"
    )


def test_without_range_every_answer_is_the_whole(plex: Plex, http: requests.Session) -> None:
    with Hop(behind(plex), Fault.NO_RANGE) as hop:
        answer = http.get(url(hop, part_key(SMALL_PART)), headers=OWNER | {"Range": "bytes=0-0"}, timeout=10)
    assert (answer.status_code, len(answer.content)) == (200, 1 << 20)


def test_a_body_beyond_the_cap_is_refused_by_the_hop_itself(plex: Plex, http: requests.Session) -> None:
    with Hop(behind(plex), Fault.CAP_UPLOAD, most_bytes=1000) as hop:
        assert http.post(url(hop), data=bytes(1001), timeout=10).status_code == 413
        assert plex.seen == ()
        http.post(url(hop), data=bytes(1000), timeout=10)
    assert len(plex.seen) == 1


@pytest.mark.parametrize(("most_bytes", "waits"), [(1 << 20, True), (1, False)])
def test_a_buffering_hop_holds_an_answer_until_enough_came_or_its_end(
    plex: Plex, most_bytes: int, waits: bool
) -> None:
    asked = b"GET /:/eventsource/notifications HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Plex-Token: demo-token\r\n\r\n"
    with Hop(behind(plex), Fault.BUFFER, most_bytes=most_bytes) as hop:
        with socket.create_connection(hop.address, 0.5) as connection:
            connection.sendall(asked)
            if waits:
                with pytest.raises(TimeoutError):
                    connection.recv(1)
            else:
                assert connection.recv(9) == b"HTTP/1.1 "
        assert ask_raw(hop.port, IDENTITY).startswith(b"HTTP/1.1 200 ")


def test_a_garbling_hop_changes_one_byte(plex: Plex, http: requests.Session) -> None:
    with Hop(behind(plex), Fault.GARBLE) as hop:
        got = http.get(url(hop, part_key(SMALL_PART)), headers=OWNER, timeout=10).content
    right = part_bytes(SMALL_PART, 0, 1 << 20)
    assert [place for place, (one, other) in enumerate(zip(got, right, strict=True)) if one != other][1:] == []
    assert got != right


def test_it_answers_as_another_machine(plex: Plex, http: requests.Session) -> None:
    with Hop(behind(plex), Fault.WRONG_SERVER) as hop:
        assert f'machineIdentifier="{hop.machine_identifier}"' in http.get(url(hop), timeout=10).text
    assert plex.seen == ()


def test_it_answers_as_a_router_over_tls(
    plex: Plex, authority: Authority, http: requests.Session, trust: Callable[[str], str]
) -> None:
    with Hop(behind(plex), Fault.ROUTER_PAGE, certificate=authority.issue("127.0.0.1")) as hop:
        ca = trust(authority.certificate_pem)
        assert "FRITZ!Box" in http.get(url(hop, scheme="https"), verify=ca, timeout=10).text
    assert plex.seen == ()


def test_as_a_process_it_tells_where_it_listens_and_ends_when_told(plex: Plex, http: requests.Session) -> None:
    command = [sys.executable, "-m", "tests.fakes.hop", "--to", f"127.0.0.1:{plex.port}", "--source", "127.0.0.8"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["port"]
        assert http.get(f"http://127.0.0.1:{port}/identity", timeout=10).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert plex.seen[0].peer_address == "127.0.0.8"


@pytest.mark.parametrize(
    ("text", "endpoint"), [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::1]:443", ("::1", 443)), ("name:1", ("name", 1))]
)
def test_endpoints_are_host_and_port(text: str, endpoint: tuple[str, int]) -> None:
    assert parse_endpoint(text) == endpoint


@pytest.mark.parametrize("arguments", [[], ["--to", "nowhere"], ["--to", "a:1", "--fault", "dancing"]])
def test_a_command_line_that_does_not_fit_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
