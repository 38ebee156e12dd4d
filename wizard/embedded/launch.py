"""Starts one part and becomes it: `launch.py PARENT PIDFILE PAUSE [NAME=VALUE…] -- PROGRAM ARGUMENT…`.

Run as a plain script with an isolated interpreter, so it knows nothing but the standard library. It ties the part's
life to its parent's, so that nothing is left behind even when the parent is killed outright, and notes which process
this is, so that the next start can end one that was left all the same.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # prctl(2)


def started_ticks(pid: int) -> str:
    """When a living process started, in clock ticks since boot as proc(5) has it; empty when there is none.

    Together with the process id it names one process for good: an id alone may be given out again.
    """
    try:
        # the name in brackets may hold spaces and brackets itself: what counts comes after its last bracket
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] in {"Z", "X"} else fields[19]
    except (OSError, IndexError):
        return ""


def _follow_parent(parent: int) -> None:
    """Ask the kernel to send this process SIGTERM when its parent dies; kept across exec."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        sys.exit(1)


def main(arguments: list[str]) -> None:
    """Become the part after a pause in seconds; does not return."""
    parent, pidfile, pause, *rest = arguments
    split = rest.index("--")
    environ, command = dict(item.split("=", 1) for item in rest[:split]), rest[split + 1 :]
    _follow_parent(int(parent))
    Path(pidfile).write_text(f"{os.getpid()} {started_ticks(os.getpid())}\n")
    time.sleep(float(pause))
    os.execve(command[0], command, {**os.environ, **environ})  # noqa: S606 - a program and its arguments


if __name__ == "__main__":
    main(sys.argv[1:])
