"""Secrets at rest: sealed with a key that is not in the database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.samples import sample_host
from wizard.store import hosts
from wizard.store.secrets import Vault
from wizard.store.session import Database

TOKEN = "a-plex-token-xyz123"


@given(st.text())
def test_a_secret_comes_out_as_it_went_in(secret: str) -> None:
    vault = Vault("k" * 40)
    sealed = vault.seal(secret)
    assert vault.open(sealed) == secret
    assert bool(sealed) is bool(secret)


def test_sealing_twice_gives_two_texts_and_neither_shows_the_secret() -> None:
    vault = Vault("k" * 40)
    sealed = {vault.seal(TOKEN), vault.seal(TOKEN)}
    assert len(sealed) == 2
    assert not any(TOKEN in one for one in sealed)


@pytest.mark.parametrize("sealed", ["", "rubbish", Vault("another key" * 4).seal(TOKEN)])
def test_what_cannot_be_opened_is_no_secret(sealed: str) -> None:
    assert Vault("k" * 40).open(sealed) == ""


def test_the_database_never_holds_a_token_in_clear(database: Database, url: str) -> None:
    vault = Vault("k" * 40)
    host = sample_host()
    hosts.save_host(database, host, sealed_token=vault.seal(TOKEN))
    assert vault.open(hosts.sealed_token(database, host.key)) == TOKEN
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql("select * from hosts").fetchall()
    assert TOKEN not in str(rows)
