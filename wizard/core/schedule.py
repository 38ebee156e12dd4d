"""When proxy hosts are checked by themselves, and how long what was found is kept. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from wizard.core.health import CONFIRM, SCHEDULE

INTERVALS = (5, 15, 60)
KEEPS = (30, 90)
CONFIRM_AFTER = timedelta(seconds=60)
TICK = timedelta(seconds=30)  # how often somebody looks whether a host is due
_UNWATCHED_OLD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Schedule:
    """What the owner chose. `minutes` is None when hosts are checked only by hand."""

    minutes: int | None = 15
    keep_days: int = 90

    @property
    def interval(self) -> timedelta | None:
        """Between two runs of one host."""
        return timedelta(minutes=self.minutes) if self.minutes else None

    @property
    def old_after(self) -> timedelta:
        """After how long a result says nothing any more: three intervals, else a day."""
        return 3 * self.interval if self.interval else _UNWATCHED_OLD

    @property
    def words(self) -> str:
        """`every 15 minutes`; empty when there is no schedule."""
        return {None: "", 60: "every hour"}.get(self.minutes, f"every {self.minutes} minutes")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A host that may be due: its newest run, whether that goes on, and since when it is in doubt."""

    host_key: str
    last_run: int = 0
    last_at: datetime | None = None
    is_running: bool = False
    doubted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A run to start, unless the host has a newer one than `last_run` by then."""

    host_key: str
    cause: str
    last_run: int


def due_runs(candidates: Sequence[Candidate], schedule: Schedule, now: datetime) -> list[Due]:
    """Which hosts to check now.

    Doubts come first and all at once. Of those whose interval is over, the ones that wait longest, and only as many
    as keep the pace: after a pause not all hosts are checked at the same moment, and they stay apart from then on.
    """
    interval = schedule.interval
    if interval is None:
        return []
    idle = [one for one in candidates if not one.is_running]
    doubted = [one for one in idle if one.doubted_at is not None and now - one.doubted_at >= CONFIRM_AFTER]
    over = [one for one in idle if one.doubted_at is None and (one.last_at is None or now - one.last_at >= interval)]
    over.sort(key=lambda one: (one.last_at is not None, one.last_at, one.host_key))
    pace = max(1, ceil(len(candidates) * TICK / interval))
    return [
        *(Due(one.host_key, CONFIRM, one.last_run) for one in doubted),
        *(Due(one.host_key, SCHEDULE, one.last_run) for one in over[:pace]),
    ]
