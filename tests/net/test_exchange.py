"""One GET through the door, against real sockets that behave and misbehave."""

from __future__ import annotations

import socket
import time

import msgspec
import pytest

from tests.fakes.authority import Authority, issue_self_signed
from tests.fakes.ports import free_port
from tests.net.small import Small, Talk, answers, drips, hangs_up, read_request, resets, says
from wizard.core.faults import Fault
from wizard.core.hosts import Verify, VerifyKind
from wizard.net import HttpAnswer, Net


def test_an_answer_carries_status_headers_body_and_both_addresses() -> None:
    with Small(answers("<p>hello</p>", headers="Server: small\r\nX-Two: a\r\nX-Two: b\r\n")) as server:
        answer = Net().get(f"http://127.0.0.1:{server.port}/page")
    assert (answer.status, answer.body, answer.fault) == (200, "<p>hello</p>", None)
    assert answer.header("server") == "small"
    assert answer.header("x-two") == "a, b"
    assert [value for name, value in answer.headers if name == "X-Two"] == ["a", "b"]
    assert (answer.local_address, answer.peer_address) == ("127.0.0.1", "127.0.0.1")


def test_a_body_that_comes_in_a_later_packet_is_read_to_its_end() -> None:
    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n")
        server.ended.wait(0.05)
        connection.sendall(b"abc")
        server.ended.wait(0.05)
        connection.sendall(b"def")

    with Small(talk) as server:
        answer = Net().get(f"http://127.0.0.1:{server.port}/")
    assert (answer.body, answer.fault) == ("abcdef", None)


def test_a_chunked_body_is_joined() -> None:
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with Small(says(data)) as server:
        assert Net().get(f"http://127.0.0.1:{server.port}/").body == "abcde"


def test_the_query_is_sent_but_never_shown() -> None:
    heads: list[str] = []

    def talk(connection: socket.socket) -> None:
        heads.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with Small(talk) as server:
        answer = Net().get(f"http://127.0.0.1:{server.port}/a?X-Plex-Token=secret")
    assert heads[0].startswith("GET /a?X-Plex-Token=secret HTTP/1.1\r\n")
    assert "secret" not in repr(answer)
    assert "secret" not in str(msgspec.to_builtins(answer))


def test_another_address_may_be_dialled_while_host_stays_the_name() -> None:
    heads: list[str] = []

    def talk(connection: socket.socket) -> None:
        heads.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with Small(talk) as server:
        answer = Net().get(f"http://plex.example.com:{server.port}/", address="127.0.0.1")
    assert answer.status == 204
    assert f"Host: plex.example.com:{server.port}\r\n" in heads[0]


def test_headers_are_sent_as_given_and_a_given_host_replaces_ours() -> None:
    heads: list[str] = []

    def talk(connection: socket.socket) -> None:
        heads.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    odd = "porthole-{http.request.host}-%7E\"'<>|;,=~[]\\^`$:"
    with Small(talk) as server:
        Net().get(f"http://127.0.0.1:{server.port}/", headers=(("Host", "localhost:32400"), ("X-Plex-Odd", odd)))
    assert "Host: localhost:32400\r\n" in heads[0]
    assert heads[0].count("Host:") == 1
    assert f"X-Plex-Odd: {odd}\r\n" in heads[0]


def test_redirects_are_reported_not_followed() -> None:
    with Small(answers("", status="302 Found", headers="Location: http://127.0.0.1:1/x\r\n")) as server:
        answer = Net().get(f"http://127.0.0.1:{server.port}/")
    assert (answer.status, answer.header("location")) == (302, "http://127.0.0.1:1/x")


def test_ipv6_loopback_is_dialled_with_brackets_in_the_address() -> None:
    with Small(answers("six"), host="::1") as server:
        answer = Net().get(f"http://[::1]:{server.port}/")
    assert (answer.body, answer.peer_address) == ("six", "::1")


def test_localhost_names_reach_whichever_family_listens() -> None:
    with Small(answers("six"), host="::1") as server:
        assert Net().get(f"http://plex.localhost:{server.port}/").body == "six"


def test_a_closed_port_is_refused() -> None:
    assert Net().get(f"http://127.0.0.1:{free_port()}/").fault is Fault.REFUSED


def test_a_server_that_never_answers_ends_at_the_deadline() -> None:
    def wait(connection: socket.socket) -> None:
        server.ended.wait(20)

    with Small(wait) as server:
        started = time.monotonic()
        answer = Net().get(f"http://127.0.0.1:{server.port}/", seconds=0.3)
        assert time.monotonic() - started < 10  # far from the server's own patience
    assert (answer.status, answer.fault) == (0, Fault.TIMED_OUT)


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ((b"HTTP/1.1 200 OK\r\n", b"X-Drip: drip\r\n"), 0),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x"), 200),
        ((b"H",), 0),
    ],
    ids=["headers", "body", "status line"],
)
def test_a_server_that_drips_for_ever_ends_at_the_deadline(pieces: tuple[bytes, ...], status: int) -> None:
    with Small(drips(lambda: server.ended, *pieces)) as server:
        answer = Net().get(f"http://127.0.0.1:{server.port}/", seconds=0.5)
    assert answer.status == status
    assert answer.fault in {Fault.TIMED_OUT, Fault.TOO_LARGE, Fault.NOT_HTTP}
    if status:
        assert set(answer.body) == {"x"}
        assert answer.fault is Fault.TIMED_OUT


def test_an_oversized_body_is_cut_and_said_so() -> None:
    with Small(answers("x" * 200_000)) as server:
        answer = Net().get(f"http://127.0.0.1:{server.port}/", max_bytes=1000)
    assert (len(answer.body), answer.is_truncated, answer.fault) == (1000, True, None)


