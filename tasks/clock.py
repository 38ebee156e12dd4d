"""The Celery application of beat: the broker and the schedule, without the jobs and everything those load."""

from __future__ import annotations

import os
import sys

from celery import Celery

from tasks import HERE, SCHEDULE
from wizard.core.refusal import Refusal
from wizard.settings import Settings

settings = Settings.read(os.environ)
if isinstance(settings, Refusal):
    sys.exit(settings.message)
app = Celery("porthole-clock", broker=settings.broker_url)
app.conf.update(
    task_default_queue=HERE,
    beat_schedule=SCHEDULE,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    enable_utc=True,
)
