"""The way of a viewer's address on the run page: drawn from what the check saw, and only from that."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from tests.checks.test_headers_trail import seen
from tests.web.browsing import GOOD, Page, Visitor, given_host, run_address
from tests.web.runs_drawn import result, run_of
from wizard.core.runs import State
from wizard.core.verdicts import CheckResult
from wizard.store import progress, runs
from wizard.web.address_trail import draw_trail

LOST = msgspec.to_builtins(seen(peer="172.17.0.1"))


def test_the_first_hop_that_loses_it_stands_out() -> None:
    drawn = draw_trail(run_of(result("headers", State.DONE, GOOD, observed=LOST)))
    assert drawn["text"] == "The first hop that loses it: The hop with the address 172.17.0.1."
    assert [stop["word"] for stop in drawn["stops"] if stop["first"]] == ["Loses it"]
    assert [stop["state"] for stop in drawn["stops"]] == ["passed", "unknown", "failed", "skipped", "skipped"]


def test_the_vantage_from_which_it_gets_lost_is_shown_else_the_one_outside() -> None:
    here = result("headers", State.DONE, GOOD, observed=msgspec.to_builtins(seen()))
    kept = result("headers@paris", State.DONE, GOOD, observed=msgspec.to_builtins(seen()))
    assert draw_trail(run_of(here, kept))["stops"][0]["name"] == "Paris, as a viewer"
    lost = result("headers@paris", State.DONE, GOOD, observed=LOST)
    assert draw_trail(run_of(here, lost))["stops"][0]["name"] == "Paris, as a viewer"
    assert draw_trail(run_of(lost_here := result("headers", State.DONE, GOOD, observed=LOST), kept))["text"] != ""
    assert draw_trail(run_of(lost_here, kept))["stops"][0]["name"] == "This machine, as a viewer"


@pytest.mark.parametrize(
    ("state", "observed"),
    [(State.RUNNING, LOST), (State.DONE, {}), (State.DONE, {"status": "an older version's"}), (State.SKIPPED, {})],
)
def test_nothing_is_drawn_before_it_was_seen_or_when_it_cannot_be_read(state: State, observed: Any) -> None:
    assert draw_trail(run_of(result("headers", state, observed=observed))) == {"stops": []}
    assert draw_trail(run_of()) == {"stops": []}


def test_the_page_shows_it_whole_and_as_a_part(owner: Visitor) -> None:
    host = given_host(owner.place)
    run = progress.create_run(owner.place.database, host.key, ("headers",))
    assert "The way of a viewer" not in Page(owner.get(run_address(run))).words
    progress.plan_run(owner.place.database, run.id, {})
    progress.finish_result(owner.place.database, run.id, 1, CheckResult("headers", (GOOD,), LOST, 0.2))
    found = runs.load_run(owner.place.database, run.id)
    assert found is not None
    page = Page(owner.get(run_address(found)))
    assert "The way of a viewer’s address" in page.words
    assert "Passed on 172.17.0.1" in page.words
    assert "Loses it first" in page.words
    assert len(page.all("li", **{"class": "trail-stop tone-bad is-failed"})) == 1
    message = json.loads(owner.post_by_script(run_address(found, "/retry/headers")).text)
    assert "trail-stop" not in message["parts"]["trail"]  # it is looked at again
