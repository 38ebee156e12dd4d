"""Connections of the stand-in Plex: TLS beside HTTP, misbehaviour on demand, what it saw."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.fakes.authority import Authority
from tests.fakes.plex import (
    LARGE_PART,
    Access,
    AddressRule,
    Behaviour,
    LocalityRule,
    Plex,
    PlexSettings,
    Secure,
    part_bytes,
    part_key,
)
from tests.fakes_tests.talking import ask_raw

OWNER = {"X-Plex-Token": "demo-token"}
IDENTITY = b"GET /identity HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def get_over_tls(plex: Plex, ca_pem: str, server_name: str) -> bytes:
    context = ssl.create_default_context(cadata=ca_pem)
    with (
        socket.create_connection(("127.0.0.1", plex.port), 10) as plain,
        context.wrap_socket(plain, server_hostname=server_name) as secured,
    ):
        secured.sendall(IDENTITY.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        reply = b""
        while data := secured.recv(65536):
            reply += data
        return reply


def test_tls_and_plain_http_share_the_port(plex: Plex, authority: Authority) -> None:
    assert ask_raw(plex.port, IDENTITY).startswith(b"HTTP/1.1 200 ")
    assert get_over_tls(plex, authority.certificate_pem, plex.server_name).startswith(b"HTTP/1.1 200 ")
    assert [(one.is_tls, one.server_name) for one in plex.seen] == [(False, None), (True, plex.server_name)]


def test_any_single_label_before_the_hash_matches_the_certificate(plex: Plex) -> None:
    reply = get_over_tls(plex, plex.ca_pem, f"10-0-0-9.{plex.plex_direct_domain}")
    assert reply.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "a.b.0.plex.direct"])
def test_the_certificate_names_neither_addresses_nor_other_hosts(plex: Plex, name: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        get_over_tls(plex, plex.ca_pem, name)


def test_required_closes_plain_http_without_a_reply_and_serves_tls(plex: Plex) -> None:
    plex.preferences.secure = Secure.REQUIRED
    assert ask_raw(plex.port, IDENTITY) == b""
    assert plex.seen[0].status is None
    assert get_over_tls(plex, plex.ca_pem, plex.server_name).startswith(b"HTTP/1.1 200 ")


def test_required_is_in_force_as_soon_as_the_preference_is_put(plex: Plex, http: requests.Session) -> None:
    assert http.put(f"{plex.url}/:/prefs?secureConnections=0", headers=OWNER, timeout=10).status_code == 200
    assert ask_raw(plex.port, IDENTITY) == b""


def test_disabled_serves_plain_http_only(plex: Plex) -> None:
    plex.preferences.secure = Secure.DISABLED
    assert ask_raw(plex.port, IDENTITY).startswith(b"HTTP/1.1 200 ")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        get_over_tls(plex, plex.ca_pem, plex.server_name)


def test_a_record_holds_the_request_as_it_came(plex: Plex) -> None:
    ask_raw(
        plex.port,
        b"GET /identity?a=1&a=&b=%20 HTTP/1.1\r\nHost: plex.example.org\r\nX-Plex-PRODUCT:  Plex Web\r\n"
        b"X-Forwarded-For: 203.0.113.9\r\nCookie: one\r\ncookie: two\r\n\r\n",
    )
    (seen,) = plex.seen
    assert (seen.method, seen.target, seen.path) == ("GET", "/identity?a=1&a=&b=%20", "/identity")
    assert seen.query == (("a", "1"), ("a", ""), ("b", " "))
    assert seen.headers == (
        ("Host", "plex.example.org"),
        ("X-Plex-PRODUCT", "Plex Web"),
        ("X-Forwarded-For", "203.0.113.9"),
        ("Cookie", "one"),
        ("cookie", "two"),
    )
    assert seen.values("COOKIE") == ("one", "two")
    assert (seen.peer_address, seen.client_address) == ("127.0.0.1", "203.0.113.9")
    assert (seen.address_rule, seen.locality_rule) == (AddressRule.FORWARDED, LocalityRule.OUTSIDE_OWN_SUBNET)
    assert (seen.is_local, seen.access, seen.status) == (False, Access.REFUSED, 200)
    assert seen.at.tzinfo is not None
    json.dumps(seen.to_json())


def test_a_request_body_is_read_by_length_and_in_chunks_and_the_connection_goes_on(plex: Plex) -> None:
    reply = ask_raw(
        plex.port,
        b"POST /identity HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n\r\nabc"
        b"POST /identity HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nde\r\n0\r\n\r\n" + IDENTITY,
    )
    assert [one.body for one in plex.seen] == [b"abc", b"de", b""]
    assert reply.count(b"HTTP/1.1 ") == 3


def test_forgetting_empties_the_records_but_numbers_go_on(plex: Plex) -> None:
    ask_raw(plex.port, IDENTITY)
    plex.forget()
    assert plex.seen == ()
    ask_raw(plex.port, IDENTITY)
    assert plex.wait_for(lambda one: one.path == "/identity").number == 2


def test_waiting_for_a_request_that_never_comes_ends(plex: Plex) -> None:
    with pytest.raises(TimeoutError):
        plex.wait_for(lambda one: one.path == "/never", timeout_seconds=0.01)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET /\r\n\r\n",
        b"POST /identity HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_not_http_closes_the_connection_and_nothing_else(plex: Plex, garbage: bytes) -> None:
    assert ask_raw(plex.port, garbage) == b""
    assert ask_raw(plex.port, IDENTITY).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("behaviour", "status", "text"),
    [("error-500", 500, "500 Internal Server Error"), ("other-thing", 200, "FRITZ!Box")],
)
def test_it_answers_wrongly_when_told(
    plex: Plex, http: requests.Session, behaviour: str, status: int, text: str
) -> None:
    plex.change(behaviour=behaviour)
    answer = http.get(f"{plex.url}/identity", timeout=10)
    assert (answer.status_code, text in answer.text) == (status, True)
    plex.change(behaviour=Behaviour.NORMAL)
    assert plex.machine_identifier in http.get(f"{plex.url}/identity", timeout=10).text


def test_it_closes_every_connection_when_told(plex: Plex) -> None:
    plex.change(behaviour=Behaviour.CLOSE)
    with socket.create_connection(("127.0.0.1", plex.port), 10) as connection:
        assert connection.recv(1) == b""


def test_it_takes_a_request_and_stays_silent_until_told_otherwise(plex: Plex) -> None:
    plex.change(behaviour=Behaviour.SILENT)
    with socket.create_connection(("127.0.0.1", plex.port), 10) as connection:
        connection.sendall(IDENTITY)
        assert plex.wait_for(lambda one: one.path == "/identity").status is None
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        plex.change(behaviour=Behaviour.NORMAL)
        connection.settimeout(10)
        assert connection.recv(1) == b""


def test_its_identity_changes_while_it_runs(plex: Plex, http: requests.Session) -> None:
    plex.change(machine_identifier="b" * 40)
    assert "b" * 40 in http.get(f"{plex.url}/identity", timeout=10).text


def test_a_setting_it_does_not_have_is_refused(plex: Plex) -> None:
    with pytest.raises(TypeError):
        plex.change(colour="blue")


def test_it_can_be_stopped_and_started_again_on_its_port(plex: Plex) -> None:
    port = plex.port
    plex.stop()
    with pytest.raises(ConnectionRefusedError):
        ask_raw(port, IDENTITY)
    plex.start()
    assert ask_raw(port, IDENTITY).startswith(b"HTTP/1.1 200 ")


def test_a_taken_port_is_an_error_for_whoever_starts_it(plex: Plex, authority: Authority) -> None:
    with pytest.raises(OSError, match="in use"):
        Plex(port=plex.port, authority=authority).start()


def test_two_servers_are_two_machines(plex: Plex, authority: Authority) -> None:
    with Plex(PlexSettings(name="Bedroom"), authority=authority) as other:
        assert other.machine_identifier != plex.machine_identifier
        assert other.plex_direct_domain != plex.plex_direct_domain


def test_a_kept_state_brings_identity_preferences_and_certificate_back(tmp_path: Path) -> None:
    state = tmp_path / "plex.json"
    with Plex(PlexSettings(name="Attic"), state=state) as first:
        first.prefer("customConnections", "https://plex.example.org:443")
        before = (first.machine_identifier, first.server_name, first.ca_pem, first.certificate)
    with Plex(state=state) as second:
        assert (second.machine_identifier, second.server_name, second.ca_pem, second.certificate) == before
        assert (second.settings.name, second.preferences["customConnections"]) == (
            "Attic",
            "https://plex.example.org:443",
        )


def test_a_reader_that_stalls_gets_every_byte_later(plex: Plex) -> None:
    with socket.create_connection(("127.0.0.1", plex.port), 10) as connection:
        head = f"GET {part_key(LARGE_PART)} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Plex-Token: demo-token\r\n"
        connection.sendall(f"{head}Range: bytes=0-20000000\r\nConnection: close\r\n\r\n".encode())
        plex.wait_for(lambda one: one.path.startswith("/library/parts"))
        # others are served while this one does not read
        assert ask_raw(plex.port, IDENTITY).startswith(b"HTTP/1.1 200 ")
        received = bytearray()
        while data := connection.recv(1 << 20):
            received += data
    assert bytes(received).partition(b"\r\n\r\n")[2] == part_bytes(LARGE_PART, 0, 20_000_001)


def test_a_certificate_may_come_from_elsewhere(authority: Authority, trust: Callable[[str], str]) -> None:
    with Plex(certificate=authority.issue("127.0.0.1")) as plex, requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{plex.https_url}/identity", verify=trust(authority.certificate_pem), timeout=10)
        assert answer.status_code == 200
        assert plex.ca_pem == ""
