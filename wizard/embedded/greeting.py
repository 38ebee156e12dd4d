"""Waits until the pages can be opened, then shows the greeting once: `greeting.py HEALTH-URL TEXT-FILE`.

Run as a plain script with an isolated interpreter: standard library only. It never decides anything.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

_WAIT_SECONDS = 60.0
_PAUSE_SECONDS = 0.05


def _parts(url: str) -> dict[str, str] | None:
    """What each part says of itself, None while nobody answers. 503 with a body is an answer, too."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:
            body = answer.read()
    except urllib.error.HTTPError as problem:
        body = problem.read()
    except OSError:
        return None
    try:
        parts = json.loads(body)
    except ValueError:
        return None
    return parts if isinstance(parts, dict) else None


def _wait(url: str, deadline: float, *, for_all: bool) -> dict[str, str] | None:
    seen = None
    while time.monotonic() < deadline:
        seen = _parts(url) or seen
        if seen is not None and (not for_all or all(state == "ok" for state in seen.values())):
            return seen
        time.sleep(_PAUSE_SECONDS if not for_all else 0.5)
    return seen


def main(url: str, text: Path) -> None:
    """Show the greeting when the pages answer; say which part is missing when one stays away."""
    if _wait(url, time.monotonic() + _WAIT_SECONDS, for_all=False) is None:
        print(f"The pages do not answer after {_WAIT_SECONDS:.0f} seconds. Look into the logs of this data folder.")
        return
    print(text.read_text(), flush=True)
    parts = _wait(url, time.monotonic() + _WAIT_SECONDS, for_all=True) or {}
    if missing := ", ".join(name for name, state in parts.items() if state != "ok"):
        print(f"Not running yet: {missing}. Look into the logs of this data folder.", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
