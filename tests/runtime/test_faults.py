"""The table of faults a demonstration can be started with."""

from __future__ import annotations

import pytest

from wizard.core.refusal import Refusal
from wizard.embedded.faults import FAULTS, HEALTHY, DemoFault, find_fault

CHECKS = {"upstream", "dns", "tls", "identity", "headers", "websocket"}


def test_no_name_is_the_healthy_demonstration() -> None:
    assert find_fault("") is HEALTHY


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_found_by_name_and_says_which_row_shows_it(fault: DemoFault) -> None:
    found = find_fault(fault.name)
    assert found is fault
    assert found.check in CHECKS
    assert found.shows


def test_every_first_check_can_be_made_to_fail() -> None:
    assert {fault.check for fault in FAULTS} == CHECKS


def test_names_are_unique() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize(
    ("name", "opening"), [("list", "The faults are:"), ("fire", "There is no fault named fire.")]
)
def test_an_unknown_name_gets_the_list(name: str, opening: str) -> None:
    refusal = find_fault(name)
    assert isinstance(refusal, Refusal)
    assert refusal.message.startswith(opening)
    assert all(fault.name in refusal.message for fault in FAULTS)
