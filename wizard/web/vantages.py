"""Settings, Vantages: the workers elsewhere, and whether public probes may be asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from redis.exceptions import RedisError
from werkzeug.wrappers import Response

from tasks.probing import agreed_probes
from tasks.stations import broker_now, forget_station, list_stations
from wizard.checks.outside_reading import question_of
from wizard.core.outside_privacy import refuse, what_is_sent_always
from wizard.core.wire import Station
from wizard.methods import placed
from wizard.settings import Settings
from wizard.store import agreements, hosts
from wizard.store.agreements import load_agreement
from wizard.web.help_beside import beside
from wizard.web.host_pages import ago
from wizard.web.joined import joined
from wizard.web.settings_frame import frame

vantage_views = Blueprint("vantages", __name__)

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@vantage_views.get("/settings/vantages")
def show() -> str:
    """Who looks from where, how to start one more, and what public probes would be told."""
    place = joined().place
    try:
        now, stations = broker_now(place.redis), list_stations(place.redis)
    except RedisError:
        now, stations = 0.0, None
    services = place.settings.probes
    return render_template(
        "settings/vantages.html",
        title="Vantages",
        stations=None if stations is None else [_row(station, now) for station in stations],
        steps=_steps(place.settings),
        probes=services.hosts,
        sent=what_is_sent_always(services),
        asked=[_asked_of(saved) for saved in hosts.list_hosts(place.database)],
        agreement=load_agreement(place.database) if agreed_probes(place.database, place.settings) else None,
        help=beside("vantages#worker"),
        **frame("vantages"),
    )


@vantage_views.post("/settings/vantages/<word:name>/remove")
def remove(name: str) -> Response:
    """Forget a worker elsewhere."""
    try:
        forget_station(joined().place.redis, name)
        flash(f"{name} is removed. If it still runs, it comes back: stop it there first")
    except RedisError:
        flash("The broker does not answer, so nothing was removed")
    return redirect(url_for("vantages.show"), 303)


@vantage_views.post("/settings/vantages/probes")
def probes() -> Response:
    """Agree to what was shown, or take that back."""
    place = joined().place
    services = place.settings.probes
    match request.form.get("answer"):
        case "agree" if services.hosts:
            shown = tuple(request.form.getlist("shown"))
            if shown != what_is_sent_always(services):  # the page was open while the settings changed
                flash("What would be sent has changed in the meantime. Read it again")
            else:
                agreements.agree(place.database, services.hosts, shown)
                flash("From the next run on public probes look, too")
        case "take-back":
            agreements.take_back(place.database)
            flash("Public probes are not asked any more")
        case _:
            abort(400)
    return redirect(url_for("vantages.show", _anchor="probes"), 303)


def _row(station: Station, now: float) -> dict[str, Any]:
    seen_at = datetime.fromtimestamp(station.seen_at, UTC)
    is_alive = station.is_alive(now)
    return {
        "name": station.name,
        "is_alive": is_alive,
        "state": "passed" if is_alive else "unknown",
        "word": "Looks" if is_alive else "Quiet",
        "seen_at": seen_at,
        "seen_text": ago(seen_at),
        "version": station.version,
        "is_other_version": station.version != joined().version,
        "checks": len(station.checks),
    }


def _asked_of(saved: hosts.SavedHost) -> dict[str, str]:
    """The address that goes out for one proxy host, or why none does."""
    edge = joined().place.edge_of(saved.host)
    question = question_of(placed(saved.host), edge)
    refusal = refuse(question)
    return {
        "domain": question.domain,
        "url": "" if refusal else question.url,
        "why": refusal.message if refusal else "",
    }


def _steps(settings: Settings) -> list[dict[str, str]]:
    """What to type, with the person's own broker in it and never its password."""
    parts = urlsplit(settings.redis_url)
    if parts.scheme == "unix":
        tunnel = f"ssh -N -R 127.0.0.1:6379:{parts.path} you@other-machine"
        return [
            {
                "code": tunnel,
                "caption": "On this machine: lead the other one to the broker",
                "id": "tunnel",
            },
            _start("redis://127.0.0.1:6379/0"),
        ]
    host = "HOST" if parts.hostname in _LOOPBACK or "." not in (parts.hostname or "") else parts.hostname
    password = ":PASSWORD@" if parts.password else ""
    return [_start(f"{parts.scheme}://{password}{host}:{parts.port or 6379}{parts.path or '/0'}")]


def _start(broker: str) -> dict[str, str]:
    code = f"porthole vantage --name paris --broker {broker}"
    return {"code": code, "caption": "On the other machine, with Porthole installed", "id": "start"}
