"""A visit as its owner sees it: where the link stands, a row for each part, what to do. No request, no database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from wizard.core.verdicts import Level, worst
from wizard.core.visit_words import TITLES
from wizard.core.visits import Finding, Part, Seen, Stage, Visit
from wizard.web.fix_cards import UrlOf

_STATES = {
    Level.OK: "passed",
    Level.NOTE: "passed",
    Level.UNKNOWN: "unknown",
    Level.WARNING: "warning",
    Level.FAILURE: "failed",
}
_PHONES = ("iPhone", "iPad", "Android")
_GUIDE = "checks#phone"


@dataclass(frozen=True, slots=True)
class VisitView:
    """Everything the panel draws of one visit."""

    stage: Stage
    state: str
    text: str
    rows: list[dict[str, Any]]
    cards: list[dict[str, Any]]

    @property
    def is_open(self) -> bool:
        """Whether the link can still be started."""
        return self.stage in {Stage.WAITING, Stage.OPENED}

    @property
    def done(self) -> int:
        """How many parts have a result."""
        return sum(row["state"] not in {"waiting", "running"} for row in self.rows)


def view_visit(visit: Visit, findings: Sequence[Finding], help_url: UrlOf, at: datetime) -> VisitView:
    """Draw a visit as it stands at a time."""
    stage = visit.stage(at)
    has_begun = stage in {Stage.RUNNING, Stage.FINISHED}
    rows = [_row(one, visit, help_url) for one in findings] if has_begun else []
    is_over = stage is Stage.FINISHED
    cards = [_card(one, visit.seen, help_url) for one in findings if is_over and one.verdict.level.rank >= _BAD]
    state, text = _ended(findings, visit) if is_over else _LIVE[stage]
    return VisitView(stage, state, text, rows, cards)


_BAD = Level.UNKNOWN.rank
_LIVE = {
    Stage.WAITING: ("new", "Nobody opened the link yet"),
    Stage.OPENED: ("checking", "The link was opened. Waiting for Start to be pressed"),
    Stage.RUNNING: ("checking", "A phone is looking"),
    Stage.EXPIRED: ("old", "The last link expired, nobody started it"),
    Stage.REVOKED: ("stopped", "The last link was taken back"),
}


def _ended(findings: Sequence[Finding], visit: Visit) -> tuple[str, str]:
    """The leading finding, said from where it was seen."""
    arrived = visit.seen.arrived
    agent = arrived.agent if arrived is not None else ""
    by = f", seen by a {'phone' if any(one in agent for one in _PHONES) else 'browser'} ({agent or 'unnamed'})"
    if inside := next((one.verdict.summary for one in findings if one.verdict.code == "phone-same-network"), ""):
        return "unknown", f"Nothing is proven from outside{by}: {inside}"
    leading = max(findings, key=lambda one: one.verdict.level.rank).verdict
    match worst(one.verdict.level for one in findings):
        case Level.OK | Level.NOTE:
            return "working", f"Works from outside{by}"
        case Level.UNKNOWN:
            return "unknown", f"We could not tell everything{by}: {leading.summary}"
        case Level.WARNING:
            return "warnings", f"Opens, with a warning{by}: {leading.summary}"
        case _:
            return "down", f"Opens, and something is wrong{by}: {leading.summary}"


def _row(finding: Finding, visit: Visit, help_url: UrlOf) -> dict[str, Any]:
    is_over = visit.finished_at is not None
    row = {
        "name": f"phone-{finding.part}",
        "title": TITLES[finding.part],
        "url_help": help_url(_GUIDE),
        "seconds": None,
        "card": False,
    }
    if not is_over and not visit.seen.has(finding.part):
        is_now = finding.part is _going(visit.seen)
        return {
            **row,
            "state": "running" if is_now else "waiting",
            "text": _now(finding.part, visit.seen, is_now=is_now),
        }
    verdict = finding.verdict
    return {
        **row,
        "state": _STATES[verdict.level],
        "text": verdict.summary,
        "card": is_over and verdict.level.rank >= _BAD,
    }


def _going(seen: Seen) -> Part | None:
    """What the phone does now: a later part that has begun shows that an earlier one was given up."""
    if seen.live is not None:
        return Part.LIVE
    return next((part for part in Part if not seen.has(part)), None)


def _now(part: Part, seen: Seen, *, is_now: bool) -> str:
    if not is_now:
        return "Waits for its turn"
    if part is Part.LIVE and seen.live is not None:
        return f"Open for {seen.live.seconds:.0f} seconds, seen by a phone"
    return "Looking, seen by a phone"


def _card(finding: Finding, seen: Seen, help_url: UrlOf) -> dict[str, Any]:
    verdict, remedy = finding.verdict, finding.verdict.remedy
    raw = json.dumps(msgspec.to_builtins(seen), indent=2, ensure_ascii=False, sort_keys=True)
    return {
        "name": f"phone-{finding.part}",
        "title": verdict.summary,
        "state": _STATES[verdict.level],
        "open": True,
        "what": "",
        "why": verdict.why,
        "steps": (remedy.steps or (remedy.action,)) if remedy else (),
        "url_help": help_url(remedy.guide if remedy else _GUIDE),
        "help_text": TITLES[finding.part],
        "seen": "\n\n".join(one for one in (verdict.detail, raw) if one),
    }
