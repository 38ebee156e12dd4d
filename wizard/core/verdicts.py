"""Findings and their weight: Level, Remedy, Verdict, CheckResult, Trouble.

A bad verdict without a remedy cannot be made. Knows nothing of how things are observed or shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How bad a finding is. UNKNOWN means that we could not tell: it never blocks and never looks red."""

    OK = "ok"
    NOTE = "note"
    UNKNOWN = "unknown"
    WARNING = "warning"
    FAILURE = "failure"

    @property
    def rank(self) -> int:
        """Position in OK < NOTE < UNKNOWN < WARNING < FAILURE."""
        return tuple(Level).index(self)


class MissingRemedyError(ValueError):
    """A verdict of WARNING or worse was made without a remedy: a bug of ours."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do: one imperative sentence, at most five steps, and the guide section (`page#id`) that explains it."""

    action: str
    guide: str
    steps: tuple[str, ...] = ()
    snippet: str = ""
    snippet_caption: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One finding. `code` is a greppable kebab-case literal; `summary` is what is so, in one sentence.

    `why` says why it matters, `detail` what was seen. Raises MissingRemedyError for a level of
    WARNING or FAILURE without a remedy.
    """

    code: str
    level: Level
    summary: str
    why: str = ""
    detail: str = ""
    remedy: Remedy | None = None

    def __post_init__(self) -> None:
        if self.level.rank >= Level.WARNING.rank and self.remedy is None:
            raise MissingRemedyError(f"verdict {self.code} is {self.level} and has no remedy")


def worst(levels: Iterable[Level]) -> Level:
    """The worst of some levels; OK for none."""
    return max(levels, key=lambda level: level.rank, default=Level.OK)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found. `observed` is the JSON form of what was seen; `seconds` how long looking took."""

    check: str
    verdicts: tuple[Verdict, ...]
    observed: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def level(self) -> Level:
        """The worst level among the verdicts."""
        return worst(verdict.level for verdict in self.verdicts)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Bad news from an operation of ours, in the one shape all bad news has."""

    code: str
    summary: str
    detail: str = ""
    remedy: Remedy | None = None
