"""The owner, signed-in browsers, the set-up code and the lock-out."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.threads import together
from wizard.store import clock, owners
from wizard.store.session import Database
from wizard.store.tables import OwnerRow, SignInRow

PASSWORD = "correct horse battery"


@pytest.fixture
def owner(database: Database) -> owners.Owner:
    """Somebody who claimed this installation."""
    claimed = owners.claim(database, "Ada", PASSWORD)
    assert claimed is not None
    return claimed


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
    """How much later it is than the real time; the last entry counts."""
    ahead = [timedelta()]
    monkeypatch.setattr(owners, "now", lambda: clock.now() + ahead[-1])
    return ahead


def test_the_set_up_code_stays_the_same_even_when_processes_ask_at_once(database: Database) -> None:
    codes = together(*[lambda: owners.setup_code(database)] * 4)
    assert set(codes) == {owners.setup_code(database)}


def test_a_typed_set_up_code_is_forgiven_case_spaces_and_dashes(database: Database) -> None:
    code = owners.setup_code(database)
    assert owners.is_setup_code(database, f" {code.upper().replace('-', ' ')} ")
    assert not owners.is_setup_code(database, code[:-1])
    assert not owners.is_setup_code(database, "")
    assert not owners.is_setup_code(database, "ä" * 12)


def test_only_the_first_of_many_who_claim_at_once_is_the_owner(database: Database) -> None:
    claimed = together(*[lambda name=name: owners.claim(database, name, PASSWORD) for name in "abcd"])
    (first,) = [owner for owner in claimed if owner is not None]
    assert owners.only_owner(database) == first
    with database.read() as session:
        assert len(session.scalars(select(OwnerRow)).all()) == 1


def test_an_installation_is_claimed_once_it_has_an_owner(database: Database) -> None:
    assert not owners.is_claimed(database)
    assert owners.only_owner(database) is None
    owners.claim(database, "Ada", PASSWORD)
    assert owners.is_claimed(database)


def test_name_and_password_must_fit(database: Database, owner: owners.Owner) -> None:
    assert owners.check_password(database, " ada ", PASSWORD) == owner
    assert owners.check_password(database, "Ada", PASSWORD + "!") is None
    assert owners.check_password(database, "Bob", PASSWORD) is None


def test_the_password_itself_is_not_in_the_database(database: Database, owner: owners.Owner) -> None:
    with database.read() as session:
        assert PASSWORD not in session.scalars(select(OwnerRow.password_hash)).one()


def test_a_new_password_signs_every_browser_out_and_ends_the_lock(database: Database, owner: owners.Owner) -> None:
    token = owners.sign_in(database, owner, "Firefox", keep=True)
    for _ in range(owners.LOCK_AFTER):
        owners.note_failed_sign_in(database)
    assert owners.set_password(database, "ADA", "another long one")
    assert owners.signed_in_owner(database, token) is None
    assert owners.locked_until(database) is None
    assert owners.check_password(database, "Ada", "another long one") == owner
    assert owners.check_password(database, "Ada", PASSWORD) is None
    assert not owners.set_password(database, "Bob", "another long one")


def test_too_many_wrong_tries_lock_for_a_while(database: Database, later: list[timedelta]) -> None:
    for _ in range(owners.LOCK_AFTER - 1):
        owners.note_failed_sign_in(database)
    assert owners.locked_until(database) is None
    owners.note_failed_sign_in(database)
    until = owners.locked_until(database)
    assert isinstance(until, datetime)
    later.append(until - clock.now() + timedelta(seconds=1))
    assert owners.locked_until(database) is None


def test_a_right_password_ends_the_counting(database: Database) -> None:
    for _ in range(owners.LOCK_AFTER):
        owners.note_failed_sign_in(database)
    owners.forget_failed_sign_ins(database)
    assert owners.locked_until(database) is None


@pytest.mark.parametrize(("keep", "still_in", "out"), [(False, 11, 13), (True, 24 * 59, 24 * 61)])
def test_a_browser_stays_signed_in_as_long_as_was_asked(
    database: Database, owner: owners.Owner, later: list[timedelta], keep: bool, still_in: int, out: int
) -> None:
    token = owners.sign_in(database, owner, "Firefox", keep=keep)
    later.append(timedelta(hours=still_in))
    assert owners.signed_in_owner(database, token) == owner
    later.append(timedelta(hours=out))
    assert owners.signed_in_owner(database, token) is None
    owners.sign_in(database, owner, "Chromium", keep=False)
    assert [one.agent for one in owners.list_sign_ins(database)] == ["Chromium"]


def test_when_a_browser_was_seen_is_not_written_on_every_page(
    database: Database, owner: owners.Owner, later: list[timedelta]
) -> None:
    token = owners.sign_in(database, owner, "Firefox", keep=True)
    (first,) = owners.list_sign_ins(database)
    owners.signed_in_owner(database, token)
    assert owners.list_sign_ins(database) == [first]
    later.append(timedelta(minutes=11))
    owners.signed_in_owner(database, token)
    assert owners.list_sign_ins(database)[0].seen_at > first.seen_at


def test_browsers_are_signed_out_one_by_one_or_all_the_others(database: Database, owner: owners.Owner) -> None:
    mine, other, third = (owners.sign_in(database, owner, agent, keep=True) for agent in ("a", "b" * 300, "c"))
    owners.sign_out(database, third)
    assert owners.signed_in_owner(database, third) is None
    owners.sign_out_others(database, mine)
    assert owners.signed_in_owner(database, other) is None
    assert owners.signed_in_owner(database, mine) == owner


def test_of_a_cookie_only_a_hash_is_kept(database: Database, owner: owners.Owner) -> None:
    token = owners.sign_in(database, owner, "Firefox", keep=True)
    with database.read() as session:
        assert token not in session.scalars(select(SignInRow.token_hash)).one()
