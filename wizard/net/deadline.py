"""One overall time limit for a whole conversation, however slowly the other side drips."""

from __future__ import annotations

import time


class Deadline:
    """Ends `seconds` from now. Every socket operation gets what is left, so many short waits cannot add up."""

    def __init__(self, seconds: float) -> None:
        self._started = time.monotonic()
        self._ends = self._started + seconds

    def left(self) -> float:
        """Seconds left. Raises TimeoutError when none are."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time limit of the whole call passed")
        return left

    def spent(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._started

    def share(self, ways: int) -> Deadline:
        """A part of what is left, for one of several attempts. Raises TimeoutError when nothing is left."""
        return Deadline(self.left() / max(ways, 1))

    def within(self, seconds: float) -> Deadline:
        """At most `seconds`, and never longer than this one. Raises TimeoutError when nothing is left."""
        return Deadline(min(self.left(), seconds))
