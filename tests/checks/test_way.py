"""The check that asks a way in itself: its findings are those of the way's own watch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.checks.sets import host, scene
from wizard.checks import CHECKS, run_check, way
from wizard.core.verdicts import CheckResult, Level, Remedy, Verdict
from wizard.core.ways import Watch, WaySetup, WayState, WayStatus
from wizard.methods import METHODS
from wizard.net import Net

BAD = Verdict(
    "way-funnel-off",
    Level.FAILURE,
    "Funnel is switched off for this machine",
    "Nobody outside gets in.",
    remedy=Remedy("Switch it on.", "troubleshooting#way-could-not-tell"),
)


@dataclass(frozen=True, slots=True)
class Looked:
    """What this watch sees."""

    word: str


@contextmanager
def watched(status: WayStatus) -> Iterator[None]:
    """Let Funnel have a watch that always ends like this."""
    watch: Watch[Any] = Watch(Looked, lambda _net, setup: Looked(setup.secret), lambda _setup, _seen: status)
    before = METHODS["funnel"].watch
    object.__setattr__(METHODS["funnel"], "watch", watch)
    try:
        yield
    finally:
        object.__setattr__(METHODS["funnel"], "watch", before)


SETUP = WaySetup("funnel", {"port": 443}, "a-secret")
CASES: list[tuple[WayStatus, str, Level]] = [
    (WayStatus(WayState.CONNECTED, "Connected through Frankfurt"), "way-ok", Level.OK),
    (WayStatus(WayState.NOT_SET_UP, "Nothing is set up here"), "way-not-set-up", Level.NOTE),
    (WayStatus(WayState.WAITING, "Waits for the other side"), "way-could-not-tell", Level.UNKNOWN),
    (WayStatus(WayState.UNKNOWN, "The daemon did not answer"), "way-could-not-tell", Level.UNKNOWN),
    (WayStatus(WayState.TROUBLE, "Switched off", verdicts=(BAD,)), "way-funnel-off", Level.FAILURE),
]


@pytest.mark.parametrize(("status", "code", "level"), CASES)
def test_how_a_way_in_stands_is_judged(status: WayStatus, code: str, level: Level) -> None:
    with watched(status):
        found = run_check(CHECKS["way"], Net(), scene(host=host(method="funnel"), way=SETUP))
    assert isinstance(found, CheckResult)
    assert [(verdict.code, verdict.level) for verdict in found.verdicts] == [(code, level)]
    assert found.observed == {"document": {"word": "a-secret"}}


def test_only_ways_in_that_have_something_to_ask_are_asked() -> None:
    for key, method in METHODS.items():
        assert way.is_watched(host(method=key)) == (method.watch is not None)


def test_no_secret_of_a_way_in_leaves_this_machine() -> None:
    assert scene(host=host(method="funnel"), way=SETUP).elsewhere("paris").way is None
