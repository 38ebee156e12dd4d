"""The path through the wizard, computed from answers and never stored. Pure; knows no forms and no pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `is_settled` says whether the answers so far are enough to go past it."""

    name: str
    title: str
    is_settled: Callable[[Answers], bool]


def number_of(steps: Sequence[Step], name: str) -> int:
    """The place of a step, counted from 1. Raises ValueError for a name that is no step."""
    return [step.name for step in steps].index(name) + 1


def is_reachable(steps: Sequence[Step], name: str, answers: Answers) -> bool:
    """True when every step before this one is settled, so that typing its address may open it."""
    return all(step.is_settled(answers) for step in steps[: number_of(steps, name) - 1])


def next_unfinished(steps: Sequence[Step], answers: Answers) -> Step:
    """The first step that is not settled; the last one when all before it are."""
    return next((step for step in steps if not step.is_settled(answers)), steps[-1])


def next_after(steps: Sequence[Step], name: str, answers: Answers, *, from_review: bool = False) -> Step:
    """Where Continue leads: the next step, or, after a Change link, straight back to the last one.

    A step before it that no longer holds comes first in both cases.
    """
    wanted = steps[-1] if from_review else steps[min(number_of(steps, name), len(steps) - 1)]
    return wanted if is_reachable(steps, wanted.name, answers) else next_unfinished(steps, answers)
