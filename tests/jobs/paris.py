"""A real `porthole vantage` on this machine, which the tests of jobs ask as if it were far away."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.stations import broker_now, find_station, forget_station
from tests.processes import Process, wait_until
from tests.whole_system import System

NAME = "paris"


@contextmanager
def started(system: System, folder: Path, name: str = NAME) -> Iterator[Process]:
    """The process, once it is heard of. It knows the broker and nothing else: its folder is empty."""
    command = (
        *(sys.executable, "-P", "-m", "wizard.cli", "vantage"),
        *("--name", name, "--broker", system.settings.broker_url),
    )
    folder.mkdir(exist_ok=True)
    root = str(Path(__file__).resolve().parents[2])
    process = Process(name, command, folder, {"PYTHONPATH": root})
    process.start()
    try:
        wait_until(lambda: f"Looking as {name}" in process.log, f"{name} is ready")
        yield process
    finally:
        process.stop()
        forget_station(system.place.redis, name)


def is_heard(system: System, name: str = NAME) -> bool:
    """Whether it counts as alive."""
    station = find_station(system.place.redis, name)
    return station is not None and station.is_alive(broker_now(system.place.redis))
