"""Names of rows at vantages, and what a run owes to each place it was looked at from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.runs import Moves, Row, Standing, State, answered, dependants, next_moves, seen_from, standing
from wizard.core.vantages import (
    MOST,
    is_vantage_name,
    needs_of,
    row_name,
    split_row,
    spoken_list,
)
from wizard.core.verdicts import Level

NEEDS = {
    "apply": (),
    "dns": (),
    "upstream": (),
    "reach": ("dns", "apply"),
    "identity": ("reach", "upstream", "apply"),
}

HAIRPIN = Row("reach", State.DONE, Level.UNKNOWN, is_unseen=True)
BEHIND = Row("identity", State.SKIPPED, cause="reach")


def ok(name: str) -> Row:
    return Row(name, State.DONE, Level.OK)


NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)


@given(NAMES, NAMES)
def test_a_row_name_can_be_taken_apart_again(check: str, vantage: str) -> None:
    assert split_row(row_name(check, vantage)) == (check, vantage)
    assert len(row_name(check, vantage)) <= MOST


def test_a_row_of_this_machine_is_called_like_its_check() -> None:
    assert (row_name("reach"), row_name("reach", "paris")) == ("reach", "reach@paris")
    assert split_row("reach") == ("reach", "here")


@pytest.mark.parametrize(
    "text", ["", "here", "probes", "phone", "Paris", "a b", "-a", "a-", "a@b", "a.b", "x" * 33, "é", "paris\n"]
)
def test_a_name_that_could_be_mistaken_is_not_taken(text: str) -> None:
    assert not is_vantage_name(text)


@pytest.mark.parametrize("text", ["paris", "a", "7", "vps-2", "x" * 32])
def test_a_plain_name_is_taken(text: str) -> None:
    assert is_vantage_name(text)


@pytest.mark.parametrize(
    ("vantages", "words"),
    [
        (("here",), "this machine"),
        (("here", "paris"), "this machine and paris"),
        (("here", "paris", "probes"), "this machine, paris and public probes"),
    ],
)
def test_vantages_in_a_sentence(vantages: tuple[str, ...], words: str) -> None:
    assert spoken_list(vantages) == words


class TestNeeds:
    def test_what_is_needed_is_needed_from_the_same_vantage(self) -> None:
        rows = ("apply", "reach", "upstream", "identity", "reach@paris", "identity@paris")
        assert needs_of(rows, NEEDS)["identity@paris"] == ("reach@paris", "upstream", "apply")
        assert needs_of(rows, NEEDS)["identity"] == ("reach", "upstream", "apply")

    def test_a_failure_at_one_vantage_holds_up_nothing_at_another(self) -> None:
        rows = [
            ok("reach"),
            Row("reach@paris", State.DONE, Level.FAILURE),
            Row("identity", State.WAITING),
            Row("identity@paris", State.WAITING),
        ]
        assert next_moves(rows, NEEDS) == Moves(("identity",), (("identity@paris", "reach@paris"),))

    def test_what_only_this_machine_can_look_at_holds_up_every_vantage(self) -> None:
        rows = [
            Row("upstream", State.DONE, Level.FAILURE),
            Row("reach@paris", State.WAITING),
            Row("identity@paris", State.WAITING),
        ]
        assert next_moves(rows, NEEDS) == Moves(("reach@paris",), (("identity@paris", "upstream"),))

    def test_a_row_made_again_takes_those_of_its_vantage_along_and_no_others(self) -> None:
        rows = ("upstream", "reach", "identity", "reach@paris", "identity@paris")
        assert dependants("reach@paris", needs_of(rows, NEEDS)) == {"identity@paris"}
        assert dependants("upstream", needs_of(rows, NEEDS)) == {"identity", "identity@paris"}


class TestStanding:
    def test_what_here_cannot_see_and_another_vantage_saw_is_answered(self) -> None:
        rows = [HAIRPIN, BEHIND, ok("reach@paris"), ok("identity@paris")]
        assert answered(rows) == {"reach", "identity"}
        assert standing(rows) is Standing.WORKING
        assert seen_from(rows) == ("paris",)

    def test_what_nobody_has_seen_keeps_a_run_from_green(self) -> None:
        rows = [
            HAIRPIN,
            BEHIND,
            Row("websocket", State.SKIPPED, cause="reach"),
            ok("reach@paris"),
            ok("identity@paris"),
        ]
        assert standing(rows) is Standing.UNCERTAIN

    def test_a_vantage_that_fell_silent_does_not_take_the_green_of_this_machine(self) -> None:
        rows = [ok("reach"), Row("reach@paris", State.DONE, Level.UNKNOWN)]
        assert standing(rows) is Standing.WORKING
        assert seen_from(rows) == ("here",)

    def test_what_any_vantage_saw_fail_has_failed(self) -> None:
        rows = [ok("reach"), Row("reach@paris", State.DONE, Level.FAILURE)]
        assert standing(rows) is Standing.NOT_WORKING

    def test_a_skip_because_of_a_failure_is_never_answered(self) -> None:
        rows = [
            Row("reach", State.DONE, Level.FAILURE),
            Row("identity", State.SKIPPED, cause="reach"),
            ok("identity@paris"),
        ]
        assert answered(rows) == frozenset()

    def test_the_right_server_seen_by_public_probes_answers_for_ports_certificate_and_identity(self) -> None:
        rows = [HAIRPIN, Row("tls", State.DONE, Level.UNKNOWN), BEHIND, ok("outside@probes")]
        assert standing(rows) is Standing.WORKING
        assert seen_from(rows) == ("probes",)

    def test_public_probes_that_could_not_look_leave_the_standing_as_it_is(self) -> None:
        blind = Row("outside@probes", State.DONE, Level.UNKNOWN)
        assert standing([ok("reach"), ok("tls"), ok("identity"), blind]) is Standing.WORKING
        assert standing([HAIRPIN, BEHIND, blind]) is Standing.UNCERTAIN
        assert seen_from([ok("reach"), ok("tls"), ok("identity"), blind]) == ("here",)


def test_what_nobody_can_be_asked_about_is_said_once_and_not_for_every_row() -> None:
    quiet = Row("reach@paris", State.DONE, Level.UNKNOWN, is_unseen=True)
    rows = [ok("reach"), ok("identity"), quiet, Row("identity@paris", State.WAITING)]
    assert next_moves(rows, NEEDS).skip == (("identity@paris", "reach@paris"),)
    ended = [*rows[:3], Row("identity@paris", State.SKIPPED, cause="reach@paris")]
    assert standing(ended) is Standing.WORKING
