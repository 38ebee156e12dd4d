"""One Porthole for one data folder: the lock, and the end of processes that an earlier one left behind."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from pathlib import Path

from wizard.core.refusal import Refusal
from wizard.embedded.launch import started_ticks

_WAIT_SECONDS = 10.0


def take_lock(data: Path) -> int | Refusal:
    """Hold the data folder for as long as this process lives, also across exec. Returns the open lock."""
    lock = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 32).decode().strip()
        os.close(lock)
        known = f" (process {holder})" if holder else ""
        return Refusal(
            f"Porthole is already running with the data folder {data}{known}. "
            "Stop that one first, or set PORTHOLE_DATA to another folder."
        )
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    os.set_inheritable(lock, True)  # exec keeps it; supervisor closes it in the parts it starts
    return lock


def end_leftovers(run_folder: Path, wait_seconds: float = _WAIT_SECONDS) -> list[str]:
    """End parts that outlived their supervisor, politely, then by force; returns their names. Call under the lock."""
    left = {pidfile.stem: pid for pidfile in run_folder.glob("*.pid") if (pid := _living(pidfile))}
    for number in (signal.SIGTERM, signal.SIGKILL):
        for name in left:
            _signal(run_folder / f"{name}.pid", number)
        deadline = time.monotonic() + wait_seconds
        while any(_living(run_folder / f"{name}.pid") for name in left) and time.monotonic() < deadline:
            time.sleep(0.05)
    for pidfile in run_folder.glob("*.pid"):
        pidfile.unlink(missing_ok=True)
    return sorted(left)


def _living(pidfile: Path) -> int | None:
    """The process a pid file names, None unless it is that very process: ids are given out again."""
    try:
        pid, ticks = pidfile.read_text().split()
    except (OSError, ValueError):
        return None
    return int(pid) if pid.isdigit() and ticks == started_ticks(int(pid)) else None


def _signal(pidfile: Path, number: signal.Signals) -> None:
    if pid := _living(pidfile):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
