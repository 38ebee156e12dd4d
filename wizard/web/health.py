"""`GET /healthz`: whether each part answers. No login; says nothing more than ok or down."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from redis.exceptions import RedisError

from tasks.signals import has_worker
from tasks.workplace import Workplace
from wizard.core.verdicts import Trouble
from wizard.web.guard import public
from wizard.web.joined import joined

health = Blueprint("health", __name__)


@health.get("/healthz")
@public
def healthz() -> tuple[Response, int]:
    """200 when everything answers, else 503."""
    states = probe_parts(joined().place)
    return jsonify(states), 200 if set(states.values()) == {"ok"} else 503


def probe_parts(place: Workplace) -> dict[str, str]:
    """`ok` or `down` for web, database, broker, worker and caddy."""
    try:
        broker = bool(place.redis.ping())
        worker = has_worker(place)
    except RedisError:
        broker = worker = False
    alive = {
        "web": True,
        "database": place.database.is_alive(),
        "broker": broker,
        "worker": worker,
        "caddy": not isinstance(place.caddy.version(), Trouble),
    }
    return {part: "ok" if is_alive else "down" for part, is_alive in alive.items()}
