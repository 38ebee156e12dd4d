"""What is known of the internet connection: the last profile that was measured, and what the owner told.

One of each for an installation, kept among its single values as JSON. Kept is what was measured, no conclusions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from wizard.core.connection import Facts
from wizard.core.shapes import learn
from wizard.store.clock import now
from wizard.store.session import Database
from wizard.store.tables import MetaRow

LOST_AFTER = timedelta(seconds=40)
_PROFILE, _TOLD = "network-profile", "network-told"


@dataclass(frozen=True, slots=True)
class Profile:
    """A look at the connection. `number` counts the looks; `finished_at` None means that no result is there yet."""

    number: int
    asked_at: datetime
    pcp: bool = False
    finished_at: datetime | None = None
    facts: Facts | None = None

    @property
    def is_running(self) -> bool:
        """True while a result can still come."""
        return self.finished_at is None and not self.is_lost

    @property
    def is_lost(self) -> bool:
        """True when the result should have come long ago."""
        return self.finished_at is None and now() - self.asked_at > LOST_AFTER


@dataclass(frozen=True, slots=True)
class Told:
    """What the owner told: `facts` typed, and `pasted` from a machine at home."""

    facts: Facts = Facts()  # noqa: RUF009 -- frozen
    pasted: Facts | None = None
    pasted_at: datetime | None = None


learn(Told, Profile)


def load_profile(database: Database) -> Profile | None:
    """The newest look, finished or not. None before the first one, or when another version wrote it."""
    with database.read() as session:
        return _read(session)


def ask_profile(database: Database, *, pcp: bool = False) -> int | None:
    """Note that somebody wants a look; gives its number, None while one is going. The last facts stay until then."""
    with database.write() as session:
        last = _read(session)
        if last is not None and last.is_running:
            return None
        number = last.number + 1 if last else 1
        _write(session, Profile(number, now(), pcp, facts=last.facts if last else None))
        return number


def wanted_profile(database: Database, number: int) -> Profile | None:
    """The look of that number while it is wanted: not finished, and no newer one asked for."""
    profile = load_profile(database)
    return profile if profile and profile.number == number and profile.finished_at is None else None


def finish_profile(database: Database, number: int, facts: Facts) -> bool:
    """Keep the facts of a look; False when it is not wanted any more."""
    with database.write() as session:
        last = _read(session)
        if last is None or last.number != number or last.finished_at is not None:
            return False
        _write(session, replace(last, finished_at=now(), facts=facts))
        return True


def load_told(database: Database) -> Told:
    """What the owner told so far."""
    with database.read() as session:
        text = session.scalar(select(MetaRow.value).where(MetaRow.name == _TOLD))
    try:
        return msgspec.json.decode(text, type=Told) if text else Told()
    except msgspec.DecodeError:
        return Told()  # written by another version


def save_told(database: Database, told: Told) -> None:
    """Keep what the owner told, in place of what was told before."""
    with database.write() as session:
        session.merge(MetaRow(name=_TOLD, value=msgspec.json.encode(told).decode()))


def _read(session: Session) -> Profile | None:
    text = session.scalar(select(MetaRow.value).where(MetaRow.name == _PROFILE).with_for_update())
    try:
        return msgspec.json.decode(text, type=Profile) if text else None
    except msgspec.DecodeError:
        return None


def _write(session: Session, profile: Profile) -> None:
    session.merge(MetaRow(name=_PROFILE, value=msgspec.json.encode(profile).decode()))
