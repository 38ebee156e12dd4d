"""Looks at the processes of a data folder, for the tests beside it."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path


def processes_of(data: Path) -> dict[int, str]:
    """Every living process that was started for this data folder: its id and command line.

    Found by the environment it was handed, or by the folder's name in its command line: a program that gives itself
    a title overwrites its environment. Neither is lost by changing parent or group.
    """
    mark, path = f"PORTHOLE_DATA={data}\0".encode(), f"{data}/".encode()
    found = {}
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if not folder.name.isdigit() or int(folder.name) == os.getpid():
                continue
            command = (folder / "cmdline").read_bytes()  # empty for a zombie, which has ended already
            if command and (mark in (folder / "environ").read_bytes() or path in command):
                found[int(folder.name)] = command.replace(b"\0", b" ").decode(errors="replace").strip()
    return found


def memory_bytes(pids: list[int]) -> int:
    """What these processes use together, shared pages counted once (proportional set size)."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def end_all(data: Path) -> None:
    """Kill whatever is left of a data folder, so that a failed test leaves nothing to the next one."""
    for pid in processes_of(data):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
