"""Judging what strangers may see and do, as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.checks.sets import ECHO, EDGE, NAME, PLEX, TOKEN, codes, host, scene
from wizard.checks.exposure import CHECK, Subject
from wizard.checks.exposure_doors import Door, is_admin
from wizard.checks.exposure_seen import Entrance, Lists, Seen, read_entrance, read_lists, read_peer
from wizard.core.checks import Skip
from wizard.core.faults import Fault
from wizard.core.hosts import Upstream
from wizard.net import HttpAnswer

CADDY = "192.168.1.5"
PLEX_AT = "192.168.1.20"
PUBLIC = "203.0.113.9"
SUBJECT = Subject(NAME, 443, PLEX, forward_client_ip=True, admin_ports=(2019,), is_caddy_here=True, echo=ECHO)
JELLYFIN = replace(SUBJECT, upstream=Upstream("jellyfin", "http", "nas", 8096))
SHUT = Door(PUBLIC, 2019, fault=Fault.REFUSED)
GOOD = Seen(Entrance("/", 401), True, (SHUT,))


def stranger(status: int = 0, **changes: Any) -> Seen:
    return replace(GOOD, stranger=Entrance("/", status, **changes))


def admin(address: str = PUBLIC, local: str = "192.168.1.5") -> Seen:
    return replace(GOOD, doors=(Door(address, 2019, True, 200, local),))


def listed(allowed: str | None = "", lan: str | None = "", **changes: Any) -> Seen:
    """What Plex's lists hold, with Caddy and Plex at home."""
    lists = Lists(200, allowed, lan, PLEX_AT)
    return replace(replace(GOOD, lists=lists, caddys_address=CADDY), **changes)


def test_the_token_is_taken_only_for_a_plex() -> None:
    subject = CHECK.subject(scene(token=TOKEN))
    assert subject == replace(SUBJECT, token=TOKEN)
    assert TOKEN not in repr(subject)
    other = CHECK.subject(scene(token=TOKEN, host=host(upstream=JELLYFIN.upstream)))
    assert isinstance(other, Subject)
    assert other.token == ""
    assert isinstance(CHECK.subject(scene(host=host(paused=True))), Skip)


def test_where_nothing_can_be_looked_at_it_is_skipped() -> None:
    other = replace(PLEX, media="other")
    assert isinstance(CHECK.subject(scene(host=host(upstream=other, method="cloudflare"))), Skip)
    assert isinstance(CHECK.subject(scene(host=host(upstream=other))), Subject)


@pytest.mark.parametrize(
    ("address", "ports"),
    [
        ("unix//run/caddy.sock", (2019,)),
        ("http://caddy:2019", (2019,)),
        ("http://127.0.0.1:3019", (2019, 3019)),
        ("localhost:4019", (2019, 4019)),
    ],
)
def test_the_ports_to_look_at_are_caddys_own_and_the_edges(address: str, ports: tuple[int, ...]) -> None:
    subject = CHECK.subject(scene(edge=replace(EDGE, admin=address)))
    assert isinstance(subject, Subject)
    assert subject.admin_ports == ports


@pytest.mark.parametrize(("method", "looked_at"), [("direct", True), ("tailnet", True), ("cloudflare", False)])
def test_no_strangers_ports_are_knocked_at(method: str, looked_at: bool) -> None:
    subject = CHECK.subject(scene(host=host(method=method)))
    assert isinstance(subject, Subject)
    assert bool(subject.admin_ports) is looked_at


@pytest.mark.parametrize(
    ("subject", "what", "expected"),
    [
        (SUBJECT, GOOD, ["exposure-ok ok"]),
        (SUBJECT, stranger(403), ["exposure-ok ok"]),
        (SUBJECT, stranger(302), ["exposure-ok ok"]),
        (SUBJECT, stranger(200, is_open=True), ["exposure-open failure"]),
        (JELLYFIN, stranger(200, is_open=True), ["exposure-open failure"]),
        (SUBJECT, stranger(200), ["exposure-could-not-look unknown"]),
        (SUBJECT, stranger(502), ["exposure-could-not-look unknown"]),
        (SUBJECT, stranger(fault=Fault.TIMED_OUT), ["exposure-could-not-look unknown"]),
        (SUBJECT, stranger(fault=Fault.NO_NETWORK), ["exposure-could-not-look unknown"]),
        (JELLYFIN, replace(GOOD, is_set_up=False), ["exposure-set-up-open failure"]),
        (SUBJECT, replace(GOOD, is_set_up=None), ["exposure-ok ok"]),
        (replace(SUBJECT, upstream=replace(PLEX, media="other")), Seen(), ["exposure-ok ok"]),
        (SUBJECT, admin(), ["exposure-admin failure"]),
        (SUBJECT, admin(local=PUBLIC), ["exposure-admin warning"]),
        (SUBJECT, admin("100.101.1.10"), ["exposure-admin warning"]),
        (SUBJECT, admin("127.0.0.1"), ["exposure-ok ok"]),
        (SUBJECT, listed(), ["exposure-ok ok"]),
        (SUBJECT, listed("10.0.0.0/8,192.168.2.0/24"), ["exposure-ok ok"]),
        (SUBJECT, listed(CADDY), ["exposure-allowed-networks warning"]),
        (SUBJECT, listed("10.0.0.0/8, 192.168.1.0/24"), ["exposure-allowed-networks warning"]),
        (SUBJECT, listed("192.168.1.0/255.255.255.0"), ["exposure-allowed-networks warning"]),
        (replace(SUBJECT, forward_client_ip=False), listed(CADDY), ["exposure-allowed-networks failure"]),
        (SUBJECT, listed(lan=CADDY), ["exposure-lan-networks warning"]),
        (SUBJECT, listed(lan="192.168.1.0/24,172.18.0.0/16"), ["exposure-ok ok", "exposure-lan-networks note"]),
        (
            SUBJECT,
            listed(lan="192.168.1.0/24,172.18.0.0/16", caddys_address="172.18.0.2"),
            ["exposure-lan-networks warning"],
        ),
        (SUBJECT, listed("nonsense,,*"), ["exposure-ok ok"]),
        (SUBJECT, listed("::1", caddys_address="127.0.0.1"), ["exposure-ok ok"]),
        (SUBJECT, listed(caddys_address=""), ["exposure-could-not-look unknown"]),
        (SUBJECT, replace(GOOD, lists=Lists(401)), ["exposure-could-not-look unknown"]),
        (SUBJECT, replace(GOOD, lists=Lists(fault=Fault.REFUSED)), ["exposure-could-not-look unknown"]),
        (
            SUBJECT,
            replace(listed(CADDY, CADDY), stranger=Entrance("/", 200, True)),
            ["exposure-open failure", "exposure-allowed-networks warning", "exposure-lan-networks warning"],
        ),
    ],
)
def test_what_was_seen_is_judged(subject: Subject, what: Seen, expected: list[str]) -> None:
    assert codes(CHECK.judge(subject, what)) == expected


