"""The stand-in Plex as a process of its own, asked and changed through its control endpoint.

Must not start anything but `python -m tests.fakes.plex`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import requests

_PROJECT = Path(__file__).parents[2]


class PlexProcess:
    """A running process; a context manager. `about` holds what it printed when it began to listen."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments if "--port" in arguments else ("--port", "0", *arguments)
        self._process: subprocess.Popen[str] | None = None
        self.about: dict[str, Any] = {}

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.fakes.plex", "--control-port", "0", *self._arguments]
        self._process = subprocess.Popen(command, cwd=_PROJECT, stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            self.__exit__(None, None, None)
            raise RuntimeError(f"{' '.join(command)} did not start")
        self.about = json.loads(line)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        with self._process as process:  # closes its pipe
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()

    @property
    def url(self) -> str:
        """Base address over plain HTTP."""
        return str(self.about["url"])

    @property
    def pid(self) -> int | None:
        """Its process id."""
        return self._process.pid if self._process is not None else None

    def seen(self, since: int = 0) -> list[dict[str, Any]]:
        """Every request after number `since`, as JSON objects with the fields of SeenRequest."""
        return cast("list[dict[str, Any]]", self.ask("GET", f"/seen?since={since}"))

    def change(self, **changes: Any) -> None:
        """Change settings while it runs, e.g. change(behaviour="silent")."""
        self.ask("PATCH", "/settings", changes)

    def prefer(self, **preferences: Any) -> None:
        """Set preferences as if the owner had."""
        self.ask("PATCH", "/preferences", preferences)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Any call of the control endpoint. Raises requests.HTTPError when it does not understand."""
        with requests.Session() as session:
            session.trust_env = False  # a proxy from the environment must not stand in between
            answer = session.request(method, f"{self.about['control']}{path}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()
