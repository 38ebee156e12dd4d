"""A person at a browser window: counts what it takes, and keeps a picture of every page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import AXE_RULES, Window, sideways, too_wide

# each width and each theme once: what only the two together could change is measured on the colours themselves
LOOKS = ((1280, "light"), (320, "dark"))
PICTURES = Path(__file__).resolve().parents[2] / "artifacts" / "pages"


@dataclass
class Person:
    """Clicks and types like a person, and counts it."""

    window: Window
    clicks: int = 0
    typed: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)

    @property
    def page(self) -> Page:
        """What is on screen."""
        return self.window.page

    def press(self, name: str) -> None:
        """Press a button of the main part."""
        self.click(self.page.locator("main").get_by_role("button", name=name, exact=True))

    def click(self, what: Locator) -> None:
        """Click something."""
        self.clicks += 1
        what.click()

    def type(self, label: str, text: str) -> None:
        """Fill a field, found by its label."""
        self.typed.append(label)
        self.page.get_by_label(label, exact=True).fill(text)

    def arrive(self, heading: str) -> None:
        """Wait until a page is there."""
        expect(self.page.locator("h1")).to_have_text(heading)
        self.pages.append(heading)


def keep_picture(window: Window, name: str) -> None:
    """A picture of the whole page, named after the page and the window."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    script = "" if window.javascript else "-without-script"
    size = window.page.viewport_size or {"width": window.width}
    path = PICTURES / f"{name}-{size['width']}-{window.scheme}{script}.png"
    window.page.screenshot(path=path, full_page=True, animations="disabled")


def look_over(window: Window, axe: Axe, name: str) -> None:
    """The rules of every page, in both themes and both widths, without loading it again; a picture of each look."""
    page = window.page
    assert page.locator("h1").count() == 1
    heading = " ".join(page.locator("h1").inner_text().split())
    assert page.title().removeprefix("Error: ") == f"{heading} – Porthole"
    assert page.locator('[role="status"]').count() == 1
    before = (window.width, window.scheme)
    for width, scheme in LOOKS:
        _show(window, width, scheme)
        assert sideways(page) == 0, f"{name} scrolls sideways at {width}: {too_wide(page)}"
        found = axe.run(page, options=AXE_RULES)
        assert found.violations_count == 0, f"{name} {width} {scheme}: {found.generate_report()}"
        keep_picture(window, name)
    _show(window, *before)


def _show(window: Window, width: int, scheme: str) -> None:
    window.page.set_viewport_size({"width": width, "height": 900})
    window.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a Literal there
    window.width, window.scheme = width, scheme


def silence(window: Window, *, but: str = "") -> None:
    """The console said nothing, except what a browser itself says of an answer that is an error."""
    assert [said for said in window.said if not but or not re.search(but, said)] == []
