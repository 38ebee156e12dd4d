"""A run as the page shows it: rows, hop picture, verdict line, fix-it cards. No request, no database."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from wizard.checks import CHECKS
from wizard.core.checks import Hop
from wizard.core.runs import APPLY, ENDED, Standing, State
from wizard.core.verdicts import Level, Verdict
from wizard.store.revisions import Revision
from wizard.store.runs import Result, Run

OURS = frozenset({"check-could-not-run", "check-no-result"})
HOP_TITLES = {
    Hop.SERVER: "Your server",
    Hop.CADDY: "Caddy",
    Hop.WAY_IN: "Way in",
    Hop.NAME: "External domain",
    Hop.VIEWER: "Viewer",
}
STANDING_STATES = {
    Standing.NOT_CHECKED: "new",
    Standing.CHECKING: "checking",
    Standing.WORKING: "working",
    Standing.WARNINGS: "warnings",
    Standing.NOT_WORKING: "down",
    Standing.UNCERTAIN: "unknown",
    Standing.STOPPED: "stopped",
    Standing.OLD: "old",
    Standing.PAUSED: "paused",
}
_APPLY_TITLE = "Caddy accepts the configuration"
_BAD_ORDER = ("failed", "broken", "warning", "unknown", "unreached", "running", "waiting", "passed", "skipped")
VANTAGE = "seen from this machine"

UrlOf = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class RunView:
    """Everything the run page draws."""

    verdict: dict[str, Any]
    hops: list[dict[str, Any]]
    groups: list[dict[str, Any]]
    cards: list[dict[str, Any]]
    standing: Standing
    done: int
    total: int
    notes: list[str] = field(default_factory=list)


def view_run(
    run: Run, revision: Revision | None, *, help_url: UrlOf, retry_url: UrlOf, worker_missing: bool = False
) -> RunView:
    """Draw a run. `help_url` takes a guide target, `retry_url` the name of a check."""
    rows = {result.check: _row(result, run, revision, help_url) for result in run.results}
    cards = [_card(result, rows[result.check], help_url, retry_url) for result in run.results]
    hops = [hop for hop in Hop if any(hop_of(name) is hop for name in rows)]
    done = sum(1 for result in run.results if result.state in ENDED)
    return RunView(
        verdict=_verdict_line(run, rows, done, worker_missing=worker_missing),
        hops=[_hop(hop, rows) for hop in hops],
        groups=[
            {"hop": hop.value, "title": HOP_TITLES[hop], "rows": [row for n, row in rows.items() if hop_of(n) is hop]}
            for hop in hops
        ],
        cards=sorted(cards, key=_card_order),
        standing=run.standing,
        done=done,
        total=len(run.results),
    )


def hop_of(name: str) -> Hop:
    """The hop a row belongs to."""
    return Hop.CADDY if name == APPLY or name not in CHECKS else CHECKS[name].hop


def title_of(name: str) -> str:
    """The title of a row."""
    return _APPLY_TITLE if name == APPLY else CHECKS[name].title if name in CHECKS else name


def state_of(result: Result) -> str:
    """The word the page has for where a row stands."""
    match result.state:
        case State.WAITING | State.QUEUED:
            return "waiting"
        case State.RUNNING:
            return "running"
        case State.SKIPPED | State.STOPPED:
            return "skipped"
    if any(verdict.code in OURS for verdict in result.verdicts):
        return "broken"
    return {Level.FAILURE: "failed", Level.WARNING: "warning", Level.UNKNOWN: "unknown"}.get(
        result.level or Level.OK, "passed"
    )


def leading_verdict(result: Result) -> Verdict | None:
    """The verdict that a row speaks of: the worst, and of equals the first."""
    return max(result.verdicts, key=lambda verdict: verdict.level.rank, default=None)


def _row(result: Result, run: Run, revision: Revision | None, help_url: UrlOf) -> dict[str, Any]:
    state = state_of(result)
    check = CHECKS.get(result.check)
    return {
        "name": result.check,
        "title": title_of(result.check),
        "state": state,
        "text": _row_text(result, run, revision),
        "url_help": help_url(check.help if check else "apply#what-changes"),
        "seconds": result.seconds if result.state is State.DONE and result.seconds else None,
        "card": state in {"failed", "warning", "broken", "unknown"},
    }


def _row_text(result: Result, run: Run, revision: Revision | None) -> str:
    if result.state is State.SKIPPED and not result.verdicts:
        return f"Skipped because “{title_of(result.reason)}” failed"
    if result.state in {State.SKIPPED, State.STOPPED}:
        return result.reason
    if result.check == APPLY and result.state is not State.DONE and revision and revision.trouble:
        return f"{revision.trouble.summary}. We try again by ourselves (try {revision.tries})"
    if result.state is State.RUNNING:
        return "Validating and loading" if result.check == APPLY else f"Looking, {VANTAGE}"
    if result.state in {State.WAITING, State.QUEUED}:
        return _waits_for(result, run)
    verdict = leading_verdict(result)
    return verdict.summary if verdict else ""


def _waits_for(result: Result, run: Run) -> str:
    from tasks.queueing import NEEDS  # noqa: PLC0415 -- keeps this module free of Celery when it is only tested

    open_ = [
        title_of(name)
        for name in NEEDS.get(result.check, ())
        if (needed := run.result(name)) is not None and needed.state not in ENDED
    ]
    return f"Waits for: {open_[0]}" if open_ else "Waits for its turn"


def _hop(hop: Hop, rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    mine = [row for name, row in rows.items() if hop_of(name) is hop]
    states = [row["state"] for row in mine]
    if states and all(state == "skipped" for state in states):
        state = "unreached"
    else:
        state = min(states, key=_BAD_ORDER.index, default="waiting")
    return {"id": hop.value, "name": HOP_TITLES[hop], "state": state, "icon": hop.value}


def _verdict_line(run: Run, rows: dict[str, dict[str, Any]], done: int, *, worker_missing: bool) -> dict[str, Any]:
    standing = run.standing
    total = len(rows)
    line: dict[str, Any] = {"state": STANDING_STATES[standing], "done": done, "total": total}
    bad = [row for row in rows.values() if row["state"] == "failed"]
    warned = sum(row["state"] == "warning" for row in rows.values())
    unsure = sum(row["state"] in {"unknown", "broken"} for row in rows.values())
    if standing is Standing.CHECKING and worker_missing:
        return {**line, "state": "broken", "text": "Could not finish: the background worker is not running"}
    match standing:
        case Standing.NOT_WORKING:
            first = bad[0]
            url = f"#fix-{first['name']}"
            return {**line, "text": f"Not working: {_lower(first['text'])}", "url": url}
        case Standing.WORKING:
            return {**line, "text": f"Works, {VANTAGE}"}
        case Standing.WARNINGS:
            return {**line, "text": f"Works, with {_count(warned, 'warning')}, {VANTAGE}", "url": "#fixes"}
        case Standing.UNCERTAIN:
            return {
                **line,
                "text": f"We could not tell: {_count(unsure or 1, 'check')} had no clear answer",
                "url": "#fixes",
            }
        case Standing.STOPPED:
            ended = sum(row["state"] != "skipped" for row in rows.values())
            return {**line, "text": f"Stopped after {ended} of {total}"}
        case _:
            return {**line, "text": f"{done} of {total} checks done"}


def _lower(sentence: str) -> str:
    """A sentence in the middle of another one; names and abbreviations keep their capitals."""
    first, _, _ = sentence.partition(" ")
    return sentence if first[1:] != first[1:].lower() or "." in first else sentence[:1].lower() + sentence[1:]


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _card(result: Result, row: dict[str, Any], help_url: UrlOf, retry_url: UrlOf) -> dict[str, Any]:
    card: dict[str, Any] = {"name": result.check, "title": row["title"], "state": row["state"], "open": row["card"]}
    if result.attempt > 1 and row["state"] == "passed":
        return {**card, "fixed": f"Fixed: {_lower(row['title'])}"}
    verdict = leading_verdict(result)
    if not row["card"] or verdict is None:
        return card
    remedy = verdict.remedy
    return {
        **card,
        "title": verdict.summary,
        "what": _others(result, verdict),
        "why": verdict.why,
        "steps": (remedy.steps or (remedy.action,)) if remedy else (),
        "snippet": {"code": remedy.snippet, "caption": remedy.snippet_caption} if remedy and remedy.snippet else None,
        "url_retry": retry_url(result.check),
        "url_help": help_url(remedy.guide) if remedy else row["url_help"],
        "help_text": row["title"],
        "seen": _seen(result, verdict),
        "again": _again(result),
    }


def _others(result: Result, leading: Verdict) -> str:
    """What else this check found, for a card that is about its worst finding."""
    others = [v.summary for v in result.verdicts if v is not leading and v.level.rank >= Level.NOTE.rank]
    return ". ".join(others)


def _again(result: Result) -> str:
    if result.attempt > 1 and result.finished_at is not None:
        return f"Checked again at {result.finished_at:%H:%M:%S} UTC, still the same"
    return ""


def _seen(result: Result, verdict: Verdict) -> str:
    raw = json.dumps(result.observed, indent=2, ensure_ascii=False, sort_keys=True) if result.observed else ""
    return "\n\n".join(part for part in (verdict.detail, raw) if part)


def _card_order(card: dict[str, Any]) -> int:
    return {"failed": 0, "broken": 1, "warning": 2, "unknown": 3}.get(card["state"], 4)


def spoken(before: RunView | None, after: RunView, names: Sequence[str]) -> tuple[str, bool]:
    """What to say aloud about a change, and whether it must not be dropped: failures by name at once."""
    if before is None:
        return f"Checks started, {after.total} in all", False
    old = {row["name"]: row["state"] for group in before.groups for row in group["rows"]}
    failed = [
        row["title"]
        for group in after.groups
        for row in group["rows"]
        if row["name"] in names and row["state"] == "failed" and old.get(row["name"]) != "failed"
    ]
    if after.done == after.total:
        return ". ".join([*(f"Failed: {title}" for title in failed), after.verdict["text"]]), True
    if failed:
        return ". ".join(f"Failed: {title}" for title in failed), True
    if before.done < after.total / 2 <= after.done:
        return f"{after.done} of {after.total} done", False
    return "", False
