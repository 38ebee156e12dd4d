"""Levels, and the rule that bad news comes with a remedy."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.verdicts import CheckResult, Level, MissingRemedyError, Remedy, Verdict, worst

REMEDY = Remedy("Do it.", "troubleshooting#x", ("One.", "Two."))


@pytest.mark.parametrize("level", [Level.WARNING, Level.FAILURE])
def test_bad_news_without_a_remedy_cannot_be_made(level: Level) -> None:
    with pytest.raises(MissingRemedyError, match="a-code"):
        Verdict("a-code", level, "Something is so.")
    assert Verdict("a-code", level, "Something is so.", remedy=REMEDY).level is level


@pytest.mark.parametrize("level", [Level.OK, Level.NOTE, Level.UNKNOWN])
def test_other_news_needs_none(level: Level) -> None:
    assert Verdict("a-code", level, "Something is so.").remedy is None


def test_levels_have_their_order() -> None:
    ranks = [level.rank for level in (Level.OK, Level.NOTE, Level.UNKNOWN, Level.WARNING, Level.FAILURE)]
    assert ranks == sorted(set(ranks))


@given(st.lists(st.sampled_from(list(Level))))
def test_the_worst_is_one_of_them_and_none_is_worse(levels: list[Level]) -> None:
    found = worst(levels)
    assert found in levels or (not levels and found is Level.OK)
    assert all(level.rank <= found.rank for level in levels)


def test_a_result_is_as_bad_as_its_worst_verdict_and_survives_the_journey_as_json() -> None:
    good, bad = Verdict("a-ok", Level.OK, "Fine."), Verdict("b-bad", Level.FAILURE, "Broken.", remedy=REMEDY)
    result = CheckResult("dns", (good, bad), {"v4": ["203.0.113.9"]}, 0.5)
    assert result.level is Level.FAILURE
    assert CheckResult("dns", ()).level is Level.OK
    assert msgspec.json.decode(msgspec.json.encode(result), type=CheckResult) == result
