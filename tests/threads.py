"""Calls that start at the same moment, for tests of what happens when two come at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")

_WAIT_SECONDS = 30.0


def together(*calls: Callable[[], T]) -> list[T]:
    """Make every call in a thread of its own, all released at once; gives their results in order, or raises."""
    barrier = Barrier(len(calls))

    def made(call: Callable[[], T]) -> T:
        barrier.wait(_WAIT_SECONDS)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(_WAIT_SECONDS) for future in [pool.submit(made, call) for call in calls]]