def test_a_body_of_exactly_the_limit_is_not_cut() -> None:
    with Small(answers("x" * 1000)) as server:
        answer = Net().get(f"http://127.0.0.1:{server.port}/", max_bytes=1000)
    assert (len(answer.body), answer.is_truncated) == (1000, False)


@pytest.mark.parametrize(
    ("talk", "fault"),
    [
        (resets, Fault.RESET),
        (hangs_up, Fault.CLOSED),
        (says(b"SSH-2.0-OpenSSH_9.2\r\n"), Fault.NOT_HTTP),
        (says(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n"), Fault.TOO_LARGE),
        (says(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"), Fault.NOT_HTTP),
    ],
    ids=["reset", "closed", "ssh", "long line", "header flood"],
)
def test_what_a_server_does_instead_of_answering_is_a_fault(talk: Talk, fault: Fault) -> None:
    with Small(talk) as server:
        answer = Net().get(f"http://127.0.0.1:{server.port}/")
    assert (answer.status, answer.fault) == (0, fault)
    assert answer.detail


def test_odd_bytes_in_a_body_become_text() -> None:
    with Small(says(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xff\x00a")) as server:
        assert Net().get(f"http://127.0.0.1:{server.port}/").body == "\ufffd\x00a"


def test_an_unknown_charset_does_not_raise() -> None:
    data = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=klingon\r\nContent-Length: 2\r\n\r\nok"
    with Small(says(data)) as server:
        assert Net().get(f"http://127.0.0.1:{server.port}/").body == "ok"


def test_plain_http_on_a_tls_port_is_not_tls_the_other_way_round_too() -> None:
    def complain(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

    with Small(complain) as server:
        assert Net().get(f"https://127.0.0.1:{server.port}/").fault is Fault.NOT_TLS
    with Small(answers("tls"), tls=issue_self_signed("a.example").server_context()) as server:
        assert Net().get(f"http://127.0.0.1:{server.port}/").status == 0


def test_https_is_verified_by_given_roots_and_by_name() -> None:
    authority = Authority.create()
    with Small(answers("safe"), tls=authority.issue("plex.example.com").server_context()) as server:
        url = f"https://plex.example.com:{server.port}/"
        net = Net(known={"plex.example.com": ("127.0.0.1",), "other.example.com": ("127.0.0.1",)})
        assert net.get(url, roots_pem=authority.certificate_pem).body == "safe"
        assert net.get(url).fault is Fault.UNTRUSTED
        other = net.get(f"https://other.example.com:{server.port}/", roots_pem=authority.certificate_pem)
        assert other.fault is Fault.NAME_MISMATCH
        by_address = net.get(f"https://127.0.0.1:{server.port}/", roots_pem=authority.certificate_pem)
        assert by_address.fault is Fault.NAME_MISMATCH


def test_verification_by_server_name_dials_an_address_and_verifies_the_name() -> None:
    authority = Authority.create()
    name = "192-168-1-20.0123456789abcdef0123456789abcdef.plex.direct"
    wildcard = authority.issue("*.0123456789abcdef0123456789abcdef.plex.direct")
    with Small(answers("plex"), tls=wildcard.server_context()) as server:
        verify = Verify(VerifyKind.SERVER_NAME, server_name=name)
        url = f"https://127.0.0.1:{server.port}/"
        assert Net().get(url, verify=verify, roots_pem=authority.certificate_pem).body == "plex"
        assert Net().get(url, verify=verify).fault is Fault.UNTRUSTED


def test_a_pinned_certificate_is_trusted_alone() -> None:
    leaf = issue_self_signed("nas.local")
    with Small(answers("pinned"), tls=leaf.server_context()) as server:
        url = f"https://127.0.0.1:{server.port}/"
        pinned = Verify(VerifyKind.PINNED, "nas.local", leaf.certificate_pem)
        assert Net().get(url, verify=pinned).body == "pinned"
        wrong_name = Verify(VerifyKind.PINNED, "other.local", leaf.certificate_pem)
        assert Net().get(url, verify=wrong_name).fault is Fault.NAME_MISMATCH
        other = Verify(VerifyKind.PINNED, "nas.local", issue_self_signed("nas.local").certificate_pem)
        assert Net().get(url, verify=other).fault is Fault.UNTRUSTED


def test_a_pin_does_not_extend_to_what_its_certificate_signs() -> None:
    authority = Authority.create()
    with Small(answers("x"), tls=authority.issue("nas.local").server_context()) as server:
        pinned = Verify(VerifyKind.PINNED, "nas.local", authority.certificate_pem)
        answer = Net().get(f"https://127.0.0.1:{server.port}/", verify=pinned)
    assert answer.fault is Fault.UNTRUSTED
    assert "pinned" in answer.detail


def test_verification_may_be_switched_off() -> None:
    with Small(answers("blind"), tls=issue_self_signed("nas.local").server_context()) as server:
        url = f"https://127.0.0.1:{server.port}/"
        assert Net().get(url, verify=Verify(VerifyKind.OFF)).body == "blind"


def test_an_answer_survives_the_journey_as_json() -> None:
    with Small(answers("hello", headers="X-Two: a\r\n")) as server:
        answer = Net().get(f"http://127.0.0.1:{server.port}/")
    assert msgspec.convert(msgspec.to_builtins(answer), HttpAnswer) == answer


@pytest.mark.parametrize("url", ["ftp://a/", "plex.example.com", "http://", "http://[::1/"])
def test_something_that_is_no_url_is_our_own_bug(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Net().get(url)
