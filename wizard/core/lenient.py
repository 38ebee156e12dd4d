"""Reading JSON of others field by field, so that nothing raises: what is missing or of another type is empty."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

_LONGEST, _MOST_VALUES = 200, 50


def mapping(value: object) -> dict[Any, Any]:
    """An object; empty for anything else."""
    return value if isinstance(value, dict) else {}


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list, at most 50."""
    listed = value[:_MOST_VALUES] if isinstance(value, list) else []
    return tuple(text for one in listed if (text := text_of(one)))


def text_of(value: object) -> str:
    """One short printable line; empty for what is no text."""
    return "".join(c for c in value if c.isprintable())[:_LONGEST].strip() if isinstance(value, str) else ""


def name_of(value: object) -> str:
    """A DNS name without the dot at its end."""
    return text_of(value).rstrip(".")


def told(value: object) -> bool | None:
    """Yes or no; None when it was not said."""
    return value if isinstance(value, bool) else None


def moment(value: object) -> datetime | None:
    """A time of RFC 3339 in UTC; Go's zero time, in the year 1, stands for never, as does no text."""
    try:
        found = datetime.fromisoformat(text_of(value))
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if 1970 <= found.year <= 9000 else None
