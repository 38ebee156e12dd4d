"""Public probes: whether the owner agreed to them, and what they said lately, shared by every worker."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from redis import Redis
from redis.exceptions import RedisError

from wizard.core.outside import Services
from wizard.core.outside_privacy import what_is_sent_always
from wizard.core.shapes import learn
from wizard.net.probes import Kept
from wizard.settings import Settings
from wizard.store.agreements import load_agreement
from wizard.store.session import Database

_PREFIX = "porthole:probes:"


learn(Kept)


class BrokerMemory:
    """A `wizard.net.probes.Memory` in the broker. While that is away nothing is remembered."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def get(self, key: str, /) -> Kept | None:
        """What was kept under a key; None for what has not the shape of it."""
        try:
            text = self._redis.get(_PREFIX + key)
            return msgspec.json.decode(text, type=Kept) if isinstance(text, str) else None
        except (RedisError, msgspec.DecodeError, msgspec.ValidationError):
            return None

    def __setitem__(self, key: str, kept: Kept, /) -> None:
        """Keep it until it is over."""
        seconds = int((kept.until - datetime.now(UTC)).total_seconds()) + 1
        try:
            self._redis.set(_PREFIX + key, msgspec.json.encode(kept).decode(), ex=max(seconds, 1))
        except RedisError:
            return


def agreed_probes(database: Database, settings: Settings) -> Services | None:
    """The probe networks, when the owner agreed to what would be sent to exactly these; else None."""
    agreement = load_agreement(database)
    if agreement is None or not settings.probes.hosts:
        return None
    is_same = agreement.services == settings.probes.hosts and agreement.shown == what_is_sent_always(settings.probes)
    return settings.probes if is_same else None
