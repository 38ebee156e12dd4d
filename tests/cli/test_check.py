"""`porthole check`: rows as they land, in words or for programs, and what the exit code says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from threading import Event, Thread

import pytest

from tasks import queueing
from tests.cli.conftest import Porthole
from tests.fakes.plex import Behaviour
from tests.processes import wait_until
from tests.whole_system import DOMAIN, System
from wizard.checks import CHECKS
from wizard.core.checks import Check
from wizard.core.hosts import Upstream
from wizard.store import hosts, progress, runs

CHAIN = ("upstream", "dns", "tls", "identity", "headers", "websocket")


@pytest.fixture
def host(system: System, porthole: Porthole) -> hosts.SavedHost:
    """A proxy host that works."""
    assert porthole("host", "add", "--domain", DOMAIN, "--upstream", system.plex.url).code == 0
    saved = hosts.find_host(system.place.database, DOMAIN)
    assert saved is not None
    return saved


@pytest.fixture
def only_chain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Only the checks this is about; further ones have tests of their own."""
    monkeypatch.setattr("tasks.queueing.USUAL", CHAIN)
    return iter(())


pytestmark = pytest.mark.usefixtures("only_chain")


def test_a_host_that_works_has_a_tick_on_every_row(porthole: Porthole, host: hosts.SavedHost) -> None:
    said = porthole("check", DOMAIN)
    assert (said.code, said.err) == (0, "")
    lines = [line for line in said.out.splitlines() if not line.startswith(" ")]
    assert lines[-1] in {"Works, seen from this machine", "Works, with warnings, seen from this machine"}
    assert {name for name in CHAIN if any(f"✓ {CHECKS[name].title}:" in line for line in lines)} == set(CHAIN)


def test_a_program_can_read_it(porthole: Porthole, host: hosts.SavedHost) -> None:
    said = porthole("check", DOMAIN, "--json")
    document = json.loads(said.out)
    assert said.code == 0
    assert document["standing"] in {"working", "warnings"}
    assert document["seen_from"] == ["here"]
    assert {row["vantage"] for row in document["checks"]} == {"here"}
    rows = {row["check"]: row for row in document["checks"]}
    assert set(rows) == set(CHAIN)
    assert rows["upstream"]["state"] == "done"
    assert rows["upstream"]["verdicts"][0]["code"] == "upstream-ok"


def test_a_host_that_does_not_work_says_why_what_to_do_and_what_was_skipped(
    system: System, porthole: Porthole, host: hosts.SavedHost
) -> None:
    system.plex.change(behaviour=Behaviour.CLOSE)
    said = porthole("check", DOMAIN)
    assert said.code == 1
    lines = said.out.splitlines()
    failed = next(at for at, line in enumerate(lines) if line.startswith(f"✗ {CHECKS['upstream'].title}: "))
    assert lines[failed + 1].startswith("    ")
    skipped = f"– {CHECKS['identity'].title}: skipped because “{CHECKS['upstream'].title}” failed"
    assert skipped in lines
    assert lines[-1] == "Not working"


def test_when_a_check_cannot_tell_the_code_says_so(
    porthole: Porthole, host: hosts.SavedHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_net: object, _subject: object) -> object:
        raise ZeroDivisionError

    dns: Check[object, object] = CHECKS["dns"]
    monkeypatch.setitem(CHECKS, "dns", replace(dns, observe=broken))
    said = porthole("check", DOMAIN)
    assert said.code == 2
    assert f"? {dns.title}: " in said.out
    assert said.out.splitlines()[-1] == "We could not tell whether it works"


def test_a_host_that_is_not_there_cannot_be_checked(system: System, porthole: Porthole) -> None:
    said = porthole("check", "nobody.example.com")
    assert (said.code, said.out) == (2, "")
    assert "porthole host list" in said.err


def test_a_run_that_a_worker_is_making_is_followed_to_its_end(
    system: System, porthole: Porthole, host: hosts.SavedHost
) -> None:
    system.start("worker")
    run_id = queueing.start_run(system.place, host.host.key)
    said = porthole("check", DOMAIN)
    run = runs.load_run(system.place.database, run_id)
    assert run is not None
    assert not run.is_running
    assert said.code == {"working": 0, "warnings": 0, "not-working": 1}.get(run.standing, 2)
    ended = [result.check for result in run.results if result.verdicts]
    assert all(CHECKS[name].title in said.out for name in ended)


def test_rows_are_shown_as_they_land(
    system: System, porthole: Porthole, host: hosts.SavedHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One check waits until another one was shown: if rows came at the end only, this would never end."""
    shown = Event()
    monkeypatch.setattr("wizard.verbs.checks.say", lambda text: shown.set() if CHECKS["dns"].title in text else None)
    upstream = CHECKS["upstream"]

    def waiting(net: object, subject: object) -> object:
        assert shown.wait(20)
        return upstream.observe(net, subject)

    monkeypatch.setitem(CHECKS, "upstream", replace(upstream, observe=waiting))
    assert porthole("check", DOMAIN).code == 0


def test_stopping_the_run_elsewhere_ends_the_command(
    system: System, porthole: Porthole, host: hosts.SavedHost
) -> None:
    system.plex.change(behaviour=Behaviour.SILENT)
    database = system.place.database

    def stop() -> None:
        wait_until(lambda: runs.running_runs(database), "the run is going")
        (run_id,) = runs.running_runs(database)
        progress.stop_run(database, run_id)
        system.plex.change(behaviour=Behaviour.NORMAL)

    stopping = Thread(target=stop)
    stopping.start()
    said = porthole("check", DOMAIN)
    stopping.join(30)
    assert said.code == 2
    assert said.out.splitlines()[-1] == "Stopped"


def test_an_address_that_only_answers_in_part_is_told_apart(
    system: System, porthole: Porthole, host: hosts.SavedHost
) -> None:
    """Caddy still leads to the old port, the saved host to a new one where nobody listens."""
    wrong = replace(host.host, upstream=Upstream("plex", "http", "127.0.0.1", 1))
    hosts.save_host(system.place.database, wrong)
    said = porthole("check", DOMAIN)
    assert said.code == 1
    assert f"✗ {CHECKS['upstream'].title}: " in said.out
    assert f"✓ {CHECKS['tls'].title}: " in said.out
