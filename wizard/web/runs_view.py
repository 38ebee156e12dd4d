"""A run as the page shows it: rows, hop picture, verdict line. No request, no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wizard.checks import CHECKS
from wizard.core.checks import HOP_TITLES, Hop
from wizard.core.runs import APPLY, ENDED, MAY_WAIT, Standing, State, answered, seen_from
from wizard.core.vantages import HERE, check_of, needs_of, split_row, spoken, spoken_list, vantage_of
from wizard.core.verdicts import Level, Verdict
from wizard.store.revisions import Revision
from wizard.store.runs import Result, Run
from wizard.web.fix_cards import Addresses, card_order, draw_card
from wizard.web.sentences import lowered

__all__ = ["STANDING_STATES", "Addresses", "RunView", "hop_of", "leading_verdict", "run_summary", "view_run"]

OURS = frozenset({"check-could-not-run", "check-no-result"})
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
    looked_from: str
    is_old: bool = False
    worker_missing: bool = False
    certificate: dict[str, Any] | None = None

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
    settled = answered(run.rows)
    rows = {
        result.check: _row(
            result, run, revision, to, is_answered=result.check in settled, worker_missing=worker_missing
        )
        for result in run.results
    }
    past = earlier or {}
    cards = [draw_card(result, rows[result.check], past.get(result.check), to) for result in run.results]
    hops = [hop for hop in Hop if any(hop_of(name) is hop for name in rows)]
    done = _count_done(run)
    return RunView(
        verdict=_verdict_line(run, rows, done, to, worker_missing=worker_missing, is_old=is_old),
        hops=[_hop(hop, rows) for hop in hops],
        groups=[*_hop_groups(rows), *_vantage_groups(rows)],
        cards=sorted(cards, key=card_order),
        standing=run.standing,
        done=done,
        is_over=all(result.state in ENDED for result in run.results),
        total=len(run.results),
        looked_from=_looked_from(run),
        is_old=is_old,
        worker_missing=worker_missing,
    )


def hop_of(name: str) -> Hop:
    """The hop a row belongs to."""
    check = CHECKS.get(check_of(name))
    return check.hop if check else Hop.CADDY


def title_of(name: str) -> str:
    """The title of a row; one at another vantage says which."""
    check, vantage = split_row(name)
    title = _APPLY_TITLE if check == APPLY else CHECKS[check].title if check in CHECKS else check
    is_usual = check not in CHECKS or vantage == CHECKS[check].vantage
    return title if is_usual else f"{title}, from {spoken(vantage)}"


def _hop_groups(rows: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """What was looked at from here, by hop."""
    here = {name: row for name, row in rows.items() if vantage_of(name) == HERE}
    hops = [hop for hop in Hop if any(hop_of(name) is hop for name in here)]
    return [
        {"hop": hop.value, "title": HOP_TITLES[hop], "rows": [row for n, row in here.items() if hop_of(n) is hop]}
        for hop in hops
    ]


def _vantage_groups(rows: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """What was looked at from elsewhere, a group for each place."""
    places = dict.fromkeys(vantage_of(name) for name in rows if vantage_of(name) != HERE)
    return [
        {
            "hop": f"from-{place}",
            "title": f"From {spoken(place)}",
            "rows": [row for name, row in rows.items() if vantage_of(name) == place],
        }
        for place in places
    ]


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


def _row(
    result: Result, run: Run, revision: Revision | None, to: Addresses, *, is_answered: bool, worker_missing: bool
) -> dict[str, Any]:
    state = state_of(result)
    check = CHECKS.get(check_of(result.check))
    text = (_orphaned(result) if worker_missing else "") or _row_text(result, run, revision)
    return {
        "name": result.check,
        "title": title_of(result.check),
        "state": state,
        "text": f"{text}. Another place has seen that it works" if is_answered else text,
        "is_answered": is_answered,
        "url_help": to.help_url(check.help if check else "apply#what-changes"),
        "seconds": result.seconds if result.state is State.DONE and result.seconds else None,
        "card": state in {"failed", "warning", "broken", "unknown"} and not is_answered,
    }


def _orphaned(result: Result) -> str:
    """What a row says while there is no worker; empty where that makes no difference."""
    if result.state is State.RUNNING and (result.worker or result.check == APPLY):
        return "The worker stopped in the middle. It is made again as soon as one is there"
    return "Waits for a background worker" if result.state is State.QUEUED else ""


def _row_text(result: Result, run: Run, revision: Revision | None) -> str:
    if result.state is State.SKIPPED and not result.verdicts:
        cause = run.result(result.reason)
        seen = cause is None or cause.level is not Level.UNKNOWN
        what = "failed" if seen else f"cannot be seen from {spoken(vantage_of(result.check))}"
        return f"Skipped because “{title_of(result.reason)}” {what}"
    if result.state in {State.SKIPPED, State.STOPPED}:
        return result.reason
    if result.check == APPLY and result.state is not State.DONE and revision and revision.trouble:
        return f"{revision.trouble.summary}. We try again by ourselves (try {revision.tries})"
    if result.state is State.RUNNING:
        return (
            "Validating and loading" if result.check == APPLY else f"Looking from {spoken(vantage_of(result.check))}"
        )
    if result.state in {State.WAITING, State.QUEUED}:
        return _waits_for(result, run)
    verdict = leading_verdict(result)
    return verdict.summary if verdict else ""


def _waits_for(result: Result, run: Run) -> str:
    from tasks.queueing import NEEDS  # noqa: PLC0415 -- keeps this module free of Celery when it is only tested

    open_ = [
        title_of(name)
        for name in needs_of((row.check for row in run.results), NEEDS).get(result.check, ())
        if (needed := run.result(name)) is not None and needed.state not in ENDED
    ]
    return f"Waits for: {open_[0]}" if open_ else "Waits for its turn"


def _hop(hop: Hop, rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    every = [row for name, row in rows.items() if hop_of(name) is hop]
    # what stays open until somebody watches says nothing about the hop
    own = [row for row in every if row["state"] != "unknown" or check_of(row["name"]) not in MAY_WAIT] or every
    states = ["passed" if row["is_answered"] else row["state"] for row in own]
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
    line |= _standing_words(run, rows, done)
    return {**line, "state": "old", "text": f"Result is old: {lowered(line['text'])}"} if is_old else line


def _standing_words(run: Run, rows: dict[str, dict[str, Any]], done: int) -> dict[str, str]:
    states = [row["state"] for row in rows.values() if not row["is_answered"]]
    match run.standing:
        case Standing.NOT_WORKING:
            first = min(_along_the_way(rows), key=lambda row: row["state"] != "failed")
            return {"text": f"Not working: {lowered(first['text'])}", "url": f"#fix-{first['name']}"}
        case Standing.WORKING:
            return {"text": f"Works, {seen_words(run)}"}
        case Standing.WARNINGS:
            warnings = _count(states.count("warning"), "warning")
            return {"text": f"Works, with {warnings}, {seen_words(run)}", "url": "#fixes"}
        case Standing.UNCERTAIN:
            unsure = states.count("unknown") + states.count("broken")
            return {"text": f"We could not tell: {_count(unsure or 1, 'check')} had no clear answer", "url": "#fixes"}
        case Standing.STOPPED:
            return {"text": f"Stopped after {done} of {len(rows)}"}
        case _:
            return {"text": f"{done} of {len(rows)} checks done"}


def seen_words(run: Run) -> str:
    """Who saw it work: `seen from this machine and paris`."""
    return f"seen from {spoken_list(seen_from(run.rows))}"


def _looked_from(run: Run) -> str:
    places = list(dict.fromkeys(vantage_of(row.check) for row in run.results))
    if places == [HERE]:
        return "All checks look from this machine. What only a viewer outside can see stays open until one was seen."
    return f"Looked at from {spoken_list(places)}. What none of them can see stays open."


def _along_the_way(rows: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in the order of the hops, at each hop those from here first: the first broken one is where to begin."""
    order = list(Hop)
    return sorted(rows.values(), key=lambda row: (order.index(hop_of(row["name"])), vantage_of(row["name"]) != HERE))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
