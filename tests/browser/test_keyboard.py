"""A step with the keyboard alone: everything is reached in reading order, and where one is can always be seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.home import Home
from wizard.store import drafts

pytestmark = pytest.mark.xdist_group("whole system")

WHERE = """() => {
  const here = document.activeElement, box = here.getBoundingClientRect(), style = getComputedStyle(here);
  const x = box.x + Math.min(box.width, 40) / 2, y = box.y + box.height / 2;
  const top = document.elementFromPoint(x, y);
  return {
    name: (here.labels?.[0] ?? here).textContent.replace(/\\s+/g, " ").trim(),
    ring: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    covered: !(top && (here.contains(top) || top.contains(here))),
  };
}"""


@pytest.fixture(autouse=True)
def _no_draft(home: Home) -> Iterator[None]:
    drafts.drop_draft(home.system.place.database)
    yield
    drafts.drop_draft(home.system.place.database)


def walk(page: Page, steps: int) -> list[str]:
    """Press Tab so often; names where the focus went, and checks that it could be seen each time."""
    names = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        where = page.evaluate(WHERE)
        assert where["ring"] >= 2, where
        assert not where["covered"], where
        names.append(where["name"])
    return names


@pytest.mark.parametrize("width", [320, 1280])
def test_the_focus_goes_in_reading_order_and_is_always_seen(home: Home, open_at_home: Open, width: int) -> None:
    page = open_at_home(width).goto(f"{home.url}/hosts/new/server")
    wait_for_the_found_server(page)
    names = walk(page, 14 if width == 320 else 13)
    assert names[:8] == [
        "Skip to the main part",
        "Porthole",
        "Dashboard",
        "Add a host",
        "Help",
        "Settings",
        "Sign out",
        "Back to the dashboard",
    ]
    rest = names[8:]
    if width == 320:
        assert rest.pop(0) == "Help for this step"
    assert rest == ["Look again", "Plex at 127.0.0.1", "Plex", "Home address", "Test and continue"]


def wait_for_the_found_server(page: Page) -> None:
    """The server of the proxy host that there is, offered among the answers; until then there is a stop less."""
    expect(page.locator("input[name=server_choice]").first).to_be_checked(timeout=15_000)


def test_a_step_is_done_with_the_keyboard_alone(home: Home, open_at_home: Open) -> None:
    page = open_at_home().goto(f"{home.url}/hosts/new/server")
    wait_for_the_found_server(page)
    walk(page, 11)
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Jellyfin", exact=True)).to_be_checked()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Plex", exact=True)).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("192.168.1.300")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    assert walk(page, 1) == ["Enter an address where every number is 255 or less"]
    page.keyboard.press("Enter")
    expect(page.get_by_label("Home address", exact=True)).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type(home.system.plex.url)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("How people will reach it")


def test_the_skip_link_leads_to_the_main_part(home: Home, open_at_home: Open) -> None:
    page = open_at_home().goto(f"{home.url}/hosts/new/server")
    walk(page, 1)
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    assert walk(page, 1) == ["Back to the dashboard"]


def test_help_beside_the_form_keeps_the_answers(home: Home, open_at_home: Open) -> None:
    page = open_at_home().goto(f"{home.url}/hosts/{home.host.key}/edit/media")
    page.get_by_label("Upload speed in Mbit/s").fill("33")
    page.locator("#help-panel").get_by_role("link", name="WebSocket").click()
    expect(page.locator("#help-panel h2")).to_have_text("Enable WebSocket support")
    expect(page.locator("#help-panel .prose")).to_be_focused()
    expect(page.get_by_label("Upload speed in Mbit/s")).to_have_value("33")


def test_what_was_typed_is_there_after_going_back(home: Home, open_at_home: Open) -> None:
    page = open_at_home().goto(f"{home.url}/hosts/new/server")
    page.get_by_label("Home address", exact=True).fill("half an addre")
    page.get_by_role("link", name="Read the full page").click()
    expect(page.locator("h1")).to_have_text("Find your media server")
    page.go_back()
    expect(page.get_by_label("Home address", exact=True)).to_have_value("half an addre")
