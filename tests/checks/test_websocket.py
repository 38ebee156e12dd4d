"""Judging WebSocket handshakes, as tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.checks.sets import ECHO, MARK, NAME, PLEX, TOKEN, codes, host, scene
from wizard.checks.websocket import CHECK, Seen, Subject
from wizard.core.checks import Skip
from wizard.core.faults import Fault
from wizard.core.hosts import Upstream

BY_ECHO = Subject(NAME, 443, f"{ECHO.path}/ws", "plex", is_on=True, mark=MARK)
BY_TOKEN = Subject(NAME, 443, "/:/websockets/notifications", "plex", is_on=True, token=TOKEN)
OPEN = Seen(101, frames=1, is_answered=True, held_seconds=0.1, seconds=0.2)


def judged(subject: Subject, what: Seen) -> list[str]:
    return codes(CHECK.judge(subject, what))


def test_with_a_token_the_media_servers_own_socket_is_used_else_the_echo() -> None:
    assert CHECK.subject(scene(token=TOKEN)) == BY_TOKEN
    assert CHECK.subject(scene()) == BY_ECHO
    assert isinstance(CHECK.subject(scene(echoes=())), Skip)
    assert isinstance(CHECK.subject(scene(host=host(paused=True), token=TOKEN)), Skip)


def test_a_switched_off_socket_is_tried_on_the_echo_so_that_no_token_is_sent() -> None:
    off = CHECK.subject(scene(token=TOKEN, host=host(websocket=False)))
    assert off == replace(BY_ECHO, is_on=False)


def test_the_token_stands_in_the_address_and_nowhere_a_person_looks() -> None:
    assert BY_TOKEN.url == f"wss://plex.example.com/:/websockets/notifications?X-Plex-Token={TOKEN}"
    assert TOKEN not in repr(BY_TOKEN)
    odd = replace(BY_TOKEN, token="a b&c")
    assert odd.url.endswith("?X-Plex-Token=a%20b%26c")


@pytest.mark.parametrize(
    ("kind", "path", "query"),
    [
        ("jellyfin", "/jf/socket", f"?ApiKey={TOKEN}&deviceId=porthole-check"),
        ("emby", "/jf/embywebsocket", f"?api_key={TOKEN}&deviceId=porthole-check"),
    ],
)
def test_each_kind_has_its_own_socket(kind: str, path: str, query: str) -> None:
    upstream = Upstream(kind, "http", "nas", 8096, base_path="/jf")
    subject = CHECK.subject(scene(token=TOKEN, host=host(upstream=upstream)))
    assert isinstance(subject, Subject)
    assert subject.url == f"wss://plex.example.com{path}{query}"


def test_an_application_without_a_known_socket_uses_the_echo() -> None:
    subject = CHECK.subject(scene(token=TOKEN, host=host(upstream=replace(PLEX, media="other"))))
    assert isinstance(subject, Subject)
    assert subject.uses_echo
    assert subject.token == ""


@pytest.mark.parametrize(
    ("subject", "what", "expected"),
    [
        (BY_ECHO, OPEN, "websocket-ok ok"),
        (BY_TOKEN, Seen(101, held_seconds=3.0, is_ponged=True), "websocket-ok ok"),
        (BY_TOKEN, Seen(101, frames=1, held_seconds=0.4), "websocket-ok ok"),
        (BY_ECHO, Seen(101), "websocket-closed-early failure"),
        (BY_ECHO, Seen(101, close_code=1006), "websocket-closed-early failure"),
        (BY_TOKEN, Seen(101, close_code=1001), "websocket-closed-early failure"),
        (BY_TOKEN, Seen(101, fault=Fault.RESET), "websocket-closed-early failure"),
        (BY_ECHO, Seen(101, frames=1), "websocket-refused failure"),  # somebody else's answer
        (BY_ECHO, Seen(101, fault=Fault.NOT_HTTP), "websocket-stripped failure"),
        (BY_ECHO, Seen(200), "websocket-stripped failure"),
        (BY_ECHO, Seen(400), "websocket-stripped failure"),
        (BY_ECHO, Seen(404), "websocket-stripped failure"),
        (BY_TOKEN, Seen(426), "websocket-stripped failure"),
        (BY_ECHO, Seen(403, server="Caddy"), "websocket-refused failure"),
        (BY_TOKEN, Seen(403, server="Caddy"), "websocket-refused failure"),
        (BY_TOKEN, Seen(403, via="1.1 Caddy"), "websocket-token-refused warning"),
        (BY_TOKEN, Seen(401), "websocket-token-refused warning"),
        (BY_ECHO, Seen(401), "websocket-refused failure"),
        (BY_ECHO, Seen(502), "websocket-refused failure"),
        (BY_ECHO, Seen(fault=Fault.CLOSED), "websocket-refused failure"),
        (BY_ECHO, Seen(fault=Fault.TIMED_OUT), "websocket-refused failure"),
        (BY_ECHO, Seen(fault=Fault.RESOLVER_FAILED), "websocket-could-not-look unknown"),
        (BY_ECHO, Seen(fault=Fault.NO_NETWORK), "websocket-could-not-look unknown"),
        (BY_ECHO, Seen(fault=Fault.NAME_NOT_FOUND), "websocket-could-not-look unknown"),
        (replace(BY_ECHO, is_on=False), Seen(403), "websocket-off warning"),
        (replace(BY_ECHO, is_on=False), OPEN, "websocket-off warning"),
        (replace(BY_ECHO, is_on=False), Seen(fault=Fault.NO_NETWORK), "websocket-could-not-look unknown"),
    ],
)
def test_what_was_seen_is_judged(subject: Subject, what: Seen, expected: str) -> None:
    assert judged(subject, what) == [expected]


def test_no_fault_and_no_status_is_forgotten() -> None:
    for subject in (BY_ECHO, BY_TOKEN, replace(BY_ECHO, is_on=False)):
        for fault in Fault:
            assert CHECK.judge(subject, Seen(fault=fault))
        for status in (100, 101, 200, 204, 301, 400, 401, 403, 404, 405, 426, 429, 500, 502, 503):
            assert CHECK.judge(subject, Seen(status))


def test_the_row_says_who_answered() -> None:
    assert CHECK.judge(BY_ECHO, OPEN)[0].summary == "Opened by our test address; our message came back in 200 ms"
    by_plex = CHECK.judge(BY_TOKEN, Seen(101, held_seconds=3.0))[0].summary
    assert by_plex == "Opened by Plex itself on /:/websockets/notifications; stayed open for 3.0 s"


def test_switched_off_says_what_breaks_and_whether_it_is_really_off() -> None:
    off = replace(BY_ECHO, is_on=False)
    (really,) = CHECK.judge(off, Seen(403))
    assert "Tautulli" in really.why
    assert "refused with 403, as you chose" in really.why
    (not_really,) = CHECK.judge(off, OPEN)
    assert "the answer was 101: apply again" in not_really.why
