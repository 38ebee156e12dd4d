"""A run as the page shows it, as a table of states."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.web.runs_drawn import AT, FAILURE, NOTE, OK, OURS, TO, UNKNOWN, WARNING, draw, result, run_of
from wizard.checks import CHECKS
from wizard.core.runs import APPLY, Standing, State
from wizard.core.verdicts import Trouble, Verdict
from wizard.store.revisions import Revision
from wizard.store.runs import Result
from wizard.web.runs_view import STANDING_STATES, RunView, run_summary, view_run


def row(view: RunView, name: str) -> dict[str, Any]:
    return next(one for one in view.rows if one["name"] == name)


def card(view: RunView, name: str) -> dict[str, Any]:
    return next(one for one in view.cards if one["name"] == name)


@pytest.mark.parametrize(
    ("shown", "state", "text"),
    [
        (result("dns", State.WAITING), "waiting", "Waits for its turn"),
        (result("dns", State.QUEUED), "waiting", "Waits for its turn"),
        (result("dns", State.RUNNING), "running", "Looking from this machine"),
        (result("dns", State.DONE, OK), "passed", "Answered in 14 ms"),
        (result("dns", State.DONE, OK, NOTE), "passed", "IPv6 was not looked at"),
        (result("dns", State.DONE, WARNING, OK), "warning", "Slower than your limit"),
        (result("dns", State.DONE, OK, FAILURE, WARNING), "failed", "plex.example.com points to 203.0.113.9"),
        (result("dns", State.DONE, UNKNOWN), "unknown", "The name server did not answer"),
        (result("dns", State.DONE, OURS), "broken", "The checker stopped"),
        (
            result("dns", State.SKIPPED, reason="upstream"),
            "skipped",
            "Skipped because “Media server answers at home” failed",
        ),
        (result("dns", State.SKIPPED, OK, reason="Not used on this way in"), "skipped", "Not used on this way in"),
        (result("dns", State.STOPPED, reason="You stopped the checks"), "skipped", "You stopped the checks"),
        (result(APPLY, State.RUNNING), "running", "Validating and loading"),
        (result("from-a-newer-version", State.DONE, OK), "passed", "Answered in 14 ms"),
    ],
)
def test_every_state_has_a_word_and_a_fact(shown: Result, state: str, text: str) -> None:
    drawn = row(draw(shown), shown.check)
    assert (drawn["state"], drawn["text"]) == (state, text)


def test_a_row_names_what_it_waits_for() -> None:
    view = draw(result(APPLY, State.RUNNING), result("tls", State.WAITING), result("dns", State.RUNNING))
    assert row(view, "tls")["text"] == f"Waits for: {CHECKS['dns'].title}"


def test_an_apply_that_caddy_keeps_waiting_says_so() -> None:
    trouble = Trouble("caddy-down", "Caddy does not answer")
    revision = Revision(
        id=1,
        edge="here",
        cause="Added",
        state="waiting",
        tries=3,
        due_at=AT,
        sentences=(),
        trouble=trouble,
        notes=(),
        created_at=AT,
        finished_at=None,
    )
    view = view_run(run_of(result(APPLY, State.RUNNING), state="running"), revision, TO)
    assert row(view, APPLY)["text"] == "Caddy does not answer. We try again by ourselves (try 3)"


@pytest.mark.parametrize(
    ("results", "state", "text"),
    [
        ([result("upstream", State.DONE, OK), result("dns", State.RUNNING)], "checking", "1 of 2 checks done"),
        ([result("upstream", State.DONE, OK)], "working", "Works, seen from this machine"),
        ([result("upstream", State.DONE, WARNING)], "warnings", "Works, with 1 warning, seen from this machine"),
        (
            [result("upstream", State.DONE, WARNING), result("dns", State.DONE, WARNING)],
            "warnings",
            "Works, with 2 warnings, seen from this machine",
        ),
        ([result("dns", State.DONE, FAILURE)], "down", "Not working: plex.example.com points to 203.0.113.9"),
        ([result("dns", State.DONE, UNKNOWN)], "unknown", "We could not tell: 1 check had no clear answer"),
        (
            [result("upstream", State.DONE, OK), result("dns", State.STOPPED)],
            "stopped",
            "Stopped after 1 of 2",
        ),
    ],
)
def test_the_verdict_line_says_how_the_run_stands(results: list[Result], state: str, text: str) -> None:
    verdict = draw(*results).verdict
    assert (verdict["state"], verdict["text"]) == (state, text)


def test_the_verdict_names_the_first_broken_hop_and_leads_to_its_card() -> None:
    home = replace(FAILURE, summary="Nothing answers at 192.168.1.20:32400")
    view = draw(result("dns", State.DONE, FAILURE), result("upstream", State.DONE, home))
    assert view.verdict["text"] == "Not working: nothing answers at 192.168.1.20:32400"
    assert view.verdict["url"] == "#fix-upstream"


def test_every_standing_has_a_word_of_the_tags() -> None:
    assert set(STANDING_STATES) == set(Standing)


def test_without_a_worker_the_verdict_says_so_and_leads_to_help() -> None:
    running = run_of(result("dns", State.QUEUED), state="running")
    verdict = view_run(running, None, TO, worker_missing=True).verdict
    assert verdict["state"] == "broken"
    assert verdict["text"] == "Could not finish: the background worker is not running"
    assert verdict["url"].startswith("/help/troubleshooting#")


def test_an_old_result_is_grey_and_says_that_it_is_old() -> None:
    view = draw(result("dns", State.DONE, OK), is_old=True)
    assert (view.verdict["state"], view.verdict["text"]) == ("old", "Result is old: works, seen from this machine")


def test_hops_are_as_bad_as_their_worst_check_and_stay_in_order() -> None:
    view = draw(
        result("tls", State.SKIPPED, reason="dns"),
        result("identity", State.SKIPPED, reason="dns"),
        result("dns", State.DONE, FAILURE),
        result("upstream", State.DONE, OK),
        result("headers", State.RUNNING),
    )
    assert [(hop["id"], hop["state"]) for hop in view.hops] == [
        ("server", "passed"),
        ("caddy", "running"),
        ("name", "failed"),
        ("viewer", "unreached"),
    ]


def test_a_failed_check_has_a_card_that_says_four_things() -> None:
    shown = result("dns", State.DONE, FAILURE, NOTE, observed={"addresses": ["203.0.113.9"]})
    drawn = card(draw(shown), "dns")
    assert drawn["title"] == FAILURE.summary
    assert drawn["what"] == NOTE.summary
    assert drawn["why"] == FAILURE.why
    assert drawn["steps"] == ("First.", "Then.")
    assert drawn["snippet"] == {"code": "a record", "caption": "At the DNS provider"}
    assert drawn["url_retry"] == "/retry/dns"
    assert drawn["url_help"] == "/help/troubleshooting#dns-elsewhere"
    assert "203.0.113.9" in drawn["seen"]
    assert "dig says" in drawn["seen"]


def test_every_check_has_a_slot_and_the_worst_comes_first() -> None:
    view = draw(
        result("upstream", State.DONE, OK), result("tls", State.DONE, WARNING), result("dns", State.DONE, FAILURE)
    )
    assert [one["name"] for one in view.cards] == ["dns", "tls", "upstream"]
    assert [one["open"] for one in view.cards] == [True, True, False]


def test_while_a_check_is_made_again_its_card_stays_with_the_button_pressed() -> None:
    now = result("dns", State.RUNNING, attempt=2)
    view = draw(now, earlier={"dns": result("dns", State.DONE, FAILURE)})
    drawn = card(view, "dns")
    assert (drawn["open"], drawn["busy"], drawn["title"]) == (True, True, FAILURE.summary)
    assert row(view, "dns")["state"] == "running"


def test_a_check_that_was_skipped_and_is_made_now_has_no_card_yet() -> None:
    view = draw(result("tls", State.WAITING, attempt=2), earlier={"tls": result("tls", State.DONE, OK)})
    assert card(view, "tls")["open"] is False
    assert not card(view, "tls").get("busy")


def test_fixed_says_so() -> None:
    view = draw(result("dns", State.DONE, OK, attempt=2), earlier={"dns": result("dns", State.DONE, FAILURE)})
    assert card(view, "dns")["fixed"] == "Fixed: name leads to Caddy"


def test_still_the_same_is_told_apart_from_something_else() -> None:
    earlier = {"dns": result("dns", State.DONE, FAILURE)}
    again = result("dns", State.DONE, FAILURE, attempt=2, finished_at=AT + timedelta(minutes=34))
    other = replace(again, verdicts=(WARNING,))
    assert card(draw(again, earlier=earlier), "dns")["again"] == "Checked again at 12:34:00 UTC, still the same"
    assert card(draw(other, earlier=earlier), "dns")["again"] == "Checked again at 12:34:00 UTC, now something else"


def test_a_run_in_a_few_words() -> None:
    assert run_summary(run_of(result("dns", State.DONE, OK), result("tls", State.RUNNING))) == "1 of 2 done"
    assert (
        run_summary(run_of(result("tls", State.DONE, WARNING), result("dns", State.DONE, FAILURE))) == FAILURE.summary
    )


def test_what_a_router_hides_from_its_own_network_is_told_as_unseen_and_not_as_failed() -> None:
    hidden = result("reach", State.DONE, replace(UNKNOWN, code="reach-hairpin"))
    assert hidden.row.is_unseen
    view = draw(hidden, result("tls", State.SKIPPED, reason="reach"))
    told = row(view, "tls")["text"]
    assert told == f"Skipped because “{CHECKS['reach'].title}” cannot be seen from this machine"
    assert view.standing is Standing.UNCERTAIN


class TestVantages:
    HAIRPIN = replace(UNKNOWN, code="reach-hairpin", summary="Nothing answers from here")

    def seen_from_paris(self, *verdicts: Verdict) -> RunView:
        return draw(
            result("reach", State.DONE, self.HAIRPIN),
            result("tls", State.SKIPPED, reason="reach"),
            result("reach@paris", State.DONE, *verdicts),
            result("tls@paris", State.DONE, OK),
        )

    def test_rows_of_another_vantage_stand_in_a_group_of_its_own_and_name_it(self) -> None:
        view = self.seen_from_paris(OK)
        assert [(group["hop"], group["title"]) for group in view.groups][-1] == ("from-paris", "From paris")
        assert [one["name"] for one in view.groups[-1]["rows"]] == ["reach@paris", "tls@paris"]
        assert row(view, "reach@paris")["title"] == f"{CHECKS['reach'].title}, from paris"
        assert "paris" in view.looked_from

    def test_what_another_vantage_saw_answers_what_this_machine_cannot_see(self) -> None:
        view = self.seen_from_paris(OK)
        assert view.verdict["text"] == "Works, seen from paris"
        assert row(view, "reach")["text"] == "Nothing answers from here. Another place has seen that it works"
        assert not card(view, "reach").get("title", "").startswith("Nothing")
        assert {hop["state"] for hop in view.hops} == {"passed"}

    def test_what_another_vantage_saw_fail_has_a_card_of_its_own(self) -> None:
        view = self.seen_from_paris(FAILURE)
        assert view.verdict["text"].startswith("Not working: ")
        assert view.verdict["url"] == "#fix-reach@paris"
        assert card(view, "reach@paris")["url_retry"] == "/retry/reach@paris"

    def test_a_skip_elsewhere_says_from_where_it_could_not_be_seen(self) -> None:
        view = draw(
            result("reach@paris", State.DONE, UNKNOWN), result("tls@paris", State.SKIPPED, reason="reach@paris")
        )
        told = row(view, "tls@paris")["text"]
        assert told == f"Skipped because “{CHECKS['reach'].title}, from paris” cannot be seen from paris"
