"""The path through any wizard: computed from answers, never stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.flow import Answers, Step, is_reachable, next_after, next_unfinished, number_of

NAMES = ("one", "two", "three", "four")


def answered(name: str) -> Step:
    """A step that is settled once its own answer is there."""
    return Step(name, name.title(), lambda answers: bool(answers.get(name)))


STEPS = [answered(name) for name in NAMES]


def upto(number: int) -> dict[str, bool]:
    """Answers to the first so many steps."""
    return dict.fromkeys(NAMES[:number], True)


def test_steps_are_counted_from_one() -> None:
    assert [number_of(STEPS, name) for name in NAMES] == [1, 2, 3, 4]
    with pytest.raises(ValueError, match="five"):
        number_of(STEPS, "five")


@pytest.mark.parametrize("given_answers", range(5))
def test_a_step_is_reachable_once_all_before_it_are_settled(given_answers: int) -> None:
    reachable = [name for name in NAMES if is_reachable(STEPS, name, upto(given_answers))]
    assert reachable == list(NAMES[: given_answers + 1])


def test_a_later_step_typed_by_hand_is_not_reachable_and_leads_to_the_first_open_one() -> None:
    assert not is_reachable(STEPS, "four", upto(1))
    assert next_unfinished(STEPS, upto(1)).name == "two"


def test_a_gap_closes_what_lies_behind_it() -> None:
    answers = {**upto(4), "two": False}
    assert [name for name in NAMES if is_reachable(STEPS, name, answers)] == ["one", "two"]


def test_when_everything_is_settled_the_last_step_is_next() -> None:
    assert next_unfinished(STEPS, upto(4)).name == "four"


def test_continue_leads_to_the_next_step_and_stays_on_the_last() -> None:
    assert next_after(STEPS, "one", upto(1)).name == "two"
    assert next_after(STEPS, "four", upto(4)).name == "four"


def test_after_a_change_from_the_review_the_way_leads_straight_back() -> None:
    assert next_after(STEPS, "one", upto(4), from_review=True).name == "four"


def test_a_change_that_unsettles_another_step_leads_there_first() -> None:
    answers = {**upto(4), "three": False}
    assert next_after(STEPS, "one", answers, from_review=True).name == "three"
    assert next_after(STEPS, "one", {**answers, "one": False}).name == "one"


def test_a_step_may_depend_on_the_answers_to_others() -> None:
    steps = [answered("one"), Step("two", "Two", lambda answers: answers.get("one") == "short"), answered("three")]
    assert is_reachable(steps, "three", {"one": "short"})
    assert not is_reachable(steps, "three", {"one": "long"})


@given(st.dictionaries(st.sampled_from(NAMES), st.booleans()), st.sampled_from(NAMES), st.booleans())
def test_wherever_the_way_leads_the_step_is_reachable(answers: Answers, name: str, from_review: bool) -> None:
    assert is_reachable(STEPS, next_unfinished(STEPS, answers).name, answers)
    assert is_reachable(STEPS, next_after(STEPS, name, answers, from_review=from_review).name, answers)
