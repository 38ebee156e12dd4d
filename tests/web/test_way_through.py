"""The way through the steps: forwards, back, aside and out, with every answer kept."""

from __future__ import annotations

import json
import re

import pytest

from tests.fakes.plex import Plex
from tests.web.browsing import ORDER, Page, Visitor, given_host, go_to, refused, send_step
from wizard.store import drafts, hosts


@pytest.mark.parametrize("step", ORDER[1:])
def test_a_step_whose_time_has_not_come_leads_to_the_first_open_one(owner: Visitor, step: str) -> None:
    for answer in (owner.get(f"/hosts/new/{step}"), send_step(owner, step)):
        assert answer.headers["Location"] == "/hosts/new/server"


def test_a_shortened_address_leads_to_the_first_step(owner: Visitor) -> None:
    assert owner.get("/hosts/new").headers["Location"] == "/hosts/new/server"


def test_back_leads_one_step_back_and_shows_it_as_it_was_left(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "review", plex.url)
    back = [re.search(r'class="back"><a href="([^"]+)"', owner.get(f"/hosts/new/{step}").text) for step in ORDER]
    assert [found and found[1] for found in back] == ["/", *(f"/hosts/new/{step}" for step in ORDER[:-1])]
    assert Page(owner.get("/hosts/new/connect")).value("domain") == "plex.example.com"


def test_change_comes_back_to_the_review(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "review", plex.url)
    review = owner.get("/hosts/new/review").text
    assert review.count("?from=review") == 9
    assert 'href="/hosts/new/review"' in owner.get("/hosts/new/connect?from=review").text
    answer = send_step(owner, "connect", query="?from=review", domain="films.example.com")
    assert answer.headers["Location"] == "/hosts/new/review"
    assert "films.example.com" in owner.get("/hosts/new/review").text


def test_a_change_that_opens_another_step_leads_there_first(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "review", plex.url)
    answer = send_step(owner, "server", query="?from=review", media="plex", server_url=plex.https_url)
    assert answer.headers["Location"] == "/hosts/new/media?from=review"
    answer = send_step(owner, "media", query="?from=review", verify_kind="off", stream_limit_mbps="")
    assert answer.headers["Location"] == "/hosts/new/review"


def test_leaving_keeps_what_was_typed_and_the_dashboard_offers_to_go_on(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "connect", plex.url)
    answer = send_step(owner, "connect", domain="half a na", leave="1")
    assert answer.headers["Location"] == "/"
    words = Page(owner.get("/")).words
    assert "Your answers are kept" in words
    assert "Continue setting up 127.0.0.1" in words
    assert "Step 3 of 5: Your external domain" in words
    assert Page(owner.get("/hosts/new/connect")).value("domain") == "half a na"


def test_answers_can_be_discarded(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "connect", plex.url)
    assert owner.post("/drafts/new/discard").headers["Location"] == "/"
    assert drafts.list_drafts(owner.place.database) == []
    assert "The answers are discarded" in owner.get("/").text


def test_a_form_that_was_open_too_long_keeps_its_answers_on_the_page_only(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "connect", plex.url)
    for more in ({}, {"leave": "1"}):
        answer = owner.client.post("/hosts/new/connect", data={"domain": "films.example.com", **more})
        assert refused(answer) == ["This page was open for a long time. Your answers are still here. Continue again."]
        assert Page(answer).value("domain") == "films.example.com"
    assert "films" not in str(drafts.load_draft(owner.place.database).answers)


def test_asking_for_the_head_of_a_step_keeps_what_was_typed(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "connect", plex.url)
    send_step(owner, "connect", domain="half a na", leave="1")
    owner.client.head("/hosts/new/connect")
    assert Page(owner.get("/hosts/new/connect")).value("domain") == "half a na"


def test_signing_out_loses_nothing(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "media", plex.url)
    owner.post("/logout")
    owner.sign_in()
    assert owner.get("/hosts/new/media").status_code == 200


def test_an_edit_begins_with_what_is_set_and_changes_nothing_yet(owner: Visitor) -> None:
    host = given_host(owner.place, upload_mbps=20.0)
    assert Page(owner.get(f"/hosts/{host.key}/edit/media")).value("upload_mbps") == "20"
    send_step(owner, "media", host.key, upload_mbps="40", stream_limit_mbps="", forward_client_ip="y", websocket="y")
    saved = hosts.load_host(owner.place.database, host.key)
    assert saved is not None
    assert saved.host.upload_mbps == 20
    assert "There are changes that were not applied" in owner.get(f"/hosts/{host.key}/edit").text
    assert "Continue changing plex.example.com" in owner.get("/").text


def test_an_edit_of_a_host_that_was_removed_is_over(owner: Visitor) -> None:
    host = given_host(owner.place)
    send_step(owner, "connect", host.key, domain="films.example.com")
    hosts.remove_host(owner.place.database, host.key)
    assert owner.get(f"/hosts/{host.key}/edit/review").status_code == 404
    assert send_step(owner, "review", host.key).status_code == 404
    assert "Continue changing" not in owner.get("/").text


def test_the_capacity_bar_follows_the_fields(owner: Visitor) -> None:
    answer = owner.get("/hosts/new/preview/capacity?upload_mbps=20&stream_limit_mbps=8")
    assert "2 people can watch" in json.loads(answer.text)["parts"]["capacity"]
    for odd in (
        "upload_mbps=inf",
        "upload_mbps=-5&stream_limit_mbps=0",
        "upload_mbps=1e308&stream_limit_mbps=1e-300",
        "",
    ):
        assert owner.get(f"/hosts/new/preview/capacity?{odd}").status_code == 200
