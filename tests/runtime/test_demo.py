"""The demonstration: green without a fault, and with each fault bad in exactly the row its table names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.system import System
from wizard.embedded.faults import FAULTS, HEALTHY, DemoFault
from wizard.embedded.parts import CHECKOUT

pytestmark = pytest.mark.xdist_group("demo")

ORDER = ("upstream", "dns", "tls", "identity", "headers", "websocket")


@contextmanager
def demonstration(folder: Path, fault: DemoFault) -> Iterator[tuple[System, Mapping[str, str]]]:
    """A running demonstration, and the environment its parts have."""
    system = System(folder / "demo-data")
    try:
        system.start("demo", *(["--fault", fault.name] if fault.name else []))
        handed = (Path("/proc") / str(system.pid("web")) / "environ").read_text()
        yield system, dict(pair.split("=", 1) for pair in handed.split("\0") if "=" in pair)
    finally:
        system.close()


def porthole(environ: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wizard.cli", *words]
    return subprocess.run(
        command, env={**os.environ, **environ}, cwd=CHECKOUT, capture_output=True, text=True, timeout=100, check=False
    )


def run_checks(environ: Mapping[str, str], fault: DemoFault) -> dict[str, Any]:
    """Add the proxy host as the wizard would with what it starts with, and check it; the rows by name."""
    switches = [*([] if fault.forward_ip else ["--no-forward-ip"]), *([] if fault.websocket else ["--no-websocket"])]
    target = ("--domain", environ["PORTHOLE_DEMO_DOMAIN"], "--upstream", environ["PORTHOLE_DEMO_UPSTREAM"])
    added = porthole(environ, "host", "add", *target, "--media", "plex", "--anyway", *switches)
    assert added.returncode in {0, 1}, added.stdout + added.stderr
    checked = porthole(environ, "check", environ["PORTHOLE_DEMO_DOMAIN"], "--json")
    document = json.loads(checked.stdout)
    assert checked.returncode == (0 if document["standing"] in {"working", "warnings"} else 1), checked.stderr
    return {row["check"]: row for row in document["checks"]}


def is_bad(row: Mapping[str, Any]) -> bool:
    return row["level"] in {"warning", "failure"}


def test_without_a_fault_every_row_is_good_and_no_internet_is_needed(tmp_path: Path) -> None:
    with demonstration(tmp_path, HEALTHY) as (system, environ):
        rows = run_checks(environ, HEALTHY)
        assert {name: (row["level"], row["state"]) for name, row in rows.items() if row["level"] != "ok"} == {}
        assert set(rows) >= set(ORDER)
        assert environ["PORTHOLE_PUBLIC_HTTPS_PORT"] == environ["PORTHOLE_CADDY_HTTPS_PORT"]
        assert "This is a demonstration" in system.terminal()
        assert system.stop() == 0
        assert system.left_behind() == {}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_seeded_fault_shows_in_the_row_its_table_names_and_not_before(tmp_path: Path, fault: DemoFault) -> None:
    with demonstration(tmp_path, fault) as (system, environ):
        assert f"Seeded fault {fault.name}" in system.terminal()
        rows = run_checks(environ, fault)
    bad = [name for name in ORDER if is_bad(rows[name])]
    assert bad[:1] == [fault.check], rows
    assert all(verdict["remedy"] for verdict in rows[fault.check]["verdicts"] if is_bad(verdict))


def test_an_unknown_fault_is_answered_with_the_list(tmp_path: Path) -> None:
    answer = porthole({"PORTHOLE_DATA": str(tmp_path)}, "demo", "--fault", "fire")
    assert answer.returncode == 1
    assert "There is no fault named fire" in answer.stderr
    assert "tls-expired" in answer.stderr
    assert list(tmp_path.iterdir()) == []
