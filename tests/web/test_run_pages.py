"""The run page and its stream: the truth at every moment, with and without a script, and an end in peace."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from tests.web.browsing import BAD, GOOD, Page, Visitor, end_check, given_host, given_run
from wizard.core.hosts import ProxyHost
from wizard.core.verdicts import Level, Verdict
from wizard.store import hosts, runs
from wizard.store.clock import now
from wizard.store.tables import RunRow
from wizard.web import streams
from wizard.web.streams import is_gone, take_place


@pytest.fixture
def host(owner: Visitor) -> ProxyHost:
    return given_host(owner.place)


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.web.run_stream.LOOK_SECONDS", 0.01)
    monkeypatch.setattr("wizard.web.runs.LOOK_SECONDS", 0.01)
    monkeypatch.setattr("wizard.web.run_stream._WORKER_LOOK_SECONDS", 0.02)


def address(run: runs.Run, more: str = "") -> str:
    return f"/hosts/{run.host_key}/checks/{run.id}{more}"


def make_older(owner: Visitor, run: runs.Run, age: timedelta) -> None:
    with owner.place.database.write() as session:
        session.execute(update(RunRow).values(created_at=now() - age, finished_at=now() - age))


# the page


def test_a_new_run_shows_every_row_at_once(owner: Visitor, host: ProxyHost) -> None:
    answer = owner.post(f"/hosts/{host.key}/checks")
    page = Page(owner.get(answer.headers["Location"]))
    assert len(page.all("li", id="check-upstream")) == 1
    assert page.all("div", **{"data-live": f"{answer.headers['Location']}/stream"})
    assert "Show the latest results" in page.words
    assert "Stop the checks" in page.words
    assert not page.all("li", id="check-apply")  # nothing was applied


def test_starting_again_while_it_runs_leads_to_the_same_run(owner: Visitor, host: ProxyHost) -> None:
    places = {owner.post(f"/hosts/{host.key}/checks").headers["Location"] for _ in range(3)}
    assert len(places) == 1


def test_checking_deeply_adds_what_takes_minutes(owner: Visitor, host: ProxyHost) -> None:
    usual = Page(owner.get(owner.post(f"/hosts/{host.key}/checks").headers["Location"]))
    assert not usual.all("li", id="check-stall")
    run = runs.latest_run(owner.place.database, host.key)
    assert run is not None
    owner.post(address(run, "/stop"))
    deep = Page(owner.get(owner.post(f"/hosts/{host.key}/checks", deep="1").headers["Location"]))
    assert len(deep.all("li", id="check-stall")) == 1


def test_a_green_run_shows_the_address_and_what_to_set(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, GOOD)
    page = Page(owner.get(address(run)))
    assert "plex.example.com works, seen from this machine" in page.words
    assert "What to set in Plex" in page.words
    assert "Scan with your phone's Wi-Fi off" in page.words
    assert not page.all("div", **{"data-live": address(run, "/stream")})
    assert "Check everything again" in page.words


def test_a_failed_run_shows_the_way_to_fix_it(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, BAD)
    page = Page(owner.get(address(run)))
    for words in (
        "Not working: plex.example.com points to 203.0.113.9",
        "Why it matters: People who open the address reach the wrong place.",
        "Open your DNS provider.",
        "What we saw",
    ):
        assert words in page.words
    assert page.all("form", action=address(run, "/retry/dns"))
    assert "works, seen from this machine" not in page.words


def test_a_run_that_could_not_tell_is_not_green(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, Verdict("dns-unsure", Level.UNKNOWN, "The name server did not answer"))
    page = Page(owner.get(address(run)))
    assert "We could not tell: 1 check had no clear answer" in page.words
    assert "works, seen from this machine" not in page.words


def test_a_newer_run_is_pointed_to(owner: Visitor, host: ProxyHost) -> None:
    old, new = given_run(owner.place, host, GOOD, GOOD), given_run(owner.place, host, GOOD, GOOD)
    assert "There is a newer run" in owner.get(address(old)).text
    assert address(new) in owner.get(address(old)).text
    assert "There is a newer run" not in owner.get(address(new)).text


def test_what_worked_yesterday_is_grey_today(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, GOOD)
    make_older(owner, run, timedelta(hours=25))
    page = Page(owner.get(address(run)))
    assert "Result is old: works, seen from this machine" in page.words
    assert "plex.example.com works" not in page.words
    assert "Result is old" in Page(owner.get("/")).words
    assert "Result is old" in Page(owner.get(f"/hosts/{host.key}")).words


def test_a_run_of_last_month_is_a_summary(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, BAD)
    make_older(owner, run, timedelta(days=32))
    page = Page(owner.get(address(run)))
    assert "more than a month old" in page.words
    assert not page.all("li", id="check-dns")


def test_a_run_belongs_to_its_host(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD)
    other = given_host(owner.place, "films.example.com")
    for more in ("", "/stream"):
        assert owner.get(f"/hosts/{other.key}/checks/{run.id}{more}").status_code == 404
    for more in ("/stop", "/retry/dns"):
        assert owner.post(f"/hosts/{other.key}/checks/{run.id}{more}").status_code == 404


def test_earlier_runs_are_listed_with_what_they_found(owner: Visitor, host: ProxyHost) -> None:
    given_run(owner.place, host, GOOD, BAD)
    words = Page(owner.get(f"/hosts/{host.key}/checks")).words
    assert "Not working" in words
    assert "plex.example.com points to 203.0.113.9" in words


# waiting without a script


def test_waiting_ends_with_the_first_news(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD)
    answer = owner.get(address(run, f"?wait=20&seen={run.version - 1}"))
    assert "1 of 2 checks done" in Page(answer).words


def test_waiting_for_what_has_ended_does_not_wait(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, GOOD)
    assert owner.get(address(run, f"?wait=20&seen={run.version}")).status_code == 200


def test_waiting_has_an_end(owner: Visitor, host: ProxyHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.web.runs._LONGEST_WAIT", 0.05)
    run = given_run(owner.place, host, GOOD)
    assert owner.get(address(run, f"?wait=20&seen={run.version}")).status_code == 200


@pytest.mark.parametrize("query", ["wait=soon", "wait=nan&seen=1", "wait=-5", "wait=1e999&seen=x", "wait=&seen="])
def test_odd_waits_are_none(owner: Visitor, host: ProxyHost, query: str) -> None:
    run = given_run(owner.place, host, GOOD)
    assert owner.get(address(run, f"?{query}")).status_code == 200


# check again, stop


def test_check_again_without_a_script_leads_to_its_card_which_stays(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, BAD)
    answer = owner.post(address(run, "/retry/dns"))
    assert (answer.status_code, answer.headers["Location"]) == (303, address(run, "#fix-dns"))
    page = Page(owner.get(address(run)))
    assert "Why it matters: People who open the address reach the wrong place." in page.words
    assert page.all("button", id="retry-dns")[0]["aria-disabled"] == "true"
    end_check(owner.place, run.id, "dns", GOOD)
    assert "Fixed: name leads to Caddy" in Page(owner.get(address(run))).words


def test_check_again_with_a_script_gives_the_parts_and_opens_the_stream(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, BAD)
    message = json.loads(owner.post_by_script(address(run, "/retry/dns")).text)
    assert message["say"] == "Checking again"
    assert message["live"] is True
    assert "Checking…" in message["parts"]["fix-dns"]
    assert "1 of 2 checks done" in message["parts"]["verdict"]


def test_asking_twice_makes_one_attempt(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, BAD)
    owner.post(address(run, "/retry/dns"))
    owner.post(address(run, "/retry/dns"))
    found = runs.load_run(owner.place.database, run.id)
    assert found is not None
    assert [(one.check, one.attempt) for one in found.results] == [("upstream", 1), ("dns", 2)]


def test_a_check_that_is_no_part_of_the_run_is_not_there(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD)
    assert owner.post(address(run, "/retry/websocket")).status_code == 404


def test_stopping_ends_the_run_in_words(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD)
    assert owner.post(address(run, "/stop")).headers["Location"] == address(run, "#results")
    words = Page(owner.get(address(run))).words
    assert "Stopped after 1 of 2" in words
    assert "You stopped the checks" in words


def test_without_a_worker_the_page_says_so(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD)
    make_older(owner, run, timedelta(seconds=6))
    words = Page(owner.get(address(run))).words
    assert "Checks are not running" in words
    assert "Could not finish: the background worker is not running" in words


# the stream


@contextmanager
def streaming(owner: Visitor, run: runs.Run) -> Iterator[Iterator[dict[str, Any]]]:
    answer = owner.client.get(address(run, "/stream"), buffered=False)
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["X-Accel-Buffering"] == "no"
    try:
        yield (_read(event.decode()) for event in answer.iter_encoded() if event.startswith(b"id:"))
    finally:
        answer.close()


def _read(event: str) -> dict[str, Any]:
    number, data = event.split("\n", 1)
    return {"id": int(number.removeprefix("id: ")), **json.loads(data.removeprefix("data: "))}


def test_a_stream_begins_with_everything_and_goes_on_to_the_end(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host)
    with streaming(owner, run) as events:
        first = next(events)
        assert first["say"] == "Checks started, 2 in all"
        assert {"verdict", "hops", "run-actions", "success", "check-upstream", "check-dns", "fix-dns"} <= set(
            first["parts"]
        )
        end_check(owner.place, run.id, "upstream", GOOD)
        numbers = [first["id"]]
        for event in events:
            numbers.append(event["id"])
            if "1 of 2 checks done" in event["parts"]["verdict"]:
                break
        end_check(owner.place, run.id, "dns", BAD)
        rest = list(events)
    assert numbers == sorted(set(numbers))
    assert rest[-1]["done"] is True
    assert "Failed: Name leads to Caddy" in " ".join(event["say"] for event in rest)
    assert rest[-1]["say"].endswith("Not working: plex.example.com points to 203.0.113.9")
    assert rest[-1]["urgent"] is True


def test_the_parts_of_a_stream_are_those_of_the_page(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, BAD)
    page = owner.get(address(run)).text
    with streaming(owner, run) as events:
        (only,) = events
    for name, html in only["parts"].items():
        text = html.strip()
        if "csrf_token" not in text:
            assert text in page, name
    assert only["done"] is True


def test_a_stream_says_when_the_worker_falls_silent(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host)
    with streaming(owner, run) as events:
        assert "0 of 2 checks done" in next(events)["parts"]["verdict"]
        with owner.place.database.write() as session:
            session.execute(update(RunRow).values(created_at=now() - timedelta(seconds=6)))
        assert "the background worker is not running" in next(events)["parts"]["verdict"]


def test_a_host_that_is_removed_ends_its_stream_in_words(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host)
    with streaming(owner, run) as events:
        next(events)
        hosts.remove_host(owner.place.database, host.key)
        last = next(events)
        assert (last["say"], last["done"], list(last["parts"])) == ("This proxy host was removed", True, ["notice"])
        assert list(events) == []


class Tab:
    """One open stream, in a context of its own as on a thread of the server."""

    def __init__(self, owner: Visitor, run: runs.Run) -> None:
        self._context = copy_context()
        self._answer = self._context.run(owner.client.get, address(run, "/stream"), buffered=False)

    @property
    def status(self) -> int:
        """204 when there was no place."""
        return self._answer.status_code

    def close(self) -> None:
        """Go away, perhaps before anything was read."""
        self._context.run(self._answer.close)


def test_a_browser_holds_three_streams_and_a_closed_one_frees_its_place(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host)
    other = Visitor(owner.app, owner.place).sign_in()
    tabs = [Tab(owner, run) for _ in range(4)]
    tabs.append(Tab(other, run))
    assert [tab.status for tab in tabs] == [200, 200, 200, 204, 200]
    tabs[0].close()
    tabs.append(Tab(owner, run))
    assert tabs[-1].status == 200
    for tab in tabs[1:]:
        tab.close()
    assert streams._open.total() == 0


def test_asking_for_the_head_of_a_stream_takes_no_place(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host)
    for _ in range(5):
        assert owner.client.head(address(run, "/stream")).status_code == 200
    assert streams._open.total() == 0


def test_a_place_is_left_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_AT_ONCE", 2)
    first, second = take_place("one"), take_place("two")
    assert first is not None
    assert second is not None
    assert take_place("three") is None
    first()
    first()
    third = take_place("three")
    assert third is not None
    assert take_place("four") is None
    second()
    third()


def test_a_client_that_hung_up_is_noticed_without_writing() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        environ = {"gunicorn.socket": ours}
        assert not is_gone(environ)
        theirs.sendall(b"the next request, sent early")
        assert not is_gone(environ)
        ours.recv(100)
        theirs.close()
        assert is_gone(environ)
    assert is_gone(environ)  # closed by the server itself
    assert not is_gone({})
