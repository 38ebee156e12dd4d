"""What changed between two runs of a host: new findings, what is fixed, what is still so. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from wizard.core.verdicts import Level


class Turn(StrEnum):
    """What became of a finding. The order is that of the page."""

    NEW = "new"
    FIXED = "fixed"
    STILL = "still"


@dataclass(frozen=True, slots=True)
class Finding:
    """The worst that one row of a run found. Only warnings and failures are findings."""

    row: str
    level: Level
    code: str
    summary: str


@dataclass(frozen=True, slots=True)
class Change:
    """One finding and what became of it; `summary` is from the newer run, or from the older one when it is fixed."""

    turn: Turn
    row: str
    level: Level
    summary: str


def compare(before: Sequence[Finding], after: Sequence[Finding], settled: frozenset[str]) -> tuple[Change, ...]:
    """What changed. Rows in `settled` were looked at in the newer run and are good.

    A finding whose row was not looked at again is neither fixed nor new, so nothing is said of it. One row that
    finds something else than before is new: the old remedy no longer helps. Other words for the same are not news.
    """
    old = {finding.row: finding for finding in before}
    new = {finding.row: finding for finding in after}
    changes = [
        Change(_turn(old.get(row), finding), row, finding.level, finding.summary) for row, finding in new.items()
    ]
    changes += [
        Change(Turn.FIXED, row, finding.level, finding.summary)
        for row, finding in old.items()
        if row not in new and row in settled
    ]
    order = list(Turn)
    return tuple(sorted(changes, key=lambda change: (order.index(change.turn), -change.level.rank)))


def _turn(before: Finding | None, after: Finding) -> Turn:
    same = before is not None and (before.code, before.level) == (after.code, after.level)
    return Turn.STILL if same else Turn.NEW


def is_news(changes: Sequence[Change]) -> bool:
    """True when something is different from the run before."""
    return any(change.turn is not Turn.STILL for change in changes)
