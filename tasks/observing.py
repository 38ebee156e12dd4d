"""Asking a worker elsewhere, and taking its answer. The one place where more than ids crosses a queue.

What is sent is a subject taken from a scene without secrets; what comes back is believed only as far as its shape.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
from redis.exceptions import RedisError

from tasks.stations import broker_now, find_station, own_machine
from tasks.workplace import Workplace
from wizard.checks import CHECKS, judge_seen
from wizard.core.checks import Check, Scene, Skip
from wizard.core.shapes import learn
from wizard.core.vantage_findings import could_not_observe, did_not_answer, is_quiet, told_from, was_not_understood
from wizard.core.vantages import check_of, vantage_of
from wizard.core.verdicts import CheckResult, Level, Verdict
from wizard.core.wire import MOST_BYTES, Observation, Question, Station
from wizard.store import progress
from wizard.store.asking import Asked, note_asked, take_asked

log = logging.getLogger(__name__)

_WAIT_SECONDS = 20.0  # for its turn there, beside the time of the check itself


learn(Observation)


def prepare_question(
    place: Workplace, check: Check[Any, Any], scene: Scene, run_id: int, row: str, attempt: int
) -> Question | None:
    """The question for a row that is RUNNING; None when there is nothing or nobody to ask, and the row has ended."""
    vantage = vantage_of(row)
    verdict = _why_not_asked(place, vantage)
    if verdict is not None:
        progress.finish_result(place.database, run_id, attempt, CheckResult(row, (verdict,)))
        return None
    subject = _subject(place, check, scene, vantage)
    if isinstance(subject, Skip):
        skipped = Verdict(f"{check.name}-skipped", Level.OK, subject.reason)
        progress.skip_result(place.database, run_id, row, attempt, skipped)
        return None
    until = broker_now(place.redis) + check.seconds + _WAIT_SECONDS
    question = Question(run_id, row, attempt, secrets.token_urlsafe(24), msgspec.to_builtins(subject), until)
    note_asked(place.database, run_id, row, attempt, Asked(question.reply, question.subject))
    return question


def _why_not_asked(place: Workplace, vantage: str) -> Verdict | None:
    try:
        station, now = find_station(place.redis, vantage), broker_now(place.redis)
    except RedisError:
        return did_not_answer(vantage)
    if station is not None and station.is_alive(now):
        return None
    return is_quiet(vantage, since_words(station))


def since_words(station: Station | None) -> str:
    """When a quiet one was heard last, as the end of a sentence."""
    if station is None or not station.seen_at:
        return ""
    return f"since {datetime.fromtimestamp(station.seen_at, UTC):%d %B, %H:%M UTC}"


def _subject(place: Workplace, check: Check[Any, Any], scene: Scene, vantage: str) -> Any:
    domain = scene.host.domain
    station = find_station(place.redis, vantage)
    if domain.is_localhost and (station is None or station.machine != own_machine()):
        return Skip(f"{domain} leads to the very machine that asks, so {vantage} cannot look at yours")
    return check.subject(scene.elsewhere(vantage))


def take_observation(place: Workplace, message: Any) -> int | None:
    """Judge what came from elsewhere and write it down; gives its run, None for what nobody waits for.

    May come twice: the second one finds nobody waiting.
    """
    try:
        answer = msgspec.convert(message, Observation)
    except msgspec.ValidationError as problem:
        log.warning("an observation without the shape of one was thrown away: %s", problem)
        return None
    check = CHECKS.get(check_of(answer.row))
    if check is None or not check.travels:
        return None
    asked = take_asked(place.database, answer.run_id, answer.row, answer.attempt, answer.reply)
    if asked is None:
        log.info("an observation for %s of run %s came too late or twice", answer.row, answer.run_id)
        return None
    result = _judged(check, asked, answer)
    progress.finish_result(place.database, answer.run_id, answer.attempt, result)
    return answer.run_id


def _judged(check: Check[Any, Any], asked: Asked, answer: Observation) -> CheckResult:
    vantage = vantage_of(answer.row)
    empty = CheckResult(answer.row, ())
    if answer.trouble:
        return replace(empty, verdicts=(could_not_observe(vantage, answer.trouble[:200]),))
    if len(msgspec.json.encode(answer.observed)) > MOST_BYTES:
        return replace(empty, verdicts=(was_not_understood(vantage, "It is larger than any observation is."),))
    try:
        seen = msgspec.convert(answer.observed, check.seen_type)
    except msgspec.ValidationError as problem:
        return replace(empty, verdicts=(was_not_understood(vantage, str(problem)[:200]),))
    subject = msgspec.convert(asked.subject, check.subject_type)
    verdicts = tuple(told_from(vantage, verdict) for verdict in judge_seen(check, subject, seen))
    # written anew from the value: nothing that is not part of its shape gets into the database
    observed = msgspec.json.decode(msgspec.json.encode(seen))
    return CheckResult(answer.row, verdicts, observed, min(max(answer.seconds, 0.0), check.seconds + _WAIT_SECONDS))
