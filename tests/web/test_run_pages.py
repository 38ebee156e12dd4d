"""The run page: the truth at every moment, with and without a script."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.web.browsing import BAD, GOOD, Page, Visitor, end_check, given_host, given_run, run_address
from wizard.core.hosts import ProxyHost
from wizard.core.verdicts import Level, Verdict
from wizard.store import progress, runs
from wizard.store.clock import now
from wizard.store.tables import RunRow


@pytest.fixture
def host(owner: Visitor) -> ProxyHost:
    return given_host(owner.place)


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.web.runs.LOOK_SECONDS", 0.01)


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
    owner.post(run_address(run, "/stop"))
    deep = Page(owner.get(owner.post(f"/hosts/{host.key}/checks", deep="1").headers["Location"]))
    assert len(deep.all("li", id="check-stall")) == 1


def test_a_green_run_shows_the_address_and_what_to_set(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, GOOD)
    page = Page(owner.get(run_address(run)))
    assert "plex.example.com works, seen from this machine" in page.words
    assert "What to set in Plex" in page.words
    assert "Make a link for a phone" in page.words
    assert len(page.all("section", id="outside")) == 1
    assert not page.all("div", **{"data-live": run_address(run, "/stream")})
    assert "Check everything again" in page.words


def test_a_failed_run_shows_the_way_to_fix_it(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, BAD)
    page = Page(owner.get(run_address(run)))
    for words in (
        "Not working: plex.example.com points to 203.0.113.9",
        "Why it matters: People who open the address reach the wrong place.",
        "Open your DNS provider.",
        "What we saw",
    ):
        assert words in page.words
    assert page.all("form", action=run_address(run, "/retry/dns"))
    assert "works, seen from this machine" not in page.words


def test_a_run_that_could_not_tell_is_not_green(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, Verdict("dns-unsure", Level.UNKNOWN, "The name server did not answer"))
    page = Page(owner.get(run_address(run)))
    assert "We could not tell: 1 check had no clear answer" in page.words
    assert "works, seen from this machine" not in page.words


def test_a_newer_run_is_pointed_to(owner: Visitor, host: ProxyHost) -> None:
    old, new = given_run(owner.place, host, GOOD, GOOD), given_run(owner.place, host, GOOD, GOOD)
    assert "There is a newer run" in owner.get(run_address(old)).text
    assert run_address(new) in owner.get(run_address(old)).text
    assert "There is a newer run" not in owner.get(run_address(new)).text


def test_what_worked_yesterday_is_grey_today(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, GOOD)
    make_older(owner, run, timedelta(hours=25))
    page = Page(owner.get(run_address(run)))
    assert "Result is old: works, seen from this machine" in page.words
    assert "plex.example.com works" not in page.words
    assert "Result is old" in Page(owner.get("/")).words
    assert "Result is old" in Page(owner.get(f"/hosts/{host.key}")).words


def test_a_run_of_last_month_is_a_summary(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, BAD)
    make_older(owner, run, timedelta(days=32))
    page = Page(owner.get(run_address(run)))
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
    answer = owner.get(run_address(run, f"?wait=20&seen={run.version - 1}"))
    assert "1 of 2 checks done" in Page(answer).words


def test_waiting_for_what_has_ended_does_not_wait(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, GOOD)
    assert owner.get(run_address(run, f"?wait=20&seen={run.version}")).status_code == 200


def test_waiting_has_an_end(owner: Visitor, host: ProxyHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.web.runs._LONGEST_WAIT", 0.05)
    run = given_run(owner.place, host, GOOD)
    assert owner.get(run_address(run, f"?wait=20&seen={run.version}")).status_code == 200


@pytest.mark.parametrize("query", ["wait=soon", "wait=nan&seen=1", "wait=-5", "wait=1e999&seen=x", "wait=&seen="])
def test_odd_waits_are_none(owner: Visitor, host: ProxyHost, query: str) -> None:
    run = given_run(owner.place, host, GOOD)
    assert owner.get(run_address(run, f"?{query}")).status_code == 200


# check again, stop


def test_check_again_without_a_script_leads_to_its_card_which_stays(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, BAD)
    answer = owner.post(run_address(run, "/retry/dns"))
    assert (answer.status_code, answer.headers["Location"]) == (303, run_address(run, "#fix-dns"))
    page = Page(owner.get(run_address(run)))
    assert "Why it matters: People who open the address reach the wrong place." in page.words
    assert page.all("button", id="retry-dns")[0]["aria-disabled"] == "true"
    end_check(owner.place, run.id, "dns", GOOD)
    assert "Fixed: name leads to Caddy" in Page(owner.get(run_address(run))).words


def test_check_again_with_a_script_gives_the_parts_and_opens_the_stream(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, BAD)
    message = json.loads(owner.post_by_script(run_address(run, "/retry/dns")).text)
    assert message["say"] == "Checking again"
    assert message["live"] is True
    assert "Checking…" in message["parts"]["fix-dns"]
    assert "1 of 2 checks done" in message["parts"]["verdict"]


def test_asking_twice_makes_one_attempt(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, BAD)
    owner.post(run_address(run, "/retry/dns"))
    owner.post(run_address(run, "/retry/dns"))
    found = runs.load_run(owner.place.database, run.id)
    assert found is not None
    assert [(one.check, one.attempt) for one in found.results] == [("upstream", 1), ("dns", 2)]


def test_a_check_that_is_no_part_of_the_run_is_not_there(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD)
    assert owner.post(run_address(run, "/retry/websocket")).status_code == 404


def test_stopping_ends_the_run_in_words(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD)
    assert owner.post(run_address(run, "/stop")).headers["Location"] == run_address(run, "#results")
    words = Page(owner.get(run_address(run))).words
    assert "Stopped after 1 of 2" in words
    assert "You stopped the checks" in words


def test_without_a_worker_the_page_says_so(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD)
    make_older(owner, run, timedelta(seconds=6))
    words = Page(owner.get(run_address(run))).words
    assert "Checks are not running" in words
    assert "Could not finish: the background worker is not running" in words


def test_a_row_at_another_vantage_is_made_again_by_its_own_name(owner: Visitor, host: ProxyHost) -> None:
    run = progress.create_run(owner.place.database, host.key, ("dns", "dns@paris"))
    progress.stop_run(owner.place.database, run.id)
    assert owner.post(run_address(run, "/retry/dns@paris")).status_code == 303
    found = runs.load_run(owner.place.database, run.id)
    assert found is not None
    assert [(one.check, one.attempt) for one in found.results] == [("dns", 1), ("dns@paris", 2)]
    assert owner.post(run_address(run, "/retry/dns@rome")).status_code == 404
