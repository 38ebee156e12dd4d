"""A phone in the lab, as a program of its own: `python -m tests.lab.phone LINK NAME ADDRESS`.

A real Chromium opens a one-time link, presses Start and stays until the page is done; prints one JSON line with the
large letters and all words of the page. It trusts whatever certificate it is shown, because the lab's authority is in
no browser; the checks judge that one.
"""

from __future__ import annotations

import json
import sys

from playwright.sync_api import expect, sync_playwright

from tests.web.visiting import AGENT

_DONE_MS = 60_000


def visit(link: str, name: str, address: str) -> dict[str, str]:
    """Go through a visit; `name` is looked up nowhere and leads to `address`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", f"--host-resolver-rules=MAP {name} {address}"],
        )
        page = browser.new_page(
            user_agent=AGENT,
            is_mobile=True,
            has_touch=True,
            ignore_https_errors=True,
            viewport={"width": 390, "height": 844},
        )
        page.goto(link)
        expect(page.locator("h1")).to_have_text("Turn Wi-Fi off first")
        page.get_by_role("button", name="Start").tap()
        expect(page.get_by_text("You can close this page")).to_be_visible(timeout=_DONE_MS)
        said = {
            "title": page.locator("h1").inner_text(),
            "words": " ".join(page.locator("main").inner_text().split()),
        }
        browser.close()
        return said


if __name__ == "__main__":
    sys.stdout.write(json.dumps(visit(*sys.argv[1:4])))
