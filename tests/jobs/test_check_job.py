"""Checks as jobs: made once, ended whatever happens to the worker or the broker."""

from __future__ import annotations

from datetime import timedelta

from tasks import queueing
from tests.fakes.plex import Behaviour
from tests.jobs.acting import (
    add_host,
    ended_revision,
    ended_run,
    let_pass,
    row,
    run,
    start_apply,
    start_checks,
    sweep,
)
from tests.processes import wait_until
from tests.whole_system import System
from wizard.core.runs import APPLY, State
from wizard.core.verdicts import Level
from wizard.store import hosts, progress, runs

CHAIN = ("upstream", "dns", "tls", "identity", "headers", "websocket")


def test_a_whole_run_goes_green_through_the_worker(system: System) -> None:
    system.start("web")  # the echo answers there
    host = add_host(system)
    done = ended_run(system, queueing.start_apply_and_run(system.place, host.key, "Added"))
    levels = {result.check: result.level for result in done.results}
    assert levels[APPLY] is Level.OK
    assert {name: levels[name] for name in CHAIN if levels[name] not in {Level.OK, Level.NOTE}} == {}
    assert all(result.attempt == 1 for result in done.results)


def test_the_server_that_answered_is_remembered_for_its_host(system: System) -> None:
    host = add_host(system)
    ended_run(system, start_checks(system, host, "upstream"))
    saved = hosts.load_host(system.place.database, host.key)
    assert saved is not None
    assert saved.server["id"] == system.plex.machine_identifier
    assert saved.server["kind"] == "plex"


def test_a_name_that_is_known_outlives_an_answer_without_one(system: System) -> None:
    host = add_host(system)
    known = {"kind": "plex", "id": system.plex.machine_identifier, "name": "Nas", "version": "1.0"}
    hosts.note_server(system.place.database, host.key, known)
    ended_run(system, start_checks(system, host, "upstream"))
    saved = hosts.load_host(system.place.database, host.key)
    assert saved is not None
    assert saved.server_name == "Nas"
    assert saved.server["version"] != "1.0"


def test_a_server_that_is_not_the_one_that_was_chosen_is_not_remembered(system: System) -> None:
    host = add_host(system)
    system.plex.change(behaviour=Behaviour.OTHER_THING)
    done = ended_run(system, start_checks(system, host, *CHAIN[:4]))
    saved = hosts.load_host(system.place.database, host.key)
    assert saved is not None
    assert saved.server == {}
    assert done.result("upstream") is not None
    assert row(system, done.id, "upstream").level is Level.FAILURE
    assert row(system, done.id, "identity").reason in {"upstream", "tls"}


def test_a_check_that_is_delivered_twice_is_made_once(system: System) -> None:
    host = add_host(system)
    created = progress.create_run(system.place.database, host.key, ("upstream",))
    assert progress.plan_run(system.place.database, created.id, {}) == [("upstream", 1)]
    for _ in range(3):
        queueing.send("check", created.id, "upstream", 1)
    ended = ended_run(system, created.id)
    again = ended_run(system, start_checks(system, host, "upstream"))  # everything before it is through
    assert again.id != ended.id
    assert run(system, created.id) == ended
    asked = [seen for seen in system.plex.seen if seen.target.startswith("/identity")]
    assert len(asked) <= 2  # once by each run


def test_a_check_of_a_run_that_is_gone_harms_nothing(system: System) -> None:
    host = add_host(system)
    created = progress.create_run(system.place.database, host.key, ("upstream",))
    progress.plan_run(system.place.database, created.id, {})
    hosts.remove_host(system.place.database, host.key)
    queueing.send("check", created.id, "upstream", 1)
    queueing.send("check", created.id, "no-such-check", 1)
    other = add_host(system, "other.localhost")
    assert ended_run(system, start_checks(system, other, "upstream")).result("upstream") is not None


def test_a_host_that_is_removed_in_the_middle_of_its_checks_harms_nothing(system: System) -> None:
    system.plex.change(behaviour=Behaviour.SILENT)
    host = add_host(system)
    created = progress.create_run(system.place.database, host.key, ("upstream",))
    queueing.advance(system.place, created.id)
    wait_until(lambda: row(system, created.id, "upstream").state is State.RUNNING, "the check is under way")
    hosts.remove_host(system.place.database, host.key)
    system.plex.change(behaviour=Behaviour.NORMAL)
    other = add_host(system, "other.localhost")
    again = ended_run(system, start_checks(system, other, "upstream"))
    assert row(system, again.id, "upstream").level is Level.OK


