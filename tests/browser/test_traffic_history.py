"""History and requests in a real browser: they follow the log, stay readable on a phone, and are well made."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.home import Home
from tests.browser.person import look_over, silence
from tests.fakes.access_lines import Asked, asked, line
from tests.processes import wait_until
from wizard.caddy.logs import log_file
from wizard.store import hosts, traffic

pytestmark = pytest.mark.xdist_group("whole system")

READABLE_PIXELS = 12


@pytest.fixture
def busy(whole: Home) -> Iterator[Home]:
    """The proxy host after a busy half hour, with an upload speed; empty again when the test has ended."""
    place, host = whole.system.place, whole.host
    hosts.save_host(place.database, replace(host, upload_mbps=20.0))
    start = time.time() - 1_700
    append(whole, *(one for one in asked(400, start=start, every_seconds=4) if one.at < time.time() and one.seconds))
    yield whole
    traffic.forget_all(place.database, host.key)
    hosts.save_host(place.database, host)


def append(home: Home, *more: Asked) -> None:
    """Lines at the end of the log, as Caddy writes them."""
    path = Path(log_file(home.system.place.edge.log_folder, home.host.domain.name))
    with path.open("ab") as file:
        file.writelines(map(line, more))


def test_history_follows_the_log_and_is_well_made(busy: Home, open_at_home: Open, axe: Axe) -> None:
    window = open_at_home()
    page = window.goto(f"{busy.host_url}/traffic/history")
    expect(page.locator("#traffic-rates")).to_contain_text("Upload 20 Mbit/s")
    append(busy, Asked(at=time.time(), size=200_000_000, seconds=2.0, address="198.51.100.77", name="New one"))
    expect(page.locator("#traffic-rates desc")).not_to_contain_text("Remote 0 Mbit/s now", use_inner_text=False)
    # the last minute of the samples may say so as well, so the page is opened until the new line is counted
    wait_until(lambda: page.reload() and "New one" in page.locator("main").inner_text(), "the new viewer is listed")
    for summary in page.locator("main summary").all():
        summary.click()
    look_over(window, axe, "traffic-history-busy")
    silence(window)


def test_text_in_a_picture_stays_readable_on_a_phone(busy: Home, open_at_home: Open) -> None:
    window = open_at_home(320, "light")
    page = window.goto(f"{busy.host_url}/traffic/history?window=24h&paused=1")
    expect(page.locator("#traffic-rates svg text").first).to_be_visible()
    sizes = page.locator(".chart text").evaluate_all(
        "texts => texts.map(text => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().d)"
    )
    assert min(sizes) >= READABLE_PIXELS


def test_requests_appear_while_one_looks_and_are_searched(busy: Home, open_at_home: Open, axe: Axe) -> None:
    window = open_at_home()
    page = window.goto(f"{busy.host_url}/traffic/requests")
    append(busy, Asked(at=time.time(), uri="/just/now?X-Plex-Token=abcdef", status=502))
    newest = page.locator("#traffic-requests tbody tr").first
    expect(newest).to_contain_text("GET /just/now?X-Plex-Token")
    expect(newest).to_contain_text("Remote")
    look_over(window, axe, "traffic-requests-busy")
    page.get_by_label("Search").fill("just now 502")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#traffic-requests tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Pause live updates").click()
    expect(page.get_by_text("Paused. This page stays as it is.")).to_be_visible()
    expect(page.locator("#traffic-requests tbody tr")).to_have_count(1)
    silence(window)
