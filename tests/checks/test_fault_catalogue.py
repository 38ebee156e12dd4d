"""Every seeded fault: the run names the right place and what to do, nothing is green, and Check again is enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.checks.faults.catalogue import CODES_ELSEWHERE, FAULTS
from tests.checks.faults.shape import Fault, World, looking_with, start_world
from tests.checks.test_hold import patient_for as quiet_for
from tests.checks.test_stall import patient_for
from tests.web.runs_drawn import TO
from wizard.checks import CHECKS
from wizard.core.health import SCHEDULE
from wizard.core.runs import ENDED, Standing
from wizard.core.vantages import HERE
from wizard.core.verdicts import Level
from wizard.store.progress import add_run
from wizard.store.runs import Run
from wizard.web.runs_view import hop_of, view_run

MADE_HERE = tuple(name for name, check in CHECKS.items() if check.vantage == HERE)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all faults."""
    with start_world(tmp_path_factory.mktemp("faults")) as world:
        yield world


@pytest.fixture
def world(started: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world as it works. What is slow by its nature takes seconds here, not a minute."""
    monkeypatch.setitem(CHECKS, "stall", patient_for(3.0))
    monkeypatch.setitem(CHECKS, "hold", quiet_for(2.0))
    started.repair()
    return started


def test_there_are_many_and_each_is_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    names = Counter(fault.name for fault in FAULTS)
    assert max(names.values()) == 1
    codes = {fault.code for fault in FAULTS}
    with capsys.disabled():
        print(f"\n{len(FAULTS)} seeded faults, {len(codes)} codes, with DNS {len(codes | CODES_ELSEWHERE)} codes")
    assert len(FAULTS) >= 45
    assert len(codes) >= 30
    # these need name servers, somebody who watches, the program of a way in
    assert {fault.code.partition("-")[0] for fault in FAULTS} == set(MADE_HERE) - {"dns", "locality", "way"}


def test_without_a_fault_everything_is_green(world: World) -> None:
    run = world.run(*MADE_HERE)
    assert run.standing is Standing.WORKING, told(run)


def test_a_run_that_the_clock_started_moves_little(world: World) -> None:
    with world.place.database.write() as session:
        run_id = add_run(session, "1", ("streaming",), SCHEDULE).id
    result = world.carry_on(run_id).result("streaming")
    assert result is not None
    assert result.level is Level.OK
    assert result.observed["speed"]["bytes"] <= 1 << 19
    assert result.observed["upload"]["size"] < 1 << 21


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_found_at_its_place_and_gone_after_checking_again(world: World, fault: Fault) -> None:
    world = looking_with(world, fault.net() if fault.net else None)
    with fault.seed(world):
        run = world.run(*fault.checks)
        _is_found(run, fault)
    for row in (fault.row, *(result.check for result in run.results)):
        result = run.result(row)
        assert result is not None
        assert result.state in ENDED
        if result.level in {None, Level.WARNING, Level.FAILURE, Level.UNKNOWN}:
            run = world.check_again(run, row)
    assert run.standing is Standing.WORKING, told(run)


def _is_found(run: Run, fault: Fault) -> None:
    assert run.standing is fault.standing, told(run)
    result = run.result(fault.row)
    assert result is not None
    found = next((verdict for verdict in result.verdicts if verdict.code == fault.code), None)
    assert found is not None, told(run)
    assert found.level is fault.level
    assert found.remedy is not None
    assert found.remedy.guide.startswith(f"troubleshooting#{fault.code}")
    text = " ".join((found.summary, found.why, found.detail, found.remedy.action, *found.remedy.steps))
    assert fault.words in text, text
    view = view_run(run, None, TO)
    if fault.level is Level.FAILURE:
        assert view.verdict["url"] == f"#fix-{fault.leads or fault.row}", told(run)
    (hop,) = [hop for hop in view.hops if hop["id"] == hop_of(fault.row).value]
    assert hop["state"] == ("failed" if fault.level is Level.FAILURE else "warning"), view.hops
    (card,) = [card for card in view.cards if card["name"] == fault.row]
    assert card["url_retry"] == f"/retry/{fault.row}"
    assert card["steps"]


def told(run: Run) -> str:
    """A run in the words of a failed test."""
    return "\n".join(
        f"{result.check}: {result.state} {[(found.code, found.summary) for found in result.verdicts]} {result.reason}"
        for result in run.results
    )