class TestWorkerKilled:
    """The worker dies outright in the middle of a check."""

    def test_the_same_worker_started_again_goes_on_at_once(self, system: System) -> None:
        """No sweep, and no time that passes: who has the name of a dead one knows what that one had in hand."""
        system.plex.change(behaviour=Behaviour.SILENT)
        host = add_host(system)
        run_id = start_checks(system, host, "upstream", "dns")
        wait_until(lambda: row(system, run_id, "upstream").state is State.RUNNING, "the check is under way")
        taken_by = row(system, run_id, "upstream").worker
        system.parts["worker"].kill()
        system.plex.change(behaviour=Behaviour.NORMAL)
        system.start("worker")
        ended_run(system, run_id)
        assert row(system, run_id, "upstream").level is Level.OK
        assert row(system, run_id, "upstream").worker != taken_by

    def test_what_it_had_just_fetched_when_it_died_is_queued_again_at_once(self, system: System) -> None:
        """The broker has forgotten a message that was fetched and the database knows of nobody who began."""
        system.parts["worker"].kill()
        host = add_host(system)
        created = progress.create_run(system.place.database, host.key, ("upstream",))
        assert progress.plan_run(system.place.database, created.id, {}) == [("upstream", 1)]
        system.start("worker")
        ended_run(system, created.id, 10)
        assert row(system, created.id, "upstream").level is Level.OK

    def test_another_worker_goes_on_once_the_dead_one_is_missed(self, system: System) -> None:
        host = add_host(system)
        created = progress.create_run(system.place.database, host.key, ("upstream",))
        progress.plan_run(system.place.database, created.id, {})
        assert progress.begin_result(system.place.database, created.id, "upstream", 1, "celery@elsewhere 0a1b")
        assert queueing.send("revive")
        ended_run(system, created.id)
        assert row(system, created.id, "upstream").level is Level.OK

    def test_what_the_command_line_has_in_hand_is_left_alone(self, system: System) -> None:
        host = add_host(system)
        created = progress.create_run(system.place.database, host.key, ("upstream",))
        progress.plan_run(system.place.database, created.id, {})
        assert progress.begin_result(system.place.database, created.id, "upstream", 1)
        assert progress.take_back(system.place.database, ["celery@here 1"]) == 0
        assert row(system, created.id, "upstream").state is State.RUNNING

    def test_a_check_that_never_gives_a_result_ends_as_unknown(self, system: System) -> None:
        host = add_host(system)
        created = progress.create_run(system.place.database, host.key, ("upstream",))
        for number in range(progress.MOST_TRIES):
            if number:
                progress.settle_overdue(system.place.database, queueing.LIMITS)
            [(check, attempt)] = progress.plan_run(system.place.database, created.id, {})
            progress.begin_result(system.place.database, created.id, check, attempt)
            let_pass(system, timedelta(minutes=2))
        sweep(system)
        ended = ended_run(system, created.id)
        assert (ended.standing, [v.code for v in ended.results[0].verdicts]) == ("uncertain", ["check-no-result"])

    def test_the_next_worker_goes_on_with_what_was_queued(self, system: System) -> None:
        host = add_host(system)
        system.parts["worker"].kill()
        run_id = start_apply(system, host, "upstream", "tls")
        assert row(system, run_id, APPLY).state is State.QUEUED
        system.start("worker")
        ended_run(system, run_id)
        assert row(system, run_id, APPLY).level is Level.OK


class TestBrokerDown:
    """The broker is away while a page queues."""

    def test_rows_wait_and_the_sweep_takes_them_up(self, system: System) -> None:
        host = add_host(system)
        system.parts["valkey"].kill()
        run_id = start_apply(system, host, "upstream", "tls")
        assert {result.state for result in run(system, run_id).results} == {State.WAITING}
        assert not queueing.send("sweep")
        system.start("valkey")
        wait_until(lambda: queueing.send("sweep"), "the broker takes jobs again")
        ended_run(system, run_id)
        assert row(system, run_id, APPLY).level is Level.OK

    def test_an_attempt_without_a_run_is_taken_up_too(self, system: System) -> None:
        add_host(system)
        system.parts["valkey"].kill()
        revision_id = queueing.start_apply(system.place, "Added")
        system.start("valkey")
        let_pass(system, queueing.LOST_AFTER + timedelta(seconds=1))
        sweep(system)
        assert ended_revision(system, revision_id).state == "applied"

    def test_what_was_queued_before_survives_the_brokers_death(self, system: System) -> None:
        host = add_host(system)
        system.parts["worker"].stop()
        run_id = start_apply(system, host, "upstream", "tls")
        system.parts["valkey"].stop()
        system.start("valkey", "worker")
        ended_run(system, run_id)
        assert row(system, run_id, APPLY).level is Level.OK


def test_checking_again_makes_one_check_and_what_it_held_up(system: System) -> None:
    host = add_host(system)
    system.plex.change(behaviour=Behaviour.CLOSE)
    first = ended_run(system, start_apply(system, host, *CHAIN[:4]))
    assert row(system, first.id, "upstream").level is Level.FAILURE
    assert row(system, first.id, "identity").state is State.SKIPPED
    system.plex.change(behaviour=Behaviour.NORMAL)
    assert queueing.retry(system.place, first.id, "upstream")
    again = ended_run(system, first.id)
    attempts = {result.check: result.attempt for result in again.results}
    assert (attempts["upstream"], attempts["identity"], attempts["dns"], attempts[APPLY]) == (2, 2, 1, 1)
    assert row(system, first.id, "identity").level is Level.OK
    assert runs.earlier_results(system.place.database, first.id)["upstream"].level is Level.FAILURE
