"""How a host stands over time: what two runs in a row mean, and what a day counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wizard.core.health import CONFIRM, OWNER, SCHEDULE, DayCount, Health, Past, aged, counted, health_of
from wizard.core.runs import Standing

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
W, A, N = Standing.WORKING, Standing.WARNINGS, Standing.NOT_WORKING
U, S = Standing.UNCERTAIN, Standing.STOPPED


def past(*standings: Standing, cause: str = SCHEDULE) -> list[Past]:
    """Runs, the newest first, a quarter of an hour apart."""
    return [Past(one, cause, AT - number * timedelta(minutes=15)) for number, one in enumerate(standings)]


@pytest.mark.parametrize(
    ("runs", "standing", "in_doubt"),
    [
        (past(), Standing.NOT_CHECKED, False),
        (past(W), W, False),
        (past(N, W), W, True),
        (past(N, A), A, True),
        (past(N, N, W), N, False),
        (past(W, N, N), W, False),
        (past(N), N, False),  # it never worked, so nothing is taken back
        (past(N, U, W), W, True),
        (past(N, U, N, W), N, False),
        (past(U, W), U, False),
        (past(U, N, N), U, False),
        (past(S, W), W, False),
        (past(N, S, W), W, True),
    ],
)
def test_one_failure_is_a_doubt_and_two_in_a_row_are_red(
    runs: list[Past], standing: Standing, in_doubt: bool
) -> None:
    health = health_of(runs)
    assert (health.standing, health.in_doubt) == (standing, in_doubt)


def test_what_the_owner_started_is_shown_as_it_is() -> None:
    assert health_of([Past(N, OWNER, AT), *past(W)]) == Health(N, AT)
    assert health_of([Past(S, OWNER, AT), *past(W)]).standing is S
    assert health_of([Past(W, OWNER, AT), *past(N, N)]).standing is W


@pytest.mark.parametrize("cause", [OWNER, SCHEDULE, CONFIRM])
@pytest.mark.parametrize("before", [(), (W,), (N,), (N, N), (U, N)])
def test_not_being_able_to_tell_is_never_red_and_one_success_is_always_green(
    cause: str, before: tuple[Standing, ...]
) -> None:
    assert health_of([Past(U, cause, AT), *past(*before)]).standing is U
    assert health_of([Past(W, cause, AT), *past(*before)]) == Health(W, AT)


def test_a_result_grows_old() -> None:
    doubt = Health(W, AT, in_doubt=True)
    assert aged(doubt, AT + timedelta(minutes=45), timedelta(minutes=45)) == doubt
    assert aged(doubt, AT + timedelta(minutes=46), timedelta(minutes=45)) == Health(Standing.OLD, AT)
    assert aged(Health(Standing.NOT_CHECKED), AT, timedelta()).standing is Standing.NOT_CHECKED


@pytest.mark.parametrize(
    ("runs", "has_worked", "count"),
    [
        (past(W), False, DayCount(1, 0, 0)),
        (past(A), True, DayCount(1, 0, 0)),
        (past(N), False, DayCount()),  # it is being set up
        (past(N, W), True, DayCount(1, 1, 1)),
        (past(N, N, W), True, DayCount(1, 1, 0)),  # the same interruption
        (past(N, U, N, W), True, DayCount(1, 1, 0)),
        (past(U, W), True, DayCount()),
        (past(N, W, cause=CONFIRM), True, DayCount()),
        ([], True, DayCount()),
    ],
)
def test_what_a_run_adds_to_its_day(runs: list[Past], has_worked: bool, count: DayCount) -> None:
    assert counted(runs, has_worked=has_worked) == count
