"""What the owner agreed to: asking public probes, and which ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from wizard.core.shapes import learn
from wizard.store.clock import now
from wizard.store.session import Database
from wizard.store.tables import MetaRow

_PROBES = "public-probes"


@dataclass(frozen=True, slots=True)
class Agreement:
    """The host names of the services that were shown, what was shown of them, and when the owner agreed."""

    services: tuple[str, ...]
    shown: tuple[str, ...]
    agreed_at: datetime


learn(Agreement)


def load_agreement(database: Database) -> Agreement | None:
    """What the owner agreed to; None when they did not, or took it back."""
    with database.read() as session:
        row = session.get(MetaRow, _PROBES)
        return msgspec.json.decode(row.value, type=Agreement) if row is not None and row.value else None


def agree(database: Database, services: tuple[str, ...], shown: tuple[str, ...]) -> None:
    """Keep that the owner agreed, in place of an earlier agreement."""
    value = msgspec.json.encode(Agreement(services, shown, now())).decode()
    with database.write() as session:
        session.merge(MetaRow(name=_PROBES, value=value))


def take_back(database: Database) -> None:
    """From now on nobody is asked."""
    with database.write() as session:
        row = session.get(MetaRow, _PROBES)
        if row is not None:
            session.delete(row)
