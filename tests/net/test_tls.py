"""Handshakes through the door, against real TLS servers with every kind of certificate."""

from __future__ import annotations

import socket
import ssl
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.fakes.authority import Authority, Leaf, issue_self_signed
from tests.fakes.ports import free_port
from tests.net.small import Small, drips, hangs_up
from wizard.core.faults import Fault
from wizard.net import Handshake, Net, Trust

NAME = "plex.example.com"
NET = Net(known={NAME: ("127.0.0.1",)})


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.create("Test root")


def serving(leaf: Leaf, host: str = "127.0.0.1") -> Small:
    return Small(hangs_up, tls=leaf.server_context(), host=host)


def test_a_good_certificate_is_described(authority: Authority) -> None:
    leaf = authority.issue(NAME, "203.0.113.9", lasts=timedelta(days=61))
    with serving(leaf) as server:
        seen = NET.handshake(NAME, server.port, roots_pem=authority.certificate_pem)
    assert (seen.fault, seen.trust, seen.is_trusted) == (None, Trust.GIVEN, True)
    assert (seen.address, seen.local_address, seen.protocol) == ("127.0.0.1", "127.0.0.1", "TLSv1.3")
    assert seen.certificate is not None
    assert seen.certificate.names == (NAME, "203.0.113.9")
    assert seen.certificate.issuer == "Test root"
    assert seen.certificate.sha256 == leaf.fingerprint_sha256
    assert seen.certificate.pem == leaf.certificate_pem
    assert (seen.certificate.not_after_at - seen.certificate.not_before_at).days == 61
    assert not seen.certificate.is_self_signed


def test_the_chain_is_shown_as_it_was_presented(authority: Authority) -> None:
    middle = authority.create_intermediate("Middle")
    with serving(middle.issue(NAME)) as server:
        seen = NET.handshake(NAME, server.port, roots_pem=authority.certificate_pem)
    assert (len(seen.chain_pem), seen.trust) == (2, Trust.GIVEN)
    with serving(middle.issue(NAME).without_intermediates()) as server:
        seen = NET.handshake(NAME, server.port, roots_pem=authority.certificate_pem)
    assert (len(seen.chain_pem), seen.fault) == (1, Fault.UNTRUSTED)


def test_an_authority_of_this_machine_counts_as_public_unless_it_is_the_given_one(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "roots.pem"
    store.write_text(authority.certificate_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(store))
    other = Authority.create("Caddy's own").certificate_pem
    with serving(authority.issue(NAME)) as server:
        assert NET.handshake(NAME, server.port).trust is Trust.PUBLIC
        assert NET.handshake(NAME, server.port, roots_pem=other).trust is Trust.PUBLIC
        # Caddy may have put its own root into the machine's store
        assert NET.handshake(NAME, server.port, roots_pem=authority.certificate_pem).trust is Trust.GIVEN


def test_every_fault_of_a_certificate_is_told_apart_and_the_certificate_is_shown(authority: Authority) -> None:
    cases = {
        Fault.EXPIRED: authority.issue_expired(NAME),
        Fault.NOT_YET_VALID: authority.issue_not_yet_valid(NAME),
        Fault.NAME_MISMATCH: authority.issue("fritz.box"),
        Fault.UNTRUSTED: issue_self_signed(NAME),
    }
    for fault, leaf in cases.items():
        with serving(leaf) as server:
            seen = NET.handshake(NAME, server.port, roots_pem=authority.certificate_pem)
        assert (seen.fault, seen.trust) == (fault, Trust.NOBODY)
        assert seen.certificate is not None
        assert seen.certificate.sha256 == leaf.fingerprint_sha256
        assert seen.detail
        assert seen.certificate.is_self_signed is (fault is Fault.UNTRUSTED)


def test_a_common_name_alone_does_not_make_a_certificate_fit(authority: Authority) -> None:
    # the first name is the common name, too; here the alternative names hold only another one
    leaf = authority.issue("a" * 60 + ".example.com", "other.example.com")
    with serving(leaf) as server:
        net = Net(known={"third.example.com": ("127.0.0.1",)})
        seen = net.handshake("third.example.com", server.port, roots_pem=authority.certificate_pem)
    assert seen.fault is Fault.NAME_MISMATCH


def test_an_alert_in_place_of_a_certificate_is_a_missing_certificate(authority: Authority) -> None:
    context = authority.issue(NAME).server_context()

    def refuse(sock: ssl.SSLObject | ssl.SSLSocket, name: str | None, own: ssl.SSLContext) -> int:
        return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR

    context.sni_callback = refuse  # what Caddy does while it has no certificate for a name
    with Small(hangs_up, tls=context) as server:
        assert NET.handshake(NAME, server.port).fault is Fault.NO_CERTIFICATE


def test_a_plain_server_on_the_port_is_not_tls() -> None:
    def complain(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with Small(complain) as server:
        assert NET.handshake(NAME, server.port).fault is Fault.NOT_TLS


def test_a_server_that_hangs_up_during_the_handshake_closes() -> None:
    def listen_and_leave(connection: socket.socket) -> None:
        connection.recv(4096)

    with Small(listen_and_leave) as server:
        assert NET.handshake(NAME, server.port).fault in {Fault.CLOSED, Fault.RESET}


def test_a_handshake_that_drips_ends_at_the_deadline() -> None:
    # a record of 16 KiB whose bytes come one by one
    with Small(drips(lambda: server.ended, b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc", b"\x03")) as server:
        assert NET.handshake(NAME, server.port, seconds=0.5).fault is Fault.TIMED_OUT


def test_nothing_listening_is_refused_and_an_unknown_name_is_not_found() -> None:
    assert NET.handshake(NAME, free_port()).fault is Fault.REFUSED
    assert NET.handshake("nobody.invalid", 443).fault is Fault.NAME_NOT_FOUND


def test_an_address_may_be_dialled_for_a_name(authority: Authority) -> None:
    with serving(authority.issue(NAME), host="::1") as server:
        seen = Net().handshake(NAME, server.port, address="::1", roots_pem=authority.certificate_pem)
    assert (seen.fault, seen.address) == (None, "::1")


def test_a_certificate_can_be_looked_at_without_trusting_it() -> None:
    leaf = issue_self_signed("nas.local")
    with serving(leaf) as server:
        seen = Net().certificate("127.0.0.1", server.port, name="nas.local")
    assert (seen.fault, seen.trust, seen.is_trusted) == (None, Trust.NOBODY, False)
    assert seen.certificate is not None
    assert (seen.certificate.sha256, seen.certificate.names) == (leaf.fingerprint_sha256, ("nas.local",))


def test_looking_at_a_certificate_by_address_works_without_a_name() -> None:
    leaf = issue_self_signed("nas.local")
    with serving(leaf) as server:
        seen = Net().certificate("127.0.0.1", server.port)
    assert seen.certificate is not None
    assert seen.certificate.pem == leaf.certificate_pem
    assert Net().certificate("nobody.invalid", 443).fault is Fault.NAME_NOT_FOUND


def test_a_handshake_survives_the_journey_as_json(authority: Authority) -> None:
    with serving(authority.issue(NAME)) as server:
        seen = NET.handshake(NAME, server.port, roots_pem=authority.certificate_pem)
    assert msgspec.convert(msgspec.to_builtins(seen), Handshake) == seen
