"""A run as it happens: rows change in place, a fault is found, repaired and checked again, tabs come and go."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.home import Home
from tests.browser.person import keep_picture, silence
from tests.fakes.plex import Behaviour
from tests.web.browsing import given_host
from wizard.core.runs import Standing

pytestmark = pytest.mark.xdist_group("whole system")

LONG = 45_000
WATCH_SHIFTS = """window.shift = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""
WATCH_WORDS = """document.addEventListener("DOMContentLoaded", () => {
  window.said = [];
  new MutationObserver(() => said.push(document.getElementById("status").textContent))
    .observe(document.getElementById("status"), { childList: true });
});"""
HIDE = """(hidden) => { Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange")); }"""


def check_now(page: Page, home: Home) -> None:
    page.goto(home.host_url)
    page.get_by_role("button", name="Check now").click()
    expect(page.locator("h1")).to_have_text(f"Checking {home.system.domain}")


def hears(page: Page, words: str) -> None:
    """Wait until the status region has said something; it says one thing in three seconds."""
    for _ in range(100):
        if words in " ".join(page.evaluate("said")):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{words!r} was never said, only {page.evaluate('said')}")


def passed(page: Page) -> int:
    return page.locator("li.check .tag", has_text="Passed").count()


def is_over(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-stream", "done", timeout=LONG)


@pytest.mark.parametrize("width", [320, 1280])
def test_rows_change_in_place_and_nothing_moves(whole: Home, open_at_home: Open, width: int) -> None:
    window = open_at_home(width)
    page = window.page
    page.add_init_script(WATCH_SHIFTS)
    page.add_init_script(WATCH_WORDS)
    check_now(page, whole)
    rows = page.locator("li.check").count()
    is_over(page)
    skipped = page.locator("li.check .tag", has_text="Skipped").count()  # no token, so Plex cannot be asked
    assert page.locator("li.check").count() == rows == passed(page) + skipped
    expect(page.locator("#status")).to_have_text("Works, seen from this machine")
    assert re.match(rf"Checks started, {rows} in all|\d+ of {rows} done", page.evaluate("said[0]"))
    assert page.evaluate("shift") <= 0.01
    expect(page.get_by_role("link", name="Show the latest results")).to_be_hidden()
    silence(window)


def test_a_fault_is_found_repaired_and_checked_again(whole: Home, open_at_home: Open) -> None:
    window = open_at_home()
    page = window.page
    page.add_init_script(WATCH_WORDS)
    whole.system.plex.change(behaviour=Behaviour.CLOSE)
    check_now(page, whole)
    is_over(page)
    card = page.locator("#fix-upstream")
    expect(page.locator("#verdict")).to_contain_text("Not working")
    expect(card.get_by_text("Why it matters:")).to_be_visible()
    expect(card.locator("li").first).to_be_visible()
    hears(page, "Failed: Media server answers at home")

    again = page.locator("#retry-upstream")
    again.focus()
    page.keyboard.press("Enter")
    expect(card.get_by_text("still the same")).to_be_visible(timeout=LONG)
    hears(page, "still the same")
    expect(again).to_be_focused()

    whole.system.plex.change(behaviour=Behaviour.NORMAL)
    again.click()
    expect(card.get_by_role("heading", name="Fixed: media server answers at home")).to_be_visible(timeout=LONG)
    expect(page.locator("#verdict")).to_contain_text("Works, seen from this machine", timeout=LONG)
    is_over(page)
    hears(page, "Fixed: media server answers at home")
    expect(page.locator("#success h2")).to_be_visible()
    assert whole.latest().standing is Standing.WORKING
    silence(window)


def test_the_same_without_a_script(whole: Home, open_at_home: Open) -> None:
    window = open_at_home(320, "dark", javascript=False)
    page = window.page
    whole.system.plex.change(behaviour=Behaviour.CLOSE)
    check_now(page, whole)
    wait_by_hand(page)
    expect(page.locator("#verdict")).to_contain_text("Not working")
    keep_picture(window, "run-failed")
    whole.system.plex.change(behaviour=Behaviour.NORMAL)
    page.get_by_role("button", name="Check again").first.click()
    assert page.url.endswith("#fix-upstream")
    wait_by_hand(page)
    expect(page.locator("#verdict")).to_contain_text("Works, seen from this machine")
    expect(page.get_by_role("heading", name="Fixed: media server answers at home")).to_be_visible()
    silence(window)


def wait_by_hand(page: Page) -> None:
    """Follow the link that waits on the server, as often as it is there."""
    latest = page.get_by_role("link", name="Show the latest results")
    for _ in range(60):
        if not latest.count():
            return
        latest.click()
    pytest.fail("the run never ended")


def test_a_run_can_be_stopped(whole: Home, open_at_home: Open) -> None:
    whole.system.parts["worker"].stop()
    window = open_at_home()
    page = window.page
    check_now(page, whole)
    page.get_by_role("button", name="Stop the checks").click()
    expect(page.locator("#verdict")).to_contain_text("Stopped after 0 of")
    expect(page.get_by_role("button", name="Check everything again")).to_be_visible()
    expect(page.locator("#status")).to_contain_text("Stopped")
    silence(window)


def test_a_hidden_tab_lets_go_of_its_stream_and_takes_it_up_again(whole: Home, open_at_home: Open) -> None:
    whole.system.parts["worker"].stop()
    page = open_at_home().page
    check_now(page, whole)
    html = page.locator("html")
    expect(html).to_have_attribute("data-stream", "open")
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/stream")):
        page.evaluate(HIDE, True)
    expect(html).to_have_attribute("data-stream", "")
    with page.expect_request("**/stream"):
        page.evaluate(HIDE, False)
    expect(html).to_have_attribute("data-stream", "open")


def test_many_open_tabs_never_block_another(whole: Home, open_at_home: Open) -> None:
    """Six connections are all a browser opens to one server on plain http."""
    whole.system.parts["worker"].stop()
    first = open_at_home().page
    check_now(first, whole)
    tabs = [first, *(first.context.new_page() for _ in range(6))]
    for tab in tabs[1:]:
        tab.goto(first.url)
        expect(tab.locator("#verdict")).to_contain_text("checks done")
    held = [tab.locator("html").get_attribute("data-stream") for tab in tabs]
    assert held.count("open") <= 3
    expect(tabs[-1].get_by_role("link", name="Show the latest results")).to_be_visible()
    for tab in tabs[:-1]:
        tab.close()
    tabs[-1].reload()
    expect(tabs[-1].locator("html")).to_have_attribute("data-stream", "open")


def test_a_host_that_is_removed_ends_its_open_pages(whole: Home, open_at_home: Open) -> None:
    whole.system.parts["worker"].stop()
    host = given_host(whole.system.place, "films.localhost")
    page = open_at_home().page
    page.goto(f"{whole.url}/hosts/{host.key}")
    page.get_by_role("button", name="Check now").click()
    expect(page.locator("html")).to_have_attribute("data-stream", "open")
    other = page.context.new_page()
    other.goto(f"{whole.url}/hosts/{host.key}/remove")
    other.get_by_role("button", name="Remove films.localhost").click()
    expect(other.locator("main")).to_contain_text("films.localhost is removed")
    expect(page.locator("#notice")).to_have_text("This proxy host was removed")
    is_over(page)
    page.reload()
    expect(page.locator("h1")).to_have_text("We could not find that page")
