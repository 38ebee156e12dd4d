"""What is said between this machine and a worker elsewhere: a Question there, an Observation back. Pure values.

Both travel as JSON. A question holds nothing secret, and what comes back is believed only as far as its shape.
See the decision record “What crosses to another machine”.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

QUEUE = "vantage."  # and the name of the vantage
STATIONS = "porthole:vantages"  # a hash in the broker: name -> Station as JSON
MOST_BYTES = 256 * 1024
"""The largest observation that is looked at."""

ALIVE_SECONDS = 20.0
BEAT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Question:
    """One observation to be made elsewhere.

    `run_id`, `row` and `attempt` say where the answer belongs; `reply` is a one-time word without which it is not
    taken. `subject` is what the check needs. `until` is when nobody waits any more, by the broker's clock.
    """

    run_id: int
    row: str
    attempt: int
    reply: str
    subject: dict[str, Any]
    until: float


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen for one question; `trouble` says in one line why nothing was."""

    run_id: int
    row: str
    attempt: int
    reply: str
    observed: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Station:
    """A worker elsewhere as it last wrote itself down. `seen_at` is the broker's clock, in seconds since 1970.

    `machine` is the same for two processes on one machine, and says nothing else about it.
    """

    name: str
    version: str = ""
    checks: tuple[str, ...] = ()
    seen_at: float = 0.0
    machine: str = ""
    instance: str = ""
    has_left: bool = False

    def is_alive(self, now: float) -> bool:
        """True when it gave a sign of life lately, and did not say good-bye."""
        return not self.has_left and now - self.seen_at < ALIVE_SECONDS


def queue_of(vantage: str) -> str:
    """The queue that a worker elsewhere takes its questions from."""
    return f"{QUEUE}{vantage}"
