"""Attempts to give Caddy its configuration: one at a time, on lease, ended once together with their runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from tests.store.samples import found, saved_host
from tests.threads import together
from wizard.core.runs import APPLY, State
from wizard.core.verdicts import Level, Remedy, Trouble
from wizard.store import attempts, clock, hosts, progress, revisions, runs
from wizard.store.attempts import Ending, Take
from wizard.store.session import Database

TROUBLE = Trouble("apply-caddy-down", "Caddy does not answer", "refused", Remedy("Start Caddy", "apply#what-changes"))
APPLIED = Ending(
    "applied",
    ("plex.example.com was added",),
    {"before": 1},
    {"after": 2},
    None,
    ({"code": "not-validated", "text": "Not validated"},),
)
DONE = found(APPLY)


def state(database: Database, revision_id: int) -> revisions.Revision:
    revision = revisions.load_revision(database, revision_id)
    assert revision is not None
    return revision


def row(database: Database, run_id: int) -> tuple[State, Level | None]:
    run = runs.load_run(database, run_id)
    result = run.result(APPLY) if run else None
    assert result is not None
    return result.state, result.level


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
    """How much later it is than the real time; the last entry counts."""
    shifts = [timedelta()]
    monkeypatch.setattr(attempts, "now", lambda: clock.now() + shifts[-1])
    return shifts


def test_an_attempt_is_kept_with_everything_it_changed(database: Database) -> None:
    revision_id = revisions.create_revision(database, "Added plex.example.com")
    assert attempts.take_attempt(database, revision_id) is Take.TAKEN
    attempts.finish_attempt(database, revision_id, APPLIED, DONE)
    revision = state(database, revision_id)
    assert (revision.state, revision.tries, revision.is_good, revision.is_pending) == ("applied", 1, True, False)
    assert (revision.before, revision.after, revision.notes) == ({"before": 1}, {"after": 2}, APPLIED.notes)
    assert revision.sentences == APPLIED.sentences
    (listed,) = revisions.list_revisions(database)
    assert (listed.id, listed.before, listed.after) == (revision_id, None, None)


def test_an_attempt_that_ended_stays_as_it_is(database: Database) -> None:
    revision_id = revisions.create_revision(database, "Added")
    attempts.take_attempt(database, revision_id)
    attempts.finish_attempt(database, revision_id, APPLIED, DONE)
    before = state(database, revision_id)
    assert attempts.take_attempt(database, revision_id) is Take.ENDED
    attempts.finish_attempt(database, revision_id, Ending("refused", trouble=TROUBLE), DONE)
    attempts.put_off_attempt(database, revision_id, TROUBLE, timedelta())
    attempts.renew_lease(database, revision_id)
    assert state(database, revision_id) == before
    assert attempts.take_attempt(database, revision_id + 1000) is Take.ENDED


def test_of_many_who_take_an_attempt_at_once_one_gets_it(database: Database) -> None:
    for _ in range(5):
        revision_id = revisions.create_revision(database, "Added")
        taken = together(*[lambda r=revision_id: attempts.take_attempt(database, r)] * 3)
        assert sorted(taken) == [Take.LATER, Take.LATER, Take.TAKEN]
        attempts.finish_attempt(database, revision_id, APPLIED, DONE)


def test_of_two_attempts_for_one_caddy_only_one_runs_at_a_time(database: Database, ahead: list[timedelta]) -> None:
    for _ in range(5):
        ids = [revisions.create_revision(database, "Added") for _ in range(2)]
        taken = together(*[lambda r=one: attempts.take_attempt(database, r) for one in ids])
        assert sorted(taken) == [Take.BUSY, Take.TAKEN]
        first, second = sorted(ids, key=lambda one: state(database, one).state == revisions.QUEUED)
        assert attempts.take_attempt(database, second) is Take.LATER
        attempts.finish_attempt(database, first, APPLIED, DONE)
        ahead.append(ahead[-1] + attempts.TURN)
        assert attempts.take_attempt(database, second) is Take.TAKEN
        attempts.finish_attempt(database, second, APPLIED, DONE)


def test_attempts_for_two_caddies_run_side_by_side(database: Database) -> None:
    for edge in ("here", "vps"):
        revision_id = revisions.create_revision(database, "Added", edge)
        assert attempts.take_attempt(database, revision_id) is Take.TAKEN


def test_an_attempt_whose_worker_died_is_lost_and_can_be_taken_again(
    database: Database, ahead: list[timedelta]
) -> None:
    revision_id = revisions.create_revision(database, "Added")
    attempts.take_attempt(database, revision_id)
    ahead.append(attempts.LEASE - timedelta(seconds=1))
    assert attempts.lost_attempts(database, timedelta()) == []
    attempts.renew_lease(database, revision_id)
    ahead.append(attempts.LEASE + timedelta(seconds=1))
    assert attempts.lost_attempts(database, timedelta()) == []
    ahead.append(3 * attempts.LEASE)
    assert attempts.lost_attempts(database, timedelta(hours=1)) == [revision_id]
    assert attempts.take_attempt(database, revision_id) is Take.TAKEN
    assert state(database, revision_id).tries == 2


def test_an_attempt_that_waits_for_caddy_says_why_and_is_due_later(
    database: Database, ahead: list[timedelta]
) -> None:
    revision_id = revisions.create_revision(database, "Added")
    attempts.take_attempt(database, revision_id)
    attempts.put_off_attempt(database, revision_id, TROUBLE, timedelta(seconds=8))
    revision = state(database, revision_id)
    assert (revision.state, revision.trouble, revision.is_pending) == (revisions.WAITING, TROUBLE, True)
    assert attempts.take_attempt(database, revision_id) is Take.LATER
    ahead.append(timedelta(seconds=9))
    assert attempts.lost_attempts(database, timedelta(minutes=1)) == []
    assert attempts.take_attempt(database, revision_id) is Take.TAKEN


def test_an_attempt_that_nobody_takes_is_lost_after_a_while(database: Database, ahead: list[timedelta]) -> None:
    revision_id = revisions.create_revision(database, "Added")
    assert attempts.lost_attempts(database, timedelta(seconds=30)) == []
    ahead.append(timedelta(seconds=31))
    assert attempts.lost_attempts(database, timedelta(seconds=30)) == [revision_id]


def test_the_rows_of_waiting_runs_follow_the_attempt(database: Database) -> None:
    host = saved_host(database)
    revision_id = revisions.create_revision(database, "Added")
    run = progress.create_run(database, host.key, (APPLY,), revision_id)
    progress.plan_run(database, run.id, {})
    attempts.take_attempt(database, revision_id)
    assert row(database, run.id) == (State.RUNNING, None)
    attempts.put_off_attempt(database, revision_id, TROUBLE, timedelta())
    assert row(database, run.id) == (State.RUNNING, None)
    attempts.finish_attempt(database, revision_id, APPLIED, DONE)
    assert row(database, run.id) == (State.DONE, Level.OK)
    ended = runs.load_run(database, run.id)
    assert ended is not None
    assert ended.state == runs.FINISHED
    assert ended.version > run.version + 3


def test_a_run_that_came_too_late_is_told_how_the_attempt_ended(database: Database) -> None:
    host = saved_host(database)
    revision_id = revisions.create_revision(database, "Added")
    attempts.take_attempt(database, revision_id)
    attempts.finish_attempt(database, revision_id, APPLIED, DONE)
    run = progress.create_run(database, host.key, (APPLY,), revision_id)
    attempts.tell_runs(database, revision_id, DONE)
    attempts.tell_runs(database, revision_id, found(APPLY, Level.FAILURE))
    assert row(database, run.id) == (State.DONE, Level.OK)


def test_a_stopped_run_is_left_alone(database: Database) -> None:
    host = saved_host(database)
    revision_id = revisions.create_revision(database, "Added")
    run = progress.create_run(database, host.key, (APPLY,), revision_id)
    progress.stop_run(database, run.id)
    attempts.take_attempt(database, revision_id)
    attempts.finish_attempt(database, revision_id, APPLIED, DONE)
    assert row(database, run.id) == (State.STOPPED, None)


def test_attempts_and_runs_change_at_once_without_getting_stuck(database: Database) -> None:
    """Both sides lock several rows; in a wrong order they would wait for each other."""
    host = saved_host(database)
    for _ in range(10):
        revision_id = revisions.create_revision(database, "Changed")
        going = progress.create_run(database, host.key, (APPLY,), revision_id)
        newer = revisions.create_revision(database, "Changed again")
        calls: list[Callable[[], object]] = [
            partial(attempts.take_attempt, database, revision_id),
            partial(attempts.take_attempt, database, newer),
            partial(progress.create_run, database, host.key, (APPLY,), newer),
            partial(progress.plan_run, database, going.id, {}),
        ]
        together(*calls)
        for one in (revision_id, newer):
            attempts.finish_attempt(database, one, APPLIED, DONE)
    assert revisions.pending_revisions(database) == []
    hosts.remove_host(database, host.key)
    assert runs.running_runs(database) == []
