"""Seconds from `porthole up` to the first page, memory of all processes, seconds to stop. `make bench` runs it."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from tests.runtime.system import PARTS, System, fetch
from tests.runtime.watching import memory_bytes

STARTS = 3
AIM_SECONDS, AIM_MEGABYTES = 3.0, 300.0


def first_page_seconds(system: System) -> float:
    """Start and ask until the first page answers, then wait until every part does."""
    began = time.monotonic()
    system.spawn()
    while fetch(system.listen, "/login")[0] == 0:
        time.sleep(0.01)
    seconds = time.monotonic() - began
    while set((system.states() or {"": ""}).values()) != {"ok"}:
        time.sleep(0.05)
    return seconds


def main() -> None:
    """Start, measure and stop a few times: the first time in an empty data folder."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        system = System(Path(folder) / "data")
        seconds, megabytes, stops = [], [], []
        try:
            for _ in range(STARTS):
                seconds.append(first_page_seconds(system))
                time.sleep(5)  # beat starts last
                living = system.left_behind()
                megabytes.append(memory_bytes(list(living)) / 1e6)
                by_part = {part: memory_bytes([system.pid(part)]) / 1e6 for part in PARTS}
                began = time.monotonic()
                system.stop()
                stops.append(time.monotonic() - began)
        finally:
            system.close()
    print(f"start to first page   {', '.join(f'{one:.2f}' for one in seconds)} s (aim {AIM_SECONDS:.0f} s)")
    print(f"memory of everything  {statistics.median(megabytes):.0f} MB (aim {AIM_MEGABYTES:.0f} MB)")
    print(f"  of which            {', '.join(f'{part} {size:.0f}' for part, size in by_part.items())}")
    print(f"stop                  {statistics.median(stops):.2f} s")
    print(f"load of this machine  {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
