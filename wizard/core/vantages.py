"""Places to look from, and how a row of a run is named for one: `reach` from here, `reach@paris` from elsewhere.

Pure. Must not know how anybody gets there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

HERE = "here"  # this machine: the one whose worker has the database
PROBES = "probes"  # public probe networks
PHONE = "phone"  # a device of the owner's, outside

RESERVED = frozenset({HERE, PROBES, PHONE})
"""Names that no worker elsewhere may take."""

MOST = 65
"""The longest name of a row: a check of 32 characters, `@`, a vantage of 32."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_SPOKEN = {HERE: "this machine", PROBES: "public probes", PHONE: "your phone"}
_PROBED = ("reach", "tls", "identity")  # what an answer of the right server to a public probe answers along the way
_ANSWERS: Mapping[str, tuple[str, ...]] = {"outside": ("outside", *_PROBED)}


def is_vantage_name(text: str) -> bool:
    """Whether a worker elsewhere may be called so: lower case letters, digits and hyphens, at most 32."""
    return _NAME.fullmatch(text) is not None and text not in RESERVED


def row_name(check: str, vantage: str = HERE) -> str:
    """The name of a row: the check, with the vantage behind an `@` unless that is this machine."""
    return check if vantage == HERE else f"{check}@{vantage}"


def split_row(row: str) -> tuple[str, str]:
    """Check and vantage of a row."""
    check, _, vantage = row.partition("@")
    return check, vantage or HERE


def check_of(row: str) -> str:
    """The check of a row."""
    return split_row(row)[0]


def vantage_of(row: str) -> str:
    """The vantage of a row."""
    return split_row(row)[1]


def spoken(vantage: str) -> str:
    """A vantage in the middle of a sentence: `this machine`, `paris`."""
    return _SPOKEN.get(vantage, vantage)


def spoken_list(vantages: Sequence[str]) -> str:
    """`this machine`, `this machine and paris`, `this machine, paris and public probes`."""
    words = [spoken(vantage) for vantage in vantages]
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def needs_of(rows: Iterable[str], needs: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """What each row of a run needs, out of what its check needs: rows of its own vantage, else of this machine."""
    known = tuple(rows)
    return {
        row: tuple(_nearest(needed, vantage_of(row), known) for needed in needs.get(check_of(row), ()))
        for row in known
    }


def _nearest(check: str, vantage: str, known: Sequence[str]) -> str:
    there = row_name(check, vantage)
    return there if there in known else check


def answers(row: str) -> tuple[str, ...]:
    """The checks whose question is answered when this row is green: its own; for public probes some more."""
    check = check_of(row)
    return _ANSWERS.get(check, (check,))


def asked(row: str) -> tuple[str, ...]:
    """The checks of which any vantage must be green, so that this row need not tell: one of its own question."""
    check = check_of(row)
    return _PROBED if check in _ANSWERS else (check,)
