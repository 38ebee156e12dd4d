"""The help reader: the list beside a page, and the way back to the step it was opened from."""

from __future__ import annotations

import re

import pytest

from tests.web.browsing import Visitor, given_host
from wizard.core.hosts import Upstream


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


def test_the_way_back_is_kept_while_pages_of_the_help_are_turned(owner: Visitor) -> None:
    owner.get("/help/connect", headers={"Referer": "http://localhost/hosts/new/connect"})
    page = owner.get("/help/routes", headers={"Referer": "http://localhost/help/connect"})
    assert "Back to step 3" in page.text
    assert "Back to step" not in owner.get("/help/routes", headers={"Referer": "http://localhost/settings"}).text
    assert "Back to step" not in owner.get("/help/connect", headers={"Referer": "http://localhost/help/routes"}).text


def test_help_opened_from_anywhere_else_has_no_way_back(owner: Visitor) -> None:
    for referer in (
        "http://localhost/help",
        "http://localhost/hosts/new/nothing",
        "http://evil.example/hosts/new/media",
    ):
        assert "Back to step" not in owner.get("/help/connect", headers={"Referer": referer}).text


@pytest.mark.parametrize(
    ("method", "address", "page", "shown"),
    [
        ("direct", "192.168.7.30", "connect", "192.168.7.30"),
        ("wireguard", "10.77.0.2", "connect", "10.77.0.2/32"),
        ("tailscale", "100.99.1.5", "tailscale-plex", "http://100.99.1.5:32400/identity"),
    ],
)
def test_a_guide_shows_the_address_of_the_only_host_where_its_way_in_uses_it(
    owner: Visitor, method: str, address: str, page: str, shown: str
) -> None:
    given_host(owner.place, method=method, upstream=Upstream("plex", "http", address, 32400))
    text = re.sub(r"<[^>]+>", "", owner.get(f"/help/{page}").text)
    assert shown in text


def test_a_guide_says_that_its_values_are_examples_only_where_they_are(owner: Visitor) -> None:
    note = "Values with a dotted line are examples"
    assert note in owner.get("/help/plex-mode").text
    assert note not in owner.get("/help/notifications").text
    given_host(owner.place)
    assert note not in owner.get("/help/plex-mode").text
