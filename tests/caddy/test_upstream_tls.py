"""A media server that speaks https: verified as chosen, asked for by the right name, told the public name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.caddy.talk import ECHO, Stage
from tests.caddy_process import VERSIONS, start_caddy
from tests.fakes.authority import Authority, Leaf, issue_self_signed
from tests.fakes.plex import Plex
from wizard.caddy.config import build
from wizard.core.hosts import ProxyHost, Upstream, Verify, VerifyKind

NAME = "192-168-1-20.abc.plex.direct"


@pytest.fixture(scope="module")
def leaf() -> Leaf:
    """A certificate as Plex has it: a wildcard, from an authority nobody here knows."""
    return Authority.create().issue("*.abc.plex.direct")


@pytest.fixture(scope="module")
def secure(leaf: Leaf) -> Iterator[Plex]:
    """A media server with that certificate."""
    with Plex(certificate=leaf) as plex:
        yield plex


def behind_tls(stage: Stage, secure: Plex, kind: VerifyKind, name: str = NAME, pem: str = "") -> ProxyHost:
    upstream = Upstream("plex", "https", "127.0.0.1", secure.port, Verify(kind, name, pem))
    return stage.host(upstream=upstream)


def test_a_pinned_certificate_is_accepted_by_name_and_the_host_stays_public(
    stage: Stage, secure: Plex, leaf: Leaf
) -> None:
    stage.serve(behind_tls(stage, secure, VerifyKind.PINNED, pem=leaf.certificate_pem))
    secure.forget()
    assert stage.ask("/identity").status == 200
    (seen,) = secure.seen
    assert seen.is_tls
    assert seen.server_name == NAME
    assert seen.values("Host") == ("plex.localhost",)
    assert seen.values("X-Forwarded-Host") == ("plex.localhost",)
    assert seen.values("X-Forwarded-Proto") == ("https",)
    assert seen.values("X-Forwarded-For") == ("127.0.0.1",)


def test_another_certificate_than_the_pinned_one_is_not_accepted(stage: Stage, secure: Plex) -> None:
    other = issue_self_signed("*.abc.plex.direct").certificate_pem
    stage.serve(behind_tls(stage, secure, VerifyKind.PINNED, pem=other))
    secure.forget()
    assert stage.ask("/identity").status == 502
    assert secure.seen == ()


def test_a_self_signed_certificate_can_be_pinned(stage: Stage) -> None:
    leaf = issue_self_signed("nas.lan")
    with Plex(certificate=leaf) as plex:
        stage.serve(behind_tls(stage, plex, VerifyKind.PINNED, "nas.lan", leaf.certificate_pem))
        assert stage.ask("/identity").status == 200


def test_of_a_pinned_chain_only_the_first_certificate_counts(stage: Stage) -> None:
    root = Authority.create()
    leaf, sibling = root.issue("*.abc.plex.direct"), root.issue("*.abc.plex.direct")
    chain = leaf.certificate_pem + root.certificate_pem
    with Plex(certificate=sibling) as plex:
        stage.serve(behind_tls(stage, plex, VerifyKind.PINNED, pem=chain))
        assert stage.ask("/identity").status == 502


@pytest.mark.parametrize("kind", [VerifyKind.SYSTEM, VerifyKind.SERVER_NAME])
def test_a_certificate_of_an_unknown_authority_is_not_accepted(stage: Stage, secure: Plex, kind: VerifyKind) -> None:
    stage.serve(behind_tls(stage, secure, kind))
    secure.forget()
    assert stage.ask("/identity").status == 502
    assert secure.seen == ()


def test_verification_switched_off_accepts_any_and_still_asks_by_name(stage: Stage, secure: Plex) -> None:
    stage.serve(behind_tls(stage, secure, VerifyKind.OFF))
    secure.forget()
    assert stage.ask("/identity").status == 200
    assert secure.seen[-1].server_name == NAME
    assert secure.seen[-1].values("Host") == ("plex.localhost",)


def test_the_echo_is_asked_over_plain_http_all_the_same(stage: Stage, secure: Plex) -> None:
    stage.serve(behind_tls(stage, secure, VerifyKind.OFF))
    stage.ask(ECHO)
    seen = stage.arrived(stage.echo)
    assert not seen.is_tls
    assert seen.values("Host") == ("plex.localhost",)


def test_an_unreadable_pin_is_refused_by_caddy_and_never_means_no_verification(stage: Stage, secure: Plex) -> None:
    stage.serve(stage.host())
    host = behind_tls(stage, secure, VerifyKind.PINNED, pem="no certificate")
    trouble = stage.caddy.client().load(build([host], stage.edge, stage.version, None).config)
    assert trouble is not None
    assert trouble.summary == "Caddy cannot read the pinned certificate of a media server"
    assert stage.ask("/identity").status == 200  # what was served before still is


def test_a_name_that_is_no_name_leaves_verification_by_the_own_address(
    stage: Stage, secure: Plex, leaf: Leaf
) -> None:
    host = behind_tls(stage, secure, VerifyKind.PINNED, "{env.HOME}", leaf.certificate_pem)
    stage.serve(replace(host))
    assert stage.ask("/identity").status == 502


@pytest.mark.parametrize("version", VERSIONS)
def test_a_certificate_of_a_public_authority_is_accepted_for_the_right_name_only(
    version: str, tmp_path: Path, echo: Plex
) -> None:
    """A throw-away root stands for the public ones: Go reads them from where SSL_CERT_FILE says."""
    root = Authority.create()
    (tmp_path / "roots.pem").write_text(root.certificate_pem)
    caddy = start_caddy(tmp_path, version, environment={"SSL_CERT_FILE": str(tmp_path / "roots.pem")})
    try:
        with Plex(certificate=root.issue("*.abc.plex.direct", "127.0.0.1")) as plex:
            stage = Stage(caddy, plex, echo)
            statuses = []
            for kind, name in (
                (VerifyKind.SYSTEM, ""),
                (VerifyKind.SERVER_NAME, NAME),
                (VerifyKind.SERVER_NAME, "192-168-1-20.other.plex.direct"),
            ):
                stage.serve(behind_tls(stage, plex, kind, name))
                statuses.append(stage.ask("/identity").status)
            assert statuses == [200, 200, 502]
    finally:
        caddy.stop()
