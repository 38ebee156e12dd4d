"""The course of a run, as pure functions over its rows: what may start, what is skipped, how it stands.

A check may start when every check it needs, and that is part of the run, has ended without a FAILURE.
UNKNOWN never blocks, and neither does a check that was skipped by choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from graphlib import TopologicalSorter

from wizard.core.vantages import HERE, answers, asked, check_of, needs_of, vantage_of
from wizard.core.verdicts import Level

MAY_WAIT = frozenset({"locality"})  # checks that may stay open until somebody watches
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
UNSEEN = frozenset({"reach-hairpin", "tls-hairpin", "vantage-quiet", "vantage-no-answer"})
"""Findings that say: from here nothing behind can be seen. Going on would only make red what may well be green."""


@dataclass(frozen=True, slots=True)
class Row:
    """One check within a run, in its latest attempt. `check` is the name of the row: `reach`, `reach@paris`.

    `level` is None until it is DONE. A skip by choice has a level, too; one without was caused by the check `cause`.
    `is_unseen` says that what depends on it cannot be seen from here.
    """

    check: str
    state: State
    level: Level | None = None
    cause: str = ""
    is_unseen: bool = False

    @property
    def is_good(self) -> bool:
        """True when it was looked at and nothing bad was found."""
        return self.state is State.DONE and self.level in {Level.OK, Level.NOTE}

    @property
    def tells_nothing(self) -> bool:
        """True when it ended, and its question is still open."""
        return self.is_cut_off or self.level is Level.UNKNOWN

    @property
    def has_ended(self) -> bool:
        """True when it cannot change any more by itself."""
        return self.state in ENDED

    @property
    def is_cut_off(self) -> bool:
        """True when it was never asked, because of another check or because the owner stopped the run."""
        return self.state is State.STOPPED or (self.state is State.SKIPPED and self.level is None)

    @property
    def may_wait(self) -> bool:
        """True for a question that only somebody who watches can answer: it keeps no run from green."""
        return self.level is Level.UNKNOWN and check_of(self.check) in MAY_WAIT

    @property
    def blocks(self) -> bool:
        """True when what depends on this row cannot be asked."""
        return self.is_cut_off or (self.has_ended and (self.is_unseen or self.level is Level.FAILURE))


@dataclass(frozen=True, slots=True)
class Moves:
    """What to do next: checks to start, and checks to skip with the check that is the cause."""

    start: tuple[str, ...] = ()
    skip: tuple[tuple[str, str], ...] = ()


def next_moves(rows: Sequence[Row], needs: Mapping[str, Sequence[str]]) -> Moves:
    """Which waiting rows may start and which can never start. Skips spread to the end in one call.

    `needs` is by check; it holds within one vantage, and what nobody looks at there counts from this machine.

    The cause of a skip is the check that failed or was stopped, never one that was itself skipped because of it.
    Raises graphlib.CycleError when checks need each other in a circle.
    """
    by_name = {row.check: row for row in rows}
    needs = needs_of(by_name, needs)
    skipped: dict[str, str] = {}
    start: list[str] = []
    for row in _in_order(rows, needs):
        if row.state is not State.WAITING:
            continue
        needed = [by_name[name] for name in needs.get(row.check, ()) if name in by_name]
        cause = next((n for n in needed if n.check in skipped or n.blocks), None)
        if cause is not None:
            skipped[row.check] = skipped.get(cause.check) or cause.cause or cause.check
        elif all(n.has_ended for n in needed):
            start.append(row.check)
    return Moves(tuple(start), tuple(skipped.items()))


def _in_order(rows: Sequence[Row], needs: Mapping[str, Sequence[str]]) -> list[Row]:
    """What is needed comes first; otherwise the order stays."""
    by_name = {row.check: row for row in rows}
    graph = {name: [needed for needed in needs.get(name, ()) if needed in by_name] for name in by_name}
    return [by_name[name] for name in TopologicalSorter(graph).static_order()]


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
    return all(row.has_ended for row in rows)


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
    """How a run stands. Green and amber must be earned: a question that nobody could answer keeps a run from both.

    What one vantage cannot see and another one has seen is answered. What any vantage saw fail has failed.
    """
    if not rows:
        return Standing.NOT_CHECKED
    if not is_finished(rows):
        return Standing.CHECKING
    levels = {row.level for row in rows}
    if Level.FAILURE in levels:
        return Standing.NOT_WORKING
    if any(row.state is State.STOPPED for row in rows):
        return Standing.STOPPED
    if any(row.tells_nothing and row.check not in answered(rows) and not row.may_wait for row in rows):
        return Standing.UNCERTAIN
    return Standing.WARNINGS if Level.WARNING in levels else Standing.WORKING


def answered(rows: Sequence[Row]) -> frozenset[str]:
    """Rows that could not tell, whose question another vantage has answered well.

    A row that was not asked because something failed or was stopped is not among them.
    """
    blind = {row.check for row in rows if row.level is Level.UNKNOWN}
    open_rows = (row for row in rows if row.tells_nothing and row.state is not State.STOPPED)
    return frozenset(
        row.check
        for row in open_rows
        if (not row.is_cut_off or row.cause in blind) and _good_elsewhere(rows, row).issuperset(asked(row.check))
    )


def _good_elsewhere(rows: Sequence[Row], row: Row) -> set[str]:
    there = vantage_of(row.check)
    return {check for one in rows if one.is_good and vantage_of(one.check) != there for check in answers(one.check)}


def seen_from(rows: Sequence[Row]) -> tuple[str, ...]:
    """The vantages that saw a run work: those with a good row whose every question was answered there, in order.

    This machine when there is no such vantage, because that is where everything was looked at from.
    """
    vantages = dict.fromkeys(vantage_of(row.check) for row in rows)
    blind = {vantage_of(row.check) for row in rows if row.tells_nothing}
    good = {vantage_of(row.check) for row in rows if row.is_good}
    return tuple(one for one in vantages if one in good and one not in blind) or (HERE,)