def test_a_loopback_list_is_no_home_network() -> None:
    here = listed(lan="127.0.0.0/8", caddys_address="127.0.0.1", lists=Lists(200, "", "127.0.0.0/8", "127.0.0.1"))
    assert codes(CHECK.judge(SUBJECT, here)) == ["exposure-lan-networks warning"]


def test_no_fault_and_no_status_is_forgotten() -> None:
    for subject in (SUBJECT, JELLYFIN):
        for fault in Fault:
            assert CHECK.judge(subject, stranger(fault=fault))
            assert CHECK.judge(subject, replace(GOOD, lists=Lists(fault=fault)))
        for status in (200, 204, 301, 400, 404, 500, 502, 530):
            assert CHECK.judge(subject, stranger(status))
            assert CHECK.judge(subject, replace(GOOD, lists=Lists(status)))


def test_what_was_not_looked_at_is_said() -> None:
    (without_token,) = CHECK.judge(SUBJECT, GOOD)
    assert without_token.summary == "Plex asks strangers to sign in, and Caddy takes no orders from outside"
    assert "no token is stored" in without_token.why
    (demo,) = CHECK.judge(SUBJECT, replace(listed(), doors=(replace(SHUT, address="127.0.0.1"),)))
    assert "cannot be seen from here" in demo.why


def answer(body: str, status: int = 200, **headers: str) -> HttpAnswer:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return HttpAnswer("http://nas/", status, pairs, body, peer_address=PLEX_AT)


@pytest.mark.parametrize(
    ("body", "status", "is_open"),
    [
        ('{"MediaContainer": {"size": 0, "friendlyName": "Nas", "machineIdentifier": "ab"}}', 200, True),
        ('<MediaContainer size="0" friendlyName="Nas" machineIdentifier="ab"/>', 200, True),
        ('{"ServerName": "Nas", "HasPendingRestart": false, "Id": "ab"}', 200, True),
        ('{"MediaContainer": {"size": 0, "friendlyName": "Nas"}}', 401, False),
        ("<html><title>Sign in</title></html>", 200, False),
        ('["a"]', 200, False),
        ("", 200, False),
    ],
)
def test_an_inside_is_told_from_a_sign_in_page(body: str, status: int, is_open: bool) -> None:
    assert read_entrance("/", answer(body, status)).is_open is is_open


@pytest.mark.parametrize(
    ("body", "status", "headers", "expected"),
    [
        ("[]\n", 200, {"Content_Type": "application/json"}, True),
        ('[{"address": "127.0.0.1:1"}]', 200, {"Content_Type": "application/json"}, True),
        ('{"error":"host not allowed: x"}', 403, {"Content_Type": "application/json"}, True),
        ('{"error":"no","code":1}', 403, {"Content_Type": "application/json"}, False),
        ("[]", 200, {"Content_Type": "application/json", "Server": "nginx"}, False),
        ("[]", 200, {"Content_Type": "text/html"}, False),
        ("not json", 200, {"Content_Type": "application/json"}, False),
        ("[]", 404, {"Content_Type": "application/json"}, False),
    ],
)
def test_caddys_admin_api_is_known_by_its_answer(
    body: str, status: int, headers: dict[str, str], expected: bool
) -> None:
    assert is_admin(answer(body, status, **headers)) is expected


def test_only_two_lists_are_kept_of_the_preferences() -> None:
    body = (
        '{"MediaContainer": {"Setting": [{"id": "allowedNetworks", "value": "10.0.0.1"}, {"id": "x", "value": 1.5}, '
        '{"id": "LanNetworksBandwidth", "value": ""}, {"id": "PlexOnlineToken", "value": "secret"}]}}'
    )
    lists = read_lists(answer(body))
    assert lists == Lists(200, "10.0.0.1", "", PLEX_AT)
    assert read_lists(answer("<MediaContainer/>")) == Lists(200, None, None, PLEX_AT)


def test_the_peer_counts_only_with_the_mark() -> None:
    assert read_peer(answer('{"mark": "m", "peer": "172.18.0.2"}'), "m") == "172.18.0.2"
    assert read_peer(answer('{"mark": "other", "peer": "172.18.0.2"}'), "m") == ""
    assert read_peer(answer("<html>"), "m") == ""
