"""Counting traffic: how far a host's log has been read, and the sums of it, changed together or not at all.

Whoever counts reads the position first, counts outside of any transaction, and hands in the sums with the version it
began from. If somebody else was faster, nothing is written. So no line is ever counted twice, whoever is killed when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, bindparam, delete, func, select, update
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wizard.core.traffic import Asked, Counted, Span, Sums, Viewer, masked
from wizard.store.clock import now
from wizard.store.session import Database
from wizard.store.traffic_tables import TrafficLogRow, TrafficRequestRow, TrafficTotalRow, TrafficViewerRow

KEEP_REQUESTS = 10_000
KEEP_MINUTES_SECONDS = 2 * 86_400
KEEP_DAYS = (7, 30, 90, 365)
KEEP_VIEWERS = 50
_SAID = ("address", "device", "product", "platform")
_VIEWER_KEYS = ("host_key", "span", "starts", "locality", *_SAID)
_NUMBERS = ("requests", "sent_bytes", "cut")
_ROWS_AT_ONCE = 5_000
_POSITION = ("fingerprint", "covers", "offset", "finished")


@dataclass(frozen=True, slots=True)
class TrafficLog:
    """How far a host's log has been counted. `lines` counts broken ones too; `newest` is the end of the last request.

    `gaps` is how often the file was gone before it was read to its end. `trouble` is why it cannot be read now.
    """

    version: int = 0
    fingerprint: str = ""
    covers: int = 0
    offset: int = 0
    finished: str = ""
    lines: int = 0
    broken: int = 0
    gaps: int = 0
    left_bytes: int = 0
    newest: float = 0.0
    trouble: str = ""
    masks: bool = False
    keep_days: int = 90


@dataclass(frozen=True, slots=True)
class Advance:
    """Where a piece of log ended: the new position, what waits behind it, and whether lines may have been missed."""

    fingerprint: str
    covers: int
    offset: int
    finished: str
    left_bytes: int = 0
    lost_track: bool = False


def load_log(database: Database, host_key: str) -> TrafficLog:
    """How far a host's log has been counted; nothing yet for one that was never looked at."""
    with database.read() as session:
        row = session.get(TrafficLogRow, host_key)
        return _value(row) if row else TrafficLog()


def add_counted(database: Database, host_key: str, version: int, counted: Counted, advance: Advance) -> bool:
    """Add the sums of a piece of log and move on behind it, in one transaction.

    False when somebody else has moved on from `version` already, or the host is gone: then nothing has changed.
    """
    try:
        with database.write() as session:
            _make_row(session, host_key)
            moved = session.execute(
                update(TrafficLogRow)
                .where(TrafficLogRow.host_key == host_key, TrafficLogRow.version == version)
                .values(
                    version=version + 1,
                    lines=TrafficLogRow.lines + counted.lines + counted.broken,
                    broken=TrafficLogRow.broken + counted.broken,
                    gaps=TrafficLogRow.gaps + int(advance.lost_track),
                    left_bytes=advance.left_bytes,
                    trouble="",
                    **({"newest": counted.newest} if counted.newest else {}),
                    **{name: getattr(advance, name) for name in _POSITION},
                )
            )
            if moved.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult
                return False
            _add_sums(session, host_key, counted)
            _add_requests(session, host_key, counted.requests)
    except IntegrityError:  # the host was removed meanwhile
        return False
    return True


def note_trouble(database: Database, host_key: str, trouble: str) -> None:
    """Remember why a log cannot be read."""
    _change(database, host_key, trouble=trouble)


def set_keeping(database: Database, host_key: str, *, masks: bool, keep_days: int) -> None:
    """What is kept of a host's traffic from now on. Masking also masks what is kept already."""
    _change(database, host_key, masks=masks, keep_days=keep_days)
    if masks:
        _mask_kept(database, host_key)


