"""What is said aloud when a run changes."""

from __future__ import annotations

import pytest

from tests.web.runs_drawn import FAILURE, OK, TO, draw, result, run_of
from wizard.core.runs import State
from wizard.store.runs import Result
from wizard.web.runs_view import RunView, view_run
from wizard.web.spoken import spoken

WAITING = draw(*(result(name, State.WAITING) for name in ("upstream", "dns", "tls", "identity")))


def after(*done: Result) -> RunView:
    names = ("upstream", "dns", "tls", "identity")
    return draw(*done, *(result(name, State.WAITING) for name in names[len(done) :]))


ONE = after(result("upstream", State.DONE, OK))
TWO = after(result("upstream", State.DONE, OK), result("dns", State.DONE, OK))
BROKEN = after(result("upstream", State.DONE, OK), result("dns", State.DONE, FAILURE))
SKIPS = [result(name, State.SKIPPED, reason="dns") for name in ("tls", "identity")]
OVER = after(result("upstream", State.DONE, OK), result("dns", State.DONE, FAILURE), *SKIPS)
STUCK = view_run(run_of(result("dns", State.QUEUED), state="running"), None, TO, worker_missing=True)


@pytest.mark.parametrize(
    ("before", "now", "words", "urgent"),
    [
        (None, WAITING, "Checks started, 4 in all", False),
        (None, ONE, "1 of 4 done", False),  # a hidden tab comes back
        (None, BROKEN, "Failed: Name leads to Caddy. 2 of 4 done", True),
        (
            None,
            OVER,
            "Failed: Name leads to Caddy. Not working: plex.example.com points to 203.0.113.9",
            True,
        ),
        (WAITING, ONE, "", False),
        (ONE, TWO, "2 of 4 done", False),
        (ONE, BROKEN, "Failed: Name leads to Caddy", True),
        (BROKEN, BROKEN, "", False),
        (
            ONE,
            OVER,
            "Failed: Name leads to Caddy. Not working: plex.example.com points to 203.0.113.9",
            True,
        ),
        (WAITING, STUCK, "Could not finish: the background worker is not running", True),
        (STUCK, STUCK, "", False),
    ],
)
def test_what_is_said(before: RunView | None, now: RunView, words: str, urgent: bool) -> None:
    assert spoken(before, now) == (words, urgent)


def test_a_second_try_is_said_by_its_outcome() -> None:
    earlier = {"dns": result("dns", State.DONE, FAILURE)}
    running = draw(result("dns", State.RUNNING, attempt=2), result("tls", State.WAITING), earlier=earlier)
    fixed = draw(result("dns", State.DONE, OK, attempt=2), result("tls", State.RUNNING), earlier=earlier)
    same = draw(result("dns", State.DONE, FAILURE, attempt=2), result("tls", State.WAITING), earlier=earlier)
    assert spoken(running, fixed) == ("Fixed: name leads to Caddy", True)
    assert spoken(running, same) == ("Checked again at 12:00:00 UTC, still the same", True)
    # the page connects anew after "Check again", perhaps when it is over already
    assert spoken(None, running) == ("Checks started, 2 in all", False)
    assert spoken(None, fixed) == ("Fixed: name leads to Caddy. 1 of 2 done", True)
    assert spoken(None, same) == ("Checked again at 12:00:00 UTC, still the same. 1 of 2 done", True)
