"""A desk in the lab: somebody's computer, with a browser that runs in that computer's network."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.lab.terminal import PROJECT
from tests.lab.world import Node
from tests.processes import wait_until

PICTURES = PROJECT / "artifacts" / "walkthrough"


class Desk:
    """Somebody at a browser; `tests/lab/browser.py` says what each command does. A context manager."""

    def __init__(self, node: Node, folder: Path) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        self._log = folder / f"browser-{node.name}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                (*node.command, sys.executable, "-m", "tests.lab.browser", str(PICTURES)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=PROJECT,
                text=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._process.stdout.close()

    def does(self, command: str, **fields: str) -> Any:
        """One command. Raises LookupError when no such label is to be seen."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": command, **fields}) + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline()
        assert said, f"the browser ended: {self._log.read_text()}"
        answer = json.loads(said)
        if "missing" in answer:
            raise LookupError(answer["missing"])
        assert "error" not in answer, answer["error"]
        return answer["said"]

    @property
    def words(self) -> str:
        """What stands on the page."""
        return str(self.does("words"))

    def open(self, url: str) -> None:
        """Go to an address."""
        self.does("open", url=url)

    def shows(self, label: str, seconds: float = 30) -> None:
        """Wait for a label, as a person does who looks on."""
        wait_until(lambda: self.does("sees", label=label), f"the page shows {label!r}", seconds)
