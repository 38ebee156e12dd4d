"""Sums of traffic: sharing bytes among minutes, hiding addresses, and paths without secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.traffic import WINDOWS, Span, masked, mbps_of, shortest_seconds, shown_path, spread


def test_a_short_response_belongs_to_the_minute_it_ended_in() -> None:
    assert list(spread(600.5, 0.2, 1000)) == [(600, 1000)]


def test_a_long_response_is_shared_among_the_minutes_it_ran_in() -> None:
    assert list(spread(720.0, 120.0, 1200)) == [(600, 600), (660, 600), (720, 0)]
    assert list(spread(690.0, 60.0, 600)) == [(600, 300), (660, 300)]


@given(
    at=st.floats(min_value=100_000, max_value=2e9),
    seconds=st.floats(min_value=0, max_value=200_000),
    size=st.integers(min_value=0, max_value=10**12),
)
def test_shares_add_up_and_lie_within_the_time_it_ran(at: float, seconds: float, size: int) -> None:
    shares = list(spread(at, seconds, size))
    assert sum(share for _, share in shares) == size
    assert all(share >= 0 for _, share in shares)
    minutes = [minute for minute, _ in shares]
    assert minutes == sorted(set(minutes))
    assert all(at - 86_400 - Span.MINUTE <= minute <= at for minute in minutes)


def test_the_least_time_of_a_cut_stream_is_what_the_line_needs() -> None:
    assert shortest_seconds(20_000_000 // 8, 20.0) == 1.0
    assert mbps_of(2_500_000, 1.0) == 20.0
    assert mbps_of(2_500_000, 0.0) == 0.0


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.21", "203.0.113.0"),
        ("::ffff:203.0.113.21", "203.0.113.0"),
        ("2001:db8:40:1:a:b:c:d", "2001:db8:40:1::"),
        ("not an address", ""),
        ("", ""),
    ],
)
def test_a_masked_address_names_a_neighbourhood(address: str, kept: str) -> None:
    assert masked(address) == kept


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("/identity", "/identity"),
        ("/:/timeline?state=playing&X-Plex-Token=abcdef", "/:/timeline?state&X-Plex-Token"),
        ("/photo/:/transcode?url=%2Fx%3FX-Plex-Token%3Dabcdef", "/photo/:/transcode?url"),
        ("/stream;api_key=abcdef/part", "/stream;api_key=…/part"),
        ("/x?abcdef", "/x?abcdef"),
        ("//[", "//["),
        ("http://me:abcdef@other/x?y=1#abcdef", "/x?y"),
        ("*", "/"),
    ],
)
def test_a_shown_path_has_no_values_in_it(uri: str, shown: str) -> None:
    assert shown_path(uri) == shown


def test_a_window_ends_with_the_step_that_holds_now() -> None:
    for window in WINDOWS.values():
        start = window.starts(1_795_646_796.5)
        assert start % window.step_seconds == 0
        assert start + (window.steps - 1) * window.step_seconds <= 1_795_646_796.5 < start + window.seconds
        assert window.steps <= 96
