"""The worker as a process: what it loads, its signs of life, and what it does when it starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from tasks import queueing, signals
from tests.jobs.acting import add_host, ended_revision, ended_run
from tests.processes import wait_until
from tests.whole_system import System
from wizard.store import revisions

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

    def test_a_worker_that_ends_in_peace_says_so(self, system: System) -> None:
        system.parts["worker"].stop()
        assert not signals.has_worker(system.place)

    def test_a_worker_that_was_killed_is_missed_after_a_while_and_forgotten_later(self, system: System) -> None:
        system.parts["worker"].kill()
        redis = system.place.redis
        long_ago = time.time() - signals.ALIVE_SECONDS - 1
        redis.delete(signals.WORKERS)
        redis.zadd(signals.WORKERS, {"killed": long_ago, "killed-last-week": long_ago - 7 * 86_400})
        assert not signals.has_worker(system.place)
        signals.note_alive()
        assert "killed-last-week" not in redis.zrange(signals.WORKERS, 0, -1)
        assert signals.has_worker(system.place)
        redis.delete(signals.WORKERS)


class TestStart:
    """When a worker starts, Caddy gets what is wanted."""

    def test_caddy_that_lost_everything_is_given_it_again(self, system: System) -> None:
        add_host(system)
        system.parts["worker"].stop()
        system.place.redis.delete("porthole:started")
        before = len(revisions.list_revisions(system.place.database, limit=1000))
        system.start("worker")
        wait_until(
            lambda: len(revisions.list_revisions(system.place.database, limit=1000)) > before, "it starts an attempt"
        )
        (newest, *_) = revisions.list_revisions(system.place.database)
        assert newest.cause == "Porthole started"
        assert ended_revision(system, newest.id).state == "applied"

    def test_of_many_workers_that_start_at_once_one_does_it(self, system: System) -> None:
        add_host(system)
        system.parts["worker"].stop()
        system.place.redis.delete("porthole:started")
        before = len(revisions.list_revisions(system.place.database, limit=1000))
        for _ in range(3):
            signals.start_work()
        assert len(revisions.list_revisions(system.place.database, limit=1000)) == before + 1

    def test_without_proxy_hosts_there_is_nothing_to_do(self, system: System) -> None:
        system.place.redis.delete("porthole:started")
        before = revisions.list_revisions(system.place.database, limit=1)
        signals.start_work()
        assert revisions.list_revisions(system.place.database, limit=1) == before
