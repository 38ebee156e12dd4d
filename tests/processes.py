"""Processes that tests start, stop and kill by their id: each with its own log, none outlives the test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from wizard.embedded import launch

WAIT_SECONDS = 30.0


def wait_until(is_so: Callable[[], object], what: str, seconds: float = WAIT_SECONDS) -> None:
    """Return as soon as it is so; fail the test with `what` when it never is."""
    ends_at = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > ends_at:
            pytest.fail(f"waited {seconds:.0f} s in vain until {what}")
        time.sleep(0.02)


class Process:
    """One program that can be started again and again. `folder` gets its log and its process id.

    Start it from the main thread: the kernel ends it when the thread that started it is gone.
    """

    def __init__(
        self, name: str, command: Sequence[str], folder: Path, environ: Mapping[str, str], user: str | None = None
    ) -> None:
        self.name = name
        self.folder = folder
        self.command = tuple(command)
        self.environ = dict(environ)
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None
        self._log_begins = 0

    @property
    def pid(self) -> int:
        """The operating system's number for it. Raises AssertionError before the first start."""
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """True until it ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """Everything it wrote, over all its starts."""
        path = self.folder / f"{self.name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def log_since_start(self) -> str:
        """What it wrote since its latest start."""
        return self.log[self._log_begins :]

    def start(self) -> None:
        """Start it; nothing happens while it runs."""
        if self.is_running:
            return
        self._log_begins = len(self.log)
        pidfile = self.folder / f"{self.name}.pid"
        command = [
            *(sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), str(pidfile), "0"),
            *(f"{name}={value}" for name, value in self.environ.items()),
            *("--", *self.command),
        ]
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                command if self._user is None else self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                user=self._user,
                env={**os.environ, **self.environ},
            )

    def pause(self) -> None:
        """Let it stand still in the middle of whatever it does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it in peace, with force when it does not listen; may be called twice."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it outright, as the kernel does when memory runs out."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
