"""The demonstration: green without a fault, and with each fault bad in exactly the row its table names."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.ports import free_port
from tests.processes import Process, wait_until
from tests.runtime.system import System
from wizard.embedded.demo import Stage, build_extras, environ_of
from wizard.embedded.faults import FAULTS, HEALTHY, DemoFault, Upstream
from wizard.embedded.parts import CHECKOUT
from wizard.embedded.ports import Opening, try_port
from wizard.embedded.start import Extras
from wizard.settings import Settings

ORDER = ("upstream", "dns", "tls", "identity", "headers", "websocket")
STARTED_WHOLE = "tls-expired"  # needs its certificates before Caddy starts, so it is started as a person would


@dataclass(frozen=True)
class Demonstration:
    """A running one, and the environment its parts have."""

    system: System
    environ: Mapping[str, str]


def start_demonstration(folder: Path, fault: DemoFault, ends: ExitStack) -> Demonstration:
    system = System(folder / "demo-data")
    ends.callback(system.close)
    system.start("demo", *(["--fault", fault.name] if fault.name else []))
    handed = (Path("/proc") / str(system.pid("web")) / "environ").read_text()
    return Demonstration(system, dict(pair.split("=", 1) for pair in handed.split("\0") if "=" in pair))


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with ExitStack() as ends:
        yield start_demonstration(tmp_path_factory.mktemp("demo"), HEALTHY, ends)


def porthole(environ: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wizard.cli", *words]
    return subprocess.run(
        command, env=dict(environ), cwd=CHECKOUT, capture_output=True, text=True, timeout=100, check=False
    )


def run_checks(environ: Mapping[str, str]) -> dict[str, Any]:
    """Add the proxy host as the wizard would with what it starts with, and check it; the rows by name."""
    switches = [
        *(["--no-forward-ip"] if environ["PORTHOLE_DEMO_FORWARD_IP"] == "no" else []),
        *(["--no-websocket"] if environ["PORTHOLE_DEMO_WEBSOCKET"] == "no" else []),
    ]
    target = ("--domain", environ["PORTHOLE_DEMO_DOMAIN"], "--upstream", environ["PORTHOLE_DEMO_UPSTREAM"])
    added = porthole(environ, "host", "add", *target, "--media", "plex", "--anyway", *switches)
    assert added.returncode in {0, 1}, added.stdout + added.stderr
    checked = porthole(environ, "check", environ["PORTHOLE_DEMO_DOMAIN"], "--json")
    assert checked.stdout, checked.stderr
    document = json.loads(checked.stdout)
    assert checked.returncode == (0 if document["standing"] in {"working", "warnings"} else 1), checked.stderr
    return {row["check"]: row for row in document["checks"]}


def is_bad(row: Mapping[str, Any]) -> bool:
    return row["level"] in {"warning", "failure"}


def assert_shows(fault: DemoFault, rows: Mapping[str, Any]) -> None:
    assert [name for name in ORDER if is_bad(rows[name])][:1] == [fault.check], rows
    assert all(verdict["remedy"] for verdict in rows[fault.check]["verdicts"] if is_bad(verdict))


def test_without_a_fault_every_row_is_good_and_no_internet_is_needed(healthy: Demonstration) -> None:
    rows = run_checks(healthy.environ)
    # a note: the certificate is from Caddy's own authority
    assert {name: row for name, row in rows.items() if row["level"] not in {"ok", "note"}} == {}
    assert set(rows) >= set(ORDER)
    assert healthy.environ["PORTHOLE_PUBLIC_HTTPS_PORT"] == healthy.environ["PORTHOLE_CADDY_HTTPS_PORT"]
    assert "This is a demonstration" in healthy.system.terminal()


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault.name != STARTED_WHOLE], ids=lambda fault: fault.name
)
def test_a_seeded_fault_shows_in_the_row_its_table_names_and_not_before(
    healthy: Demonstration, tmp_path: Path, fault: DemoFault
) -> None:
    stage = Stage(free_port(), free_port() if fault.hop else 0)
    environ = environ_of(healthy.environ, fault, stage)
    settings = Settings.read(environ)
    assert isinstance(settings, Settings), settings
    extras = build_extras(settings, fault, stage)
    assert isinstance(extras, Extras)
    assert f"Seeded fault {fault.name}" in extras.notice
    with ExitStack() as ends:
        for part in extras.parts:
            process = Process(part.name, part.command, tmp_path, dict(part.environ))
            ends.callback(process.stop)
            process.start()
        ports = [stage.plex_port] if fault.upstream is not Upstream.NOBODY else []
        for port in [*ports, *([stage.public_port] if fault.hop else [])]:
            wait_until(partial(is_listening, port), f"a stand-in listens on {port}")
        assert_shows(fault, run_checks(environ))


def is_listening(port: int) -> bool:
    return try_port(port, "127.0.0.1") is Opening.TAKEN


def test_a_fault_can_be_chosen_on_the_command_line(tmp_path: Path) -> None:
    (fault,) = (fault for fault in FAULTS if fault.name == STARTED_WHOLE)
    with ExitStack() as ends:
        demonstration = start_demonstration(tmp_path, fault, ends)
        assert f"Seeded fault {fault.name}" in demonstration.system.terminal()
        assert_shows(fault, run_checks(demonstration.environ))
        assert demonstration.system.stop() == 0
        assert demonstration.system.left_behind() == {}


@pytest.mark.parametrize("environ", [{}, {"PORTHOLE_DATA": ""}, {"PORTHOLE_DATA": " ", "PORTHOLE_DATA_FILE": ""}])
def test_a_demonstration_never_uses_the_real_data_folder_unless_told_to(environ: dict[str, str]) -> None:
    settings = Settings.read(environ_of(environ, HEALTHY, Stage(32400, 0)))
    assert isinstance(settings, Settings)
    assert settings.data == CHECKOUT / "demo-data"
    assert settings.demo


def test_an_unknown_fault_is_answered_with_the_list(tmp_path: Path) -> None:
    answer = porthole({"PORTHOLE_DATA": str(tmp_path)}, "demo", "--fault", "fire")
    assert answer.returncode == 1
    assert "There is no fault named fire" in answer.stderr
    assert "tls-expired" in answer.stderr
    assert list(tmp_path.iterdir()) == []
