"""What the lines of Caddy's access log say, whole, broken, and about streams that were cut."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.access_lines import START, Asked, document, line, lines
from wizard.caddy.access_counts import OTHERS, Rules, asked, count
from wizard.caddy.access_log import decode, decode_blocks
from wizard.core.traffic import Counted, Kind, Span, Viewer

MINUTE = int(START) - int(START) % 60


def judge(address: str) -> str:
    return "local" if address.startswith("192.168.") else "remote"


def counted(*all_of: Asked, masks: bool = False, upload: float | None = None) -> Counted:
    decoded = decode(b"".join(map(line, all_of)))
    return count([decoded], Rules(judge, masks, upload), keep=100)


def minutes(result: Counted, locality: str = "remote") -> dict[int, int]:
    return {
        starts: sums.sent_bytes
        for (span, starts, where), sums in result.totals.items()
        if span == Span.MINUTE and where == locality
    }


def test_a_line_counts_in_its_minute_its_hour_and_its_day() -> None:
    result = counted(Asked(at=START + 30, size=500), Asked(at=START + 31, size=700))
    places = {(span, starts): sums for (span, starts, where), sums in result.totals.items() if where == "remote"}
    assert set(places) == {(span, MINUTE - MINUTE % span) for span in (60, 3_600, 86_400)}
    assert {(sums.requests, sums.sent_bytes) for sums in places.values()} == {(2, 1200)}


def test_local_and_remote_are_kept_apart() -> None:
    result = counted(Asked(size=5, seconds=0.1), Asked(size=7, seconds=0.1, address="192.168.1.40"))
    day = MINUTE - MINUTE % 86_400
    assert result.totals[86_400, day, "remote"].sent_bytes == 5
    assert result.totals[86_400, day, "local"].sent_bytes == 7


def test_a_device_is_known_by_what_its_headers_say() -> None:
    viewer = Viewer("203.0.113.21", "Anna's Pixel", "Plex for Android (Mobile)", "Android")
    assert {place[3] for place in counted(Asked()).viewers} == {viewer}
    assert viewer.name == "Anna's Pixel"
    assert {place[3] for place in counted(Asked(name="")).viewers} == {Viewer("203.0.113.21")}


def test_a_device_name_is_cut_and_cannot_hold_control_characters() -> None:
    (viewer,) = {place[3] for place in counted(Asked(name="x\x1b[31m" + "y" * 100)).viewers}
    assert viewer.device == "x[31m" + "y" * 58


def test_addresses_are_masked_after_they_were_judged() -> None:
    result = counted(Asked(address="192.168.1.40"), masks=True)
    assert {(place[2], place[3].address) for place in result.viewers} == {("local", "192.168.1.0")}
    assert [(one.locality, one.address) for one in result.requests] == [("local", "192.168.1.0")]


def test_a_long_download_is_spread_over_the_minutes_it_ran_in() -> None:
    result = counted(Asked(at=MINUTE + 180.0, seconds=180.0, size=1800))
    assert minutes(result) == {MINUTE: 600, MINUTE + 60: 600, MINUTE + 120: 600, MINUTE + 180: 0}
    assert sum(sums.requests for place, sums in result.totals.items() if place[0] == Span.MINUTE) == 1


def test_a_cut_stream_has_bytes_and_no_speed_and_fills_the_upload_no_more_than_it_can() -> None:
    bytes_a_minute = 20_000_000 * 60 // 8
    cut = Asked(at=MINUTE + 120.0, seconds=0.0, size=2 * bytes_a_minute, status=206)
    result = counted(cut, upload=20.0)
    assert minutes(result) == {MINUTE: bytes_a_minute, MINUTE + 60: bytes_a_minute, MINUTE + 120: 0}
    (request,) = result.requests
    assert (request.kind, request.seconds) == (Kind.CUT, None)


def test_a_websocket_counts_when_it_ends_and_not_as_a_cut_stream() -> None:
    result = counted(Asked(status=101, seconds=610.0, size=84, at=MINUTE + 10.0))
    assert minutes(result) == {MINUTE: 84}
    day = result.totals[86_400, MINUTE - MINUTE % 86_400, "remote"]
    assert (day.sockets, day.cut, day.failed) == (1, 0, 0)
    assert result.requests[0].kind is Kind.SOCKET


@pytest.mark.parametrize(("status", "failed", "cut"), [(502, 1, 0), (499, 0, 1), (0, 0, 1), (404, 0, 0), (200, 0, 0)])
def test_failures_and_viewers_who_left_are_counted(status: int, failed: int, cut: int) -> None:
    day = counted(Asked(status=status)).totals[86_400, MINUTE - MINUTE % 86_400, "remote"]
    assert (day.requests, day.failed, day.cut) == (1, failed, cut)


@pytest.mark.parametrize(
    "broken",
    [
        b"not json",
        b'{"level":"info","ts":17956',
        b'{"ts":"yesterday"}',
        b'{"ts":-5}',
        b'{"ts":1e999}',
        b'{"ts":1,"size":99999999999999999999999}',
        b'{"ts":1,"duration":"long"}',
        b'{"ts":1,"status":"200"}',
        b"\xff\xfe{}",
        b"[1]",
    ],
)
def test_a_broken_line_costs_only_itself(broken: bytes) -> None:
    decoded = decode(line(Asked()) + broken + b"\n\n" + line(Asked()))
    assert (len(decoded.lines), decoded.broken) == (2, 1)


def test_a_line_of_something_else_is_no_request_and_not_broken() -> None:
    result = count(
        [decode(b'{"level":"info","ts":1795600000.1,"msg":"serving initial configuration"}\n')], Rules(judge)
    )
    assert (result.lines, result.others, result.broken, result.totals) == (1, 1, 0, {})


def test_our_own_tests_of_the_way_in_are_nobodys_stream() -> None:
    result = counted(Asked(uri="/.well-known/porthole/REDACTED", size=22_000_000), Asked(size=10))
    assert sum(minutes(result).values()) == 10
    assert (result.lines, result.others, len(result.requests)) == (2, 1, 1)


def test_times_and_durations_in_words_are_understood() -> None:
    worded = {**document(Asked()), "ts": "2026-11-25T22:46:36.500Z", "duration": "1m2.5s"}
    (read,) = decode(json.dumps(worded).encode()).lines
    assert (read.ts, read.duration) == (1_795_646_796.5, 62.5)


def test_an_older_caddy_without_client_ip_is_judged_by_the_connection() -> None:
    old = document(Asked(address="192.168.1.40"))
    del old["request"]["client_ip"]
    (read,) = decode(json.dumps(old).encode()).lines
    assert asked(read, Rules(judge)).locality == "local"


@given(
    st.lists(st.binary(max_size=40).map(lambda some: some.replace(b"\n", b"") + b"\n"), max_size=30),
    st.integers(1, 90),
)
def test_blocks_hold_every_line_once_and_in_order(every: list[bytes], size: int) -> None:
    piece = b"".join(every) + b"a last one without its end"
    blocks = list(decode_blocks(memoryview(piece), size))
    assert sum(block.broken for block in blocks) == decode(piece).broken
    good = b"".join(line(Asked(at=1_795_600_000.0 + number)) for number in range(len(every)))
    assert [read.ts for block in decode_blocks(good, size) for read in block.lines] == [
        1_795_600_000.0 + number for number in range(len(every))
    ]


def test_no_token_survives_in_what_is_kept() -> None:
    secret = "s3cr3tt0k3n"
    result = counted(
        Asked(uri=f"/:/timeline?X-Plex-Token={secret}&state=playing"),
        Asked(uri=f"/photo/:/transcode?url=%2Fx%3FX-Plex-Token%3D{secret}"),
        Asked(uri=f"/a;api_key={secret}"),
    )
    assert secret not in repr(result)


def test_strangers_beyond_a_thousand_are_counted_together() -> None:
    knocking = [Asked(address=f"198.51.{number // 250}.{number % 250}", name="") for number in range(1_100)]
    result = counted(*knocking)
    viewers = {place[3] for place in result.viewers}
    assert len(viewers) <= 1_001
    assert OTHERS in viewers
    assert sum(sums.requests for place, sums in result.viewers.items() if place[0] == Span.DAY) == 1_100


def test_counting_in_pieces_gives_the_same_as_counting_at_once() -> None:
    every = list(lines(3_000))
    whole = count([decode(b"".join(every))], Rules(judge))
    again = Counted()
    for start in range(0, len(every), 700):
        part = count([decode(b"".join(every[start : start + 700]))], Rules(judge))
        for place, sums in part.totals.items():
            if place in again.totals:
                again.totals[place].add(sums)
            else:
                again.totals[place] = sums
    assert again.totals == whole.totals
