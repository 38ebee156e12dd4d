"""`porthole check`: a run made here, its rows shown as they land."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

import msgspec
from redis.exceptions import RedisError

from tasks.checking import carry_out
from tasks.concluding import conclude_run
from tasks.queueing import LIMITS, NEEDS, rows_here, rows_of_run
from tasks.signals import has_worker
from tasks.workplace import Workplace
from wizard.checks import CHECKS
from wizard.core.refusal import Refusal
from wizard.core.runs import ENDED, Standing, seen_from
from wizard.core.vantages import check_of, split_row, spoken, spoken_list, vantage_of
from wizard.store import progress, runs
from wizard.store.hosts import SavedHost
from wizard.store.runs import Result, Run
from wizard.verbs.board import MARKS, board_of
from wizard.verbs.finding import find
from wizard.verbs.saying import BAD, OK, UNKNOWN, USAGE, complain, say

_CODES = {Standing.WORKING: OK, Standing.WARNINGS: OK, Standing.NOT_WORKING: BAD}
_SENTENCES = {
    Standing.WORKING: "Works, seen from {places}",
    Standing.WARNINGS: "Works, with warnings, seen from {places}",
    Standing.NOT_WORKING: "Not working",
    Standing.STOPPED: "Stopped",
}
_LOOK_SECONDS = 0.2


def check(place: Workplace, typed: argparse.Namespace) -> int:
    """Check a proxy host, link by link; joins the run that is going when there is one."""
    saved = find(place, typed.domain)
    if isinstance(saved, Refusal):
        return complain(saved.message, USAGE)
    try:
        run_id = progress.create_run(place.database, saved.host.key, _rows(place, saved, deep=typed.deep)).id
    except progress.HostGoneError:
        return complain(f"the proxy host {typed.domain} was removed meanwhile", USAGE)
    try:
        _follow(place, run_id, typed)
    except KeyboardInterrupt:
        progress.stop_run(place.database, run_id)
        raise
    run = runs.load_run(place.database, run_id)
    if run is None:
        return complain(f"the proxy host {typed.domain} was removed meanwhile", UNKNOWN)
    conclude_run(place, run_id)
    say(json.dumps(_document(run), indent=2, ensure_ascii=False) if typed.json else _sentence(run))
    return _CODES.get(run.standing, UNKNOWN)


def _rows(place: Workplace, saved: SavedHost, *, deep: bool) -> tuple[str, ...]:
    """What a run from here can have: answers from elsewhere are taken by the background worker only."""
    try:
        is_whole = has_worker(place)
    except RedisError:
        is_whole = False
    return rows_of_run(place, saved, deep=deep) if is_whole else rows_here(saved, deep=deep)


def _follow(place: Workplace, run_id: int, typed: argparse.Namespace) -> None:
    """Make the run to its end and show it: as a table that grows on a terminal, else line by line."""
    run = runs.load_run(place.database, run_id)
    rows = [result.check for result in run.results] if run else []
    board = None if typed.json else board_of(_title, rows, colours=typed.colours)
    for run, results in _progress(place, run_id):
        for result in () if typed.json else results:
            board.show(result) if board else _show(result)
        if board and run.is_running:
            board.progress(run)
    if board:
        board.clear()


def _progress(place: Workplace, run_id: int) -> Iterator[tuple[Run, list[Result]]]:
    """Make the checks of a run side by side; gives it now and then, with the rows that ended, whoever made them."""
    told: set[tuple[str, int]] = set()
    jobs: set[Future[None]] = set()
    ends_at = time.monotonic() + 2 * sum(LIMITS.values())
    with ThreadPoolExecutor(len(CHECKS)) as pool:
        while time.monotonic() < ends_at:
            for name, attempt in progress.plan_run(place.database, run_id, NEEDS):
                jobs.add(pool.submit(carry_out, place, run_id, name, attempt))
            run = runs.load_run(place.database, run_id)
            if run is None:
                return
            ended = [r for r in run.results if r.state in ENDED and (r.check, r.attempt) not in told]
            told |= {(result.check, result.attempt) for result in ended}
            yield run, ended
            if not run.is_running:
                return
            done, jobs = wait(jobs, _LOOK_SECONDS, FIRST_COMPLETED) if jobs else _nothing_yet()
            for job in done:
                job.result()


def _nothing_yet() -> tuple[set[Future[None]], set[Future[None]]]:
    time.sleep(_LOOK_SECONDS)  # a background worker makes these checks
    return set(), set()


def _show(result: Result) -> None:
    title = _title(result.check)
    if result.state in ENDED and not result.verdicts:
        say(f"– {title}: {_why_skipped(result)}")
    for verdict in result.verdicts:
        say(f"{MARKS[verdict.level]} {title}: {verdict.summary}")
        if verdict.remedy is not None:
            say(f"    {verdict.remedy.action}")


def _why_skipped(result: Result) -> str:
    is_row = check_of(result.reason) in CHECKS
    return f"skipped because “{_title(result.reason)}” failed" if is_row else result.reason


def _title(name: str) -> str:
    check, vantage = split_row(name)
    title = CHECKS[check].title if check in CHECKS else check
    is_usual = check not in CHECKS or vantage == CHECKS[check].vantage
    return title if is_usual else f"{title}, from {spoken(vantage)}"


def _sentence(run: Run) -> str:
    words = _SENTENCES.get(run.standing, "We could not tell whether it works")
    return words.format(places=spoken_list(seen_from(run.rows)))


def _document(run: Run) -> dict[str, Any]:
    return {
        "standing": str(run.standing),
        "seen_from": list(seen_from(run.rows)),
        "checks": [
            {
                "row": result.check,
                "check": check_of(result.check),
                "vantage": vantage_of(result.check),
                "state": str(result.state),
                "level": str(result.level) if result.level else None,
                "reason": result.reason,
                "seconds": round(result.seconds, 3),
                "verdicts": msgspec.to_builtins(result.verdicts),
            }
            for result in run.results
        ],
    }
