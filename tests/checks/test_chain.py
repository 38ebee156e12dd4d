"""All checks through a real Caddy: a whole chain is green, and each seeded fault is red at its own check."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.checks.chain import Chain, proxies_of
from tests.fakes.plex import Behaviour, Plex, PlexSettings, Secure
from tests.fakes.ports import free_port
from wizard.core.hosts import Upstream, Verify, VerifyKind
from wizard.net import Net

GREEN = [
    "upstream-ok ok",
    "dns-ok ok",
    "tls-ok ok",
    "tls-own-authority note",
    "identity-ok ok",
    "headers-ok ok",
    "websocket-ok ok",
]


def test_a_whole_chain_is_green(chain: Chain) -> None:
    assert chain.run(chain.scene(chain.host())) == GREEN


def test_with_a_token_plex_itself_answers_the_socket(chain: Chain) -> None:
    scene = chain.scene(chain.host(), token=chain.plex.token)
    assert chain.run(scene) == GREEN
    assert "Plex itself" in chain.one(scene, "websocket").verdicts[0].summary


def test_no_token_is_sent_but_on_the_socket(chain: Chain) -> None:
    chain.plex.forget()
    chain.run(chain.scene(chain.host(), token=chain.plex.token), "upstream", "identity", "headers")
    assert chain.plex.seen
    assert chain.plex.token not in repr(chain.plex.seen)


def test_switched_off_headers_warn_and_nothing_arrives(chain: Chain) -> None:
    host = chain.host(forward_client_ip=False)
    chain.load(host)
    result = chain.one(chain.scene(host), "headers")
    assert [verdict.code for verdict in result.verdicts] == ["headers-off"]
    assert "X-Forwarded-For" not in dict(result.observed["echoed"]["headers"])


def test_switched_off_sockets_warn_and_are_really_off(chain: Chain) -> None:
    host = chain.host(websocket=False)
    chain.load(host)
    result = chain.one(chain.scene(host, token=chain.plex.token), "websocket")
    assert [verdict.code for verdict in result.verdicts] == ["websocket-off"]
    assert result.observed["status"] == 403
    assert chain.run(chain.scene(host), "identity", "headers") == ["identity-ok ok", "headers-ok ok"]


def test_a_paused_host_is_skipped_outside_and_looked_at_at_home(chain: Chain) -> None:
    host = chain.host(paused=True)
    chain.load(host)
    rest = ["dns", "tls", "identity", "headers", "websocket"]
    assert chain.run(chain.scene(host)) == ["upstream-ok ok", *(f"{name} skipped" for name in rest)]


def test_a_media_server_that_is_down_is_red_at_home_and_at_the_gateway(chain: Chain) -> None:
    host = chain.host(upstream=Upstream("plex", "http", "127.0.0.1", free_port()))
    chain.load(host)
    found = chain.run(chain.scene(host), "upstream", "tls", "identity", "headers")
    assert found == [
        "upstream-refused failure",
        "tls-ok ok",
        "tls-own-authority note",
        "identity-bad-gateway failure",
        "headers-ok ok",
    ]


def test_another_plex_behind_the_name_is_found_out(chain: Chain) -> None:
    with Plex() as other:
        chain.load(chain.host(upstream=Upstream("plex", "http", "127.0.0.1", other.port)))
        found = chain.run(chain.scene(chain.host()), "upstream", "identity")
    assert found == ["upstream-ok ok", "identity-other-server failure"]


def test_a_caddy_that_was_never_told_the_name_has_no_certificate(chain: Chain) -> None:
    unknown = chain.host("other.localhost")
    assert chain.run(chain.scene(unknown), "tls") == ["tls-no-certificate failure"]


def test_a_caddy_that_is_not_there_is_refused(chain: Chain) -> None:
    assert chain.run(chain.scene(chain.host(), port=free_port()), "tls") == ["tls-refused failure"]


@pytest.mark.parametrize(
    ("behaviour", "upstream", "identity"),
    [
        (Behaviour.OTHER_THING, "upstream-not-a-media-server failure", "identity-other-thing failure"),
        (Behaviour.ERROR_500, "upstream-not-a-media-server failure", "identity-other-thing failure"),
        (Behaviour.CLOSE, "upstream-closed failure", "identity-bad-gateway failure"),
    ],
)
def test_a_media_server_that_misbehaves_is_told(
    chain: Chain, behaviour: Behaviour, upstream: str, identity: str
) -> None:
    with Plex(PlexSettings(behaviour=behaviour)) as plex:
        host = chain.host(upstream=Upstream("plex", "http", "127.0.0.1", plex.port))
        chain.load(host)
        assert chain.run(chain.scene(host), "upstream", "identity") == [upstream, identity]


def test_required_secure_connections_over_http_are_told(chain: Chain) -> None:
    with Plex(secure=Secure.REQUIRED) as plex:
        host = chain.host(upstream=Upstream("plex", "http", "127.0.0.1", plex.port))
        chain.load(host)
        found = chain.run(chain.scene(host), "upstream", "identity")
    assert found == ["upstream-closed failure", "identity-bad-gateway failure"]


def test_an_open_first_set_up_is_red(chain: Chain) -> None:
    with Plex(PlexSettings(is_claimed=False)) as plex:
        host = chain.host(upstream=Upstream("plex", "http", "127.0.0.1", plex.port))
        assert chain.run(chain.scene(host), "upstream") == ["upstream-unclaimed failure"]


@pytest.mark.parametrize("kind", VerifyKind)
def test_we_and_caddy_verify_an_https_upstream_alike(chain: Chain, kind: VerifyKind) -> None:
    with Plex() as plex:
        pem = plex.certificate.certificate_pem
        for verify in (Verify(kind, plex.server_name, pem), Verify(kind, "other.example.com", pem)):
            host = chain.host(upstream=Upstream("plex", "https", "127.0.0.1", plex.port, verify))
            chain.load(host)
            at_home = chain.run(chain.scene(host), "upstream")[:1]  # a note may follow
            outside = chain.run(chain.scene(host), "identity")
            if kind is VerifyKind.OFF or (kind is VerifyKind.PINNED and verify.server_name == plex.server_name):
                assert at_home + outside == ["upstream-ok ok", "identity-ok ok"]
            else:
                assert at_home + outside == ["upstream-certificate failure", "identity-bad-gateway failure"]


def _trust_everybody(config: dict[str, Any]) -> None:
    for server in config["apps"]["http"]["servers"].values():
        server["trusted_proxies"] = {"source": "static", "ranges": ["0.0.0.0/0"]}
        server.pop("trusted_proxies_strict", None)


def _copy_a_plex_header(config: dict[str, Any]) -> None:
    for proxy in proxies_of(config):
        proxy["headers"]["request"]["set"]["X-Plex-Token"] = ["{http.request.header.X-Plex-Token}"]


def _append_the_peer(config: dict[str, Any]) -> None:
    for proxy in proxies_of(config):
        proxy["headers"]["request"]["set"]["X-Forwarded-For"] = ["198.51.100.7, {http.vars.client_ip}"]


def _forget_the_viewer(config: dict[str, Any]) -> None:
    for proxy in proxies_of(config):
        del proxy["headers"]["request"]["set"]
        proxy["headers"]["request"]["delete"] = ["X-Forwarded-For", "X-Real-Ip", "Forwarded"]


def _let_forwarded_through(config: dict[str, Any]) -> None:
    for proxy in proxies_of(config):
        proxy["headers"]["request"].pop("delete")


def _say_http(config: dict[str, Any]) -> None:
    for proxy in proxies_of(config):
        proxy["headers"]["request"]["set"]["X-Forwarded-Proto"] = ["http"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_trust_everybody, ["headers-forged-accepted failure", "headers-hop-address failure"]),
        (_copy_a_plex_header, ["headers-plex-changed failure"]),
        (_append_the_peer, ["headers-several-addresses failure"]),
        (_forget_the_viewer, ["headers-missing failure"]),
        (_let_forwarded_through, ["headers-forged-accepted failure"]),
        (_say_http, ["headers-scheme-wrong warning"]),
    ],
)
def test_a_configuration_spoilt_by_hand_is_found_out(chain: Chain, change: Any, expected: list[str]) -> None:
    chain.load(chain.host(), change=change)
    scene = chain.scene(chain.host())
    assert chain.run(scene, "headers") == expected
    chain.load(chain.host())  # green again by checking again alone
    assert chain.run(scene, "headers") == ["headers-ok ok"]


def test_a_test_address_that_leads_elsewhere_is_not_ours(chain: Chain) -> None:
    scene = chain.scene(chain.host())
    chain.echo.mark, kept = "another", chain.echo.mark
    try:
        assert chain.run(scene, "headers", "websocket") == [
            "headers-echo-not-ours failure",
            "websocket-refused failure",
        ]
    finally:
        chain.echo.mark = kept


def test_caddys_own_certificate_on_a_public_name_warns(chain: Chain) -> None:
    host = chain.host("plex.example.com")

    def issue_internally(config: dict[str, Any]) -> None:
        config["apps"]["tls"] = {"automation": {"policies": [{"issuers": [{"module": "internal"}]}]}}

    chain.load(chain.host(), host, change=issue_internally)
    net = Net(known={"plex.example.com": ("127.0.0.1",)})
    scene = chain.scene(host)
    assert chain.run(scene, "tls", "identity", net=net) == ["tls-own-authority warning", "identity-ok ok"]


def test_an_own_authority_that_nobody_told_us_about_is_untrusted(chain: Chain) -> None:
    scene = chain.scene(chain.host(), roots_pem="")
    assert chain.run(scene, "tls") == ["tls-untrusted failure"]


def test_a_token_that_plex_refuses_is_no_fault_of_the_way(chain: Chain) -> None:
    scene = chain.scene(chain.host(), token="wrong-token")
    assert chain.run(scene, "websocket") == ["websocket-token-refused warning"]


def test_caddys_own_refusal_is_told_from_that_of_plex(chain: Chain) -> None:
    chain.load(chain.host(websocket=False))  # what Caddy runs is not what the host says
    scene = chain.scene(chain.host(), token=chain.plex.token)
    assert chain.run(scene, "websocket") == ["websocket-refused failure"]


def test_a_plex_that_refuses_upgrades_is_told(chain: Chain) -> None:
    with Plex(PlexSettings(refuses_upgrades=True)) as plex:
        host = chain.host(upstream=Upstream("plex", "http", "127.0.0.1", plex.port))
        chain.load(host)
        (code,) = chain.run(chain.scene(host, token=plex.token), "websocket")
    assert code.endswith((" failure", " warning"))


def test_several_hosts_side_by_side_are_each_their_own(chain: Chain) -> None:
    with Plex() as second:
        other = replace(
            chain.host("second.localhost"), key="2", upstream=Upstream("plex", "http", "127.0.0.1", second.port)
        )
        chain.load(chain.host(), other)
        assert chain.run(chain.scene(chain.host()), "identity") == ["identity-ok ok"]
        assert chain.run(chain.scene(other), "identity") == ["identity-ok ok"]
