"""One-time addresses of the echo."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.threads import together
from wizard.store import clock, tickets
from wizard.store.session import Database
from wizard.store.tables import TicketRow


def ticket_of(path: str) -> str:
    return path.removeprefix(f"{tickets.PREFIX}/")


def test_a_ticket_is_good_once(database: Database) -> None:
    echo = tickets.issue_echo(database, "plex.example.com")
    assert tickets.take_ticket(database, ticket_of(echo.path)) == echo.mark
    assert tickets.take_ticket(database, ticket_of(echo.path)) is None


def test_an_unknown_ticket_is_worth_nothing(database: Database) -> None:
    assert tickets.take_ticket(database, "unknown") is None


def test_of_many_who_take_a_ticket_at_once_only_one_gets_its_mark(database: Database) -> None:
    for _ in range(5):
        ticket = ticket_of(tickets.issue_echo(database, "plex.example.com").path)
        marks = together(*[lambda ticket=ticket: tickets.take_ticket(database, ticket)] * 3)
        assert len([mark for mark in marks if mark is not None]) == 1


def test_an_old_ticket_is_worth_nothing_and_is_forgotten(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    echo = tickets.issue_echo(database, "plex.example.com")
    monkeypatch.setattr(tickets, "now", lambda: clock.now() + tickets.LIFETIME + timedelta(seconds=1))
    assert tickets.take_ticket(database, ticket_of(echo.path)) is None
    tickets.issue_echo(database, "plex.example.com")
    with database.read() as session:
        assert session.scalar(select(func.count(TicketRow.ticket))) == 1
