"""A stand-in as a process of its own: says as one line of JSON where it listens, then serves until it is ended."""

from __future__ import annotations

import json
import signal
import sys
import threading
from typing import Any


def serve_until_ended(about: dict[str, Any]) -> None:
    """Print the line and wait for SIGTERM or SIGINT."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    sys.stdout.write(json.dumps(about) + "\n")
    sys.stdout.flush()
    ended.wait()


def host_and_port(text: str, default: int) -> tuple[str, int]:
    """`host:port` or `host` of a command line; IPv6 in brackets, with a port."""
    host, mark, port = text.rpartition(":")
    return (host.strip("[]"), int(port)) if mark else (text, default)
