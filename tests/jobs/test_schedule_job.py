"""Runs that start by themselves, through a real worker: green, doubt, red, told, green again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sqlalchemy import update

from tasks import app, queueing
from tasks.scheduling import start_due
from tests.fakes.plex import Behaviour
from tests.jobs.acting import add_host, ended_run
from tests.processes import wait_until
from tests.whole_system import System
from wizard.core.health import CONFIRM, SCHEDULE, DayCount, health_of
from wizard.core.schedule import Schedule
from wizard.store import conclusions, over_time, receivers, runs, scheduled
from wizard.store.clock import now
from wizard.store.runs import Run
from wizard.store.tables import RunRow


@pytest.fixture(autouse=True)
def _short_runs(monkeypatch: pytest.MonkeyPatch, system: System) -> Iterator[None]:
    """A scheduled run of the one check this is about, and no receivers of another test."""
    monkeypatch.setattr("tasks.scheduling.rows_of_run", lambda *_: ("upstream",))
    yield
    for one in receivers.list_receivers(system.place.database):
        receivers.remove_receiver(system.place.database, one.id)


@pytest.fixture
def came(system: System) -> Iterator[list[dict[str, str]]]:
    """What a webhook on this machine gets; it is a receiver."""
    received: list[dict[str, str]] = []

    class Asked(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Asked)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    sealed = system.place.vault.seal(f"json://127.0.0.1:{server.server_address[1]}/")
    receivers.add_receivers(system.place.database, [("Webhook", sealed)])
    yield received
    server.shutdown()
    server.server_close()
    thread.join()


def let_pass(system: System, time: timedelta) -> None:
    """Make every run look so much older."""
    with system.place.database.write() as session:
        for row in session.query(RunRow):
            values = {"created_at": row.created_at - time, "finished_at": (row.finished_at or now()) - time}
            session.execute(update(RunRow).where(RunRow.id == row.id).values(**values))


def next_run(system: System) -> Run:
    """The run that is due, once it has ended and its conclusions are drawn."""
    started = start_due(system.place)
    assert len(started) == 1
    ended = ended_run(system, started[0])
    wait_until(lambda: not conclusions.unconcluded_runs(system.place.database), "the run is concluded")
    return ended


def standing(system: System, key: str) -> tuple[str, bool]:
    health = health_of(over_time.load_past(system.place.database, key))
    return str(health.standing), health.in_doubt


def test_a_host_goes_from_green_through_doubt_to_red_and_back_and_each_change_is_told_once(
    system: System, came: list[dict[str, str]]
) -> None:
    key = add_host(system).key
    receivers.save_wishes(system.place.database, receivers.Wishes("http://nas.lan:7678"))
    assert next_run(system).cause == SCHEDULE
    assert standing(system, key) == ("working", False)
    assert start_due(system.place) == []
    system.plex.change(behaviour=Behaviour.CLOSE)
    let_pass(system, timedelta(minutes=15))
    next_run(system)
    assert standing(system, key) == ("working", True)
    assert start_due(system.place) == []
    let_pass(system, timedelta(seconds=61))
    failed = next_run(system)
    assert (failed.cause, standing(system, key)) == (CONFIRM, ("not-working", False))
    wait_until(lambda: came, "the failure is told")
    system.plex.change(behaviour=Behaviour.NORMAL)
    let_pass(system, timedelta(minutes=15))
    next_run(system)
    assert standing(system, key) == ("working", False)
    wait_until(lambda: len(came) == 2, "the repair is told")
    assert [one["title"] for one in came] == ["plex.localhost is not working", "plex.localhost works again"]
    lines = came[0]["message"].splitlines()
    assert lines[0].startswith("Your server: ")
    assert lines[1].startswith("What to do: ")
    assert lines[-1] == f"http://nas.lan:7678/hosts/{key}/checks/{failed.id}"
    day = sum_of(over_time.load_days(system.place.database, key, now()))
    assert day == DayCount(3, 1, 1)  # the confirming run is not counted


def sum_of(days: list[DayCount]) -> DayCount:
    return DayCount(*(sum(getattr(one, name) for one in days) for name in ("checks", "failures", "interruptions")))


def test_two_clocks_and_a_restart_start_it_once(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    key = add_host(system).key
    monkeypatch.setattr(app, "send_task", lambda *_, **__: None)
    candidates = scheduled.candidates(system.place.database)
    assert len(start_due(system.place)) == 1
    monkeypatch.setattr(scheduled, "candidates", lambda _: candidates)  # another clock, which looked before
    assert start_due(system.place) == []
    assert len(runs.list_runs(system.place.database, key)) == 1


def test_switched_off_or_paused_nothing_starts(system: System) -> None:
    add_host(system, paused=True)
    assert start_due(system.place) == []
    add_host(system, "other.localhost")
    scheduled.save_schedule(system.place.database, Schedule(None))
    try:
        assert start_due(system.place) == []
    finally:
        scheduled.save_schedule(system.place.database, Schedule())


def test_a_run_whose_worker_was_killed_with_all_conclusions_open_is_concluded_by_the_sweep(system: System) -> None:
    key = add_host(system).key
    system.parts["worker"].kill()
    (run_id,) = start_due(system.place)
    from tasks.checking import carry_out  # noqa: PLC0415 -- stands in for the worker that died after its last check

    carry_out(system.place, run_id, "upstream", 1)
    assert conclusions.unconcluded_runs(system.place.database) == [run_id]
    system.start("worker")
    assert queueing.send("sweep")
    wait_until(lambda: not conclusions.unconcluded_runs(system.place.database), "the run is concluded")
    assert over_time.load_days(system.place.database, key, now())[-1].checks == 1
