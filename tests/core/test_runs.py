"""The course of a run, for every shape of needs and every order of results."""

from __future__ import annotations

from graphlib import CycleError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.runs import (
    Moves,
    Row,
    Standing,
    State,
    dependants,
    is_finished,
    next_moves,
    standing,
)
from wizard.core.verdicts import Level

Needs = dict[str, tuple[str, ...]]

WAITING, QUEUED, RUNNING = Row("a", State.WAITING), Row("a", State.QUEUED), Row("a", State.RUNNING)
OK, FAILED = Row("a", State.DONE, Level.OK), Row("a", State.DONE, Level.FAILURE)
UNSURE = Row("a", State.DONE, Level.UNKNOWN)
UNSEEN = Row("a", State.DONE, Level.UNKNOWN, is_unseen=True)
WARNED = Row("a", State.DONE, Level.WARNING)
CUT_OFF = Row("a", State.SKIPPED, cause="root")
CHOSEN_SKIP = Row("a", State.SKIPPED, Level.OK)
STOPPED = Row("a", State.STOPPED)
B_WAITS = Row("b", State.WAITING)


@pytest.mark.parametrize(
    ("needed", "moves"),
    [
        (WAITING, Moves(("a",))),
        (QUEUED, Moves()),
        (RUNNING, Moves()),
        (OK, Moves(("b",))),
        (WARNED, Moves(("b",))),
        (UNSURE, Moves(("b",))),
        (UNSEEN, Moves((), (("b", "a"),))),
        (CHOSEN_SKIP, Moves(("b",))),
        (FAILED, Moves((), (("b", "a"),))),
        (STOPPED, Moves((), (("b", "a"),))),
        (CUT_OFF, Moves((), (("b", "root"),))),
    ],
    ids=lambda value: f"{value.state}-{value.level or value.cause}" if isinstance(value, Row) else "",
)
def test_what_a_check_may_do_follows_from_what_it_needs(needed: Row, moves: Moves) -> None:
    assert next_moves([needed, B_WAITS], {"b": ("a",)}) == moves


def test_a_run_that_cannot_be_seen_from_here_is_neither_green_nor_red() -> None:
    assert standing([UNSEEN, Row("b", State.SKIPPED, cause="a")]) is Standing.UNCERTAIN


def test_a_need_that_is_no_part_of_the_run_does_not_hold_anything_up() -> None:
    assert next_moves([B_WAITS], {"b": ("a",)}) == Moves(("b",))


def test_skips_spread_to_the_end_in_one_call_whatever_the_order_of_the_rows() -> None:
    needs = {"d": ("c",), "c": ("b",), "b": ("a",)}
    rows = [Row("d", State.WAITING), Row("c", State.WAITING), B_WAITS, FAILED]
    assert dict(next_moves(rows, needs).skip) == {"b": "a", "c": "a", "d": "a"}
    assert next_moves(rows, needs).start == ()


def test_checks_that_need_each_other_are_our_bug() -> None:
    with pytest.raises(CycleError):
        next_moves([WAITING, B_WAITS], {"a": ("b",), "b": ("a",)})


def test_dependants_are_found_through_others() -> None:
    assert dependants("a", {"b": ("a",), "c": ("b",), "d": ()}) == {"b", "c"}
    assert dependants("c", {"b": ("a",), "c": ("b",)}) == set()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], Standing.NOT_CHECKED),
        ([WAITING], Standing.CHECKING),
        ([OK, RUNNING], Standing.CHECKING),
        ([FAILED, QUEUED], Standing.CHECKING),
        ([OK], Standing.WORKING),
        ([OK, Row("a", State.DONE, Level.NOTE)], Standing.WORKING),
        ([OK, CHOSEN_SKIP], Standing.WORKING),
        ([OK, WARNED], Standing.WARNINGS),
        ([OK, UNSURE], Standing.UNCERTAIN),
        ([WARNED, UNSURE], Standing.UNCERTAIN),
        ([OK, CUT_OFF], Standing.UNCERTAIN),
        ([OK, STOPPED], Standing.STOPPED),
        ([UNSURE, STOPPED], Standing.STOPPED),
        ([FAILED, STOPPED, UNSURE, WARNED, CUT_OFF], Standing.NOT_WORKING),
    ],
)
def test_how_a_run_stands(rows: list[Row], expected: Standing) -> None:
    assert standing(rows) is expected
    assert standing(rows[::-1]) is expected


ROWS = st.lists(
    st.builds(
        Row,
        st.just("a"),
        st.sampled_from([State.DONE, State.SKIPPED, State.STOPPED, State.RUNNING]),
        st.one_of(st.none(), st.sampled_from(Level)),
    )
)


@given(ROWS)
def test_green_is_earned_by_every_row(rows: list[Row]) -> None:
    if standing(rows) is Standing.WORKING:
        assert rows
        assert all(row.has_ended and not row.is_cut_off for row in rows)
        assert {row.level for row in rows} <= {Level.OK, Level.NOTE, None}
    if standing(rows) is Standing.WARNINGS:
        assert not {Level.FAILURE, Level.UNKNOWN} & {row.level for row in rows}


@st.composite
def graphs(draw: st.DrawFn) -> Needs:
    """Checks a, b, c, … of which each needs some of those before it, in a mixed order."""
    names = "abcdefgh"[: draw(st.integers(1, 8))]
    needs = {name: tuple(draw(st.sets(st.sampled_from(names[:at])))) if at else () for at, name in enumerate(names)}
    return dict(draw(st.permutations(list(needs.items()))))


@given(graphs(), st.data())
def test_every_run_ends_and_nothing_starts_before_what_it_needs(needs: Needs, data: st.DataObject) -> None:
    """A worker takes started rows in any order and finds anything; the run must end, with every skip explained."""
    rows = {name: Row(name, State.WAITING) for name in needs}
    for _ in range(3 * len(rows)):
        moves = next_moves(list(rows.values()), needs)
        for name in moves.start:
            needed = [rows[one] for one in needs[name]]
            assert all(row.has_ended and not row.blocks for row in needed)
            rows[name] = Row(name, State.QUEUED)
        for name, cause in moves.skip:
            assert name in dependants(cause, needs)
            assert rows[cause].level is Level.FAILURE
            rows[name] = Row(name, State.SKIPPED, cause=cause)
        assert next_moves(list(rows.values()), needs) == Moves()
        open_rows = [name for name, row in rows.items() if row.state is State.QUEUED]
        if not open_rows:
            break
        name = data.draw(st.sampled_from(open_rows))
        state = data.draw(st.sampled_from([State.DONE, State.SKIPPED]))
        level = data.draw(st.sampled_from([Level.OK, Level.NOTE] if state is State.SKIPPED else list(Level)))
        rows[name] = Row(name, state, level)
    assert is_finished(list(rows.values()))
    failed = {name for name, row in rows.items() if row.level is Level.FAILURE}
    cut_off = {name for name, row in rows.items() if row.is_cut_off}
    assert cut_off == {name for cause in failed for name in dependants(cause, needs)}


def test_a_question_that_only_a_viewer_can_answer_keeps_no_run_from_green() -> None:
    waits = Row("locality", State.DONE, Level.UNKNOWN)
    assert standing([OK, waits]) is Standing.WORKING
    assert standing([OK, UNSURE]) is Standing.UNCERTAIN
    assert standing([OK, Row("locality", State.DONE, Level.FAILURE)]) is Standing.NOT_WORKING
