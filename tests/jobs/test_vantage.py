"""A worker elsewhere: a real `porthole vantage` process, a real broker and a real Caddy, whole and with faults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tasks import queueing
from tasks.checking import carry_out
from tasks.stations import list_stations
from tests.jobs.acting import (
    add_host,
    ended_run,
    ended_run_under_the_clock,
    let_pass,
    row,
    start_apply,
    start_checks,
    sweep,
)
from tests.jobs.paris import is_heard, started
from tests.jobs.test_queueing import TOKEN, queued_messages
from tests.processes import Process, wait_until
from tests.whole_system import System
from wizard.checks import CHECKS
from wizard.core.runs import APPLY, Standing, State
from wizard.core.verdicts import Level
from wizard.store import hosts, progress

GOOD = {Level.OK, Level.NOTE}
TRAVELLING = [name for name in queueing.USUAL if CHECKS[name].travels]


@pytest.fixture
def paris(system: System, tmp_path: Path) -> Iterator[Process]:
    with started(system, tmp_path / "paris") as process:
        yield process


def test_a_run_with_a_worker_elsewhere_is_green_from_both_and_sends_no_secret(system: System, paris: Process) -> None:
    system.start("web")
    host = add_host(system)
    place = system.place
    hosts.save_host(place.database, host, sealed_token=place.vault.seal(TOKEN))
    system.plex.change(token=TOKEN)
    done = ended_run(system, queueing.start_apply_and_run(place, host.key, "Added"))
    rows = {result.check: result for result in done.results}
    assert [name for name in rows if name.endswith("@paris")] == [f"{name}@paris" for name in TRAVELLING]
    bad = {name: result.verdicts for name, result in rows.items() if result.level not in GOOD}
    assert {name for name in bad if name.endswith("@paris")} == set()
    assert any("paris" in verdict.detail for verdict in rows["reach@paris"].verdicts)
    assert "this machine" not in str(rows["reach@paris"].verdicts)
    assert set(TRAVELLING) >= {"dns", "reach", "tls", "identity", "headers", "websocket", "streaming", "exposure"}
    written = every_byte_of_the_broker(system)
    assert b"websocket@paris" in written, "the questions do not stand there at all"
    assert TOKEN.encode() not in written
    arguments = [argument for message in queued_messages(system) for argument in json.loads(message)[0]]
    questions = [argument for argument in arguments if isinstance(argument, dict) and "until" in argument]
    assert len(questions) >= len(TRAVELLING)
    told = [one["row"] for one in questions if host.upstream.dial in str(one)]
    assert told == [], "the home address is nobody's concern there"
    assert TOKEN not in paris.log


def every_byte_of_the_broker(system: System) -> bytes:
    """All it was ever sent, with what is base64 inside it taken apart."""
    folder = system.settings.data / "valkey" / "appendonlydir"
    raw = b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
    return raw + "".join(queued_messages(system)).encode()


def test_what_is_refused_elsewhere_is_red_while_here_it_was_fine(system: System, paris: Process) -> None:
    system.start("web")
    host = add_host(system)
    ended_run(system, start_apply(system, host))
    place = system.place
    run_id = progress.create_run(place.database, host.key, ("reach", "reach@paris", "tls@paris")).id
    progress.plan_run(place.database, run_id, queueing.NEEDS)
    carry_out(place, run_id, "reach", 1)
    system.parts["caddy"].stop()
    carry_out(place, run_id, "reach@paris", 1)
    carry_out(place, run_id, "tls@paris", 1)
    done = ended_run(system, run_id)
    assert row(system, run_id, "reach").level in GOOD
    (verdict,) = row(system, run_id, "reach@paris").verdicts
    assert (verdict.code, verdict.level) == ("reach-refused", Level.FAILURE)
    assert "from paris" in verdict.detail
    assert done.standing is Standing.NOT_WORKING


def test_one_row_can_be_made_again_there(system: System, paris: Process) -> None:
    host = add_host(system)
    done = ended_run(system, start_checks(system, host, "dns", "dns@paris"))
    assert queueing.retry(system.place, done.id, "dns@paris")
    again = ended_run(system, done.id)
    assert {result.check: result.attempt for result in again.results} == {"dns": 1, "dns@paris": 2}
    assert row(system, done.id, "dns@paris").level is Level.OK


def test_a_worker_elsewhere_that_dies_in_the_middle_leaves_unknown_and_never_spins(
    system: System, paris: Process
) -> None:
    host = add_host(system)
    paris.pause()
    run_id = start_checks(system, host, "dns", "dns@paris")
    wait_until(lambda: row(system, run_id, "dns@paris").state is State.RUNNING, "it is asked")
    paris.resume()
    paris.kill()
    let_pass(system, timedelta(minutes=2))
    sweep(system)
    done = ended_run(system, run_id)
    (verdict,) = row(system, run_id, "dns@paris").verdicts
    assert verdict.level is Level.UNKNOWN
    assert done.standing is Standing.WORKING, "what this machine saw still counts"


def test_one_that_is_quiet_when_a_run_starts_gets_one_row_that_says_so(system: System, paris: Process) -> None:
    paris.stop()
    assert not is_heard(system)
    rows = queueing.rows_of_run(system.place, None)
    assert [name for name in rows if "@" in name] == [f"{TRAVELLING[0]}@paris"]
    host = add_host(system)
    done = ended_run(system, start_checks(system, host, "dns", "dns@paris"))
    (verdict,) = row(system, done.id, "dns@paris").verdicts
    assert (verdict.code, verdict.level) == ("vantage-quiet", Level.UNKNOWN)
    assert "paris has not been heard of since" in verdict.summary


def test_it_is_listed_with_what_it_knows_and_ends_in_peace(system: System, paris: Process) -> None:
    (station,) = list_stations(system.place.redis)
    assert (station.name, set(station.checks) >= set(TRAVELLING), bool(station.version)) == ("paris", True, True)
    paris.stop()
    assert "Stopped" in paris.log
    assert "Traceback" not in paris.log
    (station,) = list_stations(system.place.redis)
    assert station.has_left


def test_it_takes_up_a_lost_broker_again(system: System, paris: Process) -> None:
    system.parts["valkey"].stop()
    wait_until(lambda: "Lost the broker" in paris.log, "it notices")
    system.start("valkey")
    wait_until(lambda: "The broker answers again" in paris.log, "it is back")
    host = add_host(system)
    # the worker here lost the broker, too, and waits longer each time it tries
    done = ended_run_under_the_clock(system, start_checks(system, host, "dns@paris"), 100)
    assert row(system, done.id, "dns@paris").level is Level.OK
    assert APPLY not in {result.check for result in done.results}
