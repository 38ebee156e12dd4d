"""The worker as a process: what it loads, its signs of life, and what it does when it starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tasks import queueing, signals
from tests.jobs.acting import add_host, ended_revision, ended_run
from tests.processes import wait_until
from tests.whole_system import System
from wizard.store import revisions
from wizard.store.revisions import Revision
from wizard.web.run_stream import _WORKER_LOOK_SECONDS, LOOK_SECONDS

FOREIGN = {"flask", "werkzeug", "wtforms", "flask_wtf", "jinja2", "gunicorn", "supervisor"}


def test_the_modules_of_a_worker_load_nothing_of_the_pages() -> None:
    program = (
        "import tasks.jobs, tasks.signals, sys;"
        f"print([m for m in sys.modules if m.split('.')[0] in {FOREIGN!r} or m.startswith('wizard.web')])"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_a_worker_that_did_all_its_jobs_has_loaded_nothing_of_the_pages(system: System) -> None:
    host = add_host(system)
    ended_run(system, queueing.start_apply_and_run(system.place, host.key, "Added"))
    queueing.send("sweep")
    ended_revision(system, queueing.start_apply(system.place, "After the sweep"))
    worker = system.parts["worker"]
    os.kill(worker.pid, signal.SIGUSR2)
    wait_until(lambda: ":loaded" in worker.log_since_start, "it tells what it has loaded")
    loaded = worker.log_since_start.partition("loaded:")[2].partition(":loaded")[0].split()
    assert {"tasks.jobs", "tasks.applying", "wizard.checks.identity"} <= set(loaded)
    assert sorted(name for name in loaded if name.split(".")[0] in FOREIGN or name.startswith("wizard.web")) == []


class TestSignsOfLife:
    """How the pages know that a worker is there."""

    def test_a_living_worker_goes_on_giving_them(self, system: System) -> None:
        redis = system.place.redis
        assert signals.has_worker(system.place)
        asked_at = time.time()
        wait_until(lambda: redis.zcount(signals.WORKERS, asked_at, "+inf"), "another sign of life came")

    def test_a_worker_that_was_killed_is_missed_after_a_while_and_forgotten_later(
        self, system: System, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(signals, "WORKERS", "porthole:workers-of-this-test")
        redis = system.place.redis
        long_ago = time.time() - signals.ALIVE_SECONDS - 1
        redis.zadd(signals.WORKERS, {"killed": long_ago, "killed-last-week": long_ago - 7 * 86_400})
        assert not signals.has_worker(system.place)
        signals.note_alive()
        assert signals.has_worker(system.place)
        assert redis.zrange(signals.WORKERS, 0, -1) == ["killed", signals.worker_name("worker")]

    def test_a_worker_that_was_killed_outright_is_missed_by_whoever_looks(
        self, system: System, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(signals, "ALIVE_SECONDS", 3)  # this process looks; the worker was told nothing
        system.parts["worker"].kill()
        wait_until(lambda: not signals.has_worker(system.place), "it is missed")
        system.start("worker")
        assert len(signals.living_workers(system.place)) == 1

    def test_from_the_last_sign_to_the_words_on_the_page_it_takes_15_seconds_at_most(self) -> None:
        assert signals.ALIVE_SECONDS + _WORKER_LOOK_SECONDS + LOOK_SECONDS <= 15

    def test_who_starts_under_the_name_of_another_knows_that_that_one_is_dead(
        self, system: System, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(signals, "WORKERS", "porthole:workers-of-that-test")
        redis = system.place.redis
        redis.delete(signals.WORKERS)
        redis.zadd(signals.WORKERS, {"worker before": time.time(), "other before": time.time()})
        signals.start_work()
        assert signals.living_workers(system.place) == {"other before", signals.worker_name("worker")}


class TestStart:
    """When a worker starts, Caddy gets what is wanted."""

    @pytest.fixture
    def attempts(self, system: System) -> Callable[[], list[Revision]]:
        """attempts(): those of a start, the newest first. The next start counts as the first for a while."""
        system.place.redis.delete("porthole:started")
        before = {revision.id for revision in revisions.list_revisions(system.place.database, limit=1000)}
        return lambda: [one for one in revisions.list_revisions(system.place.database) if one.id not in before]

    def test_a_worker_that_ends_is_missed_at_once_and_the_next_one_gives_caddy_what_it_lost(
        self, system: System, attempts: Callable[[], list[Revision]]
    ) -> None:
        add_host(system)
        system.parts["worker"].stop()
        assert not signals.has_worker(system.place)
        system.start("worker")
        wait_until(attempts, "it starts an attempt")
        (attempt,) = attempts()
        assert attempt.cause == "Porthole started"
        assert ended_revision(system, attempt.id).state == "applied"

    def test_of_many_workers_that_start_at_once_one_does_it(
        self, system: System, attempts: Callable[[], list[Revision]]
    ) -> None:
        add_host(system)
        for _ in range(3):
            signals.start_work()
        assert len(attempts()) == 1

    def test_without_proxy_hosts_there_is_nothing_to_do(self, attempts: Callable[[], list[Revision]]) -> None:
        signals.start_work()
        assert attempts() == []
