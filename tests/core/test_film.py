"""The made-up film: any range of it is the same bytes, and nobody without the mark knows them."""

from __future__ import annotations

import zlib

from hypothesis import given
from hypothesis import strategies as st

from wizard.core.film import BLOCK_BYTES, read_film

PLACES = st.integers(0, 4 * BLOCK_BYTES)


@given(PLACES, PLACES)
def test_a_range_is_a_piece_of_the_whole(start: int, stop: int) -> None:
    whole = read_film("mark", 0, 4 * BLOCK_BYTES)
    assert read_film("mark", start, stop) == whole[start:stop]


def test_every_mark_has_its_own_film() -> None:
    assert read_film("one", 0, 100) != read_film("two", 0, 100)


def test_places_are_told_apart_and_nothing_compresses() -> None:
    film = read_film("mark", 0, 2 * BLOCK_BYTES)
    assert film[:BLOCK_BYTES] != film[BLOCK_BYTES:]
    assert len(zlib.compress(film)) > len(film)
