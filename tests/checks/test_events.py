"""Judging when messages came, as tables, and a real Caddy with and without a hop that holds them back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.checks.lab import Lab
from tests.checks.sets import ECHO, MARK, NAME, codes, host, scene
from tests.fakes.hop import Fault as HopFault
from wizard.checks.events import CHECK, Event, Seen, Subject
from wizard.core.checks import Echo, Skip
from wizard.core.faults import Fault

SUBJECT = Subject(NAME, 443, ECHO.path, MARK)
SENT = tuple(number * 0.2 for number in range(8))


def seen(*came: float, **changes: Any) -> Seen:
    events = tuple(Event(sent, moment) for sent, moment in zip(SENT, came, strict=False))
    return replace(Seen(200, media_type="text/event-stream", events=events), **changes)


GOOD = seen(*SENT)
HELD = seen(*([1.4] * 8))
ALL_AT_ONCE = seen(*([0.0] * 8))
# the first half is let go at once, the rest as it should be; then two clumps
ONE_CLUMP = seen(0, 0, 0, 0, 0, 1.0, 1.2, 1.4)
TWO_CLUMPS = seen(0, 0, 0, 0, 0.8, 0.8, 0.8, 0.8)
HICCUP = seen(0, 0.2, 0.4, 0.8, 0.8, 1.0, 1.2, 1.4)


def test_the_subject_has_a_test_address_and_no_token() -> None:
    assert CHECK.subject(scene(token="secret")) == SUBJECT
    assert isinstance(CHECK.subject(scene(echoes=())), Skip)
    assert isinstance(CHECK.subject(scene(host=host(paused=True))), Skip)
    assert SUBJECT.url == "https://plex.example.com/.well-known/porthole/once/events"


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (GOOD, "events-ok ok"),
        (HICCUP, "events-ok ok"),
        (ALL_AT_ONCE, "events-buffered failure"),
        (HELD, "events-buffered failure"),
        (ONE_CLUMP, "events-buffered warning"),
        (TWO_CLUMPS, "events-buffered warning"),
        (seen(0, 0.2, 0.4), "events-cut failure"),
        (seen(0, 0.2, fault=Fault.CLOSED), "events-cut failure"),
        (seen(), "events-none failure"),
        (seen(media_type="text/html"), "events-none failure"),
        (Seen(404, server="Caddy"), "events-none failure"),
        (Seen(fault=Fault.CLOSED), "events-none failure"),
        (Seen(502, server="Caddy"), "events-could-not-look unknown"),
        (Seen(fault=Fault.TIMED_OUT), "events-could-not-look unknown"),
        (Seen(fault=Fault.NO_NETWORK), "events-could-not-look unknown"),
    ],
)
def test_what_came_is_judged(what: Seen, expected: str) -> None:
    assert codes(CHECK.judge(SUBJECT, what)) == [expected]


def test_no_fault_and_no_status_is_forgotten() -> None:
    for fault in Fault:
        assert CHECK.judge(SUBJECT, Seen(fault=fault))
    for status in (200, 301, 400, 401, 403, 404, 500, 502, 504, 530):
        assert CHECK.judge(SUBJECT, Seen(status))


def test_the_row_tells_what_happened() -> None:
    assert CHECK.judge(SUBJECT, GOOD)[0].summary == "8 messages came one by one, over 1.4 s"
    (held,) = CHECK.judge(SUBJECT, HELD)
    assert held.summary == "All 8 messages came at once, although they were sent over 1.4 s: a hop holds answers back"
    assert "came after 1.40" in held.detail


# with a real Caddy and our own web server


def test_through_caddy_alone_they_come_one_by_one(lab: Lab) -> None:
    assert lab.codes(CHECK) == ["events-ok ok"]


@pytest.mark.parametrize("most_bytes", [1 << 20, 100_000])
def test_a_hop_that_buffers_is_named_and_green_when_it_stops(lab: Lab, most_bytes: int) -> None:
    with lab.hop(HopFault.BUFFER, most_bytes=most_bytes) as (hop, changes):
        assert lab.codes(CHECK, lab.scene(CHECK, **changes)) == ["events-buffered failure"]
        hop.fault = HopFault.TERMINATE
        assert lab.codes(CHECK, lab.scene(CHECK, **changes)) == ["events-ok ok"]


def test_a_caddy_that_buffers_is_named(lab: Lab) -> None:
    def buffer(found: Any) -> None:
        if isinstance(found, list):
            for one in found:
                buffer(one)
        elif isinstance(found, dict):
            if found.get("handler") == "reverse_proxy":
                found["response_buffers"] = -1
            for one in found.values():
                buffer(one)

    lab.serve(lab.host(), change=buffer)
    assert lab.codes(CHECK) == ["events-buffered failure"]


def test_a_hop_that_cuts_early_is_named(lab: Lab) -> None:
    with lab.hop(HopFault.CUT_AFTER, cut_after_seconds=0.7) as (_, changes):
        assert lab.codes(CHECK, lab.scene(CHECK, **changes)) == ["events-cut failure"]


def test_a_ticket_that_was_used_leads_nowhere(lab: Lab) -> None:
    scene = lab.scene(CHECK)
    assert lab.codes(CHECK, scene) == ["events-ok ok"]
    assert lab.codes(CHECK, scene) == ["events-none failure"]
    made_up = replace(scene, echoes=(Echo("/.well-known/porthole/nobody-gave-this", MARK),))
    assert lab.codes(CHECK, made_up) == ["events-none failure"]
