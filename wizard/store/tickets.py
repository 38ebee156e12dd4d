"""One-time addresses of the echo: issued to a check, taken once by the web server."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import delete, update

from wizard.core.checks import Echo
from wizard.store.clock import now
from wizard.store.session import Database
from wizard.store.tables import TicketRow

LIFETIME = timedelta(minutes=2)
PREFIX = "/.well-known/porthole"


def issue_echo(database: Database, domain: str) -> Echo:
    """A fresh one-time address on a media domain, good for two minutes."""
    ticket, mark = secrets.token_urlsafe(24), secrets.token_urlsafe(16)
    with database.write() as session:
        session.execute(delete(TicketRow).where(TicketRow.expires_at < now()))
        session.add(TicketRow(ticket=ticket, mark=mark, domain=domain, expires_at=now() + LIFETIME))
    return Echo(f"{PREFIX}/{ticket}", mark)


def take_ticket(database: Database, ticket: str) -> str | None:
    """The mark of a ticket that is good and was not used; None for any other. Taking it uses it up."""
    with database.write() as session:
        return session.scalar(
            update(TicketRow)
            .where(TicketRow.ticket == ticket, TicketRow.used_at.is_(None), TicketRow.expires_at > now())
            .values(used_at=now())
            .returning(TicketRow.mark)
        )
