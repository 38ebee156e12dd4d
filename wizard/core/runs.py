"""The course of a run, as pure functions over its rows: what may start, what is skipped, how it stands.

A check may start when every check it needs, and that is part of the run, has ended without a FAILURE.
UNKNOWN never blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wizard.core.verdicts import Level, worst

APPLY = "apply"  # the row that stands for giving Caddy its configuration


class State(StrEnum):
    """Where one row of a run stands."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    STOPPED = "stopped"


ENDED = frozenset({State.DONE, State.SKIPPED, State.STOPPED})


@dataclass(frozen=True, slots=True)
class Row:
    """One check within a run, in its latest attempt. `level` is None until it is DONE."""

    check: str
    state: State
    level: Level | None = None

    @property
    def blocks(self) -> bool:
        """True when what depends on this row cannot be asked."""
        return self.state in {State.SKIPPED, State.STOPPED} or self.level is Level.FAILURE


@dataclass(frozen=True, slots=True)
class Moves:
    """What to do next: checks to start, and checks to skip with the check that is the cause."""

    start: tuple[str, ...] = ()
    skip: tuple[tuple[str, str], ...] = ()


def next_moves(rows: Sequence[Row], needs: Mapping[str, Sequence[str]]) -> Moves:
    """Which waiting rows may start and which can never start. Skips spread to the end in one call."""
    by_name = {row.check: row for row in rows}
    skipped: dict[str, str] = {}
    start: list[str] = []
    for row in _in_order(rows, needs):
        if row.state is not State.WAITING:
            continue
        needed = [by_name[name] for name in needs.get(row.check, ()) if name in by_name]
        cause = next((n.check for n in needed if n.check in skipped or (n.state in ENDED and n.blocks)), None)
        if cause is not None:
            skipped[row.check] = skipped.get(cause, cause)
        elif all(n.state in ENDED for n in needed):
            start.append(row.check)
    return Moves(tuple(start), tuple(skipped.items()))


def _in_order(rows: Sequence[Row], needs: Mapping[str, Sequence[str]]) -> list[Row]:
    depth: dict[str, int] = {}

    def measure(check: str) -> int:
        if check not in depth:
            depth[check] = 0  # a circle would end here instead of running for ever
            depth[check] = 1 + max((measure(name) for name in needs.get(check, ())), default=0)
        return depth[check]

    return sorted(rows, key=lambda row: measure(row.check))


def dependants(check: str, needs: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Every check that needs `check`, directly or through others."""
    found: set[str] = set()
    queue = [check]
    while queue:
        name = queue.pop()
        for other, wanted in needs.items():
            if name in wanted and other not in found:
                found.add(other)
                queue.append(other)
    return frozenset(found)


def is_finished(rows: Sequence[Row]) -> bool:
    """True when no row can change any more by itself."""
    return all(row.state in ENDED for row in rows)


class Standing(StrEnum):
    """The verdict about a proxy host; the only ones there are."""

    NOT_CHECKED = "not-checked"
    CHECKING = "checking"
    WORKING = "working"
    WARNINGS = "warnings"
    NOT_WORKING = "not-working"
    UNCERTAIN = "uncertain"
    STOPPED = "stopped"
    OLD = "old"
    PAUSED = "paused"


def standing(rows: Sequence[Row]) -> Standing:
    """How a run stands. Green must be earned: a row that could not tell keeps the run from being WORKING."""
    if not rows:
        return Standing.NOT_CHECKED
    if any(row.level is Level.FAILURE for row in rows):
        return Standing.NOT_WORKING if is_finished(rows) else Standing.CHECKING
    if not is_finished(rows):
        return Standing.CHECKING
    if any(row.state is State.STOPPED for row in rows):
        return Standing.STOPPED
    level = worst(row.level for row in rows if row.level is not None)
    if level is Level.UNKNOWN or any(row.state is State.SKIPPED and row.level is None for row in rows):
        # a skip by choice carries level OK or NOTE; one without a level was caused by something else
        return Standing.UNCERTAIN
    return Standing.WARNINGS if level is Level.WARNING else Standing.WORKING
