"""What the world outside sees of a name, from what several servers said, part of the `dns` check. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wizard.checks.words import HERE, listed
from wizard.net.questions import Outcome
from wizard.net.zones import Told

if TYPE_CHECKING:
    from wizard.checks.dns import Seen


@dataclass(frozen=True, slots=True)
class View:
    """The addresses that viewers get, and who says so. Without any, `outcome` says whether the name exists at all."""

    values: tuple[str, ...]
    outcome: Outcome
    told: tuple[Told, ...] = ()
    source: str = ""

    @property
    def v6(self) -> tuple[str, ...]:
        """The IPv6 addresses."""
        return tuple(value for value in self.values if ":" in value)

    @property
    def detail(self) -> str:
        """Who said what, for the folded detail."""
        said = "; ".join(f"{one.label}: {what_it_says(one)}" for one in self.told)
        return f"{HERE} {said or ', '.join(self.values)}".rstrip()


def view_from_outside(seen: Seen) -> View | None:
    """What the authoritative servers say; where they say nothing, what the resolvers do; None when neither does.

    An authoritative server that only knows the alias leaves the address to the resolvers.
    """
    authorities = tuple(one for one in seen.survey.authorities if one.has_said and not is_alias(one))
    if authorities:
        return _view(authorities, f"the name servers of {seen.survey.zone}")
    resolvers = tuple(one for one in seen.survey.resolvers if one.has_said)
    if resolvers:
        return _view(resolvers, listed(tuple(one.server for one in resolvers)))
    return None


def view_from_here(seen: Seen) -> View:
    """What this machine's own resolver says."""
    return View(seen.addresses, Outcome.ANSWERED if seen.addresses else Outcome.NO_DATA)


def is_alias(told: Told) -> bool:
    """True when a server knows where the name leads on, and no address."""
    return not told.values and bool(told.v4.canonical or told.v6.canonical)


def answer_of(told: Told) -> frozenset[str] | None:
    """The addresses one server gives; None when it says that the name does not exist."""
    gone = told.v4.outcome is Outcome.NO_SUCH_NAME and told.v6.outcome is Outcome.NO_SUCH_NAME
    return None if gone else frozenset(told.values)


def what_it_says(told: Told) -> str:
    """One server's answer as the end of a sentence."""
    if told.has_said:
        return (
            say(answer_of(told)) if not is_alias(told) else f"an alias for {told.v4.canonical or told.v6.canonical}"
        )
    words = {Outcome.SILENT: "no answer", Outcome.REFUSED: "it does not know this name", Outcome.FAILED: "SERVFAIL"}
    worse = told.v4 if not told.v4.has_said else told.v6
    return words.get(worse.outcome, worse.detail or worse.outcome.value)


def say(answer: frozenset[str] | None) -> str:
    """An answer in words."""
    if answer is None:
        return "the name does not exist"
    return listed(tuple(sorted(answer))) or "the name has no address"


def until(looked_at: datetime | None, seconds: int) -> str:
    """When something that is remembered for so long is forgotten: `12:40 UTC`; "" when that is not known."""
    if looked_at is None or seconds <= 0:
        return ""
    at = looked_at + timedelta(seconds=seconds)
    return f"{at:%H:%M} UTC" if seconds < 12 * 3600 else f"{at:%Y-%m-%d %H:%M} UTC"


def _view(told: tuple[Told, ...], source: str) -> View:
    values = {value for one in told for value in one.values}
    ordered = tuple(sorted(values, key=lambda value: (":" in value, value)))
    if ordered:
        return View(ordered, Outcome.ANSWERED, told, source)
    gone = all(answer_of(one) is None for one in told)
    return View((), Outcome.NO_SUCH_NAME if gone else Outcome.NO_DATA, told, source)
