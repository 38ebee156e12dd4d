"""How a proxy host stands over time: one failure is a doubt, two in a row are red, one success brings it back.

Pure. A run that the owner started is shown as it is: they are looking at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from wizard.core.runs import Standing

OWNER, SCHEDULE, CONFIRM = "owner", "schedule", "confirm"
"""Who asked for a run: the owner, the schedule, or the schedule again because the run before was a first failure."""

DEFINITE = frozenset({Standing.WORKING, Standing.WARNINGS, Standing.NOT_WORKING})
GOOD = frozenset({Standing.WORKING, Standing.WARNINGS})


@dataclass(frozen=True, slots=True)
class Past:
    """One run that has ended."""

    standing: Standing
    cause: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """How a host stands and since which run. `in_doubt`: the last run failed, and is made again soon to be sure."""

    standing: Standing
    at: datetime | None = None
    in_doubt: bool = False


def health_of(past: Sequence[Past]) -> Health:
    """How a host stands after its ended runs, the newest first, whatever their age.

    A run that could not tell counts neither for nor against it, and a scheduled one that was stopped not at all.
    """
    known = [one for one in past if one.standing is not Standing.STOPPED or one.cause == OWNER]
    if not known:
        return Health(Standing.NOT_CHECKED)
    newest = known[0]
    if newest.standing is not Standing.NOT_WORKING or newest.cause == OWNER:
        return Health(newest.standing, newest.at)
    before = next((one.standing for one in known[1:] if one.standing in DEFINITE), None)
    if before in GOOD:
        return Health(before, newest.at, in_doubt=True)
    return Health(Standing.NOT_WORKING, newest.at)


def aged(health: Health, now: datetime, old_after: timedelta) -> Health:
    """The same, or OLD when nobody has looked for too long."""
    if health.at is not None and now - health.at > old_after:
        return replace(health, standing=Standing.OLD, in_doubt=False)
    return health


@dataclass(frozen=True, slots=True)
class DayCount:
    """What one run adds to the history of its day."""

    checks: int = 0
    failures: int = 0
    interruptions: int = 0


def counted(past: Sequence[Past], *, has_worked: bool) -> DayCount:
    """What the newest of some ended runs adds to its day.

    Confirming runs add nothing, because they come only after a failure. A host has no interruptions before it has
    worked for the first time (`has_worked`): until then it is being set up.
    """
    if not past or past[0].cause == CONFIRM or past[0].standing not in DEFINITE:
        return DayCount()
    if past[0].standing in GOOD:
        return DayCount(checks=1)
    if not has_worked:
        return DayCount()
    before = next((one.standing for one in past[1:] if one.standing in DEFINITE), None)
    return DayCount(1, 1, 0 if before is Standing.NOT_WORKING else 1)
