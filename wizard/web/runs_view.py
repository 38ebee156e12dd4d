"""A run as the page shows it: rows, hop picture, verdict line. No request, no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wizard.checks import CHECKS
from wizard.core.checks import Hop
from wizard.core.runs import APPLY, ENDED, Standing, State
from wizard.core.verdicts import Level, Verdict
from wizard.store.revisions import Revision
from wizard.store.runs import Result, Run
from wizard.web.fix_cards import Addresses, card_order, draw_card

__all__ = ["STANDING_STATES", "Addresses", "RunView", "hop_of", "leading_verdict", "run_summary", "view_run"]

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


@dataclass(frozen=True, slots=True)
class RunView:
    """Everything the run page draws."""

    verdict: dict[str, Any]
    hops: list[dict[str, Any]]
    groups: list[dict[str, Any]]
    cards: list[dict[str, Any]]
    standing: Standing
    done: int
    is_over: bool
    total: int
    is_old: bool = False

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Every row, in the order of the page."""
        return [row for group in self.groups for row in group["rows"]]


def view_run(
    run: Run,
    revision: Revision | None,
    to: Addresses,
    *,
    earlier: Mapping[str, Result] | None = None,
    worker_missing: bool = False,
    is_old: bool = False,
) -> RunView:
    """Draw a run. `earlier` is what checks that are made again found the time before."""
    rows = {result.check: _row(result, run, revision, to) for result in run.results}
    past = earlier or {}
    cards = [draw_card(result, rows[result.check], past.get(result.check), to) for result in run.results]
    hops = [hop for hop in Hop if any(hop_of(name) is hop for name in rows)]
    done = _count_done(run)
    return RunView(
        verdict=_verdict_line(run, rows, done, to, worker_missing=worker_missing, is_old=is_old),
        hops=[_hop(hop, rows) for hop in hops],
        groups=[
            {"hop": hop.value, "title": HOP_TITLES[hop], "rows": [row for n, row in rows.items() if hop_of(n) is hop]}
            for hop in hops
        ],
        cards=sorted(cards, key=card_order),
        standing=run.standing,
        done=done,
        is_over=all(result.state in ENDED for result in run.results),
        total=len(run.results),
        is_old=is_old,
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


def run_summary(run: Run) -> str:
    """A run in a few words, for a list of runs."""
    bad = [result for result in run.results if result.level in {Level.FAILURE, Level.WARNING}]
    if not bad:
        return f"{_count_done(run)} of {len(run.results)} done"
    verdict = leading_verdict(max(bad, key=lambda result: (result.level or Level.OK).rank))
    return verdict.summary if verdict else ""


def _count_done(run: Run) -> int:
    """What was looked at, or need not be; not what was stopped before."""
    return sum(result.state in ENDED and result.state is not State.STOPPED for result in run.results)


def _row(result: Result, run: Run, revision: Revision | None, to: Addresses) -> dict[str, Any]:
    state = state_of(result)
    check = CHECKS.get(result.check)
    return {
        "name": result.check,
        "title": title_of(result.check),
        "state": state,
        "text": _row_text(result, run, revision),
        "url_help": to.help_url(check.help if check else "apply#what-changes"),
        "seconds": result.seconds if result.state is State.DONE and result.seconds else None,
        "card": state in {"failed", "warning", "broken", "unknown"},
    }


def _row_text(result: Result, run: Run, revision: Revision | None) -> str:
    if result.state is State.SKIPPED and not result.verdicts:
        cause = run.result(result.reason)
        seen = cause is None or cause.level is not Level.UNKNOWN
        what = "failed" if seen else "cannot be seen from this machine"
        return f"Skipped because “{title_of(result.reason)}” {what}"
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
    states = [row["state"] for name, row in rows.items() if hop_of(name) is hop]
    if states and all(state == "skipped" for state in states):
        state = "unreached"
    else:
        state = min(states, key=_BAD_ORDER.index, default="waiting")
    return {"id": hop.value, "name": HOP_TITLES[hop], "state": state, "icon": hop.value}


def _verdict_line(
    run: Run, rows: dict[str, dict[str, Any]], done: int, to: Addresses, *, worker_missing: bool, is_old: bool
) -> dict[str, Any]:
    line: dict[str, Any] = {"state": STANDING_STATES[run.standing], "done": done, "total": len(rows)}
    if run.is_running and worker_missing:
        return {
            **line,
            "state": "broken",
            "text": "Could not finish: the background worker is not running",
            "url": to.help_url("troubleshooting#check-no-result"),
            "url_text": "What to do",
        }
    line |= _standing_words(run.standing, rows, done)
    return {**line, "state": "old", "text": f"Result is old: {_lower(line['text'])}"} if is_old else line


def _standing_words(standing: Standing, rows: dict[str, dict[str, Any]], done: int) -> dict[str, str]:
    states = [row["state"] for row in rows.values()]
    match standing:
        case Standing.NOT_WORKING:
            first = min(_along_the_way(rows), key=lambda row: row["state"] != "failed")
            return {"text": f"Not working: {_lower(first['text'])}", "url": f"#fix-{first['name']}"}
        case Standing.WORKING:
            return {"text": f"Works, {VANTAGE}"}
        case Standing.WARNINGS:
            return {"text": f"Works, with {_count(states.count('warning'), 'warning')}, {VANTAGE}", "url": "#fixes"}
        case Standing.UNCERTAIN:
            unsure = states.count("unknown") + states.count("broken")
            return {"text": f"We could not tell: {_count(unsure or 1, 'check')} had no clear answer", "url": "#fixes"}
        case Standing.STOPPED:
            return {"text": f"Stopped after {done} of {len(rows)}"}
        case _:
            return {"text": f"{done} of {len(rows)} checks done"}


def _along_the_way(rows: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in the order of the hops: the first broken one is where to begin."""
    order = list(Hop)
    return sorted(rows.values(), key=lambda row: order.index(hop_of(row["name"])))


def _lower(sentence: str) -> str:
    """A sentence in the middle of another one; names and abbreviations keep their capitals."""
    first, _, _ = sentence.partition(" ")
    return sentence if first[1:] != first[1:].lower() or "." in first else sentence[:1].lower() + sentence[1:]


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
