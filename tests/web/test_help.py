"""The help reader: the list beside a page, and the way back to the step it was opened from."""

from __future__ import annotations

import re

from tests.web.browsing import Visitor


def beside(html: str) -> list[str]:
    """The levels of the headings listed under "On this page"."""
    return re.findall(r'<li class="level-(\d)">', html)


def test_a_page_lists_its_headings_on_two_levels(owner: Visitor) -> None:
    assert set(beside(owner.get("/help/tailscale-plex").text)) == {"2", "3"}


def test_a_page_with_hundreds_of_headings_lists_one_level(owner: Visitor) -> None:
    listed = beside(owner.get("/help/troubleshooting").text)
    assert set(listed) == {"2"}
    assert len(listed) > 15


def test_help_opened_from_a_step_leads_back_to_it(owner: Visitor) -> None:
    page = owner.get("/help/connect", headers={"Referer": "http://localhost/hosts/new/connect?from=review"})
    assert '<a href="/hosts/new/connect?from=review">' in page.text
    assert "Back to step 3" in page.text


def test_help_opened_from_anywhere_else_has_no_way_back(owner: Visitor) -> None:
    for referer in (
        "http://localhost/help",
        "http://localhost/hosts/new/nothing",
        "http://evil.example/hosts/new/media",
    ):
        assert "Back to step" not in owner.get("/help/connect", headers={"Referer": referer}).text
