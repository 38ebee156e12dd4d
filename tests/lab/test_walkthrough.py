"""The walkthrough followed literally: a function for each step of the guide, by somebody who does only what it says.

`docs_content/contributing/walkthroughs.md` has the rules that make a guide one that can be followed like this.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab import walk_care, walk_devices, walk_door, walk_rules
from tests.lab.follower import Follower
from tests.lab.guide_script import Step
from tests.lab.walk_outside import OUTSIDE
from tests.lab.walk_stage import FUNCTIONS, Stage, script, set_the_stage
from tests.lab.world import require_lab

SCRIPT = script()
# in the order of the guide, which is the order in which a reader follows it
FOLLOWED = [step for step in SCRIPT.values() if step.id in FUNCTIONS]
_PARTS = (walk_door, walk_devices, walk_care, walk_rules)  # importing them fills FUNCTIONS


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    require_lab()
    with set_the_stage(tmp_path_factory.mktemp("walk")) as made:
        yield made


def test_every_step_of_the_guide_has_somebody_who_follows_it() -> None:
    assert [step.id for step in SCRIPT.values() if step.asks and step.id not in FUNCTIONS] == []


def test_nobody_follows_a_step_that_the_guide_does_not_have() -> None:
    assert sorted(FUNCTIONS.keys() - SCRIPT.keys()) == []
    assert sorted(OUTSIDE.keys() - FUNCTIONS.keys()) == []


@pytest.mark.parametrize("step", FOLLOWED, ids=lambda step: step.id)
def test_whoever_does_only_what_the_step_says_gets_on(stage: Stage, step: Step) -> None:
    # a person who is stuck does not go on: the first step that fails is the one to look at
    stuck = stage.noted.setdefault("stuck", "")
    assert not stuck, f"stuck at {stuck}"
    stage.noted["stuck"] = step.id
    follower = Follower(step, OUTSIDE.get(step.id, {}))
    try:
        FUNCTIONS[step.id](stage, follower)
        follower.finish()
    except BaseException as error:
        error.add_note(f"The guide says, at {step.id}: {step.words}")
        raise
    stage.noted["stuck"] = ""
