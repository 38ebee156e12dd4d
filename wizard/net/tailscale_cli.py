"""The one question that only Tailscale's command line answers: netcheck. It asks Tailscale's own servers."""

from __future__ import annotations

import json
import shutil
import subprocess

from wizard.core.tailnet_netcheck import NetCheck, read_netcheck

SECONDS = 15.0


def find_cli() -> str:
    """The command line program; empty when there is none on the path."""
    return shutil.which("tailscale") or ""


def netcheck(program: str, socket: str, *, seconds: float = SECONDS) -> NetCheck | None:
    """One report, None when there was none in time. A warning that the format may change goes to stderr."""
    command = [program, *([f"--socket={socket}"] if socket else []), "netcheck", "--format=json"]
    try:
        ended = subprocess.run(command, capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL, check=False)
        report = json.loads(ended.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError, RecursionError):
        return None
    return read_netcheck(report)
