"""Handing one job to the broker."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from tasks import HERE, app

log = logging.getLogger(__name__)


def send(name: str, *arguments: Any, queue: str = HERE, wait: timedelta = timedelta()) -> bool:
    """Queue a job, to be made after a wait; False when the broker does not answer. Then the sweep takes it up."""
    try:
        app.send_task(name, args=arguments, queue=queue, countdown=max(0.0, wait.total_seconds()) or None)
    except (OperationalError, RedisError, OSError) as problem:
        log.warning("the broker does not answer, job %s waits for the sweep: %s", name, problem)
        return False
    return True
