"""The course of a run in the database: planned once, ended once, whatever comes twice or at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import chain

import pytest

from tests.store.samples import BESIDE, CHECKS, NEEDS, found, saved_host
from tests.threads import together
from wizard.core.runs import APPLY, Standing, State
from wizard.core.verdicts import Level, Verdict
from wizard.store import clock, progress, revisions, runs
from wizard.store.runs import Run
from wizard.store.session import Database

ROUNDS = 5


def started(database: Database, checks: Sequence[str] = CHECKS) -> int:
    """A run of a new host."""
    return progress.create_run(database, saved_host(database, f"{clock.now():%H%M%S%f}.example.com").key, checks).id


def loaded(database: Database, run_id: int) -> Run:
    run = runs.load_run(database, run_id)
    assert run is not None
    return run


def states(database: Database, run_id: int) -> dict[str, State]:
    return {result.check: result.state for result in loaded(database, run_id).results}


def work(
    database: Database,
    run_id: int,
    needs: Mapping[str, Sequence[str]] = NEEDS,
    levels: Mapping[str, Level] | None = None,
) -> None:
    """Go through a run as a worker would, until nothing is left to start."""
    while planned := progress.plan_run(database, run_id, needs):
        for check, attempt in planned:
            assert progress.begin_result(database, run_id, check, attempt)
            progress.finish_result(database, run_id, attempt, found(check, (levels or {}).get(check, Level.OK)))


def test_a_run_begins_with_all_its_rows_waiting(database: Database) -> None:
    run = loaded(database, started(database))
    assert [(result.check, result.state, result.attempt) for result in run.results] == [
        (name, State.WAITING, 1) for name in CHECKS
    ]
    assert (run.is_running, run.standing, run.finished_at) == (True, Standing.CHECKING, None)


def test_a_run_goes_on_step_by_step_and_ends(database: Database) -> None:
    run_id = started(database)
    work(database, run_id)
    run = loaded(database, run_id)
    assert (run.state, run.standing) == (runs.FINISHED, Standing.WORKING)
    assert run.finished_at is not None
    first = run.results[0]
    assert (first.observed, first.seconds, first.verdicts) == ({"seen": 1}, 0.5, found("first").verdicts)


def test_a_failure_skips_what_depends_on_it_and_names_the_cause(database: Database) -> None:
    run_id = started(database)
    work(database, run_id, levels={"first": Level.FAILURE})
    run = loaded(database, run_id)
    assert [(r.check, r.state, r.reason) for r in run.results[1:]] == [
        ("second", State.SKIPPED, "first"),
        ("third", State.SKIPPED, "first"),
    ]
    assert (run.state, run.standing) == (runs.FINISHED, Standing.NOT_WORKING)


def test_a_second_run_is_the_one_that_is_going(database: Database) -> None:
    host = saved_host(database)
    first = progress.create_run(database, host.key, CHECKS)
    assert progress.create_run(database, host.key, CHECKS).id == first.id
    progress.stop_run(database, first.id)
    assert progress.create_run(database, host.key, CHECKS).id != first.id


def test_runs_that_are_started_at_once_are_one(database: Database) -> None:
    for number in range(ROUNDS):
        host = saved_host(database, f"n{number}.example.com")
        together(*[lambda key=host.key: progress.create_run(database, key, CHECKS)] * 3)
        assert len(runs.list_runs(database, host.key)) == 1


def test_a_new_configuration_stops_the_run_before(database: Database) -> None:
    host = saved_host(database)
    old = progress.create_run(database, host.key, CHECKS)
    revision = revisions.create_revision(database, "Changed")
    new = progress.create_run(database, host.key, (APPLY, *CHECKS), revision)
    assert new.id != old.id
    assert loaded(database, old.id).standing is Standing.STOPPED
    assert set(states(database, old.id).values()) == {State.STOPPED}
    assert progress.plan_run(database, old.id, NEEDS) == []
    assert runs.running_runs(database) == [new.id]
    assert runs.runs_of_revision(database, revision) == [new.id]


def test_a_row_is_planned_by_only_one_of_many(database: Database) -> None:
    for _ in range(ROUNDS):
        run_id = started(database)
        planned = together(*[lambda run_id=run_id: progress.plan_run(database, run_id, BESIDE)] * 3)
        assert sorted(chain(*planned)) == sorted((name, 1) for name in CHECKS)


def test_a_row_is_taken_by_only_one_of_many(database: Database) -> None:
    for _ in range(ROUNDS):
        run_id = started(database)
        progress.plan_run(database, run_id, NEEDS)
        taken = together(*[lambda run_id=run_id: progress.begin_result(database, run_id, "first", 1)] * 3)
        assert sorted(taken) == [False, False, True]


def test_a_run_ends_when_its_last_rows_end_at_the_same_moment(database: Database) -> None:
    for _ in range(ROUNDS):
        run_id = started(database)
        for check, attempt in progress.plan_run(database, run_id, BESIDE):
            progress.begin_result(database, run_id, check, attempt)
        together(
            *[lambda r=run_id, c=check: progress.finish_result(database, r, 1, found(c)) for check in CHECKS],
        )
        run = loaded(database, run_id)
        assert (run.state, run.standing) == (runs.FINISHED, Standing.WORKING)


def test_a_result_that_comes_twice_counts_once(database: Database) -> None:
    run_id = started(database)
    work(database, run_id)
    before = loaded(database, run_id)
    progress.finish_result(database, run_id, 1, found("first", Level.FAILURE))
    progress.skip_result(database, run_id, "first", 1, Verdict("no", Level.OK, "Not made"))
    assert not progress.begin_result(database, run_id, "first", 1)
    assert loaded(database, run_id) == before


def test_rows_and_runs_that_are_not_there_change_nothing(database: Database) -> None:
    run_id = started(database)
    before = loaded(database, run_id)
    for run, check in ((run_id, "unknown"), (run_id + 1000, "first")):
        assert not progress.begin_result(database, run, check, 1)
        progress.finish_result(database, run, 1, found(check))
        progress.skip_result(database, run, check, 1, Verdict("no", Level.OK, "Not made"))
        assert not progress.retry_check(database, run, check, NEEDS)
    progress.stop_run(database, run_id + 1000)
    progress.requeue(database, run_id + 1000, clock.now())
    assert loaded(database, run_id) == before
    assert runs.load_run(database, run_id + 1000) is None
    assert runs.run_version(database, run_id + 1000) is None


def test_a_check_that_is_skipped_by_choice_does_not_hold_up_the_others(database: Database) -> None:
    run_id = started(database)
    progress.plan_run(database, run_id, NEEDS)
    progress.begin_result(database, run_id, "first", 1)
    progress.skip_result(database, run_id, "first", 1, Verdict("first-skipped", Level.OK, "It is switched off"))
    work(database, run_id)
    run = loaded(database, run_id)
    assert (run.standing, run.results[0].reason) == (Standing.WORKING, "It is switched off")
    assert states(database, run_id)["third"] is State.DONE


def test_every_visible_change_has_a_new_version(database: Database) -> None:
    run_id = started(database)
    versions = [loaded(database, run_id).version]

    def note() -> None:
        known = runs.run_version(database, run_id)
        assert known is not None
        versions.append(known[0])

    progress.plan_run(database, run_id, NEEDS)
    note()
    progress.begin_result(database, run_id, "first", 1)
    note()
    progress.finish_result(database, run_id, 1, found("first", Level.FAILURE))
    note()
    progress.plan_run(database, run_id, NEEDS)
    note()
    progress.retry_check(database, run_id, "first", NEEDS)
    note()
    assert versions == sorted(set(versions))


def test_stopping_ends_what_has_not_ended(database: Database) -> None:
    run_id = started(database)
    progress.plan_run(database, run_id, BESIDE)
    progress.begin_result(database, run_id, "first", 1)
    progress.finish_result(database, run_id, 1, found("first"))
    progress.stop_run(database, run_id)
    progress.stop_run(database, run_id)
    progress.finish_result(database, run_id, 1, found("second"))
    run = loaded(database, run_id)
    assert (run.state, run.standing) == (runs.STOPPED, Standing.STOPPED)
    assert [r.reason for r in run.results] == ["", "You stopped the checks", "You stopped the checks"]


class TestAgain:
    """Checking again."""

    def test_a_check_is_made_again_with_those_it_held_up(self, database: Database) -> None:
        run_id = started(database)
        work(database, run_id, levels={"first": Level.FAILURE})
        assert progress.retry_check(database, run_id, "first", NEEDS)
        run = loaded(database, run_id)
        assert [(r.check, r.attempt, r.state) for r in run.results] == [(name, 2, State.WAITING) for name in CHECKS]
        work(database, run_id)
        assert loaded(database, run_id).standing is Standing.WORKING

    def test_what_passed_is_not_made_again(self, database: Database) -> None:
        run_id = started(database)
        work(database, run_id, levels={"third": Level.FAILURE})
        assert progress.retry_check(database, run_id, "first", NEEDS)
        assert [r.attempt for r in loaded(database, run_id).results] == [2, 1, 1]

    def test_a_check_under_way_is_not_started_a_second_time(self, database: Database) -> None:
        run_id = started(database)
        work(database, run_id, levels={"first": Level.FAILURE})
        answers = together(*[lambda: progress.retry_check(database, run_id, "first", NEEDS)] * 3)
        assert sorted(answers) == [False, False, True]
        assert {r.attempt for r in loaded(database, run_id).results} == {2}

    def test_a_check_that_still_fails_skips_the_others_again(self, database: Database) -> None:
        run_id = started(database)
        for _ in range(2):
            work(database, run_id, levels={"first": Level.FAILURE})
            progress.retry_check(database, run_id, "first", NEEDS)
        work(database, run_id, levels={"first": Level.FAILURE})
        run = loaded(database, run_id)
        assert [(r.check, r.attempt, r.reason) for r in run.results] == [
            ("first", 3, ""),
            ("second", 3, "first"),
            ("third", 3, "first"),
        ]
        assert run.standing is Standing.NOT_WORKING

    def test_one_check_of_a_stopped_run_can_be_made(self, database: Database) -> None:
        run_id = started(database)
        progress.stop_run(database, run_id)
        assert progress.retry_check(database, run_id, "third", NEEDS)
        work(database, run_id)
        run = loaded(database, run_id)
        assert [r.state for r in run.results] == [State.STOPPED, State.STOPPED, State.SKIPPED]
        assert run.standing is Standing.STOPPED

    def test_a_late_result_of_an_earlier_attempt_changes_nothing(self, database: Database) -> None:
        run_id = started(database)
        work(database, run_id, levels={"first": Level.FAILURE})
        progress.retry_check(database, run_id, "first", NEEDS)
        progress.finish_result(database, run_id, 1, found("first"))
        assert states(database, run_id)["first"] is State.WAITING

    def test_applying_again_gets_a_revision_of_its_own(self, database: Database) -> None:
        host = saved_host(database)
        revision = revisions.create_revision(database, "Added", edge="vps")
        run_id = progress.create_run(database, host.key, (APPLY, *CHECKS), revision).id
        progress.finish_result(database, run_id, 1, found(APPLY, Level.FAILURE))
        assert progress.retry_check(database, run_id, APPLY, {**NEEDS, APPLY: (), "first": (APPLY,)})
        again = loaded(database, run_id).revision_id
        assert again not in {None, revision}
        loaded_again = revisions.load_revision(database, again or 0)
        assert loaded_again is not None
        assert (loaded_again.edge, loaded_again.state) == ("vps", revisions.QUEUED)


class TestLost:
    """What a crash or a lost queue leaves behind."""

    @pytest.fixture
    def ahead(self, monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
        """How much later it is than the real time; the last entry counts."""
        shifts = [timedelta()]
        monkeypatch.setattr(progress, "now", lambda: clock.now() + shifts[-1])
        return shifts

    def test_a_check_whose_result_never_comes_is_made_once_more_and_then_unknown(
        self, database: Database, ahead: list[timedelta]
    ) -> None:
        run_id = started(database, ["first"])
        for number in (1, 2):
            assert progress.plan_run(database, run_id, NEEDS) == [("first", 1)]
            assert progress.begin_result(database, run_id, "first", 1)
            ahead.append(ahead[-1] + timedelta(seconds=19))
            assert progress.settle_overdue(database, {"first": 20.0}, timedelta()) == 0
            ahead.append(ahead[-1] + timedelta(seconds=1))
            assert progress.settle_overdue(database, {"first": 20.0}, timedelta()) == 1
            assert loaded(database, run_id).is_running is (number == 1)
        run = loaded(database, run_id)
        assert (run.state, run.standing) == (runs.FINISHED, Standing.UNCERTAIN)
        assert [v.code for v in run.results[0].verdicts] == ["check-no-result"]
        progress.finish_result(database, run_id, 1, found("first"))
        assert loaded(database, run_id) == run

    def test_a_result_that_comes_late_but_comes_counts(self, database: Database, ahead: list[timedelta]) -> None:
        run_id = started(database, ["first"])
        progress.plan_run(database, run_id, NEEDS)
        progress.begin_result(database, run_id, "first", 1)
        ahead.append(timedelta(minutes=5))
        progress.settle_overdue(database, {})
        progress.finish_result(database, run_id, 1, found("first"))
        assert loaded(database, run_id).standing is Standing.WORKING
        assert not progress.begin_result(database, run_id, "first", 1)

    def test_overdue_rows_and_their_results_may_come_at_once(
        self, database: Database, ahead: list[timedelta]
    ) -> None:
        for _ in range(ROUNDS):
            ahead.append(timedelta())
            run_id = started(database)
            for check, attempt in progress.plan_run(database, run_id, BESIDE):
                progress.begin_result(database, run_id, check, attempt)
            ahead.append(timedelta(minutes=5))
            together(
                lambda: progress.settle_overdue(database, {}),
                *[lambda r=run_id, c=check: progress.finish_result(database, r, 1, found(c)) for check in CHECKS],
            )
            run = loaded(database, run_id)
            assert (run.state, run.standing) == (runs.FINISHED, Standing.WORKING)

    def test_applying_has_a_lease_of_its_own(self, database: Database, ahead: list[timedelta]) -> None:
        run_id = started(database, [APPLY])
        progress.plan_run(database, run_id, {})
        progress.begin_result(database, run_id, APPLY, 1)
        ahead.append(timedelta(hours=5))
        assert progress.settle_overdue(database, {}) == 0

    def test_what_nobody_took_for_long_is_planned_again(self, database: Database) -> None:
        run_id = started(database)
        progress.plan_run(database, run_id, BESIDE)
        progress.begin_result(database, run_id, "first", 1)
        progress.requeue(database, run_id, clock.now() - timedelta(minutes=1))
        assert progress.plan_run(database, run_id, BESIDE) == []
        progress.requeue(database, run_id, clock.now() + timedelta(minutes=1))
        assert sorted(progress.plan_run(database, run_id, BESIDE)) == [("second", 1), ("third", 1)]

    def test_what_could_not_be_queued_is_planned_again_at_once(self, database: Database) -> None:
        run_id = started(database)
        planned = progress.plan_run(database, run_id, BESIDE)
        progress.begin_result(database, run_id, *planned[0])
        progress.unqueue(database, run_id, planned)
        assert progress.plan_run(database, run_id, BESIDE) == planned[1:]


def test_the_newest_run_comes_first(database: Database) -> None:
    host = saved_host(database)
    made = []
    for _ in range(3):
        made.append(progress.create_run(database, host.key, CHECKS).id)
        progress.stop_run(database, made[-1])
    assert [run.id for run in runs.list_runs(database, host.key, limit=2)] == made[:0:-1]
    latest = runs.latest_run(database, host.key)
    assert latest is not None
    assert latest.id == made[-1]
    assert runs.latest_run(database, "nobody") is None
