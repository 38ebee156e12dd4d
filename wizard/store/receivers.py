"""Who gets notices: addresses that hold secrets, sealed, and the part of each that may be shown."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from wizard.store.clock import now
from wizard.store.session import Database
from wizard.store.tables import MetaRow, ReceiverRow

_ADDRESS, _WARNINGS = "pages-address", "notify-warnings"


@dataclass(frozen=True, slots=True)
class Receiver:
    """One receiver, without its secret."""

    id: int
    shown: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """What notices hold: the address of these pages for the link, empty for none; and whether warnings are told."""

    address: str = ""
    warnings: bool = False


def add_receivers(database: Database, receivers: list[tuple[str, str]]) -> list[int]:
    """Add receivers, each as what may be shown and the sealed address."""
    with database.write() as session:
        rows = [ReceiverRow(shown=shown, sealed=sealed, created_at=now()) for shown, sealed in receivers]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def list_receivers(database: Database) -> list[Receiver]:
    """All of them, the oldest first."""
    with database.read() as session:
        return [Receiver(row.id, row.shown) for row in session.scalars(select(ReceiverRow).order_by(ReceiverRow.id))]


def sealed_addresses(database: Database) -> list[str]:
    """Every address as it is kept."""
    with database.read() as session:
        return list(session.scalars(select(ReceiverRow.sealed)))


def remove_receiver(database: Database, receiver_id: int) -> None:
    """Forget one, with the notices on their way to it."""
    with database.write() as session:
        row = session.get(ReceiverRow, receiver_id)
        if row is not None:
            session.delete(row)


def load_wishes(database: Database) -> Wishes:
    """What the owner wants in notices."""
    with database.read() as session:
        rows = session.scalars(select(MetaRow).where(MetaRow.name.in_((_ADDRESS, _WARNINGS))))
        known = {row.name: row.value for row in rows}
    return Wishes(known.get(_ADDRESS, ""), known.get(_WARNINGS) == "yes")


def save_wishes(database: Database, wishes: Wishes) -> None:
    """Keep what the owner wants in notices."""
    with database.write() as session:
        session.merge(MetaRow(name=_ADDRESS, value=wishes.address))
        session.merge(MetaRow(name=_WARNINGS, value="yes" if wishes.warnings else "no"))
