"""Links for phones: good once, for one browser, for a while; and gone with their proxy host."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from tests.store.samples import saved_host
from tests.threads import together
from wizard.core.verdicts import Level, Verdict
from wizard.core.visits import MEASURES_FOR, OPEN_FOR, Arrived, Finding, Flow, Live, Part, Seen, Stage, Told, Visit
from wizard.store import clock, hosts, progress, visits
from wizard.store.secrets import Vault
from wizard.store.session import Database
from wizard.store.tables import VisitRow

VAULT = Vault("a key for tests")
ARRIVED = Arrived("203.0.113.9", "203.0.113.9", "203.0.113.9", "127.0.0.1", "https", script=True)
GOOD = Finding(Part.REACH, Verdict("phone-works", Level.OK, "It works"))


@pytest.fixture
def visit(database: Database) -> Visit:
    return visits.create_visit(database, VAULT, saved_host(database).key)


def secret_of(visit: Visit) -> str:
    return VAULT.open(visit.sealed_link)


def later(monkeypatch: pytest.MonkeyPatch, span: timedelta) -> None:
    monkeypatch.setattr(visits, "now", lambda: clock.now() + span)


def started(database: Database, visit: Visit) -> str:
    key = visits.start_visit(database, secret_of(visit), ARRIVED)
    assert key is not None
    return key


def again(database: Database, visit: Visit) -> Visit:
    found = visits.load_visit(database, visit.id)
    assert found is not None
    return found


def test_a_link_is_guess_proof_and_lies_nowhere_in_the_clear(database: Database, visit: Visit) -> None:
    secret = secret_of(visit)
    assert len(secret) * 6 >= 128
    key = started(database, visit)
    with database.read() as session:
        row = " ".join(str(one) for one in session.execute(text("select * from visits")).one())
    assert secret not in row
    assert key not in row
    assert secret not in repr(visit)


def test_the_first_browser_that_starts_it_owns_it(database: Database, visit: Visit) -> None:
    visits.note_opened(database, secret_of(visit))  # a messenger's preview takes nothing away
    key = started(database, visit)
    assert visits.start_visit(database, secret_of(visit), ARRIVED) is None
    found = visits.find_visit(database, key)
    assert found is not None
    assert found.seen == Seen(ARRIVED)
    assert visits.find_visit(database, secret_of(visit)) is None


def test_of_many_who_start_it_at_once_one_gets_a_key(database: Database) -> None:
    for number in range(4):
        visit = visits.create_visit(database, VAULT, saved_host(database, f"plex{number}.example.com").key)
        keys = together(*[lambda visit=visit: visits.start_visit(database, secret_of(visit), ARRIVED)] * 3)
        assert len([key for key in keys if key is not None]) == 1


def test_a_link_that_nobody_started_expires(
    database: Database, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, OPEN_FOR + timedelta(seconds=1))
    assert visits.find_link(database, secret_of(visit)) is None
    assert visits.start_visit(database, secret_of(visit), ARRIVED) is None
    assert again(database, visit).stage(clock.now() + OPEN_FOR * 2) is Stage.EXPIRED


def test_a_revoked_link_leads_nowhere_and_takes_its_visitor_along(database: Database, visit: Visit) -> None:
    key = started(database, visit)
    visits.revoke_visit(database, "another", visit.id)
    assert visits.find_visit(database, key) is not None
    visits.revoke_visit(database, visit.host_key, visit.id)
    assert visits.find_link(database, secret_of(visit)) is None
    assert visits.find_visit(database, key) is None
    assert visits.note_seen(database, key, is_over=True) is None
    assert not visits.take_step(database, key, "down")


def test_a_new_link_revokes_the_one_before_that_nobody_started(database: Database, visit: Visit) -> None:
    newer = visits.create_visit(database, VAULT, visit.host_key)
    assert again(database, visit).stage(clock.now()) is Stage.REVOKED
    key = started(database, newer)
    visits.create_visit(database, VAULT, visit.host_key)
    assert visits.find_visit(database, key) is not None


def test_a_step_is_made_once_and_only_while_the_visit_runs(
    database: Database, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not visits.take_step(database, "nobody", "down")
    key = started(database, visit)
    assert visits.take_step(database, key, "down")
    assert not visits.take_step(database, key, "down")
    assert visits.take_step(database, key, "up")
    later(monkeypatch, MEASURES_FOR + timedelta(seconds=1))
    assert not visits.take_step(database, key, "live")


def test_what_was_seen_adds_up_and_each_change_is_news(database: Database, visit: Visit) -> None:
    key = started(database, visit)
    before = again(database, visit).version
    visits.note_seen(database, key, down=Flow(1000, 0.5))
    visits.note_seen(database, key, live=Live(4.0, 2))
    visits.note_seen(database, key, told=Told.CUT, is_over=True)
    found = again(database, visit)
    assert found.seen == Seen(ARRIVED, Flow(1000, 0.5), None, Live(4.0, 2), Told.CUT, is_over=True)
    assert found.version == before + 3


def test_a_visit_ends_once(database: Database, visit: Visit) -> None:
    visits.finish_visit(database, visit.id, [GOOD])  # nobody started it
    assert again(database, visit).finished_at is None
    started(database, visit)
    visits.finish_visit(database, visit.id, [GOOD])
    first = again(database, visit)
    assert first.findings == (GOOD,)
    visits.finish_visit(database, visit.id, [])
    visits.revoke_visit(database, visit.host_key, visit.id)
    assert again(database, visit) == first


def test_a_visit_whose_page_was_closed_is_overdue(
    database: Database, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(database, visit)
    assert visits.overdue_visits(database) == []
    later(monkeypatch, MEASURES_FOR + timedelta(seconds=1))
    assert [one.id for one in visits.overdue_visits(database)] == [visit.id]


def test_visits_go_with_their_host_and_outlive_their_run(database: Database) -> None:
    host = saved_host(database)
    run = progress.create_run(database, host.key, ("dns",))
    visit = visits.create_visit(database, VAULT, host.key, run.id)
    assert visit.run_id == run.id
    with database.write() as session:
        session.execute(text("delete from runs"))
    assert again(database, visit).run_id is None
    assert visits.latest_visit(database, host.key) == again(database, visit)
    hosts.remove_host(database, host.key)
    with database.read() as session:
        assert session.scalar(select(func.count(VisitRow.id))) == 0
    with pytest.raises(progress.HostGoneError):
        visits.create_visit(database, VAULT, host.key)


def test_a_run_of_another_host_is_not_taken_for_its_own(database: Database, visit: Visit) -> None:
    other = saved_host(database, "films.example.com")
    run = progress.create_run(database, other.key, ("dns",))
    assert visits.create_visit(database, VAULT, visit.host_key, run.id).run_id is None
