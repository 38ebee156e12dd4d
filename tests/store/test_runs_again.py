"""A run that goes on after its end or after a crash: checks made again, and what was lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.store.going import ROUNDS, loaded, started, states, work
from tests.store.samples import BESIDE, CHECKS, NEEDS, found, saved_host
from tests.threads import together
from wizard.core.runs import APPLY, Standing, State
from wizard.core.verdicts import Level
from wizard.store import clock, progress, revisions, runs
from wizard.store.session import Database


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
