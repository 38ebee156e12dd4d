"""The workers elsewhere, as they write themselves down in the broker. Must not know the database.

Every function may raise RedisError when the broker does not answer.
"""

from __future__ import annotations

import hashlib
import platform
import uuid
from typing import Any

import msgspec
from redis import Redis

from wizard.core.shapes import learn
from wizard.core.vantages import is_vantage_name
from wizard.core.wire import STATIONS, Station, queue_of

learn(Station)


def broker_now(redis: Redis) -> float:
    """Seconds since 1970 by the broker's clock: the one that both sides share."""
    seconds, micros = redis.time()
    return float(seconds) + float(micros) / 1e6


def note_station(redis: Redis, station: Station) -> None:
    """Write a worker elsewhere down, in place of what it wrote before."""
    redis.hset(STATIONS, station.name, msgspec.json.encode(station).decode())


def list_stations(redis: Redis) -> tuple[Station, ...]:
    """Every one that is known, by name; what has not the shape of one is left out."""
    found = (_read(name, text) for name, text in sorted(redis.hgetall(STATIONS).items()))
    return tuple(station for station in found if station is not None)


def find_station(redis: Redis, name: str) -> Station | None:
    """One of them; None when it is not known."""
    text = redis.hget(STATIONS, name)
    return _read(name, text) if text is not None else None


def forget_station(redis: Redis, name: str) -> None:
    """Forget a worker elsewhere and the questions that wait for it. One that still runs writes itself down again."""
    redis.hdel(STATIONS, name)
    redis.delete(queue_of(name), f"_kombu.binding.{queue_of(name)}")


def own_machine() -> str:
    """A word that is the same for every process on this machine, and tells nothing about it."""
    return hashlib.sha256(f"{platform.node()} {uuid.getnode()}".encode()).hexdigest()[:16]


def _read(name: Any, text: Any) -> Station | None:
    try:
        station = msgspec.json.decode(text, type=Station)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
    return station if station.name == name and is_vantage_name(station.name) else None
