"""The fix-it cards of a run: one slot for each check, empty unless there is something to do. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wizard.core.runs import ENDED
from wizard.core.verdicts import Level, Verdict
from wizard.store.runs import Result

UrlOf = Callable[[str], str]
_ORDER = {"failed": 0, "broken": 1, "warning": 2, "unknown": 3}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where links lead: `help_url` takes a guide target, `retry_url` the name of a check."""

    help_url: UrlOf
    retry_url: UrlOf


def draw_card(result: Result, row: dict[str, Any], before: Result | None, to: Addresses) -> dict[str, Any]:
    """The card of one check. While it is made again the card of the time before stays, with its button pressed."""
    card: dict[str, Any] = {"name": result.check, "title": row["title"], "state": row["state"], "open": row["card"]}
    was = _leading(before) if before is not None else None
    was_bad = was is not None and was.level.rank >= Level.UNKNOWN.rank
    if before is not None and was is not None and was_bad and result.state not in ENDED:
        return {**card, **_words(before, was, row, to), "open": True, "busy": True}
    if was_bad and row["state"] == "passed":
        return {**card, "fixed": f"Fixed: {row['title'][:1].lower()}{row['title'][1:]}"}
    worst = _leading(result)
    if not row["card"] or worst is None:
        return card
    return {**card, **_words(result, worst, row, to), "again": _again(result, worst, before)}


def card_order(card: dict[str, Any]) -> int:
    """Failures first, then what could not run, then warnings; empty slots last."""
    return _ORDER.get(card["state"], len(_ORDER))


def _leading(result: Result) -> Verdict | None:
    return max(result.verdicts, key=lambda verdict: verdict.level.rank, default=None)


def _words(result: Result, verdict: Verdict, row: dict[str, Any], to: Addresses) -> dict[str, Any]:
    remedy = verdict.remedy
    return {
        "title": verdict.summary,
        "what": _others(result, verdict),
        "why": verdict.why,
        "steps": (remedy.steps or (remedy.action,)) if remedy else (),
        "snippet": {"code": remedy.snippet, "caption": remedy.snippet_caption} if remedy and remedy.snippet else None,
        "url_retry": to.retry_url(result.check),
        "url_help": to.help_url(remedy.guide) if remedy else row["url_help"],
        "help_text": row["title"],
        "seen": _seen(result, verdict),
    }


def _others(result: Result, leading: Verdict) -> str:
    """What else this check found, for a card that is about its worst finding."""
    others = [v.summary for v in result.verdicts if v is not leading and v.level.rank >= Level.NOTE.rank]
    return ". ".join(others)


def _again(result: Result, verdict: Verdict, before: Result | None) -> str:
    if before is None or result.finished_at is None:
        return ""
    was = _leading(before)
    word = "still the same" if was is not None and was.code == verdict.code else "now something else"
    return f"Checked again at {result.finished_at:%H:%M:%S} UTC, {word}"


def _seen(result: Result, verdict: Verdict) -> str:
    raw = json.dumps(result.observed, indent=2, ensure_ascii=False, sort_keys=True) if result.observed else ""
    return "\n\n".join(part for part in (verdict.detail, raw) if part)