def forget_old(database: Database, host_key: str) -> None:
    """Throw away sums that are older than wanted. Minutes are kept for two days."""
    log, at = load_log(database, host_key), int(now().timestamp())
    oldest = {Span.MINUTE: at - KEEP_MINUTES_SECONDS}
    with database.write() as session:
        for span in Span:
            before = oldest.get(span, at - log.keep_days * Span.DAY)
            for table in (TrafficTotalRow, TrafficViewerRow):
                session.execute(
                    delete(table).where(
                        table.host_key == host_key, table.span == int(span), table.starts < before - int(span)
                    )
                )
        session.execute(
            delete(TrafficRequestRow).where(
                TrafficRequestRow.host_key == host_key, TrafficRequestRow.at < at - log.keep_days * Span.DAY
            )
        )


def fold_strangers(database: Database, host_key: str) -> None:
    """In hours and days that are over, count all but the busiest viewers together: strangers who knock are many.

    So a table of viewers is made of few rows, whoever scans the internet.
    """
    row, at = TrafficViewerRow, int(now().timestamp())
    rank = func.row_number().over(
        partition_by=(row.span, row.starts), order_by=(row.sent_bytes.desc(), row.requests.desc())
    )
    ranked = select(*row.__table__.columns, rank.label("rank")).where(
        row.host_key == host_key,
        row.span > int(Span.MINUTE),
        row.starts < at - 2 * row.span,
        row.address != "",
    )
    inner = ranked.subquery()
    beyond = select(inner).where(inner.c.rank > KEEP_VIEWERS).limit(_ROWS_AT_ONCE)
    while _fold(database, beyond) == _ROWS_AT_ONCE:
        continue


def _fold(database: Database, beyond: Any) -> int:
    """Add up some rows of strangers by span and locality, and delete them; gives how many they were."""
    table: Any = TrafficViewerRow.__table__
    together: dict[tuple[Any, ...], dict[str, Any]] = {}
    with database.write() as session:
        found = session.execute(beyond).mappings().all()
        for one in found:
            place = tuple(one[name] for name in _VIEWER_KEYS[:4])
            said = dict(zip(_VIEWER_KEYS, (*place, "", "", "", ""), strict=True))
            kept = together.setdefault(place, {**said, **dict.fromkeys(_NUMBERS, 0)})
            for name in _NUMBERS:
                kept[name] += one[name]
        if found:
            here = [table.c[name] == bindparam(f"is_{name}") for name in _VIEWER_KEYS]
            gone = [{f"is_{name}": one[name] for name in _VIEWER_KEYS} for one in found]
            session.connection().execute(delete(table).where(*here), gone)
        _upsert(session, table, list(together.values()))
    return len(found)


def forget_all(database: Database, host_key: str) -> None:
    """Throw away everything that was counted of a host; reading goes on from where it is."""
    with database.write() as session:
        for table in (TrafficTotalRow, TrafficViewerRow, TrafficRequestRow):
            session.execute(delete(table).where(table.host_key == host_key))


def _value(row: TrafficLogRow) -> TrafficLog:
    return TrafficLog(**{name: getattr(row, name) for name in TrafficLog.__dataclass_fields__})


def _change(database: Database, host_key: str, **values: Any) -> None:
    try:
        with database.write() as session:
            _make_row(session, host_key)
            session.execute(update(TrafficLogRow).where(TrafficLogRow.host_key == host_key).values(**values))
    except IntegrityError:
        return  # the host was removed meanwhile


def _insert(dialect: Dialect, table: Any) -> Any:
    """An INSERT that can say ON CONFLICT; both databases spell it alike, in dialects of their own."""
    return (sqlite if dialect.name == "sqlite" else postgresql).insert(table)


def _make_row(session: Session, host_key: str) -> None:
    first = {**{name: getattr(TrafficLog(), name) for name in TrafficLog.__dataclass_fields__}, "host_key": host_key}
    session.execute(_insert(session.get_bind().dialect, TrafficLogRow).values(**first).on_conflict_do_nothing())


