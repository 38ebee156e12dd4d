"""The course of a run in the database: planned once, ended once, whatever comes twice or at once."""

from __future__ import annotations

from itertools import chain

from tests.store.going import ROUNDS, loaded, started, states, work
from tests.store.samples import BESIDE, CHECKS, NEEDS, found, saved_host
from tests.threads import together
from wizard.core.runs import APPLY, Standing, State
from wizard.core.verdicts import Level, Verdict
from wizard.store import clock, progress, revisions, runs
from wizard.store.session import Database


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
