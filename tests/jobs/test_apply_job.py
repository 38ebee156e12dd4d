"""The apply job, with a real worker, a real broker and a real Caddy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from tasks import applying, queueing
from tasks.applying import LONGEST_WAIT_SECONDS, probe_host, wait_after
from tests.fakes.plex import Plex
from tests.jobs.acting import add_host, ended_revision, ended_run, let_pass, revision, row, run, start_apply, sweep
from tests.processes import wait_until
from tests.whole_system import System
from wizard.caddy.client import Running
from wizard.core.hosts import ProxyHost, Upstream
from wizard.core.runs import APPLY, State
from wizard.core.verdicts import CheckResult, Level
from wizard.store import attempts, hosts, progress, revisions
from wizard.store.attempts import Take
from wizard.store.tables import RevisionRow


def served(system: System) -> str:
    """The running configuration, as text."""
    running = system.caddy.get_config()
    assert isinstance(running, Running), running
    return str(running.config)


def works(system: System, *answering: ProxyHost) -> None:
    """Wait until these hosts answer through Caddy; a new one has no certificate in the very first moment."""
    for host in answering:
        wait_until(partial(probe_host, system.place, host), f"{host.domain} answers")


@pytest.fixture
def other_plex() -> Iterator[Plex]:
    """A second media server."""
    with Plex() as plex:
        yield plex


def test_a_host_is_served_once_the_job_has_run_and_a_second_job_changes_nothing(system: System) -> None:
    host = add_host(system)
    first = ended_revision(system, queueing.start_apply(system.place, "Added"))
    assert (first.state, first.tries, first.trouble) == ("applied", 1, None)
    assert any("plex.localhost" in sentence for sentence in first.sentences)
    assert "plex.localhost" not in str(first.before)
    assert "plex.localhost" in str(first.after)
    works(system, host)
    second = ended_revision(system, queueing.start_apply(system.place, "Again"))
    assert (second.state, second.before == second.after) == ("unchanged", True)


def test_a_job_that_is_delivered_several_times_at_once_is_done_once(system: System) -> None:
    add_host(system)
    revision_id = revisions.create_revision(system.place.database, "Added")
    for _ in range(4):
        queueing.send("apply", revision_id)
    assert ended_revision(system, revision_id).tries == 1
    queueing.send("apply", revision_id)
    later = queueing.start_apply(system.place, "After it")
    assert ended_revision(system, later).state == "unchanged"
    assert revision(system, revision_id).tries == 1


def test_many_changes_at_once_are_applied_one_after_the_other(system: System) -> None:
    add_host(system)
    ids = [queueing.start_apply(system.place, f"Change {number}") for number in range(4)]
    states = [ended_revision(system, one).state for one in ids]
    assert sorted(states) == ["applied", "unchanged", "unchanged", "unchanged"]


def test_two_hosts_are_served_side_by_side_and_removing_one_leaves_the_other(
    system: System, other_plex: Plex
) -> None:
    one = add_host(system, "one.localhost")
    two = add_host(system, "two.localhost", upstream=Upstream("plex", "http", "127.0.0.1", other_plex.port))
    assert ended_revision(system, queueing.start_apply(system.place, "Both")).state == "applied"
    works(system, one, two)
    assert system.plex.seen
    assert other_plex.seen
    hosts.remove_host(system.place.database, one.key)
    assert ended_revision(system, queueing.start_apply(system.place, "Removed")).state == "applied"
    works(system, two)
    assert probe_host(system.place, one) is None
    assert "one.localhost" not in served(system)


def test_a_paused_host_stays_away_until_it_is_resumed(system: System) -> None:
    host = add_host(system)

    def is_so(answer: str | None) -> bool:
        return probe_host(system.place, host) == answer

    for paused, answer in ((False, "answers"), (True, None), (False, "answers")):
        hosts.save_host(system.place.database, replace(host, paused=paused))
        ended_revision(system, queueing.start_apply(system.place, "Paused" if paused else "Resumed"))
        wait_until(partial(is_so, answer), f"the probe says {answer}")


def test_the_last_good_configuration_comes_back_when_a_host_that_worked_no_longer_does(
    system: System, other_plex: Plex
) -> None:
    """Somebody mistypes the port of one host: the others go on, and the one that was changed still works."""
    good = add_host(system, "good.localhost")
    changed = add_host(system, "changed.localhost", upstream=Upstream("plex", "http", "127.0.0.1", other_plex.port))
    assert ended_revision(system, queueing.start_apply(system.place, "Both")).state == "applied"
    wrong = replace(changed, upstream=replace(changed.upstream, port=1))
    hosts.save_host(system.place.database, wrong)
    run_id = start_apply(system, changed, "upstream", "tls")
    result = ended_run(system, run_id).result(APPLY)
    ended = revision(system, run(system, run_id).revision_id or 0)
    assert ended.state == "restored"
    assert ended.trouble is not None
    assert "changed.localhost" in f"{ended.trouble.summary} {ended.trouble.detail}"
    works(system, good, changed)
    assert result is not None
    assert (result.level, [v.code for v in result.verdicts]) == (Level.FAILURE, [ended.trouble.code])
    assert row(system, run_id, "tls").reason == APPLY


class TestCaddyDown:
    """Caddy is away for a while."""

    def test_the_job_says_so_tries_again_and_loses_nothing(self, system: System) -> None:
        host = add_host(system)
        system.parts["caddy"].stop()
        run_id = start_apply(system, host, "upstream", "tls")
        revision_id = run(system, run_id).revision_id or 0
        wait_until(lambda: revision(system, revision_id).state == revisions.WAITING, "the job waits for Caddy")
        waiting = revision(system, revision_id)
        assert waiting.is_pending
        assert waiting.trouble is not None
        assert "Caddy does not answer" in waiting.trouble.summary
        assert row(system, run_id, APPLY).state is State.RUNNING
        assert row(system, run_id, "tls").state is State.WAITING
        system.start("caddy")
        ended = ended_revision(system, revision_id)
        assert (ended.state, ended.trouble) == ("applied", None)
        assert ended.tries >= 2
        assert row(system, run_id, APPLY).level is Level.OK
        works(system, host)

    def test_what_does_not_need_caddy_is_checked_meanwhile(self, system: System) -> None:
        host = add_host(system)
        system.parts["caddy"].stop()
        run_id = start_apply(system, host, "upstream", "tls")
        wait_until(lambda: row(system, run_id, "upstream").state is State.DONE, "the media server was asked")
        assert row(system, run_id, "upstream").level is Level.OK
        assert run(system, run_id).is_running

    def test_each_wait_is_twice_as_long_up_to_a_minute(self) -> None:
        waits = [wait_after(tries).total_seconds() for tries in range(1, 9)]
        assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
        assert wait_after(30) == timedelta(seconds=LONGEST_WAIT_SECONDS)

    def test_sweeping_while_caddy_is_down_starts_no_second_row_of_tries(self, system: System) -> None:
        add_host(system)
        system.parts["caddy"].stop()
        revision_id = queueing.start_apply(system.place, "Added")
        wait_until(lambda: revision(system, revision_id).tries == 2, "the second try was made")
        tried = revision(system, revision_id)
        for _ in range(3):
            queueing.resume_lost(system.place)
            queueing.send("apply", revision_id)
        done = queueing.start_apply(system.place, "Another, which shows that the queue is empty again")
        wait_until(lambda: revision(system, done).tries == 1, "the other one was tried")
        assert revision(system, revision_id).tries == tried.tries

    def test_after_very_many_tries_it_gives_up_and_the_run_ends(self, system: System) -> None:
        host = add_host(system)
        system.parts["caddy"].stop()
        run_id = start_apply(system, host, "upstream", "tls")
        revision_id = run(system, run_id).revision_id or 0
        wait_until(lambda: revision(system, revision_id).state == revisions.WAITING, "the job waits for Caddy")
        with system.place.database.write() as session:
            aged = session.get(RevisionRow, revision_id)
            assert aged is not None
            aged.tries = applying.MOST_TRIES - 1
        assert ended_revision(system, revision_id).state == "caddy-down"
        ended = ended_run(system, run_id)
        assert ended.standing == "not-working"
        system.start("caddy")
        assert queueing.retry(system.place, run_id, APPLY)
        again = run(system, run_id).revision_id or 0
        assert again != revision_id
        assert ended_revision(system, again).state == "applied"
        assert row(system, run_id, APPLY).level is Level.OK


def test_an_attempt_whose_worker_was_killed_is_taken_up_again(system: System) -> None:
    host = add_host(system)
    run_id = start_apply(system, host, "upstream", "tls")
    ended_run(system, run_id)
    hosts.save_host(system.place.database, replace(host, websocket=False))
    system.parts["caddy"].pause()
    revision_id = queueing.start_apply(system.place, "Changed")
    wait_until(lambda: revision(system, revision_id).state == revisions.RUNNING, "the job is under way")
    system.parts["worker"].kill()
    system.parts["caddy"].resume()
    system.start("worker")
    assert revision(system, revision_id).state == revisions.RUNNING
    let_pass(system, timedelta(minutes=1))
    sweep(system)
    ended = ended_revision(system, revision_id)
    assert ended.state == "applied"
    assert ended.tries >= 2  # a Caddy that stood still may need one more


class TestOurFault:
    """Applying that breaks off for a reason of our own. What nobody queued, only the test itself takes."""

    def test_a_bug_ends_the_attempt_as_unknown_and_lets_the_checks_go_on(
        self, system: System, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object, **__: object) -> None:
            raise ValueError("X-Plex-Token=secret")

        monkeypatch.setattr(applying, "apply_to_caddy", broken)
        database, host = system.place.database, add_host(system)
        revision_id = revisions.create_revision(database, "Added")
        run_id = progress.create_run(database, host.key, (APPLY, "upstream", "tls"), revision_id).id
        assert applying.apply_revision(system.place, revision_id) is Take.TAKEN
        ended = revision(system, revision_id)
        assert (ended.state, ended.is_good) == ("crashed", False)
        assert "secret" not in str(ended)
        assert row(system, run_id, APPLY).level is Level.UNKNOWN
        queueing.follow_up(system.place, revision_id)
        ended_run(system, run_id)
        assert row(system, run_id, "tls").state is State.DONE

    def test_an_attempt_that_kills_every_worker_ends_some_day(self, system: System) -> None:
        revision_id = revisions.create_revision(system.place.database, "Added")
        with system.place.database.write() as session:
            aged = session.get(RevisionRow, revision_id)
            assert aged is not None
            aged.tries = applying.MOST_TRIES
        assert applying.apply_revision(system.place, revision_id) is Take.TAKEN
        assert revision(system, revision_id).state == "crashed"

    def test_whoever_works_on_an_attempt_keeps_it(self, system: System, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(attempts, "LEASE", timedelta(seconds=1))
        database = system.place.database
        revision_id = revisions.create_revision(database, "Added")
        attempts.take_attempt(database, revision_id)
        taken = revision(system, revision_id)
        with applying._kept(system.place, revision_id):
            wait_until(lambda: revision(system, revision_id).due_at > taken.due_at, "the lease was renewed")
        attempts.finish_attempt(database, revision_id, attempts.Ending("unchanged"), CheckResult(APPLY, ()))
