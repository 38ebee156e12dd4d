"""Which hosts are due: doubts at once, the others at a pace that keeps them apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from wizard.core.health import CONFIRM, SCHEDULE
from wizard.core.schedule import TICK, Candidate, Schedule, due_runs

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
EVERY_15 = Schedule(15)


def seen(key: str, minutes: float, **more: object) -> Candidate:
    return Candidate(key, 1, NOW - timedelta(minutes=minutes), **more)  # type: ignore[arg-type]  # fields by name


def keys(candidates: list[Candidate], schedule: Schedule = EVERY_15) -> list[str]:
    return [due.host_key for due in due_runs(candidates, schedule, NOW)]


def test_a_host_is_due_when_its_interval_is_over_or_nobody_ever_looked() -> None:
    assert keys([seen("a", 14.9)]) == []
    assert keys([seen("a", 15)]) == ["a"]
    assert keys([Candidate("a")]) == ["a"]
    assert keys([seen("a", 59)], Schedule(60)) == []
    assert keys([seen("a", 9999)], Schedule(None)) == []


def test_a_host_whose_checks_are_going_is_left_alone() -> None:
    assert keys([seen("a", 99, is_running=True)]) == []


def test_a_first_failure_is_looked_at_again_after_a_minute() -> None:
    doubted = seen("a", 1.5, doubted_at=NOW - timedelta(seconds=60))
    (due,) = due_runs([doubted], EVERY_15, NOW)
    assert (due.cause, due.last_run) == (CONFIRM, 1)
    assert keys([seen("a", 1.5, doubted_at=NOW - timedelta(seconds=59))]) == []
    assert keys([doubted], Schedule(None)) == []


def test_after_a_pause_hosts_do_not_all_start_at_once_and_the_oldest_comes_first() -> None:
    hosts = [seen(name, 100 + number) for number, name in enumerate("abcdefgh")]
    assert keys(hosts) == ["h"]
    assert keys([*hosts, Candidate("new")]) == ["new"]
    many = [seen(f"{number}", 100) for number in range(90)]
    assert len(keys(many)) == 3


@given(st.integers(1, 400), st.sampled_from([5, 15, 60]))
def test_the_pace_is_enough_for_every_host_once_an_interval(number: int, minutes: int) -> None:
    schedule = Schedule(minutes)
    late = [Candidate(f"{one}", 1, NOW - timedelta(days=1)) for one in range(number)]
    ticks = timedelta(minutes=minutes) / TICK
    assert len(due_runs(late, schedule, NOW)) * ticks >= number
    assert all(due.cause == SCHEDULE for due in due_runs(late, schedule, NOW))


def test_a_result_is_old_after_three_intervals_or_without_a_schedule_after_a_day() -> None:
    assert Schedule(15).old_after == timedelta(minutes=45)
    assert Schedule(None).old_after == timedelta(hours=24)
    assert [Schedule(m).words for m in (5, 15, 60, None)] == ["every 5 minutes", "every 15 minutes", "every hour", ""]
