"""A real Chromium for real pages: served applications, windows of every kind, and the rules each page must keep."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, Response
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.browser.home import Home, make_home
from tests.whole_system import System, queue_into, start_system
from wizard.web import styles_page

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
WIDTHS = (320, 1280)
SCHEMES = ("light", "dark")
LAN_NAME = "nas.lan"  # a name without https: an insecure context, as on most first visits
PATIENCE = 10_000  # milliseconds; the bound of every wait
expect.set_options(timeout=PATIENCE)

AXE_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}

# WCAG 1.4.12: a page must bear this spacing without losing anything. Adopted: the CSP refuses a style element.
TEXT_SPACING = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important }
    * { word-spacing: .16em !important }
    p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [sheet];
}"""

Served = Callable[[Flask], str]


class _Quiet(WSGIRequestHandler):
    """Requests in the test report help nobody."""

    def log_request(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an application on a free loopback port; gives its origin. Ends with the block."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]  # socketserver's; a stream must not hold up the end
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def on_lan(origin: str) -> str:
    """The same server under a name that is no secure context."""
    return origin.replace("127.0.0.1", LAN_NAME)


@dataclass
class Window:
    """One page in one kind of browser window, with everything its console said."""

    page: Page
    width: int
    scheme: str
    javascript: bool
    open: Open | None = None
    said: list[str] = field(default_factory=list)

    def goto(self, url: str) -> Page:
        answer = self.page.goto(url, timeout=PATIENCE)
        assert answer is not None
        return self.page


Open = Callable[..., Window]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    opened = playwright.chromium.launch(
        executable_path="/usr/bin/chromium",
        args=[
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            f"--host-resolver-rules=MAP {LAN_NAME} 127.0.0.1",
        ],
    )
    yield opened
    opened.close()


@pytest.fixture
def open_window(browser: Browser) -> Iterator[Open]:
    """open_window(width=1280, scheme="light", javascript=True, **more) -> Window; `more` goes to new_context."""
    contexts: list[BrowserContext] = []

    def opened(width: int = 1280, scheme: str = "light", javascript: bool = True, **more: object) -> Window:  # noqa: FBT001, FBT002, RUF100 -- read by name
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]  # a Literal there, a parameter of tests here
            java_script_enabled=javascript,
            **more,  # type: ignore[arg-type]  # whatever new_context takes
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        window = Window(context.new_page(), width, scheme, javascript, opened)
        window.page.on("console", lambda message: window.said.append(message.text))
        window.page.on("pageerror", lambda error: window.said.append(str(error)))
        return window

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> Axe:
    return Axe()


Check = Callable[[Window], None]


@pytest.fixture
def is_well_made(axe: Axe) -> Check:
    """Asserts what every page must keep: axe content, console silent, one h1, a title, no sideways scroll.

    Changes the page's text spacing at the end; call it last.
    """

    def check(window: Window) -> None:
        page = window.page
        found = axe.run(page if window.javascript else twin(window), options=AXE_RULES)
        assert found.violations_count == 0, found.generate_report()
        assert page.locator("h1").count() == 1
        heading = " ".join(page.locator("h1").inner_text().split())
        assert page.title().removeprefix("Error: ") == f"{heading} – Porthole"
        assert page.locator('[role="status"]').count() == 1
        assert sideways(page) == 0, f"scrolls sideways: {too_wide(page)}"
        page.evaluate(TEXT_SPACING)
        assert sideways(page) == 0, f"scrolls sideways with WCAG text spacing: {too_wide(page)}"
        assert window.said == []

    return check


def twin(window: Window) -> Page:
    """The same document in a window where scripts run, without any script of ours.

    axe waits with timers, and those never fire where scripts are switched off.
    """
    assert window.open is not None
    page = window.open(window.width, window.scheme).page
    html = window.page.content()
    page.route("**/*.js*", lambda route: route.fulfill(body="", content_type="text/javascript"))
    headers = {"Content-Security-Policy": CSP}
    page.route(window.page.url, lambda route: route.fulfill(body=html, content_type="text/html", headers=headers))
    page.goto(window.page.url, timeout=PATIENCE)
    return page


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def too_wide(page: Page) -> object:
    """What sticks out of the window, for the message of a failed test."""
    return page.evaluate("""() => [...document.querySelectorAll("body *")]
      .filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5 && !e.closest("pre, .table-box"))
      .slice(-3).map((e) => e.outerHTML.slice(0, 200))""")


def strict(response: Response) -> Response:
    """The headers of the product, for small applications of tests."""
    response.headers["Content-Security-Policy"] = CSP
    return response


@pytest.fixture(scope="session")
def styles_origin() -> Iterator[str]:
    """The living style page, served."""
    app = Flask("wizard.web")
    app.config["TESTING"] = True
    app.jinja_env.globals["csrf_token"] = lambda: "token"
    assert styles_page.register(app)
    app.after_request(strict)
    with serving(app) as origin:
        yield origin


@pytest.fixture
def untouched(tmp_path: Path) -> Iterator[System]:
    """A whole system of its own that nobody has claimed yet. Takes some seconds: for whole journeys only."""
    with start_system(tmp_path) as system:
        yield system


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One whole system for all tests of one worker, claimed, with a proxy host that works."""
    with start_system(tmp_path_factory.mktemp("home")) as system:
        yield make_home(system)


@pytest.fixture
def whole(home: Home) -> Iterator[Home]:
    """The same, with its media server as it should be before and after the test."""
    yield home
    home.repair()


@pytest.fixture
def open_at_home(home: Home, open_window: Open) -> Open:
    """open_window, signed in."""
    queue_into(home.system.place)

    def opened(*arguments: Any, **named: Any) -> Window:
        window = open_window(*arguments, **named)
        window.page.context.add_cookies([home.cookie])  # type: ignore[list-item]  # a TypedDict there
        return window

    return opened
