"""`porthole phone`: the link, what the phone sees as it comes, and what the exit code says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from threading import Thread

import pytest

from tests.cli.conftest import Porthole
from tests.processes import wait_until
from tests.web.browsing import given_host
from tests.whole_system import System
from wizard import visiting
from wizard.core.hosts import ProxyHost
from wizard.core.visits import Arrived, Flow, Live, Told, Visit
from wizard.store import hosts, visits
from wizard.verbs import phone as verb

DOMAIN = "plex.example.com"
PHONE = Arrived("203.0.113.9", "203.0.113.9", "203.0.113.9", "127.0.0.1", "https", "Safari on iPhone", script=True)
CELLULAR = replace(PHONE, network="cellular")


@pytest.fixture(autouse=True)
def host(system: System, monkeypatch: pytest.MonkeyPatch) -> ProxyHost:
    monkeypatch.setattr(verb, "_LOOK_SECONDS", 0.02)
    return given_host(system.place, DOMAIN)


@pytest.fixture
def meanwhile(system: System, host: ProxyHost) -> Callable[[Callable[[Visit], None]], Thread]:
    """Do something with the link as soon as it is there."""

    def started(act: Callable[[Visit], None]) -> Thread:
        def wait_and_act() -> None:
            wait_until(lambda: visits.latest_visit(system.place.database, host.key) is not None, "the link is made")
            visit = visits.latest_visit(system.place.database, host.key)
            assert visit is not None
            act(visit)

        thread = Thread(target=wait_and_act)
        thread.start()
        return thread

    return started


def go_through(system: System, visit: Visit, arrived: Arrived, told: Told = Told.HELD) -> None:
    database = system.place.database
    key = visits.start_visit(database, system.place.vault.open(visit.sealed_link), arrived)
    assert key is not None
    live = Live(20.0, 10) if told is Told.HELD else None
    seen = visits.note_seen(database, key, down=Flow(10**7, 4), up=Flow(10**6, 1), live=live, told=told, is_over=True)
    assert seen is not None
    visiting.finish(database, seen)


@pytest.mark.parametrize(
    ("visit", "said"),
    [
        ((CELLULAR, Told.HELD), (0, "✓ Reached from outside: plex.example.com opened on a phone in another network")),
        ((PHONE, Told.HELD), (2, "Reached from outside: plex.example.com opened on a phone from 203.0.113.9, and")),
        ((CELLULAR, Told.REFUSED), (1, "✗ Live connection holds: Pages open, but a WebSocket from the phone did")),
    ],
)
def test_what_a_phone_saw_is_said_row_by_row(
    system: System,
    porthole: Porthole,
    meanwhile: Callable[[Callable[[Visit], None]], Thread],
    visit: tuple[Arrived, Told],
    said: tuple[int, str],
) -> None:
    thread = meanwhile(lambda link: go_through(system, link, *visit))
    answer = porthole("phone", DOMAIN)
    thread.join(10)
    assert answer.code == said[0], answer
    assert re.search(rf"^https://{DOMAIN}(:\d+)?/\.well-known/porthole/visit/[\w-]{{32}}$", answer.out, re.MULTILINE)
    assert said[1] in answer.out
    assert "✓ Speed: 20 Mbit/s to the phone and 8.0 Mbit/s from it" in answer.out


def test_a_program_reads_the_link_first_and_then_the_findings(
    system: System, porthole: Porthole, meanwhile: Callable[[Callable[[Visit], None]], Thread]
) -> None:
    thread = meanwhile(lambda visit: go_through(system, visit, CELLULAR))
    link, _, rest = porthole("phone", DOMAIN, "--json").out.partition("\n")
    thread.join(10)
    assert link.startswith("https://")
    assert [one["part"] for one in json.loads(rest)] == ["reach", "address", "certificate", "speed", "live"]


def test_a_link_that_is_taken_back_ends_the_waiting(
    system: System, porthole: Porthole, host: ProxyHost, meanwhile: Callable[[Callable[[Visit], None]], Thread]
) -> None:
    thread = meanwhile(lambda visit: visits.revoke_visit(system.place.database, host.key, visit.id))
    answer = porthole("phone", DOMAIN)
    thread.join(10)
    assert (answer.code, answer.err) == (2, "porthole: The link was taken back\n")


def test_ctrl_c_takes_the_link_back(
    system: System, porthole: Porthole, host: ProxyHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wizard.verbs.phone.time.sleep", interrupted)
    assert porthole("phone", DOMAIN).code == 130
    visit = visits.latest_visit(system.place.database, host.key)
    assert visit is not None
    assert visit.revoked_at is not None


def test_no_link_for_a_host_that_is_not_there_or_paused(system: System, porthole: Porthole, host: ProxyHost) -> None:
    assert "there is no proxy host" in porthole("phone", "nobody.example.com").err
    hosts.save_host(system.place.database, replace(host, paused=True))
    answer = porthole("phone", DOMAIN)
    assert (answer.code, answer.out) == (2, "")
    assert "is paused" in answer.err
