"""A worker on another machine: it takes questions from its own queue, looks, and sends back what it saw.

Needs the broker and nothing else. Must not know the database, the pages, or how anything is judged.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from celery import Celery, signals
from celery.exceptions import SecurityWarning
from celery.worker import state as worker_state
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from tasks import HERE
from tasks.stations import broker_now, note_station
from wizard.checks import CHECKS, observe_only, what_broke
from wizard.core.shapes import learn
from wizard.core.wire import BEAT_SECONDS, Observation, Question, Station, queue_of
from wizard.net.door import Net

THREADS = 4
_OPTIONS = {
    "socket_connect_timeout": 5,
    "socket_keepalive": True,  # a router in between forgets a silent connection
    "health_check_interval": 15,
}

Say = Callable[[str], None]


learn(Question)


@dataclass
class Outpost:
    """One worker elsewhere. `redis_url` and `broker_url` spell the same broker for two clients."""

    station: Station
    broker_url: str
    redis_url: str
    say: Say
    net: Net = field(default_factory=Net)

    def __post_init__(self) -> None:
        self._redis = Redis.from_url(
            self.redis_url, decode_responses=True, socket_timeout=10, socket_connect_timeout=5
        )
        self._ended = threading.Event()
        self.app = _application(self)

    def serve(self) -> int:
        """Work until a signal comes; the exit code. Lost connections are taken up again, however long that takes."""
        beat = threading.Thread(target=self._beat, daemon=True)
        # it warns of root because of pickled messages; ours are JSON, and containers run as root
        warnings.filterwarnings("ignore", category=SecurityWarning)
        signals.setup_logging.connect(_quiet, weak=False)
        signals.worker_ready.connect(self._begin, weak=False)
        _listen_for_the_end()
        worker = self.app.Worker(
            hostname=f"{self.station.name}@vantage",
            queues=[queue_of(self.station.name)],
            pool_cls="threads",
            concurrency=THREADS,
            without_gossip=True,
            without_mingle=True,
            quiet=True,
        )
        beat.start()
        try:
            worker.start()
        finally:
            self._ended.set()
            beat.join(2 * BEAT_SECONDS)
            self._leave()
        return int(worker.exitcode or 0)

    def _begin(self, **_: Any) -> None:
        _listen_for_the_end()  # Celery had put its own ears in place
        self.say(f"Looking as {self.station.name}. Press Ctrl-C to stop")

    def now(self) -> float:
        """The broker's clock. Raises RedisError."""
        return broker_now(self._redis)

    def answer(self, message: Any) -> Observation | None:
        """What was seen for a question; None for one that is none, or that nobody waits for any more."""
        try:
            question = msgspec.convert(message, Question)
        except msgspec.ValidationError as problem:
            self.say(f"A question was not understood: {problem}")
            return None
        name = question.row.partition("@")[0]
        if self.now() > question.until:
            self.say(f"{name}: too late, nobody waits for it any more")
            return None
        started = time.monotonic()
        told = Observation(question.run_id, question.row, question.attempt, question.reply)
        found = self._look(name, question.subject)
        seconds = time.monotonic() - started
        if isinstance(found, str):
            self.say(f"{name}: could not look ({found})")
            return replace(told, seconds=seconds, trouble=found)
        self.say(f"{name} for {question.subject.get('domain', 'a host')}: looked, {seconds:.1f} s")
        return replace(told, seconds=seconds, observed=found)

    def _look(self, name: str, subject: dict[str, Any]) -> dict[str, Any] | str:
        check = CHECKS.get(name)
        if check is None or not check.travels:
            return f"this version knows no check {name}"
        try:
            return observe_only(check, self.net, subject)
        except msgspec.ValidationError as problem:
            return f"this version does not understand the question: {problem}"
        except Exception as error:  # noqa: BLE001 -- one broken check must not take the worker with it
            return what_broke(error)

    def _beat(self) -> None:
        is_lost = False
        while not self._ended.wait(BEAT_SECONDS):
            is_lost = self._note(is_lost=is_lost)

    def _note(self, *, is_lost: bool) -> bool:
        try:
            note_station(self._redis, replace(self.station, seen_at=self.now()))
        except RedisError as problem:
            if not is_lost:
                self.say(f"Lost the broker ({problem}). Trying again until it answers")
            return True
        if is_lost:
            self.say("The broker answers again")
        return False

    def arrive(self) -> None:
        """Write itself down for the first time. Raises RedisError."""
        note_station(self._redis, replace(self.station, seen_at=self.now()))

    def _leave(self) -> None:
        try:
            note_station(self._redis, replace(self.station, seen_at=self.now(), has_left=True))
        except RedisError:
            return  # then it is missed after a while


def _application(outpost: Outpost) -> Celery:
    app = Celery("porthole-vantage", broker=outpost.broker_url, set_as_current=False)
    app.conf.update(
        task_default_queue=HERE,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=False,  # what was lost with a worker is asked again by whoever waits for it
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=_OPTIONS,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        enable_utc=True,
    )

    def observe(message: dict[str, Any]) -> None:
        """Look, and send back what was seen."""
        try:
            found = outpost.answer(message)
            if found is not None:
                policy = {"max_retries": 5, "interval_start": 0.5, "interval_step": 1.0, "interval_max": 5.0}
                built = msgspec.to_builtins(found)
                app.send_task("observed", args=(built,), queue=HERE, retry=True, retry_policy=policy)
        except (OperationalError, RedisError, OSError) as problem:
            outpost.say(f"An answer could not be sent ({problem})")

    app.task(observe, name="observe")
    return app


def _quiet(**_: Any) -> None:
    """Celery's own lines are for its authors: what a person has to know is said by us."""
    logging.getLogger().setLevel(logging.CRITICAL)


def _listen_for_the_end() -> None:
    def end(*_: Any) -> None:
        worker_state.should_stop = 0

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