def _add_sums(session: Session, host_key: str, counted: Counted) -> None:
    # in a fixed order, so that two writers on PostgreSQL cannot wait for each other
    totals = [
        {"host_key": host_key, "span": span, "starts": starts, "locality": locality, **_sums(sums)}
        for (span, starts, locality), sums in sorted(counted.totals.items(), key=lambda item: item[0])
    ]
    viewers = [
        {"host_key": host_key, "span": span, "starts": starts, "locality": locality, **_viewer(viewer, sums)}
        for (span, starts, locality, viewer), sums in sorted(counted.viewers.items(), key=lambda item: item[0])
    ]
    _upsert(session, TrafficTotalRow.__table__, totals)
    _upsert(session, TrafficViewerRow.__table__, viewers)


def _sums(sums: Sums) -> dict[str, int]:
    return {name: getattr(sums, name) for name in ("requests", "sent_bytes", "failed", "cut", "sockets")}


def _viewer(viewer: Viewer, sums: Sums) -> dict[str, Any]:
    # written out: there are many of these in every piece of log
    address, device, product, platform = viewer
    return {
        "address": address,
        "device": device,
        "product": product,
        "platform": platform,
        "requests": sums.requests,
        "sent_bytes": sums.sent_bytes,
        "cut": sums.cut,
    }


def _upsert(session: Session, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    _write_rows(session, table, rows, adds=True)


def _write_rows(session: Session, table: SqlTable, rows: Sequence[dict[str, Any]], *, adds: bool = False) -> None:
    """One statement for many rows of plain numbers and texts, handed to the driver as they are, which is faster.

    With `adds` the numbers of a row that is there already are added to it.
    """
    if not rows:
        return
    text, order = _spelled(session.get_bind().dialect, table, tuple(rows[0]), adds)
    session.connection().exec_driver_sql(text, [*map(itemgetter(*order), rows)] if order else [*rows])


@lru_cache(maxsize=32)
def _spelled(dialect: Dialect, table: SqlTable, names: tuple[str, ...], adds: bool) -> tuple[str, tuple[str, ...]]:
    """An INSERT in the words of a database, and the order of its values; no order where they go by name."""
    insert = _insert(dialect, table)
    if adds:
        keys = [column.name for column in table.primary_key]
        added = {column.name: column + insert.excluded[column.name] for column in table.c if column.name not in keys}
        insert = insert.on_conflict_do_update(index_elements=keys, set_=added)
    compiled = insert.compile(dialect=dialect, column_keys=list(names))
    return str(compiled), tuple(compiled.positiontup or ()) if compiled.positional else ()


def _add_requests(session: Session, host_key: str, requests: Sequence[Asked]) -> None:
    if not requests:
        return
    rows = [{"host_key": host_key, **dict(zip(Asked._fields, one, strict=True))} for one in requests]
    table: Any = TrafficRequestRow.__table__
    _write_rows(session, table, rows)
    newest = select(TrafficRequestRow.id).where(TrafficRequestRow.host_key == host_key)
    oldest_kept = newest.order_by(TrafficRequestRow.id.desc()).offset(KEEP_REQUESTS).limit(1).scalar_subquery()
    session.execute(
        delete(TrafficRequestRow).where(TrafficRequestRow.host_key == host_key, TrafficRequestRow.id <= oldest_kept)
    )


def _mask_kept(database: Database, host_key: str) -> None:
    """Mask the addresses of what was counted before, adding up what becomes the same."""
    with database.write() as session:
        for request in session.scalars(select(TrafficRequestRow).where(TrafficRequestRow.host_key == host_key)):
            request.address = masked(request.address)
        columns = TrafficViewerRow.__table__.columns
        kept = session.execute(select(*columns).where(TrafficViewerRow.host_key == host_key)).mappings().all()
        session.execute(delete(TrafficViewerRow).where(TrafficViewerRow.host_key == host_key))
        for row in kept:  # one by one: an upsert must not meet the same row twice in one statement
            _upsert(session, TrafficViewerRow.__table__, [{**row, "address": masked(row["address"])}])
