"""The checks through a hop in front of Caddy that hides, strips, cuts, or answers itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.chain import Chain
from tests.fakes.authority import Authority, Leaf, issue_self_signed
from tests.fakes.hop import Fault as HopFault
from tests.fakes.hop import Hop
from tests.fakes.plex import Plex, PlexSettings
from wizard.core.hosts import Upstream
from wizard.net import Net


def _hop(chain: Chain, fault: HopFault, certificate: Leaf | None = None, **options: Any) -> Hop:
    return Hop(("127.0.0.1", chain.caddy.https_port), fault, certificate=certificate, **options)


def test_a_hop_that_hides_the_viewer_is_found_out(chain: Chain) -> None:
    with _hop(chain, HopFault.PASS, source="127.0.0.2") as hop:
        result = chain.one(chain.scene(chain.host(), port=hop.port), "headers")
    assert [verdict.code for verdict in result.verdicts] == ["headers-hop-address"]
    assert "127.0.0.2" in result.verdicts[0].summary


@pytest.mark.parametrize(
    ("fault", "name", "expected"),
    [
        (HopFault.STRIP_UPGRADE, "websocket", "websocket-stripped failure"),
        (HopFault.ROUTER_PAGE, "identity", "identity-other-thing failure"),
        (HopFault.ROUTER_PAGE, "headers", "headers-echo-not-ours failure"),
        (HopFault.WRONG_SERVER, "identity", "identity-other-server failure"),
        (HopFault.CLOSE, "tls", "tls-refused failure"),
        (HopFault.TERMINATE, "identity", "identity-ok ok"),
    ],
)
def test_a_hop_with_a_fault_is_red_at_its_check(chain: Chain, fault: HopFault, name: str, expected: str) -> None:
    authority = Authority.create()
    with _hop(chain, fault, authority.issue("plex.localhost")) as hop:
        scene = chain.scene(chain.host(), port=hop.port, roots_pem=authority.certificate_pem)
        assert chain.run(scene, name) == [expected]
        hop.fault = HopFault.TERMINATE  # the fault is removed: checking again alone turns it green
        assert chain.run(scene, name)[0].endswith("-ok ok")


def test_a_hop_that_cuts_connections_closes_the_socket_early(chain: Chain) -> None:
    with Plex(PlexSettings(notify_seconds=0)) as plex, _hop(chain, HopFault.CUT_AFTER, cut_after_seconds=1.5) as hop:
        host = chain.host(upstream=Upstream("plex", "http", "127.0.0.1", plex.port))
        chain.load(host)
        scene = chain.scene(host, port=hop.port, token=plex.token)
        assert chain.run(scene, "websocket") == ["websocket-closed-early failure"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("expired", "tls-expired failure"),
        ("early", "tls-expired failure"),
        ("other name", "tls-name-mismatch failure"),
        ("self-signed", "tls-untrusted failure"),
        ("good", "tls-own-authority warning"),
        ("ending", "tls-own-authority warning"),
    ],
)
def test_every_kind_of_certificate_in_front_is_told_apart(chain: Chain, kind: str, expected: str) -> None:
    authority = Authority.create()
    name = "plex.example.com"
    leaf = {
        "expired": authority.issue_expired,
        "early": authority.issue_not_yet_valid,
        "other name": lambda _: authority.issue("fritz.box"),
        "self-signed": issue_self_signed,
        "good": authority.issue,
        "ending": authority.issue,
    }[kind](name)
    with _hop(chain, HopFault.TERMINATE, leaf) as hop:
        scene = chain.scene(chain.host(name), port=hop.port, roots_pem=authority.certificate_pem)
        assert chain.run(scene, "tls", net=Net(known={name: ("127.0.0.1",)})) == [expected]
