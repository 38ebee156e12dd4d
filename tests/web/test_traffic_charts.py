"""Pictures of traffic: what they say, how they are drawn, how small they stay."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from wizard.core.traffic import WINDOWS
from wizard.web.traffic_charts import (
    Heat,
    Series,
    heat_map,
    heat_sentence,
    level_of,
    nice,
    number,
    rate_chart,
    sentence,
    series,
    share_bar,
    size_words,
    step_rows,
)

NOW = 1_795_646_796.5
HALF_HOUR = WINDOWS["30m"]
SVG_BYTES = 3_000


def drawn(*sums: tuple[int, str, int]) -> Series:
    return series(HALF_HOUR, sums, NOW)


def minutes_ago(minutes: int) -> int:
    return int(NOW) - int(NOW) % 60 - 60 * minutes


def test_bytes_become_megabits_a_second() -> None:
    found = drawn((minutes_ago(1), "remote", 150_000_000), (minutes_ago(1), "local", 75_000_000))
    assert (found.mbps["remote"][-2], found.mbps["local"][-2], found.peak) == (20.0, 10.0, 30.0)


def test_the_running_step_counts_for_as_long_as_it_has_run() -> None:
    assert drawn((minutes_ago(0), "remote", 36_500_000 // 8)).mbps["remote"][-1] == pytest.approx(1.0)


def test_what_lies_outside_the_window_or_is_called_otherwise_breaks_nothing() -> None:
    found = drawn((minutes_ago(90), "remote", 1_000), (minutes_ago(1), "martian", 7_500_000))
    assert not found.has("remote")
    assert found.mbps["unknown"][-2] == 1.0


def test_a_picture_says_in_words_what_it_shows() -> None:
    found = drawn((minutes_ago(1), "remote", 150_000_000))
    assert sentence(found, 20.0) == "Remote 0 Mbit/s now, 20 at most. The upload line is 20 Mbit/s."
    assert sentence(drawn(), None) == "Nothing was sent in the last 30 minutes."
    svg = ET.fromstring(rate_chart(found, 20.0))
    assert svg.get("viewBox") is None
    assert svg.get("role") == "img"
    assert "20 at most" in "".join(svg.itertext())


def test_remote_lies_at_the_bottom_and_the_upload_line_across() -> None:
    svg = rate_chart(drawn((minutes_ago(1), "remote", 75_000_000), (minutes_ago(1), "local", 75_000_000)), 12.0)
    assert svg.index("area-local") < svg.index("area-remote"), "the lower area is drawn over the higher one"
    assert "area-unknown" not in svg
    assert "Upload 12 Mbit/s" in svg


def test_an_upload_far_above_everything_is_told_and_does_not_flatten_the_picture() -> None:
    svg = rate_chart(drawn((minutes_ago(1), "remote", 7_500_000)), 1_000.0)
    assert "↑ Upload 1,000 Mbit/s" in svg
    assert 'class="upload"' not in svg


def test_an_empty_picture_is_whole() -> None:
    for upload in (None, 20.0):
        ET.fromstring(rate_chart(drawn(), upload))


@pytest.mark.parametrize("key", WINDOWS)
def test_the_busiest_picture_stays_small(key: str) -> None:
    window = WINDOWS[key]
    first = window.starts(NOW)
    busy = [
        (first + step * window.step_seconds, locality, (step * 7919 + number) % 97 * 10**9)
        for step in range(window.steps)
        for number, locality in enumerate(("local", "remote"))
    ]
    picture = rate_chart(series(window, busy, NOW), 20.0)
    assert len(picture.encode()) < 2 * SVG_BYTES, "twice 3 KB at the very most, every step of both different"
    quiet = [one for one in busy if one[1] == "remote" and one[0] % 4 == 0]
    assert len(rate_chart(series(window, quiet, NOW), 20.0).encode()) < SVG_BYTES + 600


@pytest.mark.parametrize(
    ("value", "round_one"), [(0.3, 0.5), (1, 1), (1.01, 2), (2.1, 2.5), (7, 10), (21, 25), (99, 100)]
)
def test_scales_end_with_a_round_number(value: float, round_one: float) -> None:
    assert nice(value) == pytest.approx(round_one)


@pytest.mark.parametrize(
    ("value", "words"), [(0, "0"), (0.01, "<0.1"), (0.25, "0.2"), (6, "6"), (14.25, "14.2"), (1234.5, "1,234")]
)
def test_numbers_are_short(value: float, words: str) -> None:
    assert number(value) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1_500_000, "1.5 MB"), (999_900_000, "1 GB"), (3e15, "3,000 TB")],
)
def test_sizes_take_the_unit_that_fits(count: float, words: str) -> None:
    assert size_words(count) == words


def test_the_week_shows_its_busiest_hour() -> None:
    hours = tuple(10 * (hour == 21) for hour in range(24))
    heat = Heat((("Tue 24 Nov", (0,) * 24), ("Wed 25 Nov", hours)))
    assert heat_sentence(heat) == "Busiest: Wed 25 Nov, 21:00 to 22:00 UTC, with 10 B."
    svg = heat_map(heat)
    ET.fromstring(svg)
    assert svg.count("heat-5") == 1
    assert heat_sentence(Heat(())) == "Nothing was sent in these days."
    ET.fromstring(heat_map(Heat(())))


def test_little_is_still_more_than_nothing() -> None:
    assert [level_of(sent, 100) for sent in (0, 1, 20, 21, 100)] == [0, 1, 1, 2, 5]
    assert 'width="1"' in share_bar("remote", 1, 10**9)


def test_the_table_behind_holds_the_steps_in_which_something_was_sent() -> None:
    rows = step_rows(drawn((minutes_ago(1), "remote", 150_000_000), (minutes_ago(5), "local", 7_500_000)))
    assert [(start, words["remote"], words["local"]) for start, words in rows] == [
        (minutes_ago(1), "20", "0"),
        (minutes_ago(5), "0", "1"),
    ]
