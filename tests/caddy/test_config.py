"""The configuration as a pure function: same answer twice, nothing lost, and no input that changes its shape."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.caddy.combinations import LISTENERS, combinations, told_apart
from tests.caddy.talk import domain, proxy_host
from wizard.caddy.caddyfile import caddyfile
from wizard.caddy.config import build, initial_config, remove_ours
from wizard.caddy.version import UNKNOWN, parse_version
from wizard.core.domain import Domain
from wizard.core.echo import SEEN_BY_CADDY
from wizard.core.hosts import Edge, Listener, ProxyHost, Upstream, Verify, VerifyKind
from wizard.core.refusal import Refusal
from wizard.core.upstreams import parse_upstream

EDGE = Edge("here", "unix//run/caddy.sock", 8080, 8443, log_folder="/var/log/caddy")
VERSION = parse_version("2.11.7")


def server(host: ProxyHost, edge: Edge = EDGE) -> dict[str, Any]:
    servers = build([host], edge, VERSION, None).config["apps"]["http"]["servers"]
    (only,) = servers.values()
    assert isinstance(only, dict)
    return only


def proxies(host: ProxyHost) -> list[dict[str, Any]]:
    inner = server(host)["routes"][0]["handle"][0]["routes"]
    return [handler for route in inner for handler in route["handle"] if handler["handler"] == "reverse_proxy"]


@pytest.mark.parametrize("where", LISTENERS)
def test_building_twice_gives_the_same_and_removing_gives_the_beginning(where: str) -> None:
    start = initial_config(EDGE)
    for host in combinations(LISTENERS[where]):
        built = build([host], EDGE, VERSION, start)
        assert build([host], EDGE, VERSION, built.config) == built, told_apart(host)
        assert build([], EDGE, VERSION, built.config).config == start, told_apart(host)
        assert built.notes == ()


@pytest.mark.parametrize("where", LISTENERS)
def test_no_operation_on_a_plex_header_exists_anywhere_but_in_the_log_filter(where: str) -> None:
    for host in combinations(LISTENERS[where]):
        config = build([host], EDGE, VERSION, None).config
        assert "x-plex" not in json.dumps(config["apps"]).lower()


@pytest.mark.parametrize("where", LISTENERS)
def test_echo_and_media_server_get_the_same_header_rules(where: str) -> None:
    for host in combinations(LISTENERS[where]):
        if host.paused:
            continue
        echo, media = (copy.deepcopy(handler["headers"]["request"]) for handler in proxies(host))
        media.get("set", {}).pop("Host", None)
        told = {name: echo["set"].pop(name) for name in SEEN_BY_CADDY}  # of no use to the media server
        assert len(told) == 3
        for rules in (echo, media):
            if not rules.get("set", True):
                del rules["set"]
        assert echo == media, told_apart(host)


def test_plex_mode_adds_what_streaming_needs_and_off_is_a_plain_proxy() -> None:
    on, off = proxy_host(), proxy_host(plex_mode=False)
    assert server(on)["write_idle_timeout"] == -1_000_000_000
    assert [handler["stream_close_delay"] for handler in proxies(on)] == [600_000_000_000] * 2
    assert "write_idle_timeout" not in server(off)
    assert set(proxies(off)[1]) == {"handler", "upstreams", "headers"}


def test_the_stall_option_is_for_versions_that_know_it_only() -> None:
    for version, knows in (("2.11.7", True), ("2.11.6", False), ("2.11.4", False), ("2.12.0", True)):
        config = build([proxy_host()], EDGE, parse_version(version), None).config
        assert ("write_idle_timeout" in json.dumps(config)) is knows
    assert "write_idle_timeout" not in json.dumps(build([proxy_host()], EDGE, UNKNOWN, None).config)


def test_ports_of_the_edge_are_caddys_ports() -> None:
    http = build([proxy_host()], EDGE, VERSION, None).config["apps"]["http"]
    assert (http["http_port"], http["https_port"]) == (8080, 8443)
    assert http["servers"]["porthole-main"]["listen"] == [":8443"]


def test_each_way_in_gets_its_own_server_with_its_own_trust() -> None:
    hosts = [
        proxy_host(name=f"{word}.example.com", listener=listener)
        for word, listener in zip("abcde", LISTENERS.values(), strict=True)
    ]
    servers = build(hosts, EDGE, VERSION, None).config["apps"]["http"]["servers"]
    told = {key: (found["listen"], found.get("trusted_proxies", {}).get("ranges")) for key, found in servers.items()}
    assert told == {
        "porthole-main": ([":8443"], ["10.0.0.1/32", "fd00::1/128"]),
        "porthole-tunnel": (["127.0.0.1:8081"], ["127.0.0.1/32"]),
        "porthole-plain": ([":8082"], None),
        "porthole-tailnet": (["[fd7a:115c:a1e0::1]:8443"], None),
    }
    assert servers["porthole-tunnel"]["client_ip_headers"] == ["CF-Connecting-IP"]
    assert all(found.get("trusted_proxies_strict", 1) == 1 for found in servers.values())


def test_two_ways_in_with_one_name_get_two_servers() -> None:
    hosts = [
        proxy_host(name=f"h{port}.example.com", listener=Listener("tunnel", "127.0.0.1", port, tls=False))
        for port in (8081, 8082)
    ]
    servers = build(hosts, EDGE, VERSION, None).config["apps"]["http"]["servers"]
    assert sorted(servers) == ["porthole-tunnel", "porthole-tunnel-8082"]


def test_hops_with_the_same_header_add_up_and_others_are_not_believed() -> None:
    vps = Listener(trusted=("10.0.0.1/32",), client_ip_headers=("X-Forwarded-For",))
    second = Listener(trusted=("10.0.0.2/32",), client_ip_headers=("X-Forwarded-For",))
    other = Listener(trusted=("192.0.2.0/24",), client_ip_headers=("CF-Connecting-IP",))
    hosts = [
        proxy_host(name=f"{word}.example.com", listener=listener)
        for word, listener in zip("abcd", (Listener(), vps, second, other), strict=True)
    ]
    built = build(hosts, EDGE, VERSION, None)
    main = built.config["apps"]["http"]["servers"]["porthole-main"]
    assert main["trusted_proxies"]["ranges"] == ["10.0.0.1/32", "10.0.0.2/32"]
    assert main["client_ip_headers"] == ["X-Forwarded-For"]
    assert [note.code for note in built.notes] == ["listener-contradiction"]
    assert built.notes[0].sentence.startswith("d.example.com ")


def test_a_plain_listener_without_a_port_uses_the_http_port_and_gets_no_certificate() -> None:
    found = server(proxy_host(listener=Listener("plain", tls=False)))
    assert found["listen"] == [":8080"]
    assert found["automatic_https"] == {"skip": ["plex.localhost"]}


def test_only_names_of_this_machine_use_caddys_own_authority() -> None:
    assert "pki" not in build([proxy_host(name="plex.example.com")], EDGE, VERSION, None).config["apps"]
    authority = build([proxy_host()], EDGE, VERSION, None).config["apps"]["pki"]["certificate_authorities"]
    assert authority == {"local": {"install_trust": False}}


def test_domains_that_nest_do_not_share_a_log() -> None:
    hosts = [proxy_host(name=name) for name in ("plex.example", "plex.example.com", "a-b.example.com")]
    logs = build(hosts, EDGE, VERSION, None).config["logging"]["logs"]
    included = [name for log in logs.values() for name in log.get("include", [])]
    includes = [name for name in included if name.startswith("http.log.access")]
    assert len(set(includes)) == 3
    assert not [(a, b) for a in includes for b in includes if b.startswith(f"{a}.")]
    assert [name for name in logs["default"]["exclude"] if name.startswith("http.log")] == includes


def test_without_a_log_folder_no_access_log_is_written_and_a_note_says_so() -> None:
    built = build([proxy_host()], Edge("here", "unix//x"), VERSION, None)
    assert list(built.config["logging"]["logs"]) == ["default"]
    assert [note.code for note in built.notes] == ["no-access-log"]


def test_a_leftover_of_ours_in_a_strange_place_is_removed() -> None:
    config = build([proxy_host()], EDGE, VERSION, None).config
    config["apps"]["http"]["servers"]["their-name"] = config["apps"]["http"]["servers"].pop("porthole-main")
    assert remove_ours(config) == {"admin": config["admin"]}


# no input changes the shape

SHAPE_EDGE = replace(EDGE, log_folder="/var/log/caddy")
TEXTS = st.one_of(
    st.text(max_size=300),
    st.text(alphabet='abc.-_{}*"`#$\\ \n\t:/@%&?=[]()|~0123456789', max_size=60),
    st.sampled_from(
        [
            "{env.SECRET}",
            "a.com {\n}",
            "*.example.com",
            "plex.example.com:443",
            "127.0.0.1",
            "a" * 300,
            "[::1]",
            "x y.z",
        ]
    ),
    st.from_regex(r"[a-z0-9-]{1,20}(\.[a-z0-9-]{1,20}){1,3}", fullmatch=True),
)


def shape(value: Any) -> Any:
    """A configuration with every text and number taken out: keys and nesting only."""
    if isinstance(value, dict):
        return {_place(key): shape(inner) for key, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value).__name__


def _place(key: str) -> str:
    return re.sub(r"^(porthole-)?[a-z0-9-]+[._][a-z0-9._-]+$", "<host>", key)


EXPECTED = {
    scheme: shape(
        build(
            [proxy_host(name="plex.example.com", upstream=Upstream("plex", scheme, "192.168.1.20", 1))],
            SHAPE_EDGE,
            VERSION,
            None,
        ).config
    )
    for scheme in ("http", "https")
}


@given(TEXTS, TEXTS)
@settings(max_examples=400, deadline=None)
def test_no_text_changes_the_shape_of_the_configuration(name: str, home: str) -> None:
    parsed = Domain.parse(name)
    upstream = parse_upstream(home, media="plex", default_port=32400)
    assert isinstance(parsed, Domain | Refusal)
    assert isinstance(upstream, Upstream | Refusal)
    parsed = parsed if isinstance(parsed, Domain) else domain("plex.example.com")
    upstream = upstream if isinstance(upstream, Upstream) else Upstream("plex", "http", "192.168.1.20", 32400)
    if parsed.is_localhost:
        return
    host = ProxyHost("key", parsed, upstream)
    config = build([host], SHAPE_EDGE, VERSION, None).config
    assert shape(config) == EXPECTED[upstream.scheme]
    assert config["apps"]["http"]["servers"]["porthole-main"]["routes"][0]["match"] == [{"host": [parsed.name]}]
    assert proxies(host)[1]["upstreams"] == [{"dial": upstream.dial}]
    assert _is_plain(parsed.name)
    assert _is_plain(upstream.dial)
    assert caddyfile([host], SHAPE_EDGE, VERSION).count("\n") == caddyfile(
        [proxy_host(name="plex.example.com", upstream=replace(upstream, address="a"))], SHAPE_EDGE, VERSION
    ).count("\n")


@given(TEXTS, TEXTS)
@settings(max_examples=200, deadline=None)
def test_no_certificate_or_name_for_one_changes_the_shape_either(name: str, pem: str) -> None:
    for kind in (VerifyKind.PINNED, VerifyKind.SERVER_NAME, VerifyKind.OFF):
        verify = Verify(kind, name, pem)
        host = proxy_host(upstream=Upstream("plex", "https", "192.168.1.20", 1, verify))
        tls = proxies(host)[1]["transport"]["tls"]
        assert set(tls) <= {"server_name", "ca", "insecure_skip_verify"}
        assert "insecure_skip_verify" in tls or kind is not VerifyKind.OFF
        assert "insecure_skip_verify" not in tls or kind is VerifyKind.OFF
        assert _is_plain(tls.get("server_name", "a"))
        if kind is VerifyKind.PINNED:
            assert tls["ca"] == {"provider": "inline", "trusted_ca_certs": [""]}


def test_a_line_break_after_a_name_makes_it_no_name() -> None:
    upstream = Upstream("plex", "https", "192.168.1.20", 1, Verify(VerifyKind.SERVER_NAME, "a.plex.direct\n"))
    assert proxies(proxy_host(upstream=upstream))[1]["transport"]["tls"] == {}


def _is_plain(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9._:\[\]-]+", text) is not None
