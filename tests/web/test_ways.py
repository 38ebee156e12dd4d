"""Step 2 recommends: the best way in stands first with its reasons, two answers change it, nothing is taken away."""

from __future__ import annotations

from tests.fakes.plex import Plex
from tests.web.browsing import Page, Visitor, go_to, send_step
from wizard.core.ranking import Bitrate
from wizard.methods import METHODS, choosable
from wizard.store import drafts
from wizard.web.speeds import bar, sentence, speed_rows


def heading(owner: Visitor) -> str:
    """What the recommendation says."""
    words = Page(owner.get("/hosts/new/route")).words
    return words.partition("We recommend: ")[2].split(" Fit the")[0] or "nothing"


def test_the_list_begins_with_what_is_recommended(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "route", plex.url)
    text = owner.get("/hosts/new/route").text
    assert heading(owner) == METHODS["wireguard"].title
    places = {method.key: text.index(f'value="{method.key}"') for method in choosable()}
    assert min(places, key=places.__getitem__) == "wireguard"
    assert "It works whether you are behind CGNAT or not, which could not be told yet." in text


def test_two_answers_change_the_recommendation_and_are_kept(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "route", plex.url)
    answer = owner.post("/hosts/new/route/fit", viewers="few", rent="no")
    assert answer.headers["Location"] == "/hosts/new/route#recommendation"
    assert heading(owner) == METHODS["tailnet"].title
    page = Page(owner.get("/hosts/new/route"))
    assert (page.checked("viewers"), page.checked("rent")) == (["few"], ["no"])
    assert "It needs a rented server, and you said that there shall be none." in page.words


def test_what_is_ruled_out_can_still_be_chosen(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "route", plex.url)
    owner.post("/hosts/new/route/fit", viewers="anyone", rent="no")
    assert send_step(owner, "route", method="wireguard").headers["Location"] == "/hosts/new/connect"


def test_an_answer_that_is_none_changes_nothing(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "route", plex.url)
    owner.post("/hosts/new/route/fit", viewers="everybody", rent="gold")
    answers = drafts.load_draft(owner.place.database).answers
    assert "viewers" not in answers
    assert "rent" not in answers


def test_when_only_limited_ways_are_left_the_page_says_so(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "route", plex.url)
    owner.post("/hosts/new/route/fit", viewers="anyone", rent="no")
    assert "Nothing fits without a catch" in owner.get("/hosts/new/route").text


def test_speeds_are_told_in_words_with_the_persons_own_upload() -> None:
    assert (
        sentence(METHODS["direct"].bitrate, 20) == "Up to your upload of 20 Mbit/s: your own upload is the only limit"
    )
    assert sentence(METHODS["relay"].bitrate, 20) == "1 Mbit/s, or 2 Mbit/s with Plex Pass"
    assert {row["name"] for row in speed_rows(METHODS.values(), None)} == {m.title for m in METHODS.values()}


def test_a_faster_way_has_a_longer_bar() -> None:
    def length(mbps: float) -> float:
        return float(bar(Bitrate(None, None, ""), mbps).split('width="')[1].split('"')[0])

    assert 0 < length(2) < length(20) < length(100) <= 300
    assert length(10_000) == 300
