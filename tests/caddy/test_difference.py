"""What changes is said in sentences that name the host."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.caddy.talk import domain, proxy_host
from wizard.caddy.config import build, initial_config
from wizard.caddy.difference import compare, served_domains
from wizard.caddy.document import Document
from wizard.caddy.version import parse_version
from wizard.core.hosts import Edge, Listener, ProxyHost, Upstream, Verify, VerifyKind

EDGE = Edge("here", "unix//run/caddy.sock", log_folder="/var/log/caddy")
HOST = proxy_host(name="plex.example.com", upstream=Upstream("plex", "http", "192.168.1.20", 32400))
SECURE = Upstream("plex", "https", "192.168.1.20", 32400)
NAMED = replace(SECURE, verify=Verify(VerifyKind.SERVER_NAME, "a.plex.direct"))


def config(*hosts: ProxyHost, edge: Edge = EDGE, version: str = "2.11.7") -> Document:
    return build(hosts, edge, parse_version(version), None).config


def sentences(before: Document, after: Document) -> tuple[str, ...]:
    return compare(before, after).sentences


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (HOST, replace(HOST, websocket=False), "Turns WebSocket support off for plex.example.com"),
        (replace(HOST, websocket=False), HOST, "Turns WebSocket support on for plex.example.com"),
        (
            HOST,
            replace(HOST, forward_client_ip=False),
            "Turns forwarding of client IP headers off for plex.example.com",
        ),
        (HOST, replace(HOST, paused=True), "Pauses plex.example.com"),
        (replace(HOST, paused=True), HOST, "Serves plex.example.com again → http://192.168.1.20:32400"),
        (
            HOST,
            replace(HOST, upstream=Upstream("plex", "http", "fd00::1", 1)),
            "Sends plex.example.com to http://[fd00::1]:1 instead of http://192.168.1.20:32400",
        ),
        (
            replace(HOST, upstream=SECURE),
            replace(HOST, upstream=NAMED),
            "Changes how the certificate of the media server behind plex.example.com is verified",
        ),
    ],
)
def test_one_change_of_one_host_is_one_sentence(before: ProxyHost, after: ProxyHost, sentence: str) -> None:
    assert sentences(config(before), config(after)) == (sentence,)


def test_a_new_host_is_named_with_where_it_leads() -> None:
    said = sentences(initial_config(EDGE), config(HOST))
    assert said == ("Adds plex.example.com → http://192.168.1.20:32400", "Listens at :443")
    assert sentences(config(HOST), initial_config(EDGE)) == ("Removes plex.example.com", "Stops listening at :443")


def test_a_new_host_that_is_paused_is_said_to_be() -> None:
    second = replace(HOST, domain=domain("b.example.com"), paused=True)
    assert sentences(config(HOST), config(HOST, second)) == ("Adds b.example.com, paused",)


def test_plex_mode_says_what_it_does_for_players_that_pause() -> None:
    assert sentences(config(HOST), config(replace(HOST, plex_mode=False))) == (
        "Turns the streaming options of Plex Mode off for plex.example.com",
        "Cuts players that pause for long, at :443",
    )


def test_a_new_way_in_says_where_and_whom_it_believes() -> None:
    listener = Listener("tunnel", "127.0.0.1", 8081, False, ("127.0.0.1/32",), ("CF-Connecting-IP",))
    said = sentences(config(HOST), config(replace(HOST, listener=listener)))
    assert said == (
        "Lets plex.example.com in at 127.0.0.1:8081 instead of :443",
        "Listens at 127.0.0.1:8081",
        "Believes 127.0.0.1/32 about who the viewer is, at 127.0.0.1:8081",
        "Stops listening at :443",
    )


def test_a_changed_log_folder_is_said() -> None:
    other = replace(EDGE, log_folder="/elsewhere")
    assert sentences(config(HOST), config(HOST, edge=other)) == ("Changes the access log of plex.example.com",)


def test_a_hand_edited_route_of_ours_is_said_to_lead_elsewhere() -> None:
    edited = config(HOST)
    edited["apps"]["http"]["servers"]["porthole-main"]["routes"][0]["handle"] = []
    assert sentences(edited, config(HOST))[0] == (
        "Sends plex.example.com to http://192.168.1.20:32400 instead of something else"
    )


def test_something_of_others_that_changes_is_said() -> None:
    other = config(HOST)
    other["apps"]["events"] = {}
    assert sentences(config(HOST), other) == ("Changes something that is not ours",)


def test_writing_the_admin_block_down_is_said() -> None:
    bare = {"apps": {"http": {"servers": {"srv0": {"listen": [":443"], "routes": []}}}}}
    said = sentences(bare, build([], EDGE, parse_version("2.11.7"), bare).config)
    assert said == ("Writes down where Caddy takes orders: unix//run/caddy.sock|0660",)


def test_options_set_with_consent_are_said() -> None:
    bare = {"apps": {"http": {"servers": {"srv0": {"listen": [":443"], "routes": []}}}}}
    said = sentences(bare, build([HOST], replace(EDGE, consent=True), parse_version("2.11.7"), bare).config)
    assert "Sets options of the server srv0, which is shared with other sites" in said
    assert "No longer cuts players that pause for long, at :443" in said
    assert "Keeps access tokens out of the default log" in said


def test_nothing_is_said_to_be_nothing() -> None:
    found = compare(config(HOST), config(HOST))
    assert (found.sentences, found.json_diff, found.is_empty) == (("Nothing changes",), "", True)


def test_the_json_diff_shows_the_lines() -> None:
    diff = compare(config(HOST), config(replace(HOST, websocket=False))).json_diff
    assert diff.startswith("--- before\n+++ after\n")
    assert '+                            "CONNECT"' in diff


def test_served_domains_are_those_that_are_not_paused() -> None:
    second = replace(HOST, domain=domain("b.example.com"), paused=True)
    assert served_domains(config(HOST, second)) == {"plex.example.com"}
    assert served_domains({}) == frozenset()
