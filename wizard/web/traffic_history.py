"""Pages of traffic that look back: history, requests, exports, and what is kept."""

from __future__ import annotations

import time

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask import stream_with_context as in_context
from werkzeug.wrappers import Response as AnyResponse

from tasks.reading import ask_to_read
from wizard.core.traffic import WINDOWS
from wizard.media import MEDIA
from wizard.store import traffic, traffic_queries
from wizard.web import traffic_charts, traffic_exports
from wizard.web.help_beside import beside, values_of
from wizard.web.host_pages import host_nav, saved_host
from wizard.web.joined import joined
from wizard.web.traffic_parts import (
    LOCALITY_WORDS,
    draw_rates,
    history_parts,
    load_heat,
    load_requests,
    load_series,
    load_viewers,
    reading_of,
    request_parts,
    table_rows,
    traffic_nav,
    window_of,
)
from wizard.web.traffic_stream import stream_of_traffic

traffic_history = Blueprint("traffic_history", __name__)

_LONGEST_WORDS = 100


@traffic_history.get("/hosts/<key:host_key>/traffic/history")
def show(host_key: str) -> str:
    """Local and Remote over a window, viewers, the week; live unless paused."""
    saved = saved_host(host_key)
    ask_to_read(joined().place, host_key)
    window, at = window_of(request.args.get("window")), time.time()
    series, heat = load_series(saved, window, at), load_heat(saved, at)
    return render_template(
        "traffic/history.html",
        title=f"Traffic of {saved.host.domain}",
        host=saved.host,
        nav=host_nav(saved, "traffic"),
        traffic_nav=traffic_nav(saved, "history"),
        window=window,
        windows=WINDOWS,
        is_paused=_is_paused(),
        rates=draw_rates(series, saved.host.upload_mbps),
        steps=table_rows(series),
        viewers=load_viewers(saved, window, at),
        heat=heat,
        heat_sentence=traffic_charts.heat_sentence(heat),
        size_words=traffic_charts.size_words,
        heat_map=traffic_charts.heat_map(heat),
        reading=reading_of(saved),
        help=beside("traffic-history#when-it-counts", values_of(saved.host, saved.server_name)),
        help_below=True,
        wide=True,
    )


@traffic_history.get("/hosts/<key:host_key>/traffic/history/stream")
def stream(host_key: str) -> Response:
    """The picture of a window as it changes."""
    saved, window = saved_host(host_key), window_of(request.args.get("window"))
    return stream_of_traffic(host_key, lambda: history_parts(saved, window, time.time()))


@traffic_history.get("/hosts/<key:host_key>/traffic/requests")
def requests(host_key: str) -> str:
    """The newest requests with Local and Remote, to be searched; live on its first page unless paused."""
    saved = saved_host(host_key)
    ask_to_read(joined().place, host_key)
    words, locality = _wanted()
    before = request.args.get("before", 0, type=int)
    rows = load_requests(saved, words, locality, max(0, before))
    return render_template(
        "traffic/requests.html",
        title=f"Requests to {saved.host.domain}",
        host=saved.host,
        nav=host_nav(saved, "traffic"),
        traffic_nav=traffic_nav(saved, "requests"),
        rows=rows,
        words=words,
        locality=locality,
        localities=LOCALITY_WORDS,
        before=before,
        older=rows[-1].number if len(rows) == traffic_queries.PAGE_REQUESTS else 0,
        is_paused=_is_paused(),
        kept=traffic.KEEP_REQUESTS,
        server=MEDIA[saved.host.upstream.media].title,
        reading=reading_of(saved),
        help=beside("traffic-history#requests", values_of(saved.host, saved.server_name)),
        help_below=True,
        wide=True,
    )


@traffic_history.get("/hosts/<key:host_key>/traffic/requests/stream")
def requests_stream(host_key: str) -> Response:
    """The first page of requests as it changes."""
    saved = saved_host(host_key)
    words, locality = _wanted()
    return stream_of_traffic(host_key, lambda: request_parts(saved, words, locality))


@traffic_history.get("/hosts/<key:host_key>/traffic/export.<word:kind>")
def export(host_key: str, kind: str) -> Response:
    """A window as a file: who was sent how much when."""
    saved, window = saved_host(host_key), window_of(request.args.get("window"))
    sums = traffic_queries.every_viewer_sum(joined().database, host_key, window, time.time())
    rows = traffic_exports.rows_of(sums, int(window.span))
    is_csv = kind != "json"
    lines = traffic_exports.as_csv(rows) if is_csv else traffic_exports.as_json(rows)
    answer = Response(in_context(lines), mimetype="text/csv" if is_csv else "application/json")
    name = f"traffic-{saved.host.domain}-{window.key}.{'csv' if is_csv else 'json'}"
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


@traffic_history.route("/hosts/<key:host_key>/traffic/keeping", methods=["GET", "POST"])
def keeping(host_key: str) -> AnyResponse | str:
    """How long sums are kept, and whether addresses are kept whole."""
    saved = saved_host(host_key)
    if request.method == "POST":
        days = request.form.get("keep_days", type=int)
        log = traffic.load_log(joined().database, host_key)
        if request.form.get("forget"):
            traffic.forget_all(joined().database, host_key)
            flash("Everything that was counted is forgotten. Counting goes on")
        else:
            kept = days if days in traffic.KEEP_DAYS else log.keep_days
            masks = request.form.get("masks") == "y"
            traffic.set_keeping(joined().database, host_key, masks=masks, keep_days=kept)
            flash("Saved")
        return redirect(url_for("traffic_history.keeping", host_key=host_key), 303)
    return render_template(
        "traffic/keeping.html",
        title=f"What is kept of {saved.host.domain}",
        host=saved.host,
        nav=host_nav(saved, "traffic"),
        traffic_nav=traffic_nav(saved, "keeping"),
        choices=traffic.KEEP_DAYS,
        kept=traffic.KEEP_REQUESTS,
        reading=reading_of(saved),
    )


def _is_paused() -> bool:
    return request.args.get("paused") == "1"


def _wanted() -> tuple[str, str]:
    words = request.args.get("words", "").strip()[:_LONGEST_WORDS]
    locality = request.args.get("locality", "")
    return words, locality if locality in LOCALITY_WORDS else ""
