"""What Caddy writes about real requests is counted by the background worker."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tasks import queueing, reading
from tasks.reading import ask_to_read
from tests.fakes.access_lines import lines
from tests.jobs.acting import add_host, ended_revision
from tests.processes import wait_until
from tests.whole_system import System
from wizard.caddy.logs import log_file
from wizard.core.hosts import Verify, VerifyKind
from wizard.core.traffic import WINDOWS
from wizard.store import hosts, traffic, traffic_queries

TOKEN = "s3cr3t-t0k3n-of-somebody"
SAYS = (
    ("X-Plex-Device-Name", "Anna's Pixel"),
    ("X-Plex-Product", "Plex for Android"),
    ("X-Plex-Platform", "Android"),
    ("X-Plex-Token", TOKEN),
)


def ask(system: System, path: str) -> int | None:
    """A viewer's request through Caddy; gives the status."""
    url = f"{system.public_url}{path}"
    return system.place.net.get(url, address="127.0.0.1", headers=SAYS, verify=Verify(VerifyKind.OFF)).status


def test_a_request_through_caddy_is_counted_with_its_device_and_without_its_token(system: System) -> None:
    host = add_host(system)
    ended_revision(system, queueing.start_apply(system.place, "Added"))
    wait_until(lambda: ask(system, "/identity") == 200, "the domain answers")
    ask(system, f"/library/sections?X-Plex-Token={TOKEN}&includeDetails=1")

    def found() -> list[traffic_queries.NumberedRequest]:
        ask_to_read(system.place, host.key)
        return traffic_queries.requests(system.place.database, host.key, words="/library/sections")

    wait_until(lambda: bool(found()), "the request is in the view")
    asked = found()[0].asked
    assert (asked.device, asked.method, asked.address) == ("Anna's Pixel", "GET", "127.0.0.1")
    assert asked.path == "/library/sections?X-Plex-Token&includeDetails"
    # an apply may have asked through Caddy as well, without a name
    viewers = traffic_queries.viewers(system.place.database, host.key, WINDOWS["24h"], time.time())
    (seen,) = [one for one in viewers if one.viewer.device]
    assert seen.viewer[1:] == ("Anna's Pixel", "Plex for Android", "Android")
    assert seen.sums.requests >= 2
    assert TOKEN not in system.access_log()


def test_a_log_too_long_for_one_job_is_read_by_several(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    host = add_host(system, "second.localhost")
    saved = hosts.load_host(system.place.database, host.key)
    assert saved is not None
    with Path(log_file(system.place.edge.log_folder, host.domain.name)).open("wb") as file:
        file.writelines(lines(500))
    assert reading.read_on(system.place, saved, seconds=0, most=100_000)
    assert 0 < traffic.load_log(system.place.database, host.key).lines < 500
    assert traffic.load_log(system.place.database, host.key).left_bytes > 0
    ask_to_read(system.place, host.key)
    wait_until(lambda: traffic.load_log(system.place.database, host.key).lines == 500, "all of it is counted")


def test_whoever_looks_often_asks_for_few_readings(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(reading, "send", lambda name, *_: sent.append(name))
    for _ in range(10):
        ask_to_read(system.place, "somebody")
    assert sent == ["read_log"]
