"""A whole Porthole started the way a person starts it, on free ports, for the tests beside it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from tests.fakes.ports import free_port
from tests.processes import WAIT_SECONDS, wait_until
from tests.runtime.watching import end_all, processes_of
from wizard.embedded.launch import started_ticks

HEALTHY = ("web", "database", "broker", "worker", "caddy")
PARTS = ("valkey", "caddy", "web", "worker", "beat")


def fetch(listen: str, path: str) -> tuple[int, str]:
    """Status and body of a page; status 0 when nobody answers."""
    try:
        with urllib.request.urlopen(f"http://{listen}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()
    except OSError:
        return 0, ""


def fetch_states(listen: str) -> dict[str, str] | None:
    """What /healthz says, None when nobody answers."""
    _, body = fetch(listen, "/healthz")
    return json.loads(body) if body.startswith("{") else None


class System:
    """`porthole up` with a data folder of its own. `stop` and start again as often as wanted; `close` at the end.

    `prefix` is a command that runs it, such as one that enters a network namespace.
    """

    def __init__(self, data: Path, **environ: str) -> None:
        self.data = data
        self.prefix: tuple[str, ...] = ()
        self.listen = f"127.0.0.1:{free_port()}"
        self._short = tempfile.TemporaryDirectory(prefix="porthole-test-")
        self.environ = {
            **os.environ,
            "XDG_RUNTIME_DIR": self._short.name,
            "PORTHOLE_DATA": str(data),
            "PORTHOLE_LISTEN": self.listen,
            "PORTHOLE_STUN_SERVERS": "none",
            "PORTHOLE_ADDRESS_SERVICES": "none",
            "PORTHOLE_CADDY_HTTP_PORT": str(free_port()),
            "PORTHOLE_CADDY_HTTPS_PORT": str(free_port()),
            **environ,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self._output = Path(self._short.name) / "terminal.txt"

    def start(self, *arguments: str) -> None:
        """Start it and wait until every part says ok; fails the test with what the terminal shows otherwise."""
        self.spawn(*arguments)
        wait_until(self._is_up, "every part is ok and the greeting is shown")

    def _is_up(self) -> bool:
        assert self.process is not None
        # fail at once, with what the person would see, instead of waiting in vain
        assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.terminal()}"
        assert "does not start (try 5)" not in self.terminal(), f"{self.terminal()}\n{self.log('web')[-2000:]}"
        return self.states() == dict.fromkeys(HEALTHY, "ok") and "Porthole is running." in self.terminal()

    def log(self, part: str) -> str:
        """What a part has written."""
        return (self.data / "log" / f"{part}.log").read_text(errors="replace")

    def spawn(self, *arguments: str) -> None:
        """Start it without waiting."""
        command = [*self.prefix, sys.executable, "-m", "wizard.cli", *(arguments or ("up",))]
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def states(self) -> dict[str, str] | None:
        """What /healthz says, None when nobody answers."""
        return fetch_states(self.listen)

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page; status 0 when nobody answers."""
        return fetch(self.listen, path)

    def terminal(self) -> str:
        """Everything it has written to its terminal since the last start."""
        return self._output.read_text(errors="replace")

    def link(self) -> str:
        """The path of the link it printed, with the set-up code when there is one."""
        found = re.search(rf"Open +http://{re.escape(self.listen)}(\S*)", self.terminal())
        assert found, self.terminal()
        return found[1]

    def pid(self, part: str) -> int:
        """The living process of a part, 0 when there is none right now."""
        try:
            pid, ticks = (self.data / "run" / f"{part}.pid").read_text().split()
        except (OSError, ValueError):
            return 0
        return int(pid) if started_ticks(int(pid)) == ticks else 0

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal to the process that was started, as a terminal would, and wait for its end."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(WAIT_SECONDS)

    def left_behind(self) -> dict[int, str]:
        """Processes of this data folder that live."""
        return processes_of(self.data)

    def close(self) -> None:
        """End everything, whatever state it is in."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(WAIT_SECONDS)
        end_all(self.data)
        self._short.cleanup()
