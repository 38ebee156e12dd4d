"""One real system for the tests of background jobs: Valkey, Caddy, a Celery worker and the stand-in Plex.

Every test begins with all of it running and no proxy host, whatever the one before did to it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tasks.applying import apply_revision
from tasks.queueing import resume_lost
from tests.fakes.plex import Behaviour
from tests.fakes.tailscale_api import ControlApi
from tests.jobs.acting import let_pass
from tests.processes import wait_until
from tests.whole_system import System, queue_into, start_system
from wizard.store import attempts, hosts, progress, revisions, runs

PARTS = ("valkey", "caddy", "worker")
_TELLING = """
import runpy, signal, sys
signal.signal(signal.SIGUSR2, lambda *_: print("loaded:", *sys.modules, ":loaded", file=sys.stderr, flush=True))
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""


def telling_its_modules(command: Sequence[str]) -> tuple[str, ...]:
    """The same program, which on SIGUSR2 writes into its log what it has loaded."""
    at = command.index("-m")
    return (*command[:at], "-c", _TELLING, *command[at + 1 :])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One system is enough: in a parallel run these tests stay together."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("jobs"))


@pytest.fixture(scope="session")
def control_api() -> Iterator[ControlApi]:
    """The stand-in for Tailscale's control API that the system asks."""
    with ControlApi() as api:
        yield api


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, control_api: ControlApi) -> Iterator[System]:
    """The system, for all tests. Its pages are started by tests that need the echo."""
    folder = tmp_path_factory.mktemp("jobs") / "data"
    with start_system(folder, (), PORTHOLE_TAILSCALE_API_URL=control_api.url) as system:
        worker = system.parts["worker"]
        worker.command = telling_its_modules(worker.command)
        system.start(*PARTS)
        yield system


def _wait_for_hands(running: System) -> None:
    """What a living worker has in hand ends by itself. Were its time made to pass, two would work on it at once."""
    ends_at = time.monotonic() + 3
    while revisions.pending_revisions(running.place.database) and time.monotonic() < ends_at:
        time.sleep(0.05)


@pytest.fixture
def system(running: System) -> System:
    """The system as it is after a fresh start."""
    queue_into(running.place)
    running.start(*PARTS)
    running.plex.change(behaviour=Behaviour.NORMAL)
    running.plex.forget()
    database = running.place.database
    for saved in hosts.list_hosts(database):
        for run in runs.list_runs(database, saved.host.key):
            progress.stop_run(database, run.id)
        hosts.remove_host(database, saved.host.key)
    _wait_for_hands(running)
    while revisions.pending_revisions(database):
        let_pass(running, timedelta(minutes=2))
        resume_lost(running.place)
        wait_until(lambda: not attempts.lost_attempts(database, timedelta()), "what was left is taken up")
    apply_revision(running.place, revisions.create_revision(database, "Cleared"))
    return running
