"""The connection on the second step: looked at in the background, told by the owner, shown as it lands."""

from __future__ import annotations

import json

import pytest
from werkzeug.test import TestResponse

from tasks.profiling import carry_out_profile
from tasks.workplace import Workplace
from tests.core.worlds import GATEWAY, PUBLIC, gateways, hops, machine, seen_as
from tests.fakes.plex import Plex
from tests.web.browsing import Page, Visitor, given_host, go_to
from wizard.core.connection import Facts, Place
from wizard.core.doctor import document_of
from wizard.core.hosts import Upstream
from wizard.core.nat import judge
from wizard.store import hosts, profiles
from wizard.store.profiles import Told

ROUTE = "/hosts/new/route"
BLOCKED = Facts(machine=machine(), **gateways("100.64.0.2"), **seen_as(PUBLIC), hops=hops(GATEWAY, "100.64.0.1"))


def measure(place: Workplace, facts: Facts) -> None:
    """A look that has come back."""
    number = profiles.ask_profile(place.database)
    assert number is not None
    assert profiles.finish_profile(place.database, number, facts)


def words(owner: Visitor, path: str = "/connection") -> str:
    return Page(owner.get(path)).words


def tell(owner: Visitor, **fields: str) -> TestResponse:
    return owner.post("/connection", next=ROUTE, **fields)


def test_opening_the_second_step_begins_a_look(owner: Visitor, plex: Plex, place: Workplace) -> None:
    go_to(owner, "route", plex.url)
    assert "Testing your connection…" in words(owner, ROUTE)
    profile = profiles.load_profile(place.database)
    assert profile is not None
    assert (profile.number, profile.is_running) == (1, True)
    owner.get(ROUTE)
    again = profiles.load_profile(place.database)
    assert again is not None
    assert again.number == 1


def test_the_result_is_a_sentence_a_picture_and_the_evidence(owner: Visitor, place: Workplace) -> None:
    measure(place, BLOCKED)
    said = words(owner)
    assert "You are behind CGNAT: your router's address is 100.64.0.2" in said
    assert "How sure: certain" in said
    for stop in ("Your home", "Your router", "Your provider's translator", "The internet"):
        assert stop in said
    assert "Your router, asked by UPnP" in said
    assert "Measured a moment ago" in said


def test_the_list_of_ways_in_follows_the_result(owner: Visitor, plex: Plex, place: Workplace) -> None:
    measure(place, BLOCKED)
    go_to(owner, "route", plex.url)
    assert "Port forwarding Ruled out" in " ".join(words(owner, ROUTE).split())


def test_the_address_from_the_router_s_page_counts_at_once(owner: Visitor, place: Workplace) -> None:
    answer = tell(owner, wan="100.64.12.7", place="home")
    assert answer.headers["Location"] == ROUTE
    assert "your router's address is 100.64.12.7" in words(owner)
    assert profiles.load_told(place.database).facts.place.value is Place.HOME
    tell(owner, wan="", place="home")
    assert "100.64.12.7" not in words(owner)


@pytest.mark.parametrize("wan", ["hello", "2001:db8::1", "127.0.0.1", "1.2.3.4.5"])
def test_what_is_no_address_is_refused_beside_its_field(owner: Visitor, wan: str) -> None:
    answer = owner.post("/connection", wan=wan)
    assert answer.status_code == 422
    page = Page(answer)
    assert "Enter the IPv4 address that your router's page shows" in page.words
    assert page.value("wan") == wan


def test_on_a_rented_server_the_doctor_s_words_from_home_are_taken(owner: Visitor, place: Workplace) -> None:
    measure(place, Facts(**seen_as("198.51.100.9")))
    tell(owner, place="server")
    assert "We cannot see your home from this rented server" in words(owner)
    document = json.dumps(document_of(BLOCKED, judge(BLOCKED)))
    tell(owner, place="server", pasted=document)
    assert "your router's address is 100.64.0.2" in words(owner)
    tell(owner, place="server", forget="y")
    assert profiles.load_told(place.database).pasted is None
    assert "100.64.0.2" not in words(owner)


def test_what_the_doctor_did_not_print_is_refused(owner: Visitor, place: Workplace) -> None:
    answer = owner.post("/connection", pasted="hello")
    assert answer.status_code == 422
    assert "That is not what porthole doctor --json prints" in Page(answer).words
    assert profiles.load_told(place.database) == Told()


def test_look_again_asks_by_pcp_only_when_that_is_ticked(owner: Visitor, place: Workplace) -> None:
    measure(place, Facts())
    assert owner.post("/connection/look", next=ROUTE).headers["Location"] == ROUTE
    first = profiles.load_profile(place.database)
    assert first is not None
    assert (first.number, first.pcp) == (2, False)
    profiles.finish_profile(place.database, 2, Facts())
    owner.post("/connection/look", pcp="1")
    second = profiles.load_profile(place.database)
    assert second is not None
    assert (second.number, second.pcp) == (3, True)


def test_without_javascript_a_link_waits_for_the_result(owner: Visitor, place: Workplace) -> None:
    measure(place, BLOCKED)
    assert owner.get(f"/connection/latest?next={ROUTE}").headers["Location"] == ROUTE


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "/hosts//example.com", "/\\hosts/"])
def test_nobody_is_sent_to_another_site(owner: Visitor, elsewhere: str) -> None:
    answer = owner.post("/connection/look", next=elsewhere)
    assert answer.headers["Location"] == ROUTE


def test_the_stream_tells_the_result_and_ends(owner: Visitor, place: Workplace) -> None:
    measure(place, BLOCKED)
    text = owner.get(f"/connection/stream?next={ROUTE}").get_data(as_text=True)
    message = json.loads(text.partition("data: ")[2])
    assert message["done"] is True
    assert message["say"].startswith("You are behind CGNAT")
    assert "Fit the list of ways in to this result" in message["parts"]["connection"]


def test_plex_is_asked_under_which_address_it_is_seen(
    plex: Plex, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.profiling.gather", lambda _: Facts())  # tests ask nobody outside
    upstream = Upstream(media="plex", scheme="http", address="127.0.0.1", port=int(plex.url.rpartition(":")[2]))
    host = given_host(place, upstream=upstream)
    hosts.save_host(place.database, host, sealed_token=place.vault.seal(plex.settings.token))
    number = profiles.ask_profile(place.database)
    assert number == 1
    carry_out_profile(place, number)
    profile = profiles.load_profile(place.database)
    assert profile is not None
    assert profile.facts is not None
    assert profile.facts.plex.value == plex.settings.wan_address


def test_a_stranger_sees_nothing_of_it(stranger: Visitor) -> None:
    for path in ("/connection", "/connection/stream", "/connection/latest"):
        assert stranger.get(path).status_code in {302, 303, 401}
