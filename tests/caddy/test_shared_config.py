"""What is built for a Caddy that also serves hand-written sites: as a pure function, without a Caddy."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.caddy.hand_written import BLOG, hand_written
from tests.caddy.talk import DOMAIN, proxy_host, tunnel_listener
from wizard.caddy.config import build
from wizard.caddy.version import parse_version
from wizard.core.hosts import Edge, Listener

VERSION = parse_version("2.11.7")
EDGE = Edge("here", "unix//run/caddy.sock", log_folder="/var/log/caddy")


def test_our_routes_come_first_and_end_the_matter() -> None:
    built = build([proxy_host()], EDGE, VERSION, hand_written()).config
    routes = built["apps"]["http"]["servers"]["srv0"]["routes"]
    assert routes[0]["@id"] == "porthole-plex.localhost"
    assert routes[0]["terminal"] is True
    assert routes[1:] == hand_written()["apps"]["http"]["servers"]["srv0"]["routes"]
    assert list(built["apps"]["http"]["servers"]) == ["srv0", "srv1"]


def test_hosts_of_others_are_not_logged_because_of_us() -> None:
    server = build([proxy_host()], EDGE, VERSION, hand_written()).config["apps"]["http"]["servers"]["srv0"]
    assert server["logs"]["skip_unmapped_hosts"] is True
    assert server["logs"]["logger_names"] == {"plex.localhost": ["porthole-plex_localhost"]}


@pytest.mark.parametrize("listen", [":443", "0.0.0.0:443", "[::]:443", "tcp/:443", "tcp4/0.0.0.0:443", ":440-450"])
def test_a_hand_written_server_on_our_address_is_joined_however_it_is_spelled(listen: str) -> None:
    config = hand_written(listen=[listen])
    servers = build([proxy_host()], EDGE, VERSION, config).config["apps"]["http"]["servers"]
    assert list(servers) == ["srv0", "srv1"]


@pytest.mark.parametrize("listen", [":80", "127.0.0.1:443", "udp/:443", "unix//run/x.sock", ":4430"])
def test_a_hand_written_server_elsewhere_is_left_alone(listen: str) -> None:
    config = hand_written(listen=[listen])
    built = build([proxy_host()], EDGE, VERSION, config).config
    servers = built["apps"]["http"]["servers"]
    assert servers["srv0"] == config["apps"]["http"]["servers"]["srv0"]
    assert servers["porthole-main"]["listen"] == [":443"]
    assert built["apps"]["http"]["https_port"] == 443
    assert "http_port" not in built["apps"]["http"]


def test_without_consent_no_option_of_theirs_changes_and_notes_say_what_is_missing() -> None:
    listener = Listener(trusted=("10.0.0.1/32",), client_ip_headers=("X-Forwarded-For",))
    built = build([proxy_host(listener=listener)], EDGE, VERSION, hand_written())
    server = built.config["apps"]["http"]["servers"]["srv0"]
    assert set(server) == {"listen", "routes", "logs"}
    assert [note.code for note in built.notes] == [
        "shared-stall-timeout",
        "shared-trusted-proxies",
        "shared-default-log",
    ]
    assert "10.0.0.1/32" in built.notes[1].sentence


def test_with_consent_their_options_are_set_and_taken_back_when_we_leave() -> None:
    edge = Edge("here", "unix//run/caddy.sock", log_folder="/var/log/caddy", consent=True)
    listener = Listener(trusted=("10.0.0.1/32",), client_ip_headers=("X-Forwarded-For",))
    theirs = hand_written() | {"admin": {"listen": "localhost:2019"}}
    theirs["logging"] = {"logs": {"default": {"level": "DEBUG", "encoder": {"format": "console"}}}}
    built = build([proxy_host(listener=listener)], edge, VERSION, theirs)
    server = built.config["apps"]["http"]["servers"]["srv0"]
    assert server["write_idle_timeout"] == -1_000_000_000
    assert server["trusted_proxies"] == {"source": "static", "ranges": ["10.0.0.1/32"]}
    assert server["trusted_proxies_strict"] == 1
    assert built.config["logging"]["logs"]["default"]["encoder"]["wrap"] == {"format": "console"}
    assert built.notes == ()
    assert build([proxy_host(listener=listener)], edge, VERSION, built.config) == built
    assert build([], edge, VERSION, built.config).config == theirs


def test_their_own_stall_and_trust_options_are_never_replaced() -> None:
    own: dict[str, Any] = {
        "write_idle_timeout": 5,
        "trusted_proxies": {"source": "static", "ranges": ["192.0.2.1/32"]},
    }
    edge = Edge("here", "unix//run/caddy.sock", consent=True)
    host = proxy_host(listener=Listener(trusted=("10.0.0.1/32",)))
    built = build([host], edge, VERSION, hand_written(**own))
    server = built.config["apps"]["http"]["servers"]["srv0"]
    assert {name: server[name] for name in own} == own
    assert {note.code for note in built.notes} == {
        "shared-stall-timeout",
        "shared-trusted-proxies",
        "no-access-log",
    }


def test_a_server_with_an_id_of_its_owner_is_joined_and_its_options_left_alone() -> None:
    edge = Edge("here", "unix//run/caddy.sock", consent=True)
    theirs = hand_written() | {"admin": {"listen": "x"}}
    theirs["apps"]["http"]["servers"]["srv0"]["@id"] = "mine"
    built = build([proxy_host()], edge, VERSION, theirs)
    assert built.config["apps"]["http"]["servers"]["srv0"]["@id"] == "mine"
    assert "write_idle_timeout" not in built.config["apps"]["http"]["servers"]["srv0"]
    assert build([], edge, VERSION, built.config).config == theirs


@pytest.mark.parametrize("idle", [-1, 3600 * 1_000_000_000, 36_000 * 1_000_000_000])
def test_a_server_that_is_patient_already_needs_no_note(idle: int) -> None:
    built = build([proxy_host()], EDGE, VERSION, hand_written(write_idle_timeout=idle))
    assert [note.code for note in built.notes] == ["shared-default-log"]


def test_a_server_without_automatic_https_is_pointed_out() -> None:
    built = build([proxy_host()], EDGE, VERSION, hand_written(automatic_https={"disable": True}))
    assert "shared-no-certificates" in [note.code for note in built.notes]


def test_a_tunnel_beside_hand_written_sites_gets_its_own_server() -> None:
    host = proxy_host(listener=tunnel_listener())
    built = build([host], EDGE, VERSION, hand_written()).config
    server = built["apps"]["http"]["servers"]["porthole-tunnel"]
    assert server["trusted_proxies"]["ranges"] == ["127.0.0.1/32"]
    assert server["automatic_https"] == {"skip": [DOMAIN]}


def test_a_plain_hand_written_server_that_is_joined_gets_our_names_off_its_certificates_and_back() -> None:
    listener = Listener("tunnel", "", 443, tls=False)
    theirs = hand_written(automatic_https={"skip": [BLOG]}) | {"admin": {"listen": "x"}}
    built = build([proxy_host(listener=listener)], EDGE, VERSION, theirs).config
    assert built["apps"]["http"]["servers"]["srv0"]["automatic_https"] == {"skip": [BLOG, DOMAIN]}
    assert build([], EDGE, VERSION, built).config == theirs
    theirs = hand_written() | {"admin": {"listen": "x"}}
    built = build([proxy_host(listener=listener)], EDGE, VERSION, theirs).config
    assert build([], EDGE, VERSION, built).config == theirs


def test_what_is_given_is_never_changed() -> None:
    theirs = hand_written()
    kept = copy.deepcopy(theirs)
    build([proxy_host()], Edge("here", "unix//x", consent=True, log_folder="/x"), VERSION, theirs)
    assert theirs == kept
