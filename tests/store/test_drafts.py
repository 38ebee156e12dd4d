"""Answers of the wizard survive a restart, and are taken away once."""

from __future__ import annotations

from tests.databases import opened
from tests.threads import together
from wizard.store import drafts
from wizard.store.drafts import Draft
from wizard.store.session import Database


def test_there_is_an_empty_draft_before_anything_was_answered(database: Database) -> None:
    assert drafts.load_draft(database) == Draft(drafts.NEW)


def test_a_draft_is_still_there_after_a_restart(url: str) -> None:
    answers = {"domain": "plex.example.com", "upstream": {"port": 32400}, "goes_on": None}
    with opened(url) as database:
        drafts.save_draft(database, Draft("", answers, "sealed"))
    with opened(url) as database:
        draft = drafts.load_draft(database)
    assert (draft.answers, draft.sealed) == (answers, "sealed")
    assert draft.updated_at is not None


def test_saving_again_replaces_the_answers(database: Database) -> None:
    drafts.save_draft(database, Draft("", {"a": 1}, "sealed"))
    drafts.save_draft(database, Draft("", {"b": 2}))
    draft = drafts.load_draft(database)
    assert (draft.answers, draft.sealed) == ({"b": 2}, "")


def test_each_host_has_a_draft_of_its_own_and_the_latest_is_listed_first(database: Database) -> None:
    for key in ("", "one", "two", "one"):
        drafts.save_draft(database, Draft(key, {"key": key}))
    assert [draft.host_key for draft in drafts.list_drafts(database)] == ["one", "two", ""]


def test_of_two_who_take_a_draft_away_only_one_is_told_so(database: Database) -> None:
    for _ in range(5):
        drafts.save_draft(database, Draft("", {"a": 1}))
        told = together(*[lambda: drafts.drop_draft(database)] * 2)
        assert sorted(told) == [False, True]
    assert drafts.list_drafts(database) == []
