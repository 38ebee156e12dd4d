"""Signs of life of the workers, and what a worker does when it starts."""

from __future__ import annotations

import logging
import secrets
import time
from datetime import timedelta
from typing import Any

from celery.signals import heartbeat_sent, worker_ready, worker_shutdown
from redis.exceptions import RedisError

from tasks.queueing import LOST_AFTER, resume_dead, resume_lost, start_apply
from tasks.workplace import Workplace, workplace
from wizard.store import hosts, revisions

log = logging.getLogger(__name__)

WORKERS = "porthole:workers"
ALIVE_SECONDS = (
    10  # a sign comes every 2 s; with what the pages and the clock add, a dead worker is noticed within 15
)
_THIS_PROCESS = secrets.token_hex(4)  # one that starts anew under the same name is not the one that died


@heartbeat_sent.connect
def note_alive(sender: Any = None, **_: Any) -> None:
    """Every few seconds a worker writes down that it lives."""
    name = _name_of(sender)
    broker = workplace().redis
    try:
        broker.zadd(WORKERS, {name: time.time()})
        broker.zremrangebyscore(WORKERS, "-inf", time.time() - 60 * ALIVE_SECONDS)
    except RedisError:
        return  # Celery itself says so, and tries again


@worker_ready.connect
def start_work(sender: Any = None, **_: Any) -> None:
    """After a start Caddy gets what we want, in case it was changed or replaced while we were away."""
    place, name = workplace(), _name_of(sender)
    _forget_before(place, name)
    note_alive(sender)
    living = living_workers(place)
    resume_dead(place, living)
    # a message that the dead one had just fetched is lost with it: when nobody else works, nobody else has it
    resume_lost(place, timedelta() if living == {name} else LOST_AFTER)
    if hosts.list_hosts(place.database) and not revisions.pending_revisions(place.database) and _is_first(place):
        for edge in sorted({place.edge_of(saved.host).name for saved in hosts.list_hosts(place.database)}):
            start_apply(place, "Porthole started", edge)
    log.info("took stock of what was left")


@worker_shutdown.connect
def note_gone(sender: Any = None, **_: Any) -> None:
    """A worker that ends in peace says so."""
    try:
        workplace().redis.zrem(WORKERS, _name_of(sender))
    except RedisError:
        return


def worker_name(hostname: str) -> str:
    """The name under which this process gives its signs of life, from Celery's name for it."""
    return f"{hostname} {_THIS_PROCESS}"


def _name_of(sender: Any) -> str:
    # three kinds of sender: the heart has its name from its event dispatcher, consumer and worker have it themselves
    return worker_name(str(getattr(getattr(sender, "eventer", sender), "hostname", "worker")))


def _forget_before(place: Workplace, name: str) -> None:
    """Who had this name before is dead, whatever its last sign says: names are used by one at a time."""
    hostname, _, _ = name.partition(" ")
    try:
        known = [str(one) for one in place.redis.zrange(WORKERS, 0, -1)]
        old = [one for one in known if one.partition(" ")[0] == hostname and one != name]
        if old:
            place.redis.zrem(WORKERS, *old)
    except RedisError:
        return


def _is_first(place: Workplace) -> bool:
    # many workers start at once in the grown-up form; one apply is enough
    return bool(place.redis.set("porthole:started", "1", nx=True, ex=30))


def living_workers(place: Workplace) -> frozenset[str]:
    """Names of the workers that gave a sign of life lately; empty when the broker is down."""
    try:
        alive = place.redis.zrangebyscore(WORKERS, time.time() - ALIVE_SECONDS, "+inf")
    except RedisError:
        return frozenset()
    return frozenset(str(name) for name in alive)


def has_worker(place: Workplace) -> bool:
    """True when some worker gave a sign of life lately. Raises RedisError when the broker is down."""
    return bool(place.redis.zcount(WORKERS, time.time() - ALIVE_SECONDS, "+inf"))
