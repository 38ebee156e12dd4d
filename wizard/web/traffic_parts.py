"""What the pages of traffic show: pictures, viewers and requests of one proxy host, ready to be swapped by id.

For other pages: `history_parts(saved, window, at)` gives the live picture as {"traffic-rates": Markup}, and
`traffic_nav(saved, here)` the links between the pages of traffic. Times are UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import get_template_attribute, url_for
from markupsafe import Markup

from wizard.core.traffic import WINDOWS, Asked, Kind, Span, Window
from wizard.store import traffic, traffic_queries
from wizard.store.hosts import SavedHost
from wizard.store.traffic_queries import NumberedRequest, Seen
from wizard.web import traffic_charts
from wizard.web.joined import joined
from wizard.web.traffic_charts import Heat, Series, number, size_words

FIRST_WINDOW = "30m"
WEEK_DAYS = 7
SHOWN_VIEWERS = 25
LOCALITY_WORDS = {"local": "Local", "remote": "Remote", "unknown": "Unknown"}


def window_of(key: str | None) -> Window:
    """The window that an address names, else the shortest."""
    return WINDOWS.get(key or FIRST_WINDOW, WINDOWS[FIRST_WINDOW])


def traffic_nav(saved: SavedHost, here: str) -> list[dict[str, Any]]:
    """The links between the pages of traffic of one proxy host."""
    key = saved.host.key
    entries = (
        ("now", "Now", url_for("traffic.board", host_key=key)),
        ("history", "History", url_for("traffic_history.show", host_key=key)),
        ("requests", "Requests", url_for("traffic_history.requests", host_key=key)),
        ("keeping", "What is kept", url_for("traffic_history.keeping", host_key=key)),
        ("address", "An address", url_for("locality.ask", host_key=key)),
    )
    return [{"text": text, "url": url, "here": name == here} for name, text, url in entries]


def load_series(saved: SavedHost, window: Window, at: float) -> Series:
    """Mbit/s of a window, from the sums."""
    found = traffic_queries.rates(joined().database, saved.host.key, window, at)
    return traffic_charts.series(window, ((one.starts, one.locality, one.sums.sent_bytes) for one in found), at)


def history_parts(saved: SavedHost, window: Window, at: float) -> dict[str, Markup]:
    """The picture of a window with its key and sentence, by element id."""
    return {"traffic-rates": draw_rates(load_series(saved, window, at), saved.host.upload_mbps)}


def draw_rates(series: Series, upload_mbps: float | None) -> Markup:
    """The picture of Local and Remote with its key."""
    keys = [
        {
            "locality": locality,
            "word": LOCALITY_WORDS[locality],
            "now": number(series.mbps[locality][-1]),
            "most": number(max(series.mbps[locality])),
        }
        for locality in ("local", "remote", "unknown")
        if locality != "unknown" or series.has(locality)
    ]
    draw = get_template_attribute("parts/traffic.html", "rates")
    return Markup(draw(traffic_charts.rate_chart(series, upload_mbps), keys, upload_mbps))  # noqa: S704 -- a macro's own output


def table_rows(series: Series) -> list[list[object]]:
    """The steps of a picture as rows of a table."""
    form = "%d %b" if series.window.span is Span.DAY else "%d %b %H:%M"
    return [
        [f"{_time(starts):{form}}", *(words[locality] for locality in ("local", "remote", "unknown"))]
        for starts, words in traffic_charts.step_rows(series)
    ]


def load_heat(saved: SavedHost, at: float) -> Heat:
    """The last seven days, hour by hour."""
    today = int(at) - int(at) % Span.DAY
    first = today - (WEEK_DAYS - 1) * Span.DAY
    found = traffic_queries.sums_since(joined().database, saved.host.key, Span.HOUR, Span.HOUR, first)
    hours = {day: [0] * 24 for day in range(first, today + 1, Span.DAY)}
    for one in found:
        day = one.starts - one.starts % Span.DAY
        if day in hours:
            hours[day][(one.starts - day) // Span.HOUR] += one.sums.sent_bytes
    return Heat(tuple((f"{_time(day):%a %d %b}", tuple(sent)) for day, sent in hours.items()))


@dataclass(frozen=True, slots=True)
class ViewerRow:
    """One viewer as the table shows them."""

    name: str
    about: str
    locality: str
    word: str
    sent: str
    requests: str
    bar: Markup


def load_viewers(saved: SavedHost, window: Window, at: float) -> list[ViewerRow]:
    """Who was sent most in a window."""
    found = traffic_queries.viewers(joined().database, saved.host.key, window, at, limit=SHOWN_VIEWERS)
    most = max((one.sums.sent_bytes for one in found), default=0)
    return [_viewer_row(one, most) for one in found]


def _viewer_row(seen: Seen, most: int) -> ViewerRow:
    viewer = seen.viewer
    said = [text for text in (viewer.product, viewer.platform) if text and text != viewer.name]
    return ViewerRow(
        name=viewer.name or ("Unnamed device" if viewer.address else "Everybody else"),
        about=" · ".join([viewer.address, *said] if viewer.address else said),
        locality=seen.locality,
        word=LOCALITY_WORDS.get(seen.locality, "Unknown"),
        sent=size_words(seen.sums.sent_bytes),
        requests=f"{seen.sums.requests:,}",
        bar=traffic_charts.share_bar(seen.locality, seen.sums.sent_bytes, most),
    )


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request as the view shows it."""

    number: int
    at: datetime
    time: str
    locality: str
    word: str
    device: str
    address: str
    what: str
    status: str
    failed: bool
    sent: str
    lasted: str


