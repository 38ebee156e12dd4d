"""Asking about traffic: what was sent when, by whom, and the newest requests. Reads sums, never a log.

Every question takes `at`, now in seconds since 1970, and answers from few rows, however much was counted:
sums by day for 90 days, by hour for 7 days, by minute for less.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select

from wizard.core.traffic import Asked, Kind, Span, Sums, Viewer, Window
from wizard.store.session import Database
from wizard.store.traffic_tables import TrafficRequestRow, TrafficTotalRow, TrafficViewerRow

MOST_VIEWERS = 200
PAGE_REQUESTS = 50
_ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Rate:
    """The sums of one locality ("local", "remote", "unknown") in one step that begins at `starts`."""

    starts: int
    locality: str
    sums: Sums


@dataclass(frozen=True, slots=True)
class Seen:
    """One viewer as one locality, with the sums over a stretch of time and the start of its newest minute or span."""

    viewer: Viewer
    locality: str
    sums: Sums
    newest: int


@dataclass(frozen=True, slots=True)
class NumberedRequest:
    """A request with its number; later ones have higher numbers."""

    number: int
    asked: Asked


def rates(database: Database, host_key: str, window: Window, at: float) -> list[Rate]:
    """What was sent in each step of a window, oldest first. Steps in which nothing happened are left out."""
    return sums_since(database, host_key, window.span, window.step_seconds, window.starts(at))


def sums_since(database: Database, host_key: str, span: Span, step_seconds: int, since: int) -> list[Rate]:
    """Sums from `since` on, in steps of a multiple of the span."""
    row = TrafficTotalRow
    step = (row.starts - row.starts % step_seconds).label("step")
    question = (
        select(step, row.locality, *_sums_of(row, "requests", "sent_bytes", "failed", "cut", "sockets"))
        .where(row.host_key == host_key, row.span == int(span), row.starts >= since)
        .group_by(step, row.locality)
        .order_by(step, row.locality)
    )
    with database.read() as session:
        return [
            Rate(int(starts), locality, Sums(*map(int, numbers)))
            for starts, locality, *numbers in session.execute(question)
        ]


def viewers(database: Database, host_key: str, window: Window, at: float, *, limit: int = MOST_VIEWERS) -> list[Seen]:
    """Who was there in a window, whoever was sent most first. A viewer who was both Local and Remote is two.

    The oldest hour or day of the sums counts whole.
    """
    span, first = window.viewer_span, window.starts(at)
    return _seen(database, _viewer_sums(host_key, span, first - first % span).limit(limit))


def viewers_since(database: Database, host_key: str, since: float) -> list[Seen]:
    """Who finished a request in the minutes from `since` on (at most two days ago), most bytes first.

    Caddy writes a line when a request ends: a file that is played directly is seen when it ends, or at its next part.
    """
    start = int(since) - int(since) % Span.MINUTE
    return _seen(database, _viewer_sums(host_key, Span.MINUTE, start).limit(MOST_VIEWERS))


def requests(
    database: Database,
    host_key: str,
    *,
    words: str = "",
    locality: str = "",
    before: int = 0,
    limit: int = PAGE_REQUESTS,
) -> list[NumberedRequest]:
    """The newest requests, newest first. `words` are all looked for in address, device, path, method and status."""
    row = TrafficRequestRow
    question = select(row).where(row.host_key == host_key)
    if locality:
        question = question.where(row.locality == locality)
    if before:
        question = question.where(row.id < before)
    for word in words.split()[:8]:
        question = question.where(_mentions(word))
    with database.read() as session:
        found = session.scalars(question.order_by(row.id.desc()).limit(limit))
        return [NumberedRequest(one.id, _asked(one)) for one in found]


def newest_request(database: Database, host_key: str) -> int:
    """The number of the newest request; 0 when there is none."""
    with database.read() as session:
        return (
            session.scalar(select(func.max(TrafficRequestRow.id)).where(TrafficRequestRow.host_key == host_key)) or 0
        )


def every_viewer_sum(database: Database, host_key: str, window: Window, at: float) -> Iterator[dict[str, Any]]:
    """Every row that a window is made of, oldest first, for an export; read as it is consumed."""
    row = TrafficViewerRow
    columns = [column for column in row.__table__.columns if column.name not in {"host_key", "span"}]
    question = (
        select(*columns)
        .where(row.host_key == host_key, row.span == int(window.span), row.starts >= window.starts(at))
        .order_by(row.starts, row.locality, row.address, row.device)
    )
    with database.read() as session:
        for found in session.execute(question).yield_per(_ROWS_AT_ONCE).mappings():
            yield dict(found)


def _viewer_sums(host_key: str, span: Span, since: int) -> Select[Any]:
    row = TrafficViewerRow
    who = (row.address, row.device, row.product, row.platform, row.locality)
    return (
        select(*who, func.max(row.starts), *_sums_of(row, "requests", "sent_bytes", "cut"))
        .where(row.host_key == host_key, row.span == int(span), row.starts >= since)
        .group_by(*who)
        .order_by(func.sum(row.sent_bytes).desc(), *who)
    )


def _sums_of(row: Any, *names: str) -> list[Any]:
    return [func.sum(getattr(row, name)) for name in names]


def _seen(database: Database, question: Select[Any]) -> list[Seen]:
    with database.read() as session:
        return [
            Seen(
                Viewer(address, device, product, platform),
                locality,
                Sums(int(asked), int(sent), cut=int(cut)),
                int(newest),
            )
            for address, device, product, platform, locality, newest, asked, sent, cut in session.execute(question)
        ]


def _mentions(word: str) -> Any:
    row = TrafficRequestRow
    texts = (row.address, row.device, row.path, row.method)
    mentioned = [text.icontains(word, autoescape=True) for text in texts]
    if word.isdecimal() and len(word) == 3:
        mentioned.append(row.status == int(word))
    return or_(*mentioned)


def _asked(row: TrafficRequestRow) -> Asked:
    known = {name: getattr(row, name) for name in Asked._fields}
    return Asked(**{**known, "kind": Kind(row.kind)})
