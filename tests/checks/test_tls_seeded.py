"""Seeded faults of the certificate: a real TLS server, each fault named, green again by checking again alone."""

from __future__ import annotations

import socket
import ssl
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.checks.sets import NAME, codes, host, scene
from tests.fakes.authority import Authority, Leaf, issue_self_signed
from tests.net.small import Small, answers
from wizard.checks import run_check
from wizard.checks.tls import CHECK
from wizard.core.checks import Hop
from wizard.core.hosts import Edge
from wizard.core.verdicts import CheckResult
from wizard.net import Net


@dataclass
class Front:
    """A server that shows what a test wants at the public name, under an authority that this machine trusts."""

    server: Small
    authority: Authority
    between: Authority
    issuer_url: str

    def show(self, leaf: Leaf, change: Callable[[ssl.SSLContext], None] | None = None) -> None:
        """Show this certificate from now on."""
        context = leaf.server_context()
        if change is not None:
            change(context)
        self.server.tls = context

    def good(self) -> Leaf:
        """A certificate without fault, with its whole chain."""
        return self.between.issue(NAME, issuer_url=self.issuer_url)

    def check(self) -> CheckResult:
        """What the check finds now."""
        edge = Edge("here", "unix//run/caddy.sock", public_https_port=self.server.port)
        result = run_check(CHECK, Net(known={NAME: ("127.0.0.1",)}), replace(scene(host=host()), edge=edge))
        assert isinstance(result, CheckResult)
        return result


def _publishes(body: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/pkix-cert\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.recv(4096)
        connection.sendall(head.encode() + body)

    return talk


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    """The server, with a good certificate."""
    authority = Authority.create("ISRG Root X1")
    between = authority.create_intermediate("Throw-away link")
    root = tmp_path / "root.pem"
    root.write_text(authority.certificate_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(root))
    with Small(_publishes(between.certificate_der)) as published, Small(answers()) as server:
        found = Front(server, authority, between, f"http://127.0.0.1:{published.port}/link.der")
        found.show(found.good())
        yield found


def _turns_away(connection: socket.socket) -> None:
    """As a plain web server answers whoever speaks TLS to it."""
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def _newest_only(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_3


def _oldest_only(context: ssl.SSLContext) -> None:
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion.TLSv1_1


def _expired(front: Front) -> None:
    front.show(front.between.issue_expired(NAME))


def _too_early(front: Front) -> None:
    front.show(front.between.issue_not_yet_valid(NAME))


def _self_signed(front: Front) -> None:
    front.show(issue_self_signed(NAME))


def _other_name(front: Front) -> None:
    front.show(front.between.issue("fritz.box"))


def _no_link(front: Front) -> None:
    front.show(front.good().without_intermediates())


def _unknown_authority(front: Front) -> None:
    front.show(Authority.create("Somebody's own").create_intermediate().issue(NAME))


def _newest(front: Front) -> None:
    front.show(front.good(), _newest_only)


def _oldest(front: Front) -> None:
    front.show(front.good(), _oldest_only)


def _plain(front: Front) -> None:
    front.server.tls, front.server.talk = None, _turns_away


FAULTS: list[tuple[Callable[[Front], None], str, str]] = [
    (_expired, "tls-expired failure", "ran out"),
    (_too_early, "tls-expired failure", "begins only on"),
    (_self_signed, "tls-untrusted failure", "It signed itself"),
    (_other_name, "tls-name-mismatch failure", "is for fritz.box, not for plex.example.com"),
    (_no_link, "tls-missing-intermediate failure", "Throw-away link is missing"),
    (_unknown_authority, "tls-untrusted failure", "issued by Throw-away intermediate"),
    (_newest, "tls-only-newest warning", "takes TLS 1.3 only"),
    (_oldest, "tls-only-old failure", "answers in TLS 1.0 or 1.1 only"),
    (_plain, "tls-no-certificate failure", "answers without encryption"),
]


@pytest.mark.parametrize(
    ("spoil", "code", "words"), FAULTS, ids=[spoil.__name__.strip("_") for spoil, _, _ in FAULTS]
)
def test_a_fault_of_the_certificate_is_named_and_green_by_checking_again_once_it_is_gone(
    front: Front, spoil: Callable[[Front], None], code: str, words: str
) -> None:
    assert codes(front.check().verdicts) == ["tls-ok ok"]
    spoil(front)
    (found,) = front.check().verdicts
    assert codes((found,)) == [code]
    assert words in found.summary
    assert found.remedy is not None
    assert found.remedy.guide == f"troubleshooting#{found.code}"
    assert CHECK.hop is Hop.NAME

    front.show(front.good())
    assert codes(front.check().verdicts) == ["tls-ok ok"]


def test_a_chain_that_ends_at_a_young_root_is_a_warning(
    front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    young = Authority.create("ISRG Root X2")
    path = tmp_path / "young.pem"
    path.write_text(young.certificate_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    front.show(young.create_intermediate("E9").issue(NAME))
    (found,) = front.check().verdicts
    assert found.code == "tls-young-root"
    assert "ends at ISRG Root X2" in found.summary


def test_what_a_television_has_to_know_is_told(front: Front) -> None:
    (found,) = front.check().verdicts
    assert "ISRG Root X1, as Android 7.1.1" in found.why
    assert "TLS 1.2: taken; TLS 1.3: taken" in found.detail
    assert "ECDSA P-256" in found.detail


def test_a_link_that_cannot_be_fetched_leaves_it_untrusted(front: Front) -> None:
    front.show(front.between.issue(NAME).without_intermediates())
    assert codes(front.check().verdicts) == ["tls-untrusted failure"]


def test_an_address_of_a_home_network_is_not_asked_for_a_link_by_a_server_outside() -> None:
    from wizard.net.chains import _may_ask  # noqa: PLC0415 -- the rule itself: no socket goes outside here

    assert not _may_ask("192.168.1.1", "8.8.8.8")
    assert not _may_ask("127.0.0.1", "8.8.8.8")
    assert _may_ask("127.0.0.1", "192.168.1.7")
    assert _may_ask("8.8.4.4", "8.8.8.8")
