"""How fast access logs are counted, how that grows, and how soon a page over ten million lines opens.

Each speed stands beside another of the same run, in processor seconds, which other people's work on the machine
disturbs least: the same lines decoded by msgspec alone, and GoAccess from Debian on the same file.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from tasks.reading import read_on
from tasks.workplace import Workplace
from tests.bench.bench_pages import p95_ms, resolve_localhost, signed_in
from tests.bench.traffic_state import fill_with_traffic
from tests.fakes.access_lines import lines
from tests.jobs.acting import add_host
from tests.store.samples import sample_host
from tests.whole_system import start_system
from wizard.caddy.access_log import Line
from wizard.caddy.logs import log_file
from wizard.core.refusal import Refusal
from wizard.core.traffic import WINDOWS
from wizard.settings import Settings
from wizard.store import hosts, traffic
from wizard.store.session import migrate

LINES = 300_000
ROUNDS = 3
GROWTH = (10_000, 100_000, 1_000_000, 3_000_000)
GOACCESS_LINES = 30_000
GOACCESS_SECONDS = 240
AIM_DECODE, AIM_GOACCESS, AIM_PAGE_MS = 0.5, 20, 150
DOMAIN = "plex.example.com"
PAGES = (*(f"history?window={key}" for key in WINDOWS), "requests", "requests?words=nobody")
_BLOCK = 20_000


def write_log(folder: Path, count: int) -> Path:
    """A log of so many lines: a block of real-shaped ones, again and again, each later than the one before."""
    path = Path(log_file(str(folder), DOMAIN))
    parts = [line.partition(b'"ts":') for line in lines(min(count, _BLOCK))]
    block = [(head + colon, rest.partition(b",")[2]) for head, colon, rest in parts]
    with path.open("wb") as file:
        for number in range(count):
            head, tail = block[number % len(block)]
            file.write(b"%s%.4f,%s" % (head, 1_795_600_000 + number * 0.5, tail))
    return path


def open_place(folder: Path) -> tuple[Workplace, hosts.SavedHost]:
    """A database of its own with one proxy host whose log lies in `folder`."""
    settings = Settings.read({"PORTHOLE_DATA": str(folder), "PORTHOLE_CADDY_LOGS": str(folder)})
    assert not isinstance(settings, Refusal)
    Path(settings.database_url.removeprefix("sqlite:///")).unlink(missing_ok=True)
    migrate(settings.database_url)
    place = Workplace(settings)
    host = sample_host(DOMAIN)
    hosts.save_host(place.database, host)
    saved = hosts.load_host(place.database, host.key)
    assert saved is not None
    return place, saved


def counting(folder: Path) -> Callable[[], int]:
    """Everything the job does with a log, into an empty database; gives the lines that were counted."""
    place, saved = open_place(folder)

    def count() -> int:
        while read_on(place, saved, seconds=600):
            pass
        counted = traffic.load_log(place.database, saved.host.key).lines
        place.database.close()
        return counted

    return count


def decode_only(path: Path, kind: Any) -> int:
    """The same lines decoded by msgspec, one after the other, and nothing else."""
    decode = msgspec.json.Decoder(kind).decode
    count = 0
    with path.open("rb") as file:
        for line in file:
            decode(line)
            count += 1
    return count


def cpu_seconds(work: Callable[[], int], expected: int) -> float:
    """Processor seconds of this process."""
    began = time.process_time()
    assert work() == expected
    return time.process_time() - began


def goaccess_seconds(path: Path) -> float | None:
    """Processor seconds of GoAccess on a file; None when it is not installed or takes too long."""
    if shutil.which("goaccess") is None:
        return None
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["goaccess", str(path), "--log-format=CADDY", "--no-global-config", "--no-progress", "-o"]
    try:
        subprocess.run([*command, f"{path}.report.json"], check=True, capture_output=True, timeout=GOACCESS_SECONDS)
    except subprocess.TimeoutExpired:
        return None
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def compare(folder: Path) -> None:
    """Our speed beside msgspec alone and beside GoAccess."""
    path = write_log(folder, LINES)
    cpu_seconds(counting(folder), LINES)  # once to warm up
    ours, strict, loose = [], [], []
    for _ in range(ROUNDS):
        strict.append(cpu_seconds(lambda: decode_only(path, Line), LINES))
        ours.append(cpu_seconds(counting(folder), LINES))
        loose.append(cpu_seconds(lambda: decode_only(path, Any), LINES))
    mine = LINES / min(ours)
    print(f"counted into the database    {mine:,.0f} lines a second ({LINES:,} lines)")
    for what, seconds in (("into the same struct", strict), ("into Python objects ", loose)):
        alone = LINES / min(seconds)
        print(f"msgspec {what} {alone:,.0f} lines a second: ours is {mine / alone:.2f} of it (aim {AIM_DECODE})")
    for count in (LINES, GOACCESS_LINES):
        if beside_goaccess(path if count == LINES else write_log(folder, count), count, mine):
            return


def beside_goaccess(path: Path, count: int, mine: float) -> bool:
    """Tell how GoAccess does; False when it does not come to an end with so many lines."""
    seconds = goaccess_seconds(path)
    if seconds is None:
        print(f"GoAccess on {count:,} lines: not installed, or not done within {GOACCESS_SECONDS} s")
        return False
    theirs = count / seconds
    print(
        f"GoAccess on such a file      {theirs:,.0f} lines a second ({count:,} lines): "
        f"ours is {mine / theirs:.0f} times as fast (aim {AIM_GOACCESS})"
    )
    return True


def grow(folder: Path) -> None:
    """Time and memory of a process of its own, from few lines to many."""
    first: tuple[float, float] | None = None
    for count in GROWTH:
        path = write_log(folder, count)
        told = subprocess.run(
            [sys.executable, "-m", "tests.bench.bench_traffic", "count", str(folder), str(count)],
            check=True,
            capture_output=True,
            text=True,
        )
        seconds, megabytes = map(float, told.stdout.split())
        first = first or (seconds / count, megabytes)
        print(
            f"{count:>9,} lines: {seconds:6.2f} s, {count / seconds:,.0f} a second, "
            f"{seconds / count / first[0]:.2f} times the time a line; {megabytes:.0f} MiB, "
            f"{megabytes / first[1]:.2f} times the memory"
        )
        path.unlink()


def count_alone(folder: Path, count: int) -> None:
    """What `grow` starts: prints processor seconds of the counting, and the most memory of this process."""
    seconds = cpu_seconds(counting(folder), count)
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def open_pages(folder: Path) -> None:
    """Pages over ten million lines whose sums were put there by the verb that counting uses."""
    with start_system(folder / "data", ("valkey", "web")) as system:
        host = add_host(system, upload_mbps=40.0)
        counted = fill_with_traffic(system.place.database, host.key, 10_000_000)
        session = signed_in(system)
        plain = p95_ms(session, f"{system.url}/static/favicon.svg")
        print(f"{counted:,} lines in the sums of one host (synthetic sums, added by the verb that counting uses)")
        for page in PAGES:
            took = p95_ms(session, f"{system.url}/hosts/{host.key}/traffic/{page}")
            print(
                f"p95 of traffic/{page:<22} {took:.0f} ms, {took / plain:.1f} times a static file (aim {AIM_PAGE_MS})"
            )


def main() -> None:
    """Measure on an otherwise idle machine."""
    if sys.argv[1:2] == ["count"]:
        count_alone(Path(sys.argv[2]), int(sys.argv[3]))
        return
    resolve_localhost()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        compare(folder)
        grow(folder)
        open_pages(folder)
    print(f"load of this machine  {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
