"""The owner's side of a visit: a link is made, shown, taken back; what the phone sees arrives on every page."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.web.browsing import GOOD, Page, Visitor, given_host, given_run, run_address
from tests.web.visiting import Phone, given_home, given_link, link_of, the_visit
from wizard.core.hosts import ProxyHost
from wizard.core.visits import MEASURES_FOR, OPEN_FOR, Live
from wizard.store import clock, visits
from wizard.web import visit_panel
from wizard.web.visit_stream import changes_of


@pytest.fixture
def host(owner: Visitor) -> ProxyHost:
    return given_host(owner.place, stream_limit_mbps=8.0)


@pytest.fixture
def phone(owner: Visitor) -> Phone:
    return Phone(owner.app)


def test_a_link_is_made_with_one_press_and_shown_with_its_code(owner: Visitor, host: ProxyHost) -> None:
    overview = f"/hosts/{host.key}"
    assert "Make a link for a phone" in Page(owner.get(overview)).words
    answer = owner.post(f"{overview}/visits")
    assert answer.headers["Location"] == f"{overview}/visits#outside"
    address = f"{host.public_url(owner.place.edge)}{link_of(owner.place, the_visit(owner.place, host))}"
    for path in (overview, f"{overview}/visits"):
        page = Page(owner.get(path))
        assert address in page.words
        assert "Nobody opened the link yet" in page.words
        assert page.all("div", **{"class": "qr"})
        assert page.all("section", id="outside", **{"data-live": f"{overview}/visits/stream"})


def test_by_script_the_panel_comes_back_and_goes_live(owner: Visitor, host: ProxyHost) -> None:
    answer = json.loads(owner.post_by_script(f"/hosts/{host.key}/visits").data)
    assert answer["live"]
    assert answer["say"].startswith("The link is ready")
    assert "Take the link back" in answer["parts"]["outside"]


def test_a_link_can_be_taken_back(owner: Visitor, phone: Phone, host: ProxyHost) -> None:
    link = given_link(owner.place, host)
    visit = the_visit(owner.place, host)
    owner.post(f"/hosts/{host.key}/visits/{visit.id}/revoke")
    assert phone.get(link).status_code == 404
    page = Page(owner.get(f"/hosts/{host.key}"))
    assert "The last link was taken back" in page.words
    assert link not in page.words


def test_only_the_owner_makes_links(stranger: Visitor, owner: Visitor, host: ProxyHost) -> None:
    for method, path in (("POST", ""), ("GET", ""), ("GET", "/stream"), ("POST", "/1/revoke")):
        answer = stranger.client.open(f"/hosts/{host.key}/visits{path}", method=method)
        assert answer.status_code == 303
        assert "/login" in answer.headers["Location"]
    assert visits.latest_visit(owner.place.database, host.key) is None
    assert owner.client.post(f"/hosts/{host.key}/visits").status_code == 400  # no CSRF token


def test_no_link_for_a_host_that_is_paused_or_not_there(owner: Visitor) -> None:
    paused = given_host(owner.place, "films.example.com", paused=True)
    assert "This host is paused, so there is nothing to see" in Page(owner.get(f"/hosts/{paused.key}")).words
    assert owner.post(f"/hosts/{paused.key}/visits").status_code == 404
    assert owner.post("/hosts/nobody/visits").status_code == 404


def test_the_result_stands_on_the_overview_on_the_run_and_in_the_list(
    owner: Visitor, phone: Phone, host: ProxyHost
) -> None:
    given_home(owner.place, host)
    run = given_run(owner.place, host, GOOD, GOOD)
    where = phone.start(given_link(owner.place, host, run.id))
    assert "A phone is looking" in Page(owner.get(run_address(run))).words
    key = where.rpartition("/")[2]
    visits.note_seen(owner.place.database, key, live=Live(20.0, 10))
    phone.tell(where, down=[1_000_000, 2.0], live="held", over=True)
    for path in (f"/hosts/{host.key}", run_address(run), f"/hosts/{host.key}/visits"):
        page = Page(owner.get(path))
        for said in (
            "Opens, with a warning, seen by a phone (Safari on iPhone)",
            "plex.example.com opened on a phone in another network than Caddy's, from 203.0.113.9",
            "4.0 Mbit/s to the phone, less than your limit of 8.0 Mbit/s for each stream",
            "Why it matters:",
            "lower the limit for each stream",
        ):
            assert said in page.words, said
        assert page.all("li", id="check-phone-speed")
        assert page.all("a", href="/help/troubleshooting#phone-slow")


def test_a_visit_in_the_middle_shows_what_is_known_and_what_comes(
    owner: Visitor, phone: Phone, host: ProxyHost
) -> None:
    where = phone.start(given_link(owner.place, host))
    words = Page(owner.get(f"/hosts/{host.key}")).words
    assert "learns the phone's own address, 203.0.113.9" in words
    assert "Looking, seen by a phone" in words
    assert "Waits for its turn" in words
    visits.note_seen(owner.place.database, where.rpartition("/")[2], live=Live(4.0, 2))
    assert "Open for 4 seconds, seen by a phone" in Page(owner.get(f"/hosts/{host.key}")).words


def test_an_expired_link_says_so(owner: Visitor, host: ProxyHost, monkeypatch: pytest.MonkeyPatch) -> None:
    given_link(owner.place, host)
    monkeypatch.setattr(visit_panel, "now", lambda: clock.now() + OPEN_FOR + timedelta(seconds=1))
    words = Page(owner.get(f"/hosts/{host.key}")).words
    assert "The last link expired, nobody started it" in words
    assert "Make another link" in words


def test_a_visit_whose_page_was_closed_is_ended_by_whoever_looks(
    owner: Visitor, phone: Phone, host: ProxyHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.start(given_link(owner.place, host))
    monkeypatch.setattr(visits, "now", lambda: clock.now() + MEASURES_FOR + timedelta(seconds=1))
    words = Page(owner.get(f"/hosts/{host.key}/visits")).words
    assert "The speed was not measured: the page was closed before it was done" in words
    assert the_visit(owner.place, host).finished_at is not None


def test_the_stream_gives_the_panel_then_each_change_and_ends_with_the_visit(
    owner: Visitor, phone: Phone, host: ProxyHost
) -> None:
    link = given_link(owner.place, host)
    with owner.app.test_request_context():
        stream = changes_of(host.key, {})
        assert "Nobody opened the link yet" in next(stream)
        phone.get(link)
        assert "Waiting for Start to be pressed" in next(stream)
        phone.post(link, data={"script": ""})
        last = next(stream)
        assert '"done":true' in last
        assert "ran no script" in last
        assert list(stream) == []


def test_the_stream_of_a_run_goes_on_while_a_phone_is_awaited(owner: Visitor, phone: Phone, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, GOOD)
    link = given_link(owner.place, host, run.id)
    answer = owner.get(run_address(run, "/stream"))
    stream = answer.iter_encoded()
    first = next(stream).decode()
    assert '"done":false' in first
    assert "outside" in first
    assert "Nobody opened the link yet" in next(stream).decode()
    phone.post(link, data={"script": ""})
    assert '"done":true' in next(stream).decode()
    answer.close()


def test_waiting_without_a_script_ends_with_news(owner: Visitor, phone: Phone, host: ProxyHost) -> None:
    link = given_link(owner.place, host)
    page = Page(owner.get(f"/hosts/{host.key}/visits"))
    [latest] = [one["href"] for one in page.all("a", id="latest-link")]
    assert "wait=20" in latest
    phone.get(link)
    assert "Waiting for Start to be pressed" in Page(owner.get(latest)).words
