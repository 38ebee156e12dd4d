"""Renders supervisor's configuration for a set of parts. Pure.

Paths of logs are relative: supervisor is started in the data folder.
"""

from __future__ import annotations

import getpass
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from wizard.embedded.parts import Part

_LAUNCH = Path(__file__).with_name("launch.py")
# supervisor never gives up: a part may wait for a port, a disk or a person; its pauses are bounded in supervise.py
_RETRIES = 1_000_000


def render(parts: Sequence[Part], supervisor_pid: int, *, verbose: bool) -> str:
    """The whole configuration. Carrying parts form a group of their own that is started first and stopped last."""
    sections = [_head()]
    sections += [_program(part, supervisor_pid, verbose=verbose) for part in parts]
    for name, priority, carries in (("ground", 1, True), ("house", 2, False)):
        members = [part.name for part in parts if part.carries == carries]
        if members:
            sections.append(f"[group:{name}]\nprograms={','.join(members)}\npriority={priority}\n")
    return "\n".join(sections)


def _head() -> str:
    # naming the user we are anyway keeps supervisor from warning about root
    user = f"user={getpass.getuser()}\n" if os.getuid() == 0 else ""
    return (
        "[supervisord]\nnodaemon=true\nsilent=true\nminfds=256\npidfile=run/supervisor.pid\nchildlogdir=log\n"
        f"logfile=log/supervisor.log\nlogfile_maxbytes=1MB\nlogfile_backups=1\n{user}"
    )


def _program(part: Part, supervisor_pid: int, *, verbose: bool) -> str:
    command = (
        *(
            sys.executable,
            "-I",
            "-S",
            str(_LAUNCH),
            str(supervisor_pid),
            f"run/{part.name}.pid",
            str(part.pause_seconds),
        ),
        *(f"{name}={value}" for name, value in part.environ),
        "--",
        *part.command,
    )
    rows = {
        "command": " ".join(_quote(word) for word in command),
        "autostart": "false" if part.wished else "true",
        "autorestart": "false" if part.once else "true",
        "startsecs": str(part.settle_seconds),
        "startretries": str(_RETRIES),
        "stopsignal": "TERM",
        "stopwaitsecs": str(part.stop_seconds),
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": f"log/{part.name}.log",
        "stdout_logfile_maxbytes": "1MB",
        "stdout_logfile_backups": "3",
        "stdout_events_enabled": "true" if verbose or part.loud else "false",
    }
    return f"[program:{part.name}]\n" + "".join(f"{name}={value}\n" for name, value in rows.items())


def _quote(word: str) -> str:
    """One word for three readers: ConfigParser (inline comments), supervisor's % expansion, and shlex."""
    # a comment begins with ; or # after a space, even inside quotes: closing the quotes in between hides it
    quoted = shlex.quote(word).replace(";", "'\";\"'").replace("#", "'\"#\"'")
    return quoted.replace("%", "%%")