def load_requests(saved: SavedHost, words: str, locality: str, before: int = 0) -> list[RequestRow]:
    """A page of requests, newest first."""
    found = traffic_queries.requests(joined().database, saved.host.key, words=words, locality=locality, before=before)
    return [_request_row(one) for one in found]


def _request_row(numbered: NumberedRequest) -> RequestRow:
    asked = numbered.asked
    at = _time(asked.at)
    return RequestRow(
        number=numbered.number,
        at=at,
        time=f"{at:%d %b %H:%M:%S}",
        locality=asked.locality,
        word=LOCALITY_WORDS.get(asked.locality, "Unknown"),
        device=asked.device or "Unnamed device",
        address=asked.address,
        what=f"{asked.method} {asked.path}",
        status=_status(asked),
        failed=asked.status >= 500,
        sent=size_words(asked.sent_bytes),
        lasted=_lasted(asked),
    )


def _status(asked: Asked) -> str:
    match asked.kind:
        case Kind.SOCKET:
            return "WebSocket, ended"
        case Kind.CUT:
            return f"{asked.status}, cut off" if asked.status not in {0, 499} else "Viewer left"
        case _:
            return str(asked.status)


def _lasted(asked: Asked) -> str:
    seconds = asked.seconds
    if seconds is None:
        return "Not logged"
    if seconds < 1:
        return f"{max(1, round(seconds * 1000))} ms"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def reading_of(saved: SavedHost) -> dict[str, Any]:
    """How far the log has been counted, in words for the foot of every page of traffic."""
    log = traffic.load_log(joined().database, saved.host.key)
    return {
        "log": log,
        "newest": _time(log.newest) if log.newest else None,
        "waiting": size_words(log.left_bytes) if log.left_bytes > 5_000_000 else "",
    }


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def request_parts(saved: SavedHost, words: str, locality: str) -> dict[str, Markup]:
    """The newest requests that fit, by element id."""
    draw = get_template_attribute("parts/traffic.html", "request_table")
    rows = load_requests(saved, words, locality)
    return {"traffic-requests": Markup(draw(rows, words or locality))}  # noqa: S704 -- a macro's own output
