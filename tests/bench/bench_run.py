"""How long a run takes beside its slowest check, and how soon a page shows what changed. `make bench` runs it.

Each number stands beside another of the same run: the wall time beside the slowest check and beside the longest
chain of checks that need each other, news on the page beside a plain request for that page.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import requests

from tasks.queueing import NEEDS, USUAL, advance
from tests.bench.bench_pages import p95_ms, signed_in
from tests.jobs.acting import add_host, ended_run, start_apply
from tests.whole_system import System, start_system
from wizard.core.hosts import ProxyHost
from wizard.core.runs import State
from wizard.store import progress
from wizard.store.runs import Result, Run

ROUNDS = 8
AIM_RATIO, AIM_NEWS_SECONDS = 1.2, 1
# none of these needs another one of them, so nothing but the worker can make one wait
INDEPENDENT = ("upstream", "dns", "reach", "headers", "websocket", "events", "streaming", "exposure", "drift")
_OVER = re.compile(r"<span>(Passed|Failed|Warning|Skipped|Could not tell|Could not run)</span>")


def made(system: System, host: ProxyHost, checks: Sequence[str]) -> Run:
    """A run of these checks, once it has ended."""
    run_id = progress.create_run(system.place.database, host.key, checks).id
    advance(system.place, run_id)
    return ended_run(system, run_id)


def wall_seconds(run: Run) -> float:
    """From the rows being there to the end of the last one."""
    assert run.finished_at is not None
    return (run.finished_at - run.created_at).total_seconds()


def slowest(run: Run) -> Result:
    """The check that took longest."""
    return max(run.results, key=lambda result: result.seconds)


def chain_seconds(run: Run, needs: Mapping[str, Sequence[str]]) -> float:
    """The longest chain of checks that need each other: no run of them can be shorter."""
    seconds = {result.check: result.seconds for result in run.results}

    @cache
    def until(check: str) -> float:
        return seconds[check] + max((until(one) for one in needs[check] if one in seconds), default=0.0)

    return max(until(check) for check in seconds)


@contextmanager
def watched(session: requests.Session, url: str) -> Iterator[dict[str, float]]:
    """When each row was first shown as over, by the live stream of a run's page. Seconds since the epoch."""
    shown: dict[str, float] = {}
    answer = session.get(f"{url}/stream", stream=True, timeout=60)

    def follow() -> None:
        for line in answer.iter_lines():
            if not line.startswith(b"data: "):
                continue
            for name, part in json.loads(line[6:]).get("parts", {}).items():
                if name.startswith("check-") and _OVER.search(part):
                    shown.setdefault(name.removeprefix("check-"), time.time())

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    yield shown
    thread.join(10)
    answer.close()


def news_seconds(system: System, session: requests.Session, host: ProxyHost) -> list[float]:
    """From the end of each row, as the worker wrote it down, to its arrival on the page."""
    run_id = progress.create_run(system.place.database, host.key, USUAL).id
    with watched(session, f"{system.url}/hosts/{host.key}/checks/{run_id}") as shown:
        advance(system.place, run_id)
        run = ended_run(system, run_id)
        time.sleep(1.5)  # the last news may still be on its way
    ends = {one.check: one.finished_at for one in run.results if one.finished_at and one.state is State.DONE}
    return [shown[name] - at.astimezone(UTC).timestamp() for name, at in ends.items() if name in shown]


def report(name: str, runs: list[Run], *, has_order: bool) -> None:
    """One line for each measure; the median of the runs."""
    walls = [wall_seconds(run) for run in runs]
    tops = [slowest(run) for run in runs]
    ratios = [wall / top.seconds for wall, top in zip(walls, tops, strict=True)]
    print(
        f"{name}: {statistics.median(walls):.2f} s; slowest check {tops[0].check} "
        f"{statistics.median(top.seconds for top in tops):.2f} s; ratio {statistics.median(ratios):.2f} "
        f"({min(ratios):.2f} to {max(ratios):.2f}), aim {AIM_RATIO}"
    )
    if has_order:
        chains = [wall / chain_seconds(run, NEEDS) for wall, run in zip(walls, runs, strict=True)]
        print(
            f"{name}, against the longest chain of checks that need each other: ratio {statistics.median(chains):.2f}"
        )


def main() -> None:
    """Print each number with its aim and what it compares with."""
    with tempfile.TemporaryDirectory() as folder, start_system(Path(folder)) as system:
        session = signed_in(system)
        host = add_host(system)
        ended_run(system, start_apply(system, host, *USUAL))  # warm, and every certificate is there
        print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        report("a usual run", [made(system, host, USUAL) for _ in range(ROUNDS)], has_order=True)
        report(
            "checks that need nothing of each other",
            [made(system, host, INDEPENDENT) for _ in range(ROUNDS)],
            has_order=False,
        )
        news = [seconds for _ in range(ROUNDS) for seconds in news_seconds(system, session, host)]
        p95 = statistics.quantiles(news, n=20)[-1]
        page = p95_ms(session, f"{system.url}/hosts/{host.key}/checks") / 1000
        print(
            f"from the end of a check to the page, {len(news)} rows: p95 {p95:.2f} s, median "
            f"{statistics.median(news):.2f} s, aim {AIM_NEWS_SECONDS} s; "
            f"{p95 / page:.0f} times a plain page of {page * 1000:.0f} ms"
        )


if __name__ == "__main__":
    main()
