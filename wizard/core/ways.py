"""A way in that was set up: what was typed for it, and how it stands. Pure values.

Like a check, a way in is watched in two halves: `observe` does I/O and returns plain data, `judge` is pure. Must not
know any one way in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from wizard.core.verdicts import Level, Verdict, worst

O = TypeVar("O")  # what was seen: a frozen dataclass  # noqa: E741 -- as in wizard.core.checks


class WayState(StrEnum):
    """Where a way in stands."""

    NOT_SET_UP = "not-set-up"
    WAITING = "waiting"  # set up here; the other side was not seen yet
    CONNECTED = "connected"
    TROUBLE = "trouble"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WaySetup:
    """What was typed or made for a way in: one for each kind and installation.

    `values` are plain settings; `secret` is a key or token, opened from the vault, and never leaves this machine.
    `known` is what this installation knows besides, as JSON, for the way's own judgement: nothing of it was typed.
    """

    method: str
    values: Mapping[str, Any] = field(default_factory=dict)
    secret: str = field(default="", repr=False)
    known: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class WayStatus:
    """How a way in stands: one sentence, facts to show (word, text), findings with their remedies, and the last
    lines that its program logged."""

    state: WayState
    sentence: str
    facts: tuple[tuple[str, str], ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    log: tuple[str, ...] = ()

    @property
    def level(self) -> Level:
        """The worst of its findings."""
        return worst(verdict.level for verdict in self.verdicts)


@dataclass(frozen=True, slots=True)
class Watch(Generic[O]):
    """How a way in is watched: `observe(net, setup)` within `seconds`, and `judge(setup, seen)`, which is pure.

    `cut(setup, seen)` leaves what the judgement needs, for results that are kept one by one.
    """

    seen_type: type[O]
    observe: Callable[[Any, WaySetup], O]
    judge: Callable[[WaySetup, O], WayStatus]
    seconds: float = 10.0
    cut: Callable[[WaySetup, O], O] | None = None
