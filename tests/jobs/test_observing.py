"""What comes back from elsewhere: taken once, and only when it is what was asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest

from tasks.checking import set_scene
from tasks.observing import prepare_question, take_observation
from tasks.stations import broker_now, forget_station, list_stations, note_station, own_machine
from tests.jobs.acting import add_host, row, run
from tests.whole_system import System
from wizard.checks import CHECKS, observe_only
from wizard.core.runs import State
from wizard.core.verdicts import Level
from wizard.core.wire import MOST_BYTES, STATIONS, Observation, Question, Station
from wizard.net import Net
from wizard.store import hosts, progress

ROW = "dns@rome"


@dataclass
class Waiting:
    """A row that was asked in Rome, and the answer that Rome would give."""

    system: System
    question: Question
    answer: Observation

    def give(self, **changes: Any) -> int | None:
        """Let an answer arrive; `changes` make it another one."""
        return take_observation(self.system.place, msgspec.to_builtins(replace(self.answer, **changes)))

    @property
    def codes(self) -> list[str]:
        """What the row found; empty while it waits."""
        return [verdict.code for verdict in row(self.system, self.question.run_id, ROW).verdicts]


@pytest.fixture
def waiting(system: System) -> Waiting:
    place, host = system.place, add_host(system)
    note_station(place.redis, Station("rome", "1", tuple(CHECKS), broker_now(place.redis), own_machine()))
    run_id = progress.create_run(place.database, host.key, (ROW,)).id
    progress.plan_run(place.database, run_id, {})
    progress.begin_result(place.database, run_id, ROW, 1)
    saved = hosts.load_host(place.database, host.key)
    assert saved is not None
    scene = set_scene(place, saved, CHECKS["dns"], with_token=False)
    question = prepare_question(place, CHECKS["dns"], scene, run_id, ROW, 1)
    assert question is not None
    seen = observe_only(CHECKS["dns"], Net(), question.subject)
    forget_station(place.redis, "rome")
    return Waiting(system, question, Observation(run_id, ROW, 1, question.reply, seen, 0.1))


def test_an_answer_is_judged_here_and_taken_once(waiting: Waiting) -> None:
    assert waiting.give() == waiting.question.run_id
    assert waiting.codes == ["dns-ok"]
    ended = run(waiting.system, waiting.question.run_id)
    assert waiting.give(observed={}, trouble="the second time") is None
    assert run(waiting.system, waiting.question.run_id) == ended


@pytest.mark.parametrize(
    "changes",
    [
        {"reply": "guessed"},
        {"reply": ""},
        {"run_id": 10**9},
        {"attempt": 2},
        {"row": "dns@paris"},
        {"row": "dns"},
        {"row": "upstream@rome"},
        {"row": "no-such-check@rome"},
    ],
    ids=str,
)
def test_an_answer_to_what_was_not_asked_changes_nothing(waiting: Waiting, changes: dict[str, Any]) -> None:
    assert waiting.give(**changes) is None
    assert row(waiting.system, waiting.question.run_id, ROW).state is State.RUNNING
    assert waiting.give() == waiting.question.run_id, "the true one is still taken"


@pytest.mark.parametrize("message", [None, 7, "text", [], {}, {"run_id": "1"}, {"run_id": 1, "row": None}], ids=str)
def test_a_message_without_the_shape_of_one_is_thrown_away(system: System, message: Any) -> None:
    assert take_observation(system.place, message) is None


@pytest.mark.parametrize(
    "observed",
    [
        {"v4": "forged"},
        {"v4": {"name": 7, "kind": "A"}, "v6": {"name": "x", "kind": "AAAA"}},
        {"v4": {"name": "x", "kind": "A", "fault": "no-such-fault"}, "v6": {"name": "x", "kind": "AAAA"}},
        {"v4": {"name": "x" * MOST_BYTES, "kind": "A"}, "v6": {"name": "x", "kind": "AAAA"}},
    ],
    ids=["text", "number", "fault", "size"],
)
def test_an_observation_of_another_shape_is_refused_and_the_row_says_so(
    waiting: Waiting, observed: dict[str, Any]
) -> None:
    waiting.give(observed=observed)
    (verdict,) = row(waiting.system, waiting.question.run_id, ROW).verdicts
    assert (verdict.code, verdict.level) == ("vantage-not-understood", Level.UNKNOWN)
    assert "rome" in verdict.summary


def test_what_is_no_part_of_the_shape_is_not_kept(waiting: Waiting) -> None:
    waiting.give(observed={**waiting.answer.observed, "more": "<script>"})
    assert "more" not in row(waiting.system, waiting.question.run_id, ROW).observed


def test_a_worker_that_could_not_look_is_our_fault_and_unknown(waiting: Waiting) -> None:
    waiting.give(trouble="KeyError in observe, line 7")
    (verdict,) = row(waiting.system, waiting.question.run_id, ROW).verdicts
    assert (verdict.code, verdict.level, verdict.detail) == (
        "check-could-not-run",
        Level.UNKNOWN,
        "KeyError in observe, line 7",
    )


def test_a_name_that_leads_to_whoever_asks_is_not_asked_on_another_machine(system: System) -> None:
    place, host = system.place, add_host(system)
    note_station(place.redis, Station("rome", "1", tuple(CHECKS), broker_now(place.redis), "another"))
    run_id = progress.create_run(place.database, host.key, (ROW,)).id
    progress.plan_run(place.database, run_id, {})
    progress.begin_result(place.database, run_id, ROW, 1)
    saved = hosts.load_host(place.database, host.key)
    assert saved is not None
    scene = set_scene(place, saved, CHECKS["dns"], with_token=False)
    assert prepare_question(place, CHECKS["dns"], scene, run_id, ROW, 1) is None
    found = row(system, run_id, ROW)
    assert (found.state, found.level) == (State.SKIPPED, Level.OK)
    assert "leads to the very machine that asks" in found.reason
    forget_station(place.redis, "rome")


def test_what_is_no_station_is_not_listed(system: System) -> None:
    redis = system.place.redis
    for name, text in (("a", "no json"), ("b", '{"name": "c"}'), ("here", '{"name": "here"}'), ("d", "[]")):
        redis.hset(STATIONS, name, text)
    assert list_stations(redis) == ()
    redis.delete(STATIONS)
