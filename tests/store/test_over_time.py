"""What follows from ended runs: counted once, told once, and kept when the runs are cleared away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from tests.store.going import loaded, started, work
from tests.store.samples import CHECKS, NEEDS, saved_host
from tests.threads import together
from wizard.core.health import OWNER, SCHEDULE, DayCount
from wizard.core.news import Told
from wizard.core.schedule import Due, Schedule
from wizard.core.verdicts import Level
from wizard.store import clearing, conclusions, notices, over_time, progress, receivers, revisions, runs, scheduled
from wizard.store.clock import now
from wizard.store.conclusions import Ended
from wizard.store.notices import Notice
from wizard.store.session import Database
from wizard.store.tables import HealthRow, NoticeRow, ResultRow, RevisionRow, RunRow


def silent(ended: Ended) -> tuple[Told, Sequence[Notice]]:
    return ended.told, ()


def scheduled_run(database: Database, key: str, level: Level = Level.OK) -> int:
    """One scheduled run, ended and concluded."""
    newest = runs.latest_run(database, key)
    run_id = scheduled.create_scheduled_run(database, Due(key, SCHEDULE, newest.id if newest else 0), CHECKS)
    assert run_id is not None
    work(database, run_id, levels={"third": level})
    conclusions.conclude(database, run_id, silent)
    return run_id


def days(database: Database, key: str) -> DayCount:
    return over_time.load_days(database, key, now())[-1]


class TestConclusions:
    """Once for each version of a run, whoever comes twice."""

    def test_changes_history_and_standing_are_kept(self, database: Database) -> None:
        key = saved_host(database).key
        scheduled_run(database, key)
        failed = scheduled_run(database, key, Level.FAILURE)
        scheduled_run(database, key, Level.FAILURE)
        assert days(database, key) == DayCount(3, 2, 1)
        listed = over_time.list_page(database, key, before=None, everything=True, limit=10)
        assert [[change.turn for change in changes] for _, changes in listed] == [[], ["new"], []]
        since = conclusions.standing_since(database, key)
        assert since is not None
        assert since[0] == "not-working"
        assert loaded(database, failed).cause == SCHEDULE

    def test_a_second_time_changes_nothing(self, database: Database) -> None:
        key = saved_host(database).key
        receivers.add_receivers(database, [("one", "sealed"), ("two", "sealed")])
        run_id = started_for(database, key)
        together(*[lambda: conclusions.conclude(database, run_id, always)] * 3)
        assert conclusions.conclude(database, run_id, always) == []
        with database.read() as session:
            assert session.scalar(select(func.count()).select_from(NoticeRow)) == 2
        assert days(database, key) == DayCount(1, 0, 0)

    def test_a_check_made_again_is_concluded_again_and_counted_once(self, database: Database) -> None:
        key = saved_host(database).key
        scheduled_run(database, key)
        run_id = scheduled_run(database, key, Level.FAILURE)
        assert conclusions.unconcluded_runs(database) == []
        progress.retry_check(database, run_id, "third", NEEDS)
        work(database, run_id)
        assert conclusions.unconcluded_runs(database) == [run_id]
        conclusions.conclude(database, run_id, silent)
        assert days(database, key) == DayCount(2, 1, 1)
        (newest, *_) = over_time.list_page(database, key, before=None, everything=True, limit=10)
        assert newest[1] == ()

    def test_a_run_that_goes_on_or_is_gone_has_none(self, database: Database) -> None:
        run_id = started(database)
        assert conclusions.conclude(database, run_id, always) == []
        assert conclusions.conclude(database, run_id + 99, always) == []
        with database.read() as session:
            assert session.scalar(select(func.count()).select_from(HealthRow)) == 0

    def test_removing_a_host_takes_all_of_it_along(self, database: Database) -> None:
        from wizard.store.hosts import remove_host  # noqa: PLC0415 -- the one test that removes

        key = saved_host(database).key
        scheduled_run(database, key)
        remove_host(database, key)
        assert over_time.load_past(database, key) == []
        assert days(database, key) == DayCount()


def always(ended: Ended) -> tuple[Told, Sequence[Notice]]:
    return Told("working"), [Notice(f"{ended.run.id}.{ended.run.version}", "up", "It works", "again")]


def started_for(database: Database, key: str) -> int:
    run_id = progress.create_run(database, key, CHECKS).id
    work(database, run_id)
    return run_id


class TestScheduled:
    """Runs that start by themselves."""

    def test_two_clocks_start_one_run(self, database: Database) -> None:
        key = saved_host(database).key
        due = Due(key, SCHEDULE, 0)
        made = together(*[lambda: scheduled.create_scheduled_run(database, due, CHECKS)] * 3)
        assert len([one for one in made if one is not None]) == 1
        assert scheduled.create_scheduled_run(database, Due("gone", SCHEDULE, 0), CHECKS) is None

    def test_the_owner_gets_a_run_of_their_own(self, database: Database) -> None:
        key = saved_host(database).key
        run_id = scheduled.create_scheduled_run(database, Due(key, SCHEDULE, 0), CHECKS)
        assert run_id is not None
        own = progress.create_run(database, key, CHECKS)
        assert (own.id != run_id, own.cause) == (True, OWNER)
        assert loaded(database, run_id).standing == "stopped"
        assert progress.create_run(database, key, CHECKS).id == own.id

    def test_paused_hosts_are_no_candidates(self, database: Database) -> None:
        saved_host(database, "a.example.com", paused=True)
        key = saved_host(database, "b.example.com").key
        assert [one.host_key for one in scheduled.candidates(database)] == [key]
        scheduled_run(database, key)
        scheduled_run(database, key, Level.FAILURE)
        (doubted,) = scheduled.candidates(database)
        assert doubted.doubted_at is not None

    def test_what_was_chosen_is_kept(self, database: Database) -> None:
        assert scheduled.load_schedule(database) == Schedule(15, 90)
        scheduled.save_schedule(database, Schedule(None, 30))
        assert scheduled.load_schedule(database) == Schedule(None, 30)


def make_older(database: Database, age: timedelta, *run_ids: int) -> None:
    with database.write() as session:
        session.execute(update(RunRow).where(RunRow.id.in_(run_ids)).values(created_at=now() - age))


class TestClearing:
    """What is old goes; what is referred to, and the history, stays."""

    def test_quiet_scheduled_runs_go_after_two_days_and_the_rest_after_the_time_chosen(
        self, database: Database
    ) -> None:
        key = saved_host(database).key
        owners = started_for(database, key)
        quiet = scheduled_run(database, key)
        news = scheduled_run(database, key, Level.FAILURE)
        newest = scheduled_run(database, key, Level.FAILURE)
        make_older(database, timedelta(days=3), owners, quiet, news, newest)
        assert clearing.clear(database, 30) == 1
        assert [run.id for run in runs.list_runs(database, key)] == [newest, news, owners]
        make_older(database, timedelta(days=31), owners, news, newest)
        assert clearing.clear(database, 90) == 0
        assert clearing.clear(database, 30) == 2
        assert clearing.clear(database, 30) == 0
        assert [run.id for run in runs.list_runs(database, key)] == [newest]
        with database.read() as session:
            assert set(session.scalars(select(ResultRow.run_id))) == {newest}
        assert days(database, key).checks == 3

    def test_revisions_that_runs_refer_to_stay(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clearing, "REVISIONS_KEPT", 2)
        key = saved_host(database).key
        made = [revisions.create_revision(database, "Changed") for _ in range(6)]
        with database.write() as session:
            session.execute(update(RevisionRow).values(state="refused"))
            session.execute(update(RevisionRow).where(RevisionRow.id == made[1]).values(state="applied"))
            session.execute(update(RevisionRow).where(RevisionRow.id == made[2]).values(state="queued"))
        progress.create_run(database, key, CHECKS, made[0])
        clearing.clear(database, 90)
        left = [revision.id for revision in revisions.list_revisions(database)]
        assert left == [made[5], made[4], made[2], made[1], made[0]]


class TestNotices:
    """On their way out: sent once, tried again, given up in the end."""

    def test_one_is_sent_by_one_and_then_rests(self, database: Database) -> None:
        notice_id = waiting_notice(database)
        taken = together(*[lambda: notices.take_notice(database, notice_id)] * 3)
        assert len([one for one in taken if one is not None]) == 1
        assert notices.end_notice(database, notice_id, "", again=True) is None
        assert notices.take_notice(database, notice_id) is None
        assert notices.due_notices(database) == []
        delivery = notices.load_delivery(database, notice_id)
        assert delivery is not None
        assert (delivery.state, delivery.trouble) == (notices.SENT, "")

    def test_one_that_fails_waits_longer_each_time_and_is_given_up(self, database: Database) -> None:
        notice_id = waiting_notice(database)
        waits = []
        while True:
            with database.write() as session:
                session.execute(update(NoticeRow).values(due_at=now()))
            assert notices.take_notice(database, notice_id) is not None
            wait = notices.end_notice(database, notice_id, "Nothing answers there", again=True)
            if wait is None:
                break
            assert notices.take_notice(database, notice_id) is None
            waits.append(wait.total_seconds())
        assert waits[:4] == [30, 60, 120, 240]
        assert max(waits) == 3600
        assert len(waits) == notices.MOST_TRIES - 1
        delivery = notices.load_delivery(database, notice_id)
        assert delivery is not None
        assert (delivery.state, delivery.trouble) == (notices.GIVEN_UP, "Nothing answers there")

    def test_who_is_removed_gets_nothing_more(self, database: Database) -> None:
        notice_id = waiting_notice(database)
        (receiver,) = receivers.list_receivers(database)
        receivers.remove_receiver(database, receiver.id)
        receivers.remove_receiver(database, receiver.id)
        assert notices.take_notice(database, notice_id) is None
        assert notices.add_test(database, receiver.id, Notice("t", "test", "Test", "")) is None


def waiting_notice(database: Database) -> int:
    (receiver_id,) = receivers.add_receivers(database, [("ntfy", "sealed")])
    notice_id = notices.add_test(database, receiver_id, Notice("t", "down", "It is down", "really"))
    assert notice_id is not None
    assert notices.add_test(database, receiver_id, Notice("t", "down", "It is down", "really")) is None
    return notice_id
