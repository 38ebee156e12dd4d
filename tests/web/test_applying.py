"""The last step: one press is one run, however often it arrives, and trouble around it loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.fakes.plex import Plex
from tests.threads import together
from tests.web.browsing import BAD, GOOD, PARTS, Page, Visitor, apply_new, given_host, given_run, go_to
from tests.whole_system import System
from wizard.core.hosts import Upstream
from wizard.store import drafts, hosts, revisions, runs
from wizard.store.hosts import load_host


@pytest.fixture
def ready(owner: Visitor, plex: Plex) -> Visitor:
    go_to(owner, "review", plex.url)
    return owner


def all_runs(owner: Visitor) -> list[runs.Run]:
    return [
        run
        for saved in hosts.list_hosts(owner.place.database)
        for run in runs.list_runs(owner.place.database, saved.host.key)
    ]


def test_the_review_shows_the_summary_the_difference_and_the_configuration(ready: Visitor) -> None:
    page = Page(ready.get("/hosts/new/review"))
    for words in (
        "External domain plex.example.com",
        "Plex Mode On",
        "Adds plex.example.com →",
        "After applying, in Plex",
    ):
        assert words in page.words
    assert "header_up X-Real-IP" in page.words
    assert '"@id": "porthole-plex.example.com"' in page.words
    assert ready.get("/hosts/new/review").headers["Cache-Control"] == "no-store"


def test_applying_saves_the_host_ends_the_draft_and_leads_to_the_run(ready: Visitor) -> None:
    answer = apply_new(ready)
    (saved,) = hosts.list_hosts(ready.place.database)
    (run,) = all_runs(ready)
    assert answer.headers["Location"] == f"/hosts/{saved.host.key}/checks/{run.id}"
    assert drafts.list_drafts(ready.place.database) == []
    assert [one.cause for one in revisions.list_revisions(ready.place.database)] == ["Added plex.example.com"]
    assert "0 of " in Page(ready.get(answer.headers["Location"])).words


def test_sent_twice_it_is_the_same_run(ready: Visitor) -> None:
    key = Page(ready.get("/hosts/new/review")).value("key")
    first = ready.post("/hosts/new/review", key=key)
    second = ready.post("/hosts/new/review", key=key)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(all_runs(ready)) == 1


def test_sent_twice_at_once_it_is_the_same_run(ready: Visitor) -> None:
    key, token = Page(ready.get("/hosts/new/review")).value("key"), ready.token()
    cookie = ready.client.get_cookie("porthole")
    assert cookie is not None

    def press() -> str:
        client = ready.app.test_client()
        client.set_cookie("porthole", cookie.value)
        return client.post("/hosts/new/review", data={"csrf_token": token, "key": key}).headers["Location"]

    assert len(set(together(*[press] * 4))) == 1
    assert len(all_runs(ready)) == 1
    assert len(revisions.list_revisions(ready.place.database)) == 1


def test_an_edit_sent_twice_at_once_is_one_new_run(owner: Visitor) -> None:
    host = given_host(owner.place)
    old = given_run(owner.place, host, GOOD, GOOD)
    owner.post(f"/hosts/{host.key}/edit/media", stream_limit_mbps="8", forward_client_ip="y", websocket="y")
    token, cookie = owner.token(), owner.client.get_cookie("porthole")
    assert cookie is not None

    def press() -> str:
        client = owner.app.test_client()
        client.set_cookie("porthole", cookie.value)
        path = f"/hosts/{host.key}/edit/review"
        return client.post(path, data={"csrf_token": token, "key": host.key}).headers["Location"]

    places = set(together(press, press, press))
    assert len(places) == 1
    assert not places.pop().endswith(f"/{old.id}")
    assert len(all_runs(owner)) == 2


def test_the_button_of_a_review_from_yesterday_leads_to_what_came_of_it(ready: Visitor, plex: Plex) -> None:
    key = Page(ready.get("/hosts/new/review")).value("key")
    place = apply_new(ready).headers["Location"]
    go_to(ready, "connect", plex.url)  # somebody began another one meanwhile
    assert ready.post("/hosts/new/review", key=key).headers["Location"] == place


def test_a_button_for_nothing_leads_to_the_first_step(owner: Visitor) -> None:
    assert owner.post("/hosts/new/review", key="0123456789").headers["Location"] == "/hosts/new/server"


def test_a_name_taken_in_the_meantime_links_to_its_step(ready: Visitor) -> None:
    given_host(ready.place, "plex.example.com")
    answer = apply_new(ready)
    assert answer.status_code == 422
    assert Page(answer).problems == ["plex.example.com is the external domain of another proxy host already"]
    assert '<a href="/hosts/new/connect?from=review">' in answer.text
    assert drafts.load_draft(ready.place.database).answers["domain"] == "plex.example.com"
    assert all_runs(ready) == []


def test_an_edit_keeps_a_pause_that_came_in_between(owner: Visitor) -> None:
    host = given_host(owner.place)
    owner.post(f"/hosts/{host.key}/edit/media", stream_limit_mbps="8", forward_client_ip="y", websocket="y")
    owner.post(f"/hosts/{host.key}/pause", pause="1")
    owner.post(f"/hosts/{host.key}/edit/review", key=host.key)
    saved = load_host(owner.place.database, host.key)
    assert saved is not None
    assert (saved.host.paused, saved.host.stream_limit_mbps) == (True, 8)


def test_answers_older_than_a_change_elsewhere_say_so(owner: Visitor) -> None:
    host = given_host(owner.place)
    owner.post(f"/hosts/{host.key}/edit/media", stream_limit_mbps="8", forward_client_ip="y", websocket="y")
    assert "changed elsewhere" not in owner.get(f"/hosts/{host.key}/edit/review").text
    hosts.save_host(owner.place.database, replace(host, upload_mbps=40.0))
    assert "This proxy host was changed elsewhere" in owner.get(f"/hosts/{host.key}/edit/review").text


def test_an_edit_that_changes_nothing_starts_nothing(owner: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.web.setup.applying._MOMENT", timedelta())
    host = given_host(owner.place)
    answer = owner.post(f"/hosts/{host.key}/edit/review", key=host.key)
    assert answer.headers["Location"] == f"/hosts/{host.key}"
    assert revisions.list_revisions(owner.place.database) == []


def test_a_forgotten_token_is_gone_after_applying(owner: Visitor) -> None:
    nobody = Upstream("plex", "http", "127.0.0.1", 9)
    host = given_host(owner.place, upstream=nobody)
    fields = {"stream_limit_mbps": "", "forward_client_ip": "y", "websocket": "y"}
    owner.post(f"/hosts/{host.key}/edit/media", token="secret-token", **fields)
    owner.post(f"/hosts/{host.key}/edit/review", key=host.key)
    assert owner.place.vault.open(hosts.sealed_token(owner.place.database, host.key)) == "secret-token"
    assert "A token is saved" in owner.get(f"/hosts/{host.key}/edit/media").text
    owner.post(f"/hosts/{host.key}/edit/media", forget_token="y", **fields)
    owner.post(f"/hosts/{host.key}/edit/review", key=host.key)
    assert hosts.sealed_token(owner.place.database, host.key) == ""


def test_several_hosts_live_side_by_side(ready: Visitor, plex: Plex) -> None:
    apply_new(ready)
    go_to(ready, "review", plex.url, domain="films.example.com")
    apply_new(ready)
    words = Page(ready.get("/")).words
    assert "plex.example.com" in words
    assert "films.example.com" in words
    assert len(all_runs(ready)) == 2


def test_removing_says_what_stays_and_forgets_the_host(ready: Visitor) -> None:
    place = apply_new(ready).headers["Location"]
    (saved,) = hosts.list_hosts(ready.place.database)
    assert "What stays:" in ready.get(f"/hosts/{saved.host.key}/remove").text
    assert ready.post(f"/hosts/{saved.host.key}/remove").headers["Location"] == "/"
    assert "plex.example.com is removed" in ready.get("/").text
    for gone in (place, f"{place}/stream", f"/hosts/{saved.host.key}"):
        assert ready.get(gone).status_code == 404
    assert ready.post(f"{place}/stop").status_code == 404
    assert revisions.list_revisions(ready.place.database)[0].cause == "Removed plex.example.com"


class TestWithoutBroker:
    """Everything is saved; the sweep queues it when the broker is back."""

    @pytest.fixture(autouse=True)
    def _stopped(self, surroundings: System) -> Iterator[None]:
        surroundings.parts["valkey"].stop()
        yield
        surroundings.start("valkey")

    def test_applying_waits_for_the_worker_and_says_so(self, ready: Visitor) -> None:
        answer = apply_new(ready)
        assert answer.status_code == 303
        (run,) = all_runs(ready)
        assert run.is_running
        assert ready.get(answer.headers["Location"]).status_code == 200
        assert "Checks are not running" in ready.get("/").text

    def test_the_claim_page_warns(self, stranger: Visitor) -> None:
        assert "Checks cannot run" in stranger.get("/claim").text

    def test_health_says_which_part_is_down(self, stranger: Visitor) -> None:
        answer = stranger.get("/healthz")
        assert answer.status_code == 503
        assert answer.json is not None
        assert (answer.json["broker"], answer.json["database"]) == ("down", "ok")

    def test_checking_pausing_and_stopping_still_answer(self, owner: Visitor) -> None:
        host = given_host(owner.place)
        run = given_run(owner.place, host, GOOD, BAD)
        for path in ("checks", "pause", f"checks/{run.id}/retry/dns", f"checks/{run.id}/stop", "apply"):
            assert owner.post(f"/hosts/{host.key}/{path}").status_code == 303


class TestWithALockedDatabase:
    @pytest.fixture(autouse=True)
    def _locked(self, owner: Visitor, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setattr("wizard.store.session._BUSY_MS", 50)
        owner.token()
        owner.place.database.close()  # later connections wait only that long
        with owner.place.database.write() as session:
            session.execute(text("select 1"))  # a transaction begins with its first statement
            yield

    def test_a_form_gets_a_page_with_a_reference(self, owner: Visitor) -> None:
        answer = owner.post("/settings/account/sign-out-others")
        page = Page(answer)
        assert answer.status_code == 503
        assert "The database does not answer" in page.title
        assert "Reference " in page.words
        assert "df -h" in page.words

    def test_a_script_gets_one_line_with_the_same_words(self, owner: Visitor) -> None:
        answer = owner.post_by_script("/settings/account/sign-out-others")
        assert answer.status_code == 503
        assert answer.mimetype == PARTS["Accept"]
        assert "The database does not answer" in answer.text

    def test_pages_that_only_read_are_shown(self, owner: Visitor) -> None:
        assert owner.get("/").status_code == 200
