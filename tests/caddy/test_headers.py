"""What the media server gets to see of a viewer's request, through a real Caddy. The echo must see the same."""

from __future__ import annotations

import socket

import pytest

from tests.caddy.talk import ECHO, Stage, receive, send, tunnel_listener
from tests.fakes.plex import Plex, SeenRequest
from wizard.core.hosts import Listener

FORGED = (
    ("X-Forwarded-For", "6.6.6.6"),
    ("X-Forwarded-For", "6.6.6.7, 8.8.8.8"),
    ("x-real-ip", "6.6.6.6"),
    ("X-Real-IP", "6.6.6.7"),
    ("Forwarded", "for=6.6.6.6;proto=http;host=evil.example"),
    ("X-Forwarded-Proto", "http"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Host", "worse.example"),
    ("CF-Connecting-IP", "6.6.6.6"),
)
PLEX = (
    ("X-Plex-Client-Identifier", "5f0c-ÄÖ-abc;=,\"quoted\" 'single' {brace} ${1}"),
    ("X-Plex-Token", "secret-Token_1234"),
    ("X-Plex-Product", "Plex Web"),
    ("X-Plex-Device-Name", "Küche"),
    ("X-Plex-Features", "external-media,indirect-media,hub-style-list"),
)


@pytest.fixture(params=["media server", "echo"])
def path(request: pytest.FixtureRequest) -> str:
    """A path that leads to the media server, and one that leads to the echo."""
    return {"media server": "/identity", "echo": ECHO}[request.param]


def behind(stage: Stage, path: str) -> Plex:
    return stage.echo if path == ECHO else stage.media


def addresses(seen: SeenRequest) -> tuple[tuple[str, ...], ...]:
    return seen.values("X-Forwarded-For"), seen.values("X-Real-IP"), seen.values("Forwarded")


def test_a_forged_address_never_arrives_and_the_real_one_arrives_once(stage: Stage, path: str) -> None:
    stage.serve(stage.host())
    stage.ask(path, FORGED)
    seen = stage.arrived(behind(stage, path))
    assert addresses(seen) == (("127.0.0.1",), ("127.0.0.1",), ())
    assert seen.values("X-Forwarded-Proto") == ("https",)
    assert seen.values("X-Forwarded-Host") == ("plex.localhost",)
    assert seen.values("Host") == ("plex.localhost",)


def test_headers_named_as_hop_by_hop_do_not_take_ours_away(stage: Stage, path: str) -> None:
    stage.serve(stage.host())
    stage.ask(path, [("Connection", "X-Forwarded-For, X-Real-IP, X-Forwarded-Proto"), *FORGED])
    seen = stage.arrived(behind(stage, path))
    assert addresses(seen) == (("127.0.0.1",), ("127.0.0.1",), ())
    assert seen.values("X-Forwarded-Proto") == ("https",)


def test_with_client_ip_headers_off_none_arrives(stage: Stage, path: str) -> None:
    stage.serve(stage.host(forward_client_ip=False))
    stage.ask(path, FORGED)
    seen = stage.arrived(behind(stage, path))
    assert addresses(seen) == ((), (), ())
    assert seen.values("X-Forwarded-Proto") == ("https",)


@pytest.mark.parametrize("plex_mode", [True, False])
def test_forged_addresses_are_kept_out_whatever_plex_mode_is(newest_stage: Stage, plex_mode: bool) -> None:
    newest_stage.serve(newest_stage.host(plex_mode=plex_mode))
    newest_stage.ask("/identity", FORGED)
    assert addresses(newest_stage.arrived()) == (("127.0.0.1",), ("127.0.0.1",), ())


def test_plex_headers_arrive_byte_for_byte_and_those_not_sent_do_not(stage: Stage, path: str) -> None:
    stage.serve(stage.host())
    sent = tuple((name, value.encode().decode("latin-1")) for name, value in PLEX)
    stage.ask(path, sent)
    seen = stage.arrived(behind(stage, path))
    assert {pair for pair in seen.headers if pair[0].lower().startswith("x-plex")} == set(sent)
    stage.ask(path)
    seen = stage.arrived(behind(stage, path))
    assert [name for name, _ in seen.headers if name.lower().startswith("x-plex")] == []


def test_path_and_query_arrive_byte_for_byte(stage: Stage) -> None:
    stage.serve(stage.host())
    target = "/photo/:/transcode?url=%2Flibrary%2F1%3FX-Plex-Token%3Da%2Bb&b=2&a=1;c&&e=%7B%7D&X-Plex-Token=x+y"
    stage.ask(target)
    assert stage.arrived().target == target


def test_the_hop_of_a_tunnel_says_who_the_viewer_is(stage: Stage, path: str) -> None:
    host = stage.host("tunnel.localhost", listener=tunnel_listener())
    stage.serve(host)
    hop = [("CF-Connecting-IP", "203.0.113.9"), ("X-Forwarded-For", "6.6.6.6, 203.0.113.9")]
    stage.ask(path, [*hop, ("X-Real-IP", "6.6.6.6"), ("Forwarded", "for=6.6.6.6")], host=host)
    seen = stage.arrived(behind(stage, path))
    assert addresses(seen) == (("203.0.113.9",), ("203.0.113.9",), ())


@pytest.mark.parametrize(("said", "arrives"), [(None, "https"), ("https", "https"), ("http", "http")])
def test_behind_a_tunnel_the_viewers_scheme_is_https_unless_the_hop_says_otherwise(
    stage: Stage, said: str | None, arrives: str, path: str
) -> None:
    host = stage.host("tunnel.localhost", listener=tunnel_listener())
    stage.serve(host)
    headers = [("X-Forwarded-Host", "evil.example")] + ([("X-Forwarded-Proto", said)] if said else [])
    stage.ask(path, headers, host=host)
    seen = stage.arrived(behind(stage, path))
    assert seen.values("X-Forwarded-Proto") == (arrives,)
    assert seen.values("X-Forwarded-Host") == ("tunnel.localhost",)


def test_a_plain_listener_that_trusts_nobody_believes_nothing(stage: Stage, path: str) -> None:
    host = stage.host("tunnel.localhost", listener=Listener("plain", "127.0.0.1", tunnel_listener().port, tls=False))
    stage.serve(host)
    stage.ask(path, FORGED, host=host)
    seen = stage.arrived(behind(stage, path))
    assert addresses(seen) == (("127.0.0.1",), ("127.0.0.1",), ())
    assert seen.values("X-Forwarded-Proto") == ("https",)
    assert seen.values("X-Forwarded-Host") == ("tunnel.localhost",)


def test_strict_reading_takes_the_first_address_from_the_right_that_is_no_hop(stage: Stage) -> None:
    listener = Listener("vps", "", 0, True, ("127.0.0.1/32", "10.9.0.0/24"), ("X-Forwarded-For",))
    stage.serve(stage.host(listener=listener))
    stage.ask("/identity", [("X-Forwarded-For", "6.6.6.6, 203.0.113.9, 10.9.0.1")])
    seen = stage.arrived()
    assert addresses(seen) == (("203.0.113.9",), ("203.0.113.9",), ())


def test_trust_of_one_listener_does_not_reach_another(stage: Stage) -> None:
    tunnel = stage.host("tunnel.localhost", listener=tunnel_listener())
    stage.serve(stage.host(), tunnel)
    stage.ask("/identity", [("CF-Connecting-IP", "203.0.113.9"), ("X-Forwarded-For", "203.0.113.9")])
    assert addresses(stage.arrived()) == (("127.0.0.1",), ("127.0.0.1",), ())


def test_an_ipv6_upstream_is_reached(stage: Stage) -> None:
    with Plex(host="::1") as media:
        host = stage.host()
        upstream = type(host.upstream)("plex", "http", "::1", media.port)
        stage.serve(stage.host(upstream=upstream))
        assert stage.ask("/identity").status == 200
        assert media.seen[-1].path == "/identity"


def test_no_response_header_is_added_beyond_what_caddy_always_adds(stage: Stage) -> None:
    stage.serve(stage.host())
    with socket.create_connection(("127.0.0.1", stage.media.port), 10) as sock:
        send(sock, "/identity", [("Host", "127.0.0.1"), ("Connection", "close")])
        direct = {name.lower() for name, _ in receive(sock).headers}
    proxied = {name.lower() for name, _ in stage.ask("/identity").headers}
    assert proxied - direct <= {"via", "alt-svc", "date"}


def test_two_equal_content_lengths_from_plex_do_not_turn_into_an_error(stage: Stage) -> None:
    stage.serve(stage.host())
    reply = stage.ask("/library/streams/1", [("X-Plex-Token", stage.media.token)])
    assert reply.status == 200


def test_several_hosts_each_reach_their_own_media_server(stage: Stage) -> None:
    with Plex() as other:
        second = stage.host(
            "other.localhost", upstream=type(stage.host().upstream)("plex", "http", "127.0.0.1", other.port)
        )
        stage.serve(stage.host(), second)
        stage.ask("/identity")
        stage.ask("/identity", host=second)
        assert [seen.value("Host") for seen in stage.media.seen] == ["plex.localhost"]
        assert [seen.value("Host") for seen in other.seen] == ["other.localhost"]


def test_a_paused_host_says_so_and_keeps_its_certificate(stage: Stage) -> None:
    stage.serve(stage.host(paused=True))
    for path in ("/identity", ECHO):
        reply = stage.ask(path)
        assert (reply.status, reply.body) == (503, b"This media server is paused by its owner.")
    assert stage.media.seen == stage.echo.seen == ()


def test_a_dead_upstream_name_stops_nobody_else(stage: Stage) -> None:
    dead = type(stage.host().upstream)("plex", "http", "no-such-machine.internal", 32400)
    lost = stage.host("lost.localhost", upstream=dead)
    stage.serve(stage.host(), lost)
    assert stage.ask("/identity").status == 200
    assert stage.ask("/identity", host=lost).status == 502
