"""What is worth a notice: only changes of how a host stands, each told once. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from wizard.core.health import DEFINITE, GOOD, Health
from wizard.core.runs import Standing


class Kind(StrEnum):
    """The occasions."""

    DOWN = "down"
    UP = "up"
    CERTIFICATE = "certificate"
    WARNING = "warning"
    TEST = "test"


CERTIFICATE_CODES = frozenset({"tls-expires-soon", "tls-expired"})


@dataclass(frozen=True, slots=True)
class Told:
    """What the receivers believe: how the host stands, and which warnings it has."""

    standing: str = ""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class News:
    """What to tell: the occasion, and the codes of the warnings it is about."""

    kind: Kind
    codes: tuple[str, ...] = ()


def news_of(
    told: Told, health: Health, warnings: Mapping[str, str], *, by_owner: bool, wants_warnings: bool
) -> tuple[Told, tuple[News, ...]]:
    """What the receivers believe from now on, and what to tell them. `warnings` are summaries by code.

    Nothing is told of a host before it has worked once, nothing while in doubt, and nothing of a failure that the
    owner has on their screen: when it lasts, the next scheduled run tells.
    """
    if health.in_doubt or health.standing not in DEFINITE:
        return told, ()
    if health.standing is Standing.NOT_WORKING:
        if by_owner or told.standing not in GOOD:
            return told, ()
        return replace(told, standing=Standing.NOT_WORKING), (News(Kind.DOWN),)
    after = Told(health.standing, tuple(sorted(warnings)))
    if not told.standing:
        return after, ()
    news = [News(Kind.UP)] if told.standing == Standing.NOT_WORKING else []
    new = [code for code in after.codes if code not in told.codes]
    certificate = tuple(code for code in new if code in CERTIFICATE_CODES)
    others = tuple(code for code in new if code not in CERTIFICATE_CODES)
    news += [News(Kind.CERTIFICATE, certificate)] if certificate else []
    news += [News(Kind.WARNING, others)] if others and wants_warnings else []
    return after, tuple(news)
