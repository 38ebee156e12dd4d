"""Judging a film in parts and whole, as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.checks.sets import ECHO, NAME, codes, host, scene
from wizard.checks.streaming import CHECK, FILM_BYTES, Subject
from wizard.checks.streaming_seen import Part, Seen, Speed, Upload, in_mbit, ranges_of
from wizard.core.checks import Skip
from wizard.core.faults import Fault

SUBJECT = Subject(NAME, 443, (ECHO,) * 8, "direct")
HEAD = Part("HEAD", 200, accept_ranges="bytes", announced=FILM_BYTES, is_right=True)
MBPS_40 = Speed(200, 10_000_000, 2.0)
UPLOADED = Upload(8 << 20, 8 << 20, 200, is_ours=True, is_right=True)


def part(asked: tuple[str, int, int]) -> Part:
    text, start, stop = asked
    if not stop:
        return Part(text, 416, f"bytes */{FILM_BYTES}", is_right=True)
    return Part(text, 206, f"bytes {start}-{stop - 1}/{FILM_BYTES}", bytes=stop - start, is_right=True)


PARTS = tuple(part(asked) for asked in ranges_of(FILM_BYTES))
INSIDE = PARTS[:-1]
GOOD = Seen(HEAD, PARTS, MBPS_40, UPLOADED)


def but(number: int, **changes: Any) -> Seen:
    """All as it should be but for one part."""
    parts = tuple(replace(one, **changes) if at == number else one for at, one in enumerate(PARTS))
    return replace(GOOD, parts=parts)


def every(status: int = 0, fault: Fault | None = None, **changes: Any) -> Seen:
    """The same answer to everything."""
    same = tuple(Part(one.asked, status, fault=fault, **changes) for one in PARTS)
    return Seen(Part("HEAD", status, fault=fault), same)


def speed(**changes: Any) -> Seen:
    return replace(GOOD, speed=replace(MBPS_40, **changes))


def upload(**changes: Any) -> Seen:
    changes = {"is_ours": False, "is_right": False, "status": 0} | changes
    return replace(GOOD, upload=replace(UPLOADED, **changes))


WHOLE = replace(GOOD, parts=(*(Part(one.asked, 200, bytes=1, is_right=False) for one in INSIDE), Part("x", 200)))


def test_the_subject_has_enough_test_addresses_and_no_token() -> None:
    assert CHECK.tickets == 8
    assert CHECK.subject(scene(token="secret")) == SUBJECT
    assert isinstance(CHECK.subject(scene(echoes=(ECHO,) * 7)), Skip)
    assert isinstance(CHECK.subject(scene(host=host(paused=True))), Skip)
    limited = CHECK.subject(scene(host=host(stream_limit_mbps=8.0)))
    assert limited == replace(SUBJECT, stream_limit_mbps=8.0)


def test_every_kind_of_range_is_asked_for() -> None:
    assert [text for text, _, _ in ranges_of(10_000)] == [
        "bytes=0-0",
        "bytes=5000-70535",
        "bytes=8997-",
        "bytes=-1000",
        "bytes=10000-",
    ]


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (GOOD, ["streaming-ok ok"]),
        (WHOLE, ["streaming-no-range failure"]),
        (but(1, status=200), ["streaming-no-range failure"]),
        (but(2, status=416), ["streaming-no-range failure"]),
        (but(4, status=200), ["streaming-no-range warning"]),
        (but(1, is_right=False), ["streaming-wrong-bytes failure"]),
        (but(1, bytes=0), ["streaming-wrong-bytes failure"]),
        (but(3, content_range=""), ["streaming-wrong-bytes failure"]),
        (but(2, fault=Fault.CLOSED), ["streaming-wrong-bytes failure"]),
        (but(0, status=0, fault=Fault.RESET), ["streaming-cut failure"]),
        (but(0, status=0, fault=Fault.TIMED_OUT), ["streaming-cut failure"]),
        (replace(GOOD, head=replace(HEAD, accept_ranges="")), ["streaming-no-accept-ranges warning"]),
        (replace(GOOD, head=replace(HEAD, announced=None)), ["streaming-no-accept-ranges warning"]),
        (replace(GOOD, head=Part("HEAD", 405)), ["streaming-no-accept-ranges warning"]),
        (speed(wrong_at=65_536), ["streaming-wrong-bytes failure"]),
        (speed(fault=Fault.RESET), ["streaming-cut failure"]),
        (speed(status=500), ["streaming-cut failure"]),
        (speed(status=502), ["streaming-could-not-look unknown"]),
        (speed(status=0, bytes=0, fault=Fault.TIMED_OUT), ["streaming-could-not-look unknown"]),
        (upload(status=413), ["streaming-upload-refused warning"]),
        (upload(status=403), ["streaming-upload-refused warning"]),
        (upload(fault=Fault.RESET), ["streaming-upload-refused warning"]),
        (upload(status=200, is_ours=True), ["streaming-wrong-bytes failure"]),
        (upload(fault=Fault.TIMED_OUT), ["streaming-ok ok", "streaming-could-not-look unknown"]),
        (every(404), ["streaming-echo-not-ours failure"]),
        (every(200), ["streaming-echo-not-ours failure"]),
        (every(502), ["streaming-could-not-look unknown"]),
        (every(fault=Fault.TIMED_OUT), ["streaming-could-not-look unknown"]),
        (every(fault=Fault.NO_NETWORK), ["streaming-could-not-look unknown"]),
        (every(fault=Fault.CLOSED), ["streaming-cut failure"]),
        (
            replace(but(1, is_right=False), speed=replace(MBPS_40, wrong_at=0), upload=None),
            ["streaming-wrong-bytes failure"],
        ),
    ],
)
def test_what_came_is_judged(what: Seen, expected: list[str]) -> None:
    assert codes(CHECK.judge(SUBJECT, what)) == expected


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(None, "streaming-ok ok"), (40.0, "streaming-ok ok"), (41.0, "streaming-slow warning")],
)
def test_the_speed_is_set_against_the_limit_of_each_stream(limit: float | None, expected: str) -> None:
    assert codes(CHECK.judge(replace(SUBJECT, stream_limit_mbps=limit), GOOD)) == [expected]


def test_the_number_is_called_an_upper_bound() -> None:
    (verdict,) = CHECK.judge(replace(SUBJECT, stream_limit_mbps=8.0), GOOD)
    assert "at most 40 Mbit/s from here, your limit for each stream is 8 Mbit/s" in verdict.summary
    assert "Viewers outside get at most this" in verdict.why


def test_the_cap_of_the_way_in_is_named_without_sending_that_much() -> None:
    tunnel = replace(SUBJECT, method="cloudflare")
    passed, cap = CHECK.judge(tunnel, GOOD)
    assert codes((passed, cap)) == ["streaming-ok ok", "streaming-upload-cap note"]
    assert cap.summary == "Uploads stop at 100 MB on this way in (Cloudflare Tunnel)"
    (refused,) = CHECK.judge(tunnel, upload(status=413))
    assert "Cloudflare Tunnel itself stops only at 100 MB" in refused.why


def test_no_fault_and_no_status_is_forgotten() -> None:
    for fault in Fault:
        assert CHECK.judge(SUBJECT, every(fault=fault))
        assert CHECK.judge(SUBJECT, speed(fault=fault))
        assert CHECK.judge(SUBJECT, upload(fault=fault))
        assert CHECK.judge(SUBJECT, but(0, status=0, fault=fault))
    for status in (200, 204, 206, 301, 400, 403, 404, 413, 416, 500, 502, 503, 504, 522):
        assert CHECK.judge(SUBJECT, every(status))
        assert CHECK.judge(SUBJECT, speed(status=status))
        assert CHECK.judge(SUBJECT, upload(status=status))
        assert CHECK.judge(SUBJECT, but(1, status=status))


@pytest.mark.parametrize(
    ("mbps", "words"), [(8.0, "8 Mbit/s"), (2.44, "2.4 Mbit/s"), (31.4, "31 Mbit/s"), (519.2, "519 Mbit/s")]
)
def test_speeds_are_written_in_mbit(mbps: float, words: str) -> None:
    assert in_mbit(mbps) == words


def test_a_run_that_is_made_by_itself_moves_little_but_enough_to_tell_of_a_limit() -> None:
    asked = CHECK.subject(scene())
    assert isinstance(asked, Subject)
    assert asked.measure_bytes == 16 << 20
    light = CHECK.subject(scene(light=True))
    assert isinstance(light, Subject)
    assert light.measure_bytes == 1 << 19
    assert replace(light, stream_limit_mbps=8.0).measure_bytes == 1 << 19
    assert replace(light, stream_limit_mbps=40.0).measure_bytes == 2_500_000
    assert replace(light, stream_limit_mbps=1e9).measure_bytes == 16 << 20
