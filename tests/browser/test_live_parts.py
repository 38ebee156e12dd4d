"""Live parts in a real browser: swaps, announcements, a lost stream, hidden tabs, forms on their way."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest
from flask import Flask, Response, render_template_string, request
from markupsafe import Markup
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE, Open, serving, strict

BOX = """<div id="box"><button id="press" type="button">{}</button>
<details id="more"><summary>More</summary>x</details></div>"""

SMALL_PAGE = """{% extends "layout.html" %}{% set title = "Small" %}{% block content %}
<div data-live="/stream">
{{ box }}
<p><a data-when-offline href="/">Show the latest</a> <span data-when-lost>Updates paused. Trying again</span></p>
</div>
<form method="post" action="/slow"><input name="method" value="x"><button class="button" data-busy-label="Testing…">
<span data-label>Test</span></button></form>
<form method="post" action="/broken" data-inline>
<button class="button" name="which" value="this">Broken</button></form>
{% endblock %}"""


class Stage:
    """A small application whose stream and posts a test directs."""

    def __init__(self) -> None:
        self.messages: list[dict[str, object]] = []
        self.posts: list[dict[str, str]] = []
        self.streams = 0
        self.refuse = False
        self.more = threading.Condition()

    def send(self, **message: object) -> None:
        with self.more:
            self.messages.append(message)
            self.more.notify_all()

    def stream(self) -> Iterator[str]:
        yield ": open\n\n"
        sent = len(self.messages)
        for _ in range(200):  # bounded: ends by itself after 10 s
            with self.more:
                self.more.wait(0.05)
                fresh, sent = self.messages[sent:], len(self.messages)
            yield from (f"data: {json.dumps(message)}\n\n" for message in fresh)
            yield ": still here\n\n"


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def small_origin(stage: Stage) -> Iterator[str]:
    app = Flask("wizard.web")
    app.jinja_env.globals["csrf_token"] = lambda: "token"

    @app.get("/")
    def small() -> str:
        return render_template_string(SMALL_PAGE, box=Markup(BOX.format("Press")))

    @app.get("/stream")
    def stream() -> Response:
        stage.streams += 1
        return Response(status=204) if stage.refuse else Response(stage.stream(), mimetype="text/event-stream")

    @app.post("/<path:where>")
    def post(where: str) -> Response:
        stage.posts.append({"where": where, **request.form})
        if where == "slow":
            return Response(status=204)  # the browser stays on the page, as while it waits
        if where == "broken" and len(stage.posts) == 1:
            return Response("no parts", status=500)
        return Response(render_template_string(SMALL_PAGE, box=Markup(BOX.format("Press"))), status=200)

    app.after_request(strict)
    with serving(app) as origin:
        yield origin


def _when_open(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-stream", "open")


def test_a_swap_keeps_the_focus_and_what_was_opened(small_origin: str, stage: Stage, open_window: Open) -> None:
    page = open_window().goto(small_origin)
    _when_open(page)
    page.get_by_text("More").click()
    page.locator("#press").focus()
    stage.send(parts={"box": BOX.format("Pressed")})
    expect(page.locator("#press")).to_have_text("Pressed")
    expect(page.locator("#press")).to_be_focused()
    expect(page.locator("#more")).to_have_attribute("open", "")


def test_a_part_that_did_not_change_is_not_touched(small_origin: str, stage: Stage, open_window: Open) -> None:
    page = open_window().goto(small_origin)
    _when_open(page)
    page.evaluate("document.getElementById('box').mark = 'the same node'")
    stage.send(parts={"box": BOX.format("Press")}, say="seen")
    expect(page.locator("#status")).to_have_text("seen")
    assert page.evaluate("document.getElementById('box').mark") == "the same node"


def test_failures_are_all_said_and_of_the_rest_the_newest(small_origin: str, stage: Stage, open_window: Open) -> None:
    page = open_window().goto(small_origin)
    _when_open(page)
    stage.send(say="first")
    expect(page.locator("#status")).to_have_text("first")
    for words, urgent in (("second", False), ("failed: a", True), ("third", False), ("failed: b", True)):
        stage.send(say=words, urgent=urgent)
    expect(page.locator("#status")).to_have_text("failed: a. failed: b. third")


def test_a_lost_stream_says_so_and_a_stream_that_ends_well_does_not(
    small_origin: str, stage: Stage, open_window: Open
) -> None:
    stage.refuse = True
    page = open_window().goto(small_origin)
    expect(page.locator("[data-when-lost]")).to_be_visible()
    expect(page.get_by_role("link", name="Show the latest")).to_be_visible()
    stage.refuse = False
    _when_open(page)  # asks again by itself
    expect(page.locator("[data-when-lost]")).to_be_hidden()
    expect(page.get_by_role("link", name="Show the latest")).to_be_hidden()
    stage.send(done=True)
    expect(page.locator("html")).to_have_attribute("data-stream", "done")


def test_the_stream_closes_while_the_tab_is_hidden(small_origin: str, stage: Stage, open_window: Open) -> None:
    page = open_window().goto(small_origin)
    _when_open(page)
    page.evaluate("""() => { Object.defineProperty(document, "hidden", { value: true, configurable: true });
      document.dispatchEvent(new Event("visibilitychange")); }""")
    expect(page.locator("html")).to_have_attribute("data-stream", "")
    page.evaluate("""() => { Object.defineProperty(document, "hidden", { value: false, configurable: true });
      document.dispatchEvent(new Event("visibilitychange")); }""")
    _when_open(page)
    assert stage.streams == 2


def test_an_inline_form_that_gets_no_parts_is_posted_as_a_page(
    small_origin: str, stage: Stage, open_window: Open
) -> None:
    page = open_window().goto(small_origin)
    with page.expect_navigation():
        page.get_by_role("button", name="Broken").click()
    assert stage.posts == [{"where": "broken", "which": "this"}] * 2


def test_a_second_press_does_nothing_and_the_button_says_what_happens(
    small_origin: str, stage: Stage, open_window: Open
) -> None:
    page = open_window().goto(small_origin)
    button = page.locator("button", has_text="Test")
    button.click()
    expect(button).to_have_text("Testing…")
    expect(button).to_have_attribute("aria-disabled", "true")
    again = page.evaluate("""() => document.querySelector('form[action="/slow"]')
      .dispatchEvent(new Event("submit", { cancelable: true, bubbles: true }))""")
    assert again is False, "the second submit was not stopped"
    assert [post["where"] for post in stage.posts] == ["slow"]


def test_six_live_tabs_leave_room_for_a_seventh(small_origin: str, open_window: Open) -> None:
    first = open_window()
    _when_open(first.goto(small_origin))
    for _ in range(6):
        page = first.page.context.new_page()
        # A headless tab does not know that it is behind another one: tell it.
        first.page.context.pages[-2].evaluate("""() => {
          Object.defineProperty(document, "hidden", { value: true, configurable: true });
          document.dispatchEvent(new Event("visibilitychange")); }""")
        page.goto(small_origin, timeout=PATIENCE)
        _when_open(page)
    assert len(first.page.context.pages) == 7
