"""Looks at the connection, and what the owner told: one of each, kept across restarts and delivered twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.core.worlds import PUBLIC, WORLDS, known
from wizard.core.connection import Facts
from wizard.store import profiles
from wizard.store.clock import now
from wizard.store.profiles import Told
from wizard.store.session import Database

FACTS = WORLDS[0].facts


def test_before_the_first_look_there_is_none(database: Database) -> None:
    assert profiles.load_profile(database) is None
    assert profiles.load_told(database) == Told()


def test_a_look_is_asked_for_once_and_its_facts_come_back_whole(database: Database) -> None:
    assert profiles.ask_profile(database, pcp=True) == 1
    assert profiles.ask_profile(database) is None
    wanted = profiles.wanted_profile(database, 1)
    assert wanted is not None
    assert wanted.pcp is True
    assert profiles.finish_profile(database, 1, FACTS)
    profile = profiles.load_profile(database)
    assert profile is not None
    assert (profile.facts, profile.is_running) == (FACTS, False)


def test_delivered_twice_the_first_result_stays(database: Database) -> None:
    number = profiles.ask_profile(database)
    assert number == 1
    assert profiles.finish_profile(database, 1, FACTS)
    assert profiles.wanted_profile(database, 1) is None
    assert not profiles.finish_profile(database, 1, Facts())
    profile = profiles.load_profile(database)
    assert profile is not None
    assert profile.facts == FACTS


def test_while_a_new_look_goes_on_the_last_facts_stay(database: Database) -> None:
    profiles.ask_profile(database)
    profiles.finish_profile(database, 1, FACTS)
    assert profiles.ask_profile(database) == 2
    profile = profiles.load_profile(database)
    assert profile is not None
    assert (profile.facts, profile.is_running) == (FACTS, True)
    assert not profiles.finish_profile(database, 1, Facts())


def test_a_look_that_never_came_back_can_be_asked_for_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles.ask_profile(database)
    later = now() + profiles.LOST_AFTER + timedelta(seconds=1)
    monkeypatch.setattr(profiles, "now", lambda: later)
    profile = profiles.load_profile(database)
    assert profile is not None
    assert (profile.is_running, profile.is_lost) == (False, True)
    assert profiles.ask_profile(database) == 2


def test_what_was_told_is_kept(database: Database) -> None:
    told = Told(Facts(typed=known(PUBLIC)), FACTS, now())
    profiles.save_told(database, told)
    assert profiles.load_told(database) == told
    profiles.save_told(database, Told())
    assert profiles.load_told(database) == Told()
