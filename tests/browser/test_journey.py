"""The whole way of a person from the printed link to a green run, with and without a script, and what it takes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.person import Person, keep_picture, look_over, silence
from tests.whole_system import System
from wizard.store import hosts

pytestmark = pytest.mark.xdist_group("whole system")

STEPS = (
    "Your media server",
    "How people will reach it",
    "Your external domain",
    "Media server settings",
    "Check your answers",
)
Look = Callable[[str], None]
MOST_CLICKS, MOST_FIELDS, MOST_PAGES = 8, 4, 7


def walk(person: Person, system: System, look: Look) -> None:
    """From the printed link to the button of the last step. `look` is called on every page."""
    page = person.page
    person.window.goto(system.claim_url)
    person.arrive("Create your account")
    look("claim")
    person.type("Password", "correct horse battery")
    person.press("Create account")
    person.arrive(STEPS[0])
    look("step-1")
    person.click(page.get_by_label("Plex", exact=True))
    person.type("Home address", system.plex.url)
    person.press("Test and continue")
    person.arrive(STEPS[1])
    look("step-2")
    person.click(page.get_by_label("Port forwarding"))
    person.press("Continue")
    person.arrive(STEPS[2])
    look("step-3")
    person.type("External domain", system.domain)
    person.press("Continue")
    person.arrive(STEPS[3])
    look("step-4")
    person.press("Continue")
    person.arrive(STEPS[4])
    look("step-5")
    person.press("Apply and run checks")
    person.arrive(f"Checking {system.domain}")


def is_easy(person: Person) -> None:
    """No more clicks, typed fields and pages than promised."""
    assert person.clicks <= MOST_CLICKS
    assert len(person.typed) <= MOST_FIELDS
    assert len(person.pages) <= MOST_PAGES
    assert len(set(person.typed)) == len(person.typed)  # nothing is asked twice


def test_the_way_to_green_with_a_script(untouched: System, open_window: Open, axe: Axe) -> None:
    window = open_window(1280)
    window.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    person = Person(window)
    walk(person, untouched, lambda name: look_over(window, axe, name))
    is_easy(person)
    page = person.page
    expect(page.locator("#verdict")).to_contain_text("Works, seen from this machine", timeout=45_000)
    expect(page.locator("html")).to_have_attribute("data-stream", "done")
    expect(page.locator("#status")).to_contain_text("Works, seen from this machine")
    look_over(window, axe, "run-green")
    page.locator("#success [data-copy='custom-url']").click()
    expect(page.locator("#success [data-copy='custom-url']")).to_have_text("Copied")
    port = untouched.settings.public_https_port
    assert page.evaluate("navigator.clipboard.readText()") == f"https://{untouched.domain}:{port}"
    silence(window)


def test_the_way_to_green_on_a_small_screen_without_a_script(untouched: System, open_window: Open) -> None:
    window = open_window(320, "dark", javascript=False)
    person = Person(window)
    walk(person, untouched, lambda name: keep_picture(window, name))
    is_easy(person)
    page = person.page
    verdict = page.locator("#verdict")
    for _ in range(20):  # each click waits on the server for news
        if not re.search("checks done", verdict.inner_text()):
            break
        page.get_by_role("link", name="Show the latest results").click()
        assert page.url.endswith("#results")
    expect(verdict).to_contain_text("Works, seen from this machine")
    keep_picture(window, "run-green")
    page.get_by_role("link", name="go to the dashboard").click()
    expect(page.locator(".host-card .tag")).to_have_text("Working")
    (saved,) = hosts.list_hosts(untouched.place.database)
    assert saved.host.domain.name == untouched.domain
    silence(window)
