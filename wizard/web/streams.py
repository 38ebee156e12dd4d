"""Server-sent events: how many each browser may hold, and how an event is written."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

MOST_PER_BROWSER = 3
_open: Counter[str] = Counter()
_lock = threading.Lock()


@contextmanager
def place_for(browser: str) -> Iterator[bool]:
    """True while a browser holds no more streams than it may; more would block its other pages."""
    with _lock:
        fits = _open[browser] < MOST_PER_BROWSER
        if fits:
            _open[browser] += 1
    try:
        yield fits
    finally:
        if fits:
            with _lock:
                _open[browser] -= 1
                if not _open[browser]:
                    del _open[browser]


def event(data: str, *, number: int) -> str:
    """One event of the stream, with the number a browser names when it comes back."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"id: {number}\n{lines}\n"


KEEP_ALIVE = ": still here\n\n"
