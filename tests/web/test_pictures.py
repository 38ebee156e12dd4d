"""The pictures drawn on the server: the numbers they stand for and the sentences beside them."""

from __future__ import annotations

import re

import pytest

from wizard.web import pictures
from wizard.web import styles_samples as samples


@pytest.mark.parametrize(
    ("upload", "limit", "sentence"),
    [
        (20, 8, "With 20 Mbit/s up and 8 Mbit/s a stream, 2 people can watch from outside at once."),
        (10, 8, "With 10 Mbit/s up and 8 Mbit/s a stream, 1 person can watch from outside."),
        (5, 8, "With 5 Mbit/s up, one stream of 8 Mbit/s does not fit. Choose a lower limit."),
        (20, None, "With 20 Mbit/s up and no limit, one viewer can use all of it."),
        (None, 8, "Tell us your upload speed to see how many people can watch."),
        (0, 8, "Tell us your upload speed to see how many people can watch."),
        (2.5, 2, "With 2.5 Mbit/s up and 2 Mbit/s a stream, 1 person can watch from outside."),
    ],
)
def test_the_capacity_says_how_many_people_can_watch(
    upload: float | None, limit: float | None, sentence: str
) -> None:
    assert pictures.capacity(upload, limit).sentence == sentence


@pytest.mark.parametrize(("upload", "limit", "drawn"), [(20, 8, 2), (40, 4, 8), (5, 8, 0), (10000, 2, 1)])
def test_the_bar_draws_the_streams_that_fit(upload: float, limit: float, drawn: int) -> None:
    assert pictures.capacity(upload, limit).svg.count("bar-stream") == drawn


def test_the_pieces_of_the_bar_stay_inside_it() -> None:
    for upload, limit in ((20, 8), (40, 3), (9.9, 2), (100, 0.5), (5, 8), (33, 4)):
        svg = pictures.capacity(upload, limit).svg
        pieces = re.findall(r'<rect class="bar-\w+" x="([\d.]+)" y="2" width="([\d.]+)"', svg)
        assert pieces
        assert max(float(x) + float(width) for x, width in pieces) <= 300


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ([], "0 days: not checked yet"),
        ([pictures.Day()] * 30, "30 days: not checked yet"),
        ([pictures.Day(96)] * 30, "30 days: no interruptions, 100 %"),
        ([pictures.Day(96)] * 29 + [pictures.Day(96, 2, 2)], "30 days: 2 short interruptions, 99.9 %"),
        ([pictures.Day(96)] * 29 + [pictures.Day(96, 1, 1)], "30 days: 1 short interruption, 99.9 %"),
        ([pictures.Day(96, 96, 1)], "1 day: 1 interruption, 0 %"),
        ([pictures.Day(), pictures.Day(10)], "1 day: no interruptions, 100 %"),
    ],
)
def test_the_strip_has_a_sentence_that_never_rounds_up(days: list[pictures.Day], sentence: str) -> None:
    assert pictures.history(days).sentence == sentence


def test_days_differ_in_height_and_not_in_colour_alone() -> None:
    svg = samples.sample_history().svg
    heights = dict(re.findall(r'class="day-(\w+)"[^>]* height="(\d+)"', svg))
    assert set(heights) == {"good", "short", "bad", "none"}
    assert len(set(heights.values())) == 4


def test_a_qr_code_is_black_on_white_with_a_name_and_no_inline_style() -> None:
    svg = pictures.qr_code("https://plex.example.com", "QR code for https://plex.example.com")
    assert 'role="img" aria-label="QR code for https://plex.example.com"' in svg
    assert 'stroke="#000"' in svg
    assert 'fill="#fff"' in svg
    assert "style" not in svg
