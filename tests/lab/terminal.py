"""A terminal on a machine of the lab: commands run as they are typed, with programs and a /run of that machine's own.

Namespaces share one file system; sockets of daemons and added programs must not be seen by the machine next door. So
every terminal enters the node's network and puts the machine's own folder in the place of /run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.lab.world import LabError, Node
from tests.processes import wait_until

PROJECT = Path(__file__).parents[2]
_ENTER = 'mount --bind "$1" /run && shift && exec "$@"'


class Terminal:
    """One machine's shell. `environ` is what its owner has set there. Remove with `close`."""

    def __init__(self, node: Node, folder: Path = PROJECT) -> None:
        self.node, self._here = node, folder
        # short: the path of a socket has at most 107 bytes
        self.folder = Path(tempfile.mkdtemp(prefix="porthole-pc-"))
        self.run_folder, self._programs = self.folder / "run", self.folder / "bin"
        self.environ: dict[str, str] = {}
        for made in (self.run_folder, self._programs):
            made.mkdir()
        # the lab is root everywhere, and a real sudo would choose its own path
        self.add_program("sudo", 'exec "$@"')

    @property
    def command(self) -> tuple[str, ...]:
        """What to put before a command that shall run here."""
        return (*self.node.command, "sh", "-c", _ENTER, "sh", str(self.run_folder))

    def add_program(self, name: str, script: str) -> None:
        """A program that is found by its name from now on."""
        path = self._programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def add_module(self, name: str, module: str) -> None:
        """A Python module of the tests as a program."""
        self.add_program(name, f'PYTHONPATH={PROJECT} exec {sys.executable} -m {module} "$@"')

    def type(self, line: str, seconds: float = 30) -> str:
        """Type one line and wait for its end; gives what it printed. Raises LabError with that when it fails."""
        try:
            done = subprocess.run(
                (*self.command, "bash", "-c", line),
                capture_output=True,
                text=True,
                timeout=seconds,
                cwd=self._here,
                env=self._environ(),
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise LabError(f"{line} took longer than {seconds} s") from late
        if done.returncode:
            raise LabError(f"{line} ended with {done.returncode}: {done.stdout} {done.stderr}")
        return done.stdout

    def leave_running(self, line: str) -> Running:
        """Type one line that does not end by itself."""
        return Running(line, self.command, self.folder / "terminal.txt", self._here, self._environ())

    def close(self) -> None:
        """Take the machine's folder away."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _environ(self) -> dict[str, str]:
        return {**os.environ, **self.environ, "PATH": f"{self._programs}:{os.environ['PATH']}"}


class Running:
    """A command that goes on, and what it has printed so far. It ends with `stop`."""

    def __init__(self, line: str, prefix: tuple[str, ...], output: Path, here: Path, environ: dict[str, str]) -> None:
        self.line, self._output = line, output
        with output.open("wb") as written:
            self.process = subprocess.Popen(
                (*prefix, "bash", "-c", f"exec {line}"),
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                cwd=here,
                env=environ,
                start_new_session=True,
            )

    @property
    def printed(self) -> str:
        """What stands in the window."""
        return self._output.read_text(errors="replace")

    def shows(self, words: str, seconds: float = 30) -> str:
        """Wait until these words stand there; gives everything."""

        def is_there() -> bool:
            there = words in self.printed
            assert there or self.process.poll() is None, f"{self.line} ended: {self.printed}"
            return there

        wait_until(is_there, f"{self.line} shows {words!r}", seconds)
        return self.printed

    def stop(self) -> None:
        """Ctrl-C, and in the end the hard way."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
