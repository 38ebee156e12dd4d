"""A phone opens the one-time page through a real Caddy, and its owner watches it live; both without a script, too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tasks import queueing
from tests.browser.conftest import AXE_RULES, Open, Window, sideways, too_wide, twin
from tests.browser.home import RUN_SECONDS, Home
from tests.browser.person import keep_picture, silence
from tests.processes import wait_until
from tests.web.visiting import AGENT
from wizard.core.visits import Visit
from wizard.store import hosts, visits

pytestmark = pytest.mark.xdist_group("whole system")

LONG = 60_000
ERROR_ANSWER = r"^Failed to load resource: the server responded with a status of 4\d\d|^WebSocket connection to"


@pytest.fixture
def open_phone(open_window: Open) -> Open:
    """open_phone(scheme="light", javascript=True): a phone's browser, as large and as quick to touch as one."""

    def opened(scheme: str = "light", **more: Any) -> Window:
        device = {"user_agent": AGENT, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
        # the authority of this Caddy is its own: a person's phone would have been shown another certificate
        return open_window(360, scheme, ignore_https_errors=True, **device, **more)

    return opened


def is_easy_to_read(window: Window, axe: Axe, name: str) -> None:
    """axe finds nothing, nothing scrolls sideways, and there is one heading, in large letters."""
    page = window.page
    keep_picture(window, name)
    found = axe.run(page if window.javascript else twin(window), options=AXE_RULES)
    assert found.violations_count == 0, found.generate_report()
    assert sideways(page) == 0, f"scrolls sideways: {too_wide(page)}"
    assert page.locator("h1").inner_text() == page.title()
    assert page.locator("h1").evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 28


def make_link(page: Page) -> str:
    page.get_by_role("button", name=re.compile("Make a(nother)? link")).click()
    return page.locator("#visit-link").inner_text()


def the_visit(home: Home) -> Visit:
    visit = visits.latest_visit(home.system.place.database, home.host.key)
    assert visit is not None
    return visit


def codes(home: Home) -> list[str]:
    return [f"{one.verdict.code} {one.verdict.level}" for one in the_visit(home).findings]


def run_page(home: Home) -> str:
    return f"{home.host_url}/checks/{home.latest().id}"


def test_the_owner_sees_on_the_run_page_what_the_phone_sees(
    whole: Home, open_at_home: Open, open_phone: Open, axe: Axe
) -> None:
    owner, phone = open_at_home(), open_phone()
    owner.goto(run_page(whole))
    owner.page.evaluate("window.same = true")
    link = make_link(owner.page)
    assert link.startswith(f"{whole.system.public_url}/.well-known/porthole/visit/")
    panel = owner.page.locator("#outside")
    expect(panel).to_contain_text("Nobody opened the link yet")
    keep_picture(owner, "run-visit-waiting")
    go_through(phone, owner, link, axe)

    # this machine is its own phone, so nothing is proven about the way in from outside
    expect(panel).to_contain_text("Nothing is proven from outside, seen by a phone (Safari on iPhone)")
    expect(owner.page.locator("#status")).to_contain_text("Nothing is proven from outside")
    assert owner.page.evaluate("window.same")  # never loaded again
    assert codes(whole) == [
        "phone-same-network unknown",
        "phone-address-arrives ok",
        "phone-certificate-trusted ok",
        "phone-fast-enough ok",
        "phone-websocket-held ok",
    ]
    is_well_made_in_both_looks(owner, axe, "run-visit-ended")
    silence(owner)
    silence(phone)


def go_through(phone: Window, owner: Window, link: str, axe: Axe) -> None:
    """From the open link to the end, with a look at the owner's page after each step."""
    panel = owner.page.locator("#outside")
    phone.goto(link)
    is_easy_to_read(phone, axe, "phone-ask")
    expect(panel).to_contain_text("Waiting for Start to be pressed")
    phone.page.get_by_role("button", name="Start").tap()
    expect(phone.page.locator("h1")).to_have_text("It opened. Looking further")
    expect(panel).to_contain_text("A phone is looking")
    expect(phone.page.locator("#row-live")).to_contain_text("Open for", timeout=LONG)
    is_easy_to_read(phone, axe, "phone-going")
    expect(panel.locator("#check-phone-live")).to_contain_text(re.compile(r"Open for \d+ seconds"), timeout=LONG)
    keep_picture(owner, "run-visit-running")
    expect(phone.page.locator("h1")).to_have_text("Wi-Fi was still on", timeout=LONG)
    is_easy_to_read(phone, axe, "phone-ended")


def is_well_made_in_both_looks(window: Window, axe: Axe, name: str) -> None:
    for width, scheme in ((1280, "light"), (320, "dark")):
        window.page.set_viewport_size({"width": width, "height": 900})
        window.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a Literal there
        found = axe.run(window.page, options=AXE_RULES)
        assert found.violations_count == 0, found.generate_report()
        assert sideways(window.page) == 0, too_wide(window.page)
        keep_picture(replace(window, scheme=scheme), name)


def test_neither_side_needs_a_script(whole: Home, open_at_home: Open, open_phone: Open, axe: Axe) -> None:
    owner, phone = open_at_home(320, "dark", javascript=False), open_phone("dark", javascript=False)
    owner.goto(whole.host_url)
    link = make_link(owner.page)
    phone.goto(link)
    is_easy_to_read(phone, axe, "phone-ask")
    phone.page.get_by_role("button", name="Start").click()
    expect(phone.page.locator("#row-speed")).to_contain_text("Not measured")
    is_easy_to_read(phone, axe, "phone-ended")
    owner.page.get_by_role("link", name="Show the latest results").click()
    expect(owner.page.locator("#outside")).to_contain_text("ran no script")
    keep_picture(owner, "visits")
    silence(phone)


def test_a_second_browser_is_told_that_the_link_was_used(
    whole: Home, open_at_home: Open, open_phone: Open, axe: Axe
) -> None:
    owner, first, second = open_at_home(), open_phone(javascript=False), open_phone()
    owner.goto(whole.host_url)
    link = make_link(owner.page)
    first.goto(link)
    second.goto(link)
    first.page.get_by_role("button", name="Start").click()
    second.page.get_by_role("button", name="Start").click()
    expect(second.page.locator("h1")).to_have_text("This link was used")
    is_easy_to_read(second, axe, "phone-used")
    expect(owner.page.locator("#outside")).to_contain_text("Make another link")
    silence(second, but=ERROR_ANSWER)


@contextmanager
def switched(home: Home, **changes: Any) -> Iterator[None]:
    """The proxy host with other settings, given to Caddy and taken back."""
    _apply(home, **changes)
    try:
        yield
    finally:
        _apply(home)


def _apply(home: Home, **changes: Any) -> None:
    hosts.save_host(home.system.place.database, replace(home.host, **changes))
    run_id = queueing.start_apply_and_run(home.system.place, home.host.key, "Changed by a test")
    wait_until(lambda: not home.run(run_id).is_running, "the run has ended", RUN_SECONDS)


def test_a_lost_address_and_a_refused_websocket_are_found(
    whole: Home, open_at_home: Open, open_phone: Open, axe: Axe
) -> None:
    owner, phone = open_at_home(), open_phone()
    with switched(whole, forward_client_ip=False, websocket=False):
        owner.goto(whole.host_url)
        phone.goto(make_link(owner.page))
        phone.page.get_by_role("button", name="Start").tap()
        expect(phone.page.locator("h1")).to_have_text(
            re.compile("Wi-Fi was still on|something is not right"), timeout=LONG
        )
        is_easy_to_read(phone, axe, "phone-ended-with-faults")
        expect(owner.page.locator("#outside")).to_contain_text("How to fix it")
        keep_picture(owner, "overview-visit-with-faults")
    assert codes(whole)[1:] == [
        "phone-address-lost warning",
        "phone-certificate-trusted ok",
        "phone-fast-enough ok",
        "phone-websocket-refused warning",
    ]
    silence(phone, but=ERROR_ANSWER)
