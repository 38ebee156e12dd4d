"""A browser in the lab, as a program of its own: `python -m tests.lab.browser FOLDER`.

Reads one JSON command a line and answers with one: so whoever holds it may stand in another network, and need not be
the only one who drives a Chromium. Everything is found by the words that a person reads; words for screen readers
only do not count. Pictures go into FOLDER.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Locator, Page, sync_playwright

_PATIENCE_MS = 10_000
# what a person takes for the thing that a word names, the surest first
_ROLES = ("button", "link", "checkbox", "radio", "textbox", "combobox", "heading", "columnheader")
_SEEN_WORDS = """one => {
  const named = one.labels && one.labels.length ? one.labels[0] : one;
  const copy = named.cloneNode(true);
  copy.querySelectorAll(".hidden-text").forEach(hidden => hidden.remove());
  return copy.textContent;
}"""

# the help beside a page names the same things; a person uses the page
_IS_BESIDE = "one => one.closest('aside') !== null"


class Browser:
    """One window. Every method is a command, its arguments are the command's fields."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page, self._folder = page, folder

    def open(self, url: str) -> str:
        """Go to an address."""
        self._page.goto(url)
        return self._page.url

    def words(self) -> str:
        """What stands on the page."""
        return " ".join(self._page.locator("body").inner_text().split())

    def sees(self, label: str) -> bool:
        """Whether something with this label is there and visible."""
        return self._find(label) is not None

    def press(self, label: str) -> str:
        """Press a button, follow a link, choose an answer; gives where that led."""
        self._found(label).click()
        self._page.wait_for_load_state("load")
        return self._page.url

    def press_in(self, part: str, label: str) -> str:
        """The same in the row of a table that begins with these words, or in a part that they fold open and shut."""
        folded = self._page.locator("details", has=self._page.locator("summary", has_text=_spelled(part)))
        place = self._page.get_by_role("row", name=part).or_(folded).first
        buttons = place.get_by_role("button").or_(place.get_by_role("link")).all()
        found = [one for one in buttons if _reads(one) == label]
        if not found:
            raise LookupError(label)
        found[0].click()
        self._page.wait_for_load_state("load")
        return self._page.url

    def fill(self, label: str, text: str) -> str:
        """Type into a field in place of what stands there; gives what stood there."""
        field = self._found(label)
        before = field.input_value()
        field.fill(text)
        return before

    def value(self, label: str) -> str:
        """What stands in a field."""
        return self._found(label).input_value()

    def is_on(self, label: str) -> bool:
        """Whether a switch is on."""
        return self._found(label).is_checked()

    def copied(self) -> str:
        """What the last copy button put into the clipboard."""
        return str(self._page.evaluate("navigator.clipboard.readText()"))

    def again(self) -> str:
        """Load the page anew."""
        self._page.reload()
        return self._page.url

    def picture(self, name: str) -> str:
        """Keep how the page looks."""
        path = self._folder / f"{name}.png"
        self._page.screenshot(path=path, full_page=True)
        return str(path)

    def _found(self, label: str) -> Locator:
        found = self._find(label)
        if found is None:
            raise LookupError(label)
        return found

    def _find(self, label: str) -> Locator | None:
        for role in _ROLES:
            for one in self._page.get_by_role(role, name=_spelled(label)).all():  # type: ignore[arg-type]  # a role of ARIA
                if (
                    _reads(one) in {_plain(label), f"{_plain(label)} (optional)"}
                    and one.is_visible()
                    and not one.evaluate(_IS_BESIDE)
                ):
                    return one
        return next(
            (one for one in self._page.get_by_text(_spelled(label, whole=True)).all() if one.is_visible()), None
        )


def _reads(one: Locator) -> str:
    return re.sub(r"\s+", " ", _plain(str(one.evaluate(_SEEN_WORDS)))).strip()


# guides have the apostrophe of the keyboard, pages that of the printer
def _plain(words: str) -> str:
    return words.replace("\u2019", "'")


def _spelled(label: str, *, whole: bool = False) -> re.Pattern[str]:
    words = re.escape(_plain(label)).replace("'", "['\u2019]")
    return re.compile(rf"^\s*{words}\s*$" if whole else words)


def answer(browser: Browser, command: dict[str, Any]) -> dict[str, Any]:
    """Do one command; what went wrong is an answer too."""
    try:
        return {"said": getattr(browser, command.pop("do"))(**command)}
    except LookupError as missing:
        return {"missing": str(missing)}
    except Error as error:
        return {"error": str(error)}


def main(folder: Path) -> None:
    """Serve standard input until it ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-background-networking",
                "--no-first-run",
            ],
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.set_default_timeout(_PATIENCE_MS)
        window = Browser(page, folder)
        for line in sys.stdin:
            print(json.dumps(answer(window, json.loads(line))), flush=True)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
