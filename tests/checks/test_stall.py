"""Judging a stream that nobody read for a while, as tables, and real pauses: short ones, and one of 70 seconds."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from tests.caddy_process import start_caddy
from tests.checks.lab import Lab
from tests.checks.sets import ECHO, MARK, NAME, codes, host, scene
from tests.fakes.hop import Fault as HopFault
from wizard.checks.stall import CHECK, Seen, Subject
from wizard.core.checks import Check, Scene, Skip
from wizard.core.faults import Fault

SUBJECT = Subject(NAME, 443, ECHO.path, MARK, plex_mode=True)
GOOD = Seen(200, "gunicorn", 65_536, 32 << 20, 1.0)


def patient_for(seconds: float) -> Check[Any, Any]:
    """The check with another pause."""

    def subject(scene: Scene) -> Subject:
        found = CHECK.subject(scene)
        assert isinstance(found, Subject)
        return replace(found, pause_seconds=seconds)

    return replace(CHECK, subject=subject)


def test_it_is_made_only_when_asked_for_and_pauses_for_more_than_a_minute() -> None:
    assert CHECK.deep
    assert SUBJECT.pause_seconds == 70
    assert CHECK.seconds == 100
    assert CHECK.subject(scene(token="secret")) == SUBJECT
    assert isinstance(CHECK.subject(scene(echoes=())), Skip)
    assert isinstance(CHECK.subject(scene(host=host(paused=True))), Skip)


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (GOOD, "stall-ok ok"),
        (replace(GOOD, fault=Fault.TIMED_OUT), "stall-ok ok"),
        (replace(GOOD, bytes_after=20 << 20), "stall-ok ok"),
        (replace(GOOD, bytes_after=5 << 20, is_ended=True, fault=Fault.CLOSED), "stall-cut failure"),
        (replace(GOOD, bytes_after=0, fault=Fault.RESET), "stall-cut failure"),
        (replace(GOOD, bytes_after=20 << 20, is_ended=True, fault=Fault.CLOSED), "stall-cut failure"),
        (replace(GOOD, bytes_before=0, bytes_after=0, fault=Fault.RESET), "stall-cut failure"),
        (Seen(fault=Fault.CLOSED), "stall-cut failure"),
        (replace(GOOD, bytes_after=5 << 20), "stall-could-not-look unknown"),
        (replace(GOOD, bytes_after=5 << 20, fault=Fault.TIMED_OUT), "stall-could-not-look unknown"),
        (replace(GOOD, wrong_at=4_000_000), "stall-wrong-bytes failure"),
        (Seen(200, wrong_at=0), "stall-echo-not-ours failure"),
        (Seen(404), "stall-echo-not-ours failure"),
        (Seen(502), "stall-could-not-look unknown"),
        (Seen(fault=Fault.TIMED_OUT), "stall-could-not-look unknown"),
        (Seen(fault=Fault.NO_NETWORK), "stall-could-not-look unknown"),
    ],
)
def test_what_came_is_judged(what: Seen, expected: str) -> None:
    assert codes(CHECK.judge(SUBJECT, what)) == [expected]


def test_no_fault_and_no_status_is_forgotten() -> None:
    for fault in Fault:
        assert CHECK.judge(SUBJECT, Seen(fault=fault))
        assert CHECK.judge(SUBJECT, replace(GOOD, bytes_after=0, fault=fault))
    for status in (200, 206, 301, 404, 416, 500, 503, 530):
        assert CHECK.judge(SUBJECT, Seen(status))


def test_the_remedy_knows_whether_plex_mode_is_on() -> None:
    cut = replace(GOOD, bytes_after=0, fault=Fault.RESET)
    (without,) = CHECK.judge(replace(SUBJECT, plex_mode=False), cut)
    assert without.remedy is not None
    assert "switch on Plex Mode" in without.remedy.steps[0]
    (with_it,) = CHECK.judge(SUBJECT, cut)
    assert with_it.remedy is not None
    assert "Plex Mode" not in "".join(with_it.remedy.steps)


# with a real Caddy and our own web server


def test_a_short_pause_does_no_harm(lab: Lab) -> None:
    assert lab.codes(patient_for(0.2)) == ["stall-ok ok"]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [(HopFault.CUT_AFTER, "stall-cut failure"), (HopFault.GARBLE, "stall-wrong-bytes failure")],
)
def test_a_fault_on_the_way_is_named_and_green_when_it_is_gone(lab: Lab, fault: HopFault, expected: str) -> None:
    with lab.hop(fault, cut_after_seconds=1.0) as (hop, changes):
        check = patient_for(1.5)
        assert lab.codes(check, lab.scene(check, **changes)) == [expected]
        hop.fault = HopFault.TERMINATE
        assert lab.codes(check, lab.scene(check, **changes)) == ["stall-ok ok"]


@pytest.fixture
def labs(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Lab]]:
    """Caddy with Plex Mode, and the same one without it: that one has its own limit of a minute."""
    caddy = start_caddy(tmp_path_factory.mktemp("without"))
    without = Lab(lab.system, caddy.edge(echo_dial=lab.edge.echo_dial), caddy.client())
    without.serve(without.host(plex_mode=False))
    yield {"with": lab, "without": without}
    caddy.stop()


@pytest.mark.timeout(200)
def test_a_real_pause_of_70_seconds_is_survived_with_plex_mode_and_cut_without(labs: dict[str, Lab]) -> None:
    hosts = {name: lab.host(plex_mode=name == "with") for name, lab in labs.items()}
    scenes = {name: lab.scene(CHECK, hosts[name]) for name, lab in labs.items()}
    with ThreadPoolExecutor(len(labs)) as pool:
        results = dict(zip(labs, pool.map(lambda name: labs[name].run(CHECK, scenes[name]), labs), strict=True))
    assert codes(results["with"].verdicts) == ["stall-ok ok"]
    assert codes(results["without"].verdicts) == ["stall-cut failure"]
    assert 70 < results["with"].seconds < CHECK.seconds
