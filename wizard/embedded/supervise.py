"""supervisor in the foreground, with what a person at a terminal needs: notices, prefixed logs, a prompt Ctrl-C.

Run as `python -m wizard.embedded.supervise CONFIGURATION AUTOSAVE` in the data folder. supervisor starts,
watches, restarts and stops the parts; this adds no state of its own.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from supervisor import events
from supervisor.medusa import asyncore_25 as asyncore
from supervisor.options import ServerOptions
from supervisor.process import Subprocess
from supervisor.states import RUNNING_STATES, STOPPED_STATES, SupervisorStates
from supervisor.supervisord import Supervisor

_LONGEST_PAUSE_SECONDS = 20


def _say(text: str) -> None:
    with suppress(OSError):  # nobody looks any more: the terminal was closed
        print(text, flush=True)


def _read_wish(name: str) -> bytes | None:
    try:
        return Path(f"run/{name}.json").read_bytes()
    except OSError:
        return None


class _Wakeup(asyncore.dispatcher):  # type: ignore[misc]  # supervisor ships no type information
    """Readable as soon as a signal came, so that supervisor's loop looks at it at once and not within a second."""

    def __init__(self) -> None:
        ours, kernels = socket.socketpair()
        kernels.setblocking(False)
        self._kernels = kernels
        super().__init__(ours)
        signal.set_wakeup_fd(kernels.fileno(), warn_on_full_buffer=False)

    def writable(self) -> bool:
        return False

    def handle_read_event(self) -> None:
        with suppress(OSError):
            self.socket.recv(512)


class _Options(ServerOptions):  # type: ignore[misc]  # supervisor ships no type information
    def get_signal(self) -> int | None:
        """A closed terminal (SIGHUP) ends Porthole like Ctrl-C; supervisor would start everything anew."""
        received: int | None = super().get_signal()
        return signal.SIGTERM if received == signal.SIGHUP else received


class _Foreground(Supervisor):  # type: ignore[misc]  # supervisor ships no type information
    def __init__(self, options: _Options, autosave: Path) -> None:
        super().__init__(options)
        self._autosave = autosave
        self._unfinished: dict[str, str] = {}
        self._wishes: dict[str, bytes] = {}

    def runforever(self) -> None:
        events.subscribe(events.ProcessStateBackoffEvent, self._on_failed_start)
        events.subscribe(events.ProcessStateExitedEvent, self._on_exit)
        events.subscribe(events.ProcessLogEvent, self._on_log)
        events.subscribe(events.Tick5Event, self._on_tick)
        wakeup = _Wakeup()
        for group in sorted(self.process_groups.values()):
            group.transition()  # the loop itself would wait a second before it starts anything
        try:
            super().runforever()
        finally:
            signal.set_wakeup_fd(-1)
            wakeup.close()

    def _on_tick(self, _event: Any) -> None:
        # a file and not supervisor's own RPC: that would need a password, and a client in the pages
        if self.options.mood < SupervisorStates.RUNNING:
            return
        for group in self.process_groups.values():
            for process in group.processes.values():
                if not process.config.autostart:
                    self._follow_wish(process)

    def _follow_wish(self, process: Subprocess) -> None:
        """Start a part that is wished for, and stop one that is not any more, or is wished for in another way."""
        name, state = process.config.name, process.get_state()
        wish = _read_wish(name)
        if state in RUNNING_STATES and wish != self._wishes.get(name):
            process.stop()  # and a later tick starts it anew
        elif state in STOPPED_STATES and wish is not None:
            self._wishes[name] = wish
            process.spawn()

    def _on_exit(self, event: Any) -> None:
        config = event.process.config
        if config.autorestart:
            log = Path(config.stdout_logfile).resolve()
            _say(f"{config.name} ended by itself and is started again. Its log: {log}")

    def _on_failed_start(self, event: Any) -> None:
        process = event.process
        process.delay = min(process.delay, time.time() + _LONGEST_PAUSE_SECONDS)
        if process.backoff in {1, 5} or process.backoff % 50 == 0:
            log = Path(process.config.stdout_logfile).resolve()
            _say(f"{process.config.name} does not start (try {process.backoff}) and is tried again. Its log: {log}")
        if process.config.name == "caddy" and process.backoff >= 2 and self._autosave.exists():
            # twice in a row: perhaps it is the kept configuration that it cannot start with. Without it,
            # Caddy comes up empty and the worker loads the proxy hosts again
            self._autosave.replace(self._autosave.with_suffix(".json.refused"))
            _say(f"Caddy's kept configuration was moved to {self._autosave.with_suffix('.json.refused')}.")

    def _on_log(self, event: Any) -> None:
        name = event.process.config.name
        text = self._unfinished.pop(name, "") + event.data.decode(errors="replace")
        *lines, rest = text.split("\n")
        if rest:
            self._unfinished[name] = rest
        for line in lines:
            _say(line if name == "greeting" else f"{name:<8} {line}")


def main(configuration: str, autosave: str) -> None:
    """Supervise until a signal ends it, then stop every part and return."""
    options = _Options()
    options.realize(["-n", "-c", configuration])
    options.first = True
    options.test = False
    with suppress(asyncore.ExitNow):
        _Foreground(options, Path(autosave)).main()
    options.close_logger()


if __name__ == "__main__":
    os.umask(0o077)
    main(sys.argv[1], sys.argv[2])
