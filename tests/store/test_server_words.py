"""What a media server told is kept with its proxy host, and goes with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.store.samples import saved_host
from wizard.core.locality import Surroundings
from wizard.core.streams import RemoteSeen, ServerSettings, ServerWords
from wizard.store import hosts, server_words
from wizard.store.session import Database

SETTINGS = ServerSettings(Surroundings(lan_networks=("192.168.1.0/24",), is_read=True), 8000)
SEEN = RemoteSeen(datetime(2026, 11, 25, 20, tzinfo=UTC), "203.0.113.9", "Phone")


def test_what_was_told_comes_back(database: Database) -> None:
    host = saved_host(database)
    assert server_words.load_words(database, host.key) == ServerWords()
    server_words.note_settings(database, host.key, SETTINGS, reached_from="192.168.1.7")
    server_words.note_settings(database, host.key, None)
    server_words.note_remote(database, host.key, SEEN)
    found = server_words.load_words(database, host.key)
    assert (found.settings, found.reached_from, found.remote) == (SETTINGS, "192.168.1.7", SEEN)
    assert found.told_at is not None


def test_an_older_proof_does_not_replace_a_newer_one(database: Database) -> None:
    host = saved_host(database)
    server_words.note_remote(database, host.key, SEEN)
    server_words.note_remote(database, host.key, replace(SEEN, at=SEEN.at - timedelta(hours=1), device="TV"))
    assert server_words.load_words(database, host.key).remote == SEEN


def test_a_token_that_goes_takes_along_what_it_told(database: Database) -> None:
    host = saved_host(database)
    server_words.note_settings(database, host.key, SETTINGS, reached_from="192.168.1.7")
    server_words.forget_words(database, host.key)
    assert server_words.load_words(database, host.key) == ServerWords(reached_from="192.168.1.7")


def test_a_host_that_is_gone_leaves_nothing(database: Database) -> None:
    host = saved_host(database)
    server_words.note_settings(database, host.key, SETTINGS)
    hosts.remove_host(database, host.key)
    server_words.note_settings(database, host.key, SETTINGS)
    server_words.note_remote(database, host.key, SEEN)
    assert server_words.load_words(database, host.key) == ServerWords()
