"""The traffic board while somebody watches: it follows, can be paused, is well made, and works without a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tasks.live import forget_snapshot
from tests.browser.conftest import Open, sideways, too_wide
from tests.browser.home import Home
from tests.browser.person import keep_picture, look_over, silence
from tests.media.watching import watching
from wizard.store import hosts, server_words

pytestmark = pytest.mark.xdist_group("whole system")

VIEWER = "203.0.113.9"


@pytest.fixture
def watched(whole: Home) -> Iterator[Home]:
    """The proxy host with a token and an upload speed; as it was when the test has ended."""
    place, host = whole.system.place, whole.host
    sealed = place.vault.seal(whole.system.plex.token)
    hosts.save_host(place.database, replace(host, upload_mbps=20.0), sealed_token=sealed)
    whole.system.plex.change(linger_seconds=0.5)
    yield whole
    whole.system.plex.change(linger_seconds=60.0)
    whole.system.plex.end_sessions()
    hosts.save_host(place.database, host, sealed_token="")
    server_words.forget_words(place.database, host.key)  # as the pages do when a token is removed
    forget_snapshot(place, host.key)


def test_the_board_follows_a_stream_as_it_starts_and_ends(watched: Home, open_at_home: Open) -> None:
    window = open_at_home()
    page = window.goto(f"{watched.host_url}/traffic")
    line = page.locator("#traffic-line")
    expect(line).to_contain_text("No one is watching")
    with watching(watched.system.plex, forwarded=VIEWER):
        expect(line).to_contain_text("1 stream, 8.0 Mbit/s: 0 local (0.0), 1 remote (8.0). Upload in use 40 %.")
        row = page.locator("#traffic-streams tbody tr")
        expect(row).to_contain_text(VIEWER)
        expect(row).to_contain_text("Remote")
        expect(row).to_contain_text("As it should be")
    expect(line).to_contain_text("No one is watching")
    silence(window)


def test_a_paused_board_stays_as_it_is(watched: Home, open_at_home: Open) -> None:
    window = open_at_home()
    page = window.goto(f"{watched.host_url}/traffic")
    expect(page.locator("#traffic-line")).to_contain_text("No one is watching")
    page.get_by_role("link", name="Pause live updates").click()
    expect(page.get_by_text("Paused. This page stays as it is.")).to_be_visible()
    assert page.locator("[data-live]").count() == 0
    page.get_by_role("link", name="Go on with live updates").click()
    expect(page.locator("[data-live]")).to_have_count(1)
    silence(window)


def test_the_board_with_a_right_and_a_wrong_viewer_is_well_made(watched: Home, open_at_home: Open, axe: Axe) -> None:
    plex = watched.system.plex
    plex.prefer("LanNetworksBandwidth", "127.0.0.0/8,203.0.113.0/24")
    try:
        with watching(plex, forwarded=VIEWER), watching(plex, device="TV, living room"):
            window = open_at_home()
            page = window.goto(f"{watched.host_url}/traffic")
            expect(page.locator("#traffic-findings")).to_contain_text("is outside and counts as Local")
            look_over(window, axe, "traffic-board")
            silence(window)
    finally:
        plex.prefer("LanNetworksBandwidth", "")


@pytest.mark.parametrize("path", ["traffic", "traffic/address?address=203.0.113.9", "token"])
def test_the_pages_around_it_are_well_made_with_and_without_a_script(
    watched: Home, open_at_home: Open, axe: Axe, path: str
) -> None:
    window = open_at_home()
    window.goto(f"{watched.host_url}/{path}")
    look_over(window, axe, path.partition("?")[0].replace("/", "-"))
    silence(window)
    plain = open_at_home(320, "light", javascript=False)
    plain.goto(f"{watched.host_url}/{path}")
    assert sideways(plain.page) == 0, too_wide(plain.page)
    keep_picture(plain, path.partition("?")[0].replace("/", "-"))
