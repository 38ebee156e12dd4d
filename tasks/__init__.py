"""The Celery application. Its settings come from `tasks.workplace`, read when they are first needed."""

from __future__ import annotations

from typing import Any

from celery import Celery

HERE = "here"  # the queue of this machine's vantage
SCHEDULE = {
    "sweep": {"task": "sweep", "schedule": 15.0, "options": {"expires": 15.0}},
    "schedule": {"task": "schedule", "schedule": 30.0, "options": {"expires": 30.0}},
    "clear": {"task": "clear", "schedule": 3600.0, "options": {"expires": 3600.0}},
    "revive": {"task": "revive", "schedule": 4.0, "options": {"expires": 4.0}},
    "watch_ways": {"task": "watch_ways", "schedule": 10.0, "options": {"expires": 10.0}},
    "read_tailnet_api": {"task": "read_tailnet_api", "schedule": 900.0, "options": {"expires": 600.0}},
    "read_logs": {"task": "read_logs", "schedule": 15.0, "options": {"expires": 15.0}},
    "forget_old_traffic": {"task": "forget_old_traffic", "schedule": 3600.0, "options": {"expires": 600.0}},
}


def _settings() -> dict[str, Any]:
    from tasks.workplace import workplace  # noqa: PLC0415 -- beat must not load what only jobs need

    return {
        "broker_url": workplace().settings.broker_url,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # a broker that is away comes back, however long that takes
        # a job that was taken by a worker that died is handed out again after this long
        "broker_transport_options": {
            "visibility_timeout": 300,
            "socket_connect_timeout": 3,
            "socket_keepalive": True,
            # a page that queues while the broker is down must not wait: the sweep catches up
            "max_retries": 0,
        },
        "task_default_queue": HERE,
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_publish_retry": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_send_task_events": False,
        "enable_utc": True,
        "imports": ["tasks.jobs", "tasks.signals"],
        "beat_schedule": SCHEDULE,
    }


app = Celery("porthole")
app.add_defaults(_settings)
app.set_default()  # threads of the web server must find this one too
