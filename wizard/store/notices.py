"""Notices on their way out: written down with what they are about, then sent, again and again until it worked.

Each receiver gets each occasion once: the pair of both is unique.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from wizard.store.clock import now
from wizard.store.session import Database
from wizard.store.tables import NoticeRow, ReceiverRow

WAITING, SENT, GIVEN_UP = "waiting", "sent", "given-up"
LEASE = timedelta(seconds=60)  # longer than sending may take
MOST_TRIES = 12
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told. `key` names the occasion."""

    key: str
    kind: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Sending:
    """One notice that was taken to be sent, and to whom: `sealed` is the address, encrypted."""

    id: int
    kind: str
    title: str
    body: str
    sealed: str
    tries: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a notice fared."""

    kind: str
    title: str
    state: str
    tries: int
    trouble: str
    created_at: datetime
    ended_at: datetime | None


def add_notices(session: Session, notices: Sequence[Notice]) -> list[int]:
    """Put notices into the outbox of every receiver, within a transaction; gives those that were not there yet."""
    return [
        number
        for receiver_id in session.scalars(select(ReceiverRow.id).order_by(ReceiverRow.id)).all()
        for notice in notices
        if (number := _add(session, receiver_id, notice)) is not None
    ]


def add_test(database: Database, receiver_id: int, notice: Notice) -> int | None:
    """A notice for one receiver only; None when that one is gone."""
    with database.write() as session:
        return _add(session, receiver_id, notice) if session.get(ReceiverRow, receiver_id) else None


def take_notice(database: Database, notice_id: int) -> Sending | None:
    """Take a notice to send it; None when it was sent, is being sent, or is not due yet."""
    with database.write() as session:
        row = session.get(NoticeRow, notice_id, with_for_update={"key_share": True})
        if row is None or row.state != WAITING or row.due_at > now():
            return None
        row.due_at, row.tries = now() + LEASE, row.tries + 1
        receiver = session.get(ReceiverRow, row.receiver_id)
        if receiver is None:
            return None
        return Sending(row.id, row.kind, row.title, row.body, receiver.sealed, row.tries)


def end_notice(database: Database, notice_id: int, trouble: str, *, again: bool) -> timedelta | None:
    """Write down how sending went; gives the wait until the next try, None when there is none.

    `trouble` is empty when it was sent. `again` says whether trying again makes sense for this notice.
    """
    with database.write() as session:
        row = session.get(NoticeRow, notice_id, with_for_update={"key_share": True})
        if row is None or row.state != WAITING:
            return None
        row.trouble = trouble
        if trouble and again and row.tries < MOST_TRIES:
            wait = wait_after(row.tries)
            row.due_at = now() + wait
            return wait
        row.state, row.ended_at = GIVEN_UP if trouble else SENT, now()
        return None


def wait_after(tries: int) -> timedelta:
    """How long to wait after so many tries: twice as long each time, up to an hour. Twelve tries take four hours."""
    return min(_FIRST_WAIT * (1 << (tries - 1)), _LONGEST_WAIT)


def due_notices(database: Database) -> list[int]:
    """Notices that could be sent now."""
    with database.read() as session:
        wanted = (NoticeRow.state == WAITING, NoticeRow.due_at <= now())
        return list(session.scalars(select(NoticeRow.id).where(*wanted).order_by(NoticeRow.id)))


def latest_deliveries(database: Database) -> dict[int, Delivery]:
    """How the newest notice for each receiver fared."""
    with database.read() as session:
        rows = session.scalars(select(NoticeRow).order_by(NoticeRow.id))
        return {row.receiver_id: _delivery(row) for row in rows}


def load_delivery(database: Database, notice_id: int) -> Delivery | None:
    """How one notice fared."""
    with database.read() as session:
        row = session.get(NoticeRow, notice_id)
        return _delivery(row) if row else None


def _add(session: Session, receiver_id: int, notice: Notice) -> int | None:
    same = (NoticeRow.receiver_id == receiver_id, NoticeRow.key == notice.key)
    if session.scalar(select(NoticeRow.id).where(*same)) is not None:
        return None
    row = NoticeRow(
        receiver_id=receiver_id,
        key=notice.key,
        kind=notice.kind,
        title=notice.title,
        body=notice.body,
        state=WAITING,
        tries=0,
        created_at=now(),
        due_at=now(),
    )
    session.add(row)
    session.flush()
    return row.id


def _delivery(row: NoticeRow) -> Delivery:
    return Delivery(row.kind, row.title, row.state, row.tries, row.trouble, row.created_at, row.ended_at)
