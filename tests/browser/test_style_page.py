"""The parts of pages in a real browser: rules kept in every window, live parts, copying, focus, no script."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCHEMES, WIDTHS, Check, Open, on_lan

PAGES = ("", "/step", "/reader", "/run")


@dataclass(frozen=True)
class Case:
    """One cell of the matrix: page, width, theme, script."""

    path: str
    width: int
    scheme: str
    javascript: bool


CASES = [Case(*cell) for cell in itertools.product(PAGES, WIDTHS, SCHEMES, (True, False))]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_page_is_well_made(styles_origin: str, open_window: Open, is_well_made: Check, case: Case) -> None:
    window = open_window(case.width, case.scheme, case.javascript)
    window.goto(f"{styles_origin}/_styles{case.path}")
    if case.path == "/run" and case.javascript:
        expect(window.page.locator("html")).to_have_attribute("data-stream", "done")
    is_well_made(window)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_person_s_theme_wins_over_the_system_s(styles_origin: str, open_window: Open, scheme: str) -> None:
    other = "light" if scheme == "dark" else "dark"
    page = open_window(scheme=other).goto(f"{styles_origin}/_styles/step?theme={scheme}")
    expect(page.locator("body")).to_have_css(
        "background-color", {"light": "rgb(255, 255, 255)", "dark": "rgb(16, 22, 29)"}[scheme]
    )


def test_forced_colours_keep_every_page_whole(styles_origin: str, open_window: Open, is_well_made: Check) -> None:
    window = open_window(320, forced_colors="active")
    window.goto(f"{styles_origin}/_styles")
    expect(window.page.locator(".tag").first).not_to_have_css("border-top-color", "rgba(0, 0, 0, 0)")
    is_well_made(window)


def test_nothing_moves_with_reduced_motion(styles_origin: str, open_window: Open) -> None:
    page = open_window(reduced_motion="reduce").goto(f"{styles_origin}/_styles")
    expect(page.locator(".spins").first).to_have_css("animation-name", "none")


@pytest.mark.parametrize("width", WIDTHS)
def test_controls_are_large_enough_for_a_finger(styles_origin: str, open_window: Open, width: int) -> None:
    page = open_window(width).goto(f"{styles_origin}/_styles")
    small = page.evaluate("""() =>
      [...document.querySelectorAll(".button, [data-copy], [data-show], .input, .nav a, .nav button, summary")]
      .filter((e) => e.getClientRects().length && e.getBoundingClientRect().height < 44).map((e) => e.outerHTML)""")
    assert small == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_row_is_as_high_in_every_state(styles_origin: str, open_window: Open, width: int) -> None:
    page = open_window(width).goto(f"{styles_origin}/_styles/run")
    before = page.locator("#check-dns").bounding_box()
    expect(page.locator("html")).to_have_attribute("data-stream", "done")
    expect(page.locator("#check-dns .tag")).to_have_text("Failed")
    assert page.locator("#check-dns").bounding_box() == before


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_shifts_during_a_whole_run(styles_origin: str, open_window: Open, width: int) -> None:
    window = open_window(width)
    window.page.add_init_script("""window.shift = 0; new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });""")
    page = window.goto(f"{styles_origin}/_styles/run")
    expect(page.locator("#fix-dns h3")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-stream", "done")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("shift") <= 0.01


def test_a_page_asks_for_six_things_at_most_and_for_nothing_elsewhere(styles_origin: str, open_window: Open) -> None:
    window = open_window()
    asked: list[str] = []
    window.page.on("request", lambda request: asked.append(request.url))
    window.goto(f"{styles_origin}/_styles/step").wait_for_load_state("networkidle")
    assert len(set(asked)) <= 6
    assert all(url.startswith(styles_origin) for url in asked)


def test_a_live_page_ends_with_the_verdict_and_says_every_failure(styles_origin: str, open_window: Open) -> None:
    window = open_window()
    window.page.add_init_script("""document.addEventListener("DOMContentLoaded", () => {
      window.said = [];
      new MutationObserver(() => said.push(document.getElementById("status").textContent))
        .observe(document.getElementById("status"), { childList: true });
    });""")
    page = window.goto(f"{styles_origin}/_styles/run")
    expect(page.locator("#verdict")).to_contain_text("Not working: the name does not point here")
    expect(page.locator("#status")).to_contain_text("Not working: the name does not point here")
    assert "Failed: Name points here" in " ".join(page.evaluate("said"))
    expect(page.get_by_role("link", name="Show the latest results")).to_be_hidden()


def test_without_script_the_link_to_the_latest_results_stays(styles_origin: str, open_window: Open) -> None:
    page = open_window(javascript=False).goto(f"{styles_origin}/_styles/run")
    expect(page.get_by_role("link", name="Show the latest results")).to_be_visible()
    expect(page.locator("button[data-copy]").first).to_be_hidden()


def test_check_again_swaps_its_card_and_moves_the_focus_to_the_good_news(
    styles_origin: str, open_window: Open
) -> None:
    page = open_window().goto(f"{styles_origin}/_styles/run")
    expect(page.locator("html")).to_have_attribute("data-stream", "done")
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_role("heading", name="Fixed: the name points here")).to_be_focused()
    expect(page.locator("#check-dns .tag")).to_have_text("Passed")
    assert page.url.endswith("/_styles/run")


def test_without_script_check_again_is_a_plain_form(styles_origin: str, open_window: Open) -> None:
    window = open_window(javascript=False)
    page = window.goto(f"{styles_origin}/_styles")
    with page.expect_response("**/_styles/retry") as answer:
        page.get_by_role("button", name="Check again").first.click()
    assert answer.value.request.method == "POST"


@pytest.mark.parametrize("place", ["secure", "LAN"])
def test_copying_works_on_a_secure_and_on_a_plain_http_origin(
    styles_origin: str, open_window: Open, place: str
) -> None:
    origin = styles_origin if place == "secure" else on_lan(styles_origin)
    window = open_window(permissions=["clipboard-read", "clipboard-write"] if place == "secure" else [])
    page = window.goto(f"{origin}/_styles")
    assert page.evaluate("isSecureContext") is (place == "secure")
    page.locator('[data-copy="sample-secret"]').click()
    expect(page.locator('[data-copy="sample-secret"]')).to_have_text("Copied")
    expect(page.locator("#status")).to_have_text("Copied")
    expect(page.locator('[data-copy="sample-secret"]')).to_be_focused()
    page.locator("#notes").click()
    page.keyboard.press("Control+V")
    expect(page.locator("#notes")).to_have_value("cloudflared tunnel run --token secret")
    expect(page.locator('[data-copy="sample-secret"]')).to_have_text("Copy")


def test_where_copying_is_refused_the_text_is_selected(styles_origin: str, open_window: Open) -> None:
    window = open_window()
    window.page.add_init_script("document.execCommand = () => false")
    page = window.goto(f"{on_lan(styles_origin)}/_styles")
    page.locator('[data-copy="custom-url"]').click()
    expect(page.locator("#status")).to_have_text("Press Ctrl+C")
    assert page.evaluate("String(getSelection())").strip() == "https://plex.example.com:443"


def test_the_error_summary_takes_the_focus_and_leads_to_the_field(styles_origin: str, open_window: Open) -> None:
    page = open_window().goto(f"{styles_origin}/_styles/step")
    expect(page.locator(".error-summary")).to_be_focused()
    page.get_by_role("link", name="Port must be between").click()
    expect(page.locator("#failed-port")).to_be_focused()


def test_show_makes_a_secret_readable_and_hide_takes_it_back(styles_origin: str, open_window: Open) -> None:
    page = open_window().goto(f"{styles_origin}/_styles/step")
    button = page.locator('[data-show="failed-token"]')
    button.click()
    expect(page.locator("#failed-token")).to_have_attribute("type", "text")
    expect(button).to_have_text(re.compile("^Hide"))
    button.click()
    expect(page.locator("#failed-token")).to_have_attribute("type", "password")


def test_help_comes_into_the_panel_and_the_answers_stay(styles_origin: str, open_window: Open) -> None:
    page = open_window().goto(f"{styles_origin}/_styles/step")
    page.locator("#failed-domain").fill("plex.example.org")
    page.get_by_role("link", name="the custom server access URL").click()
    expect(page.locator("#help-panel .prose")).to_be_focused()
    expect(page.locator("#help-panel")).to_contain_text("This is plex-mode#custom-url")
    page.get_by_role("link", name="External domain", exact=True).click()
    expect(page.locator("#help-panel")).to_contain_text("This is first")
    expect(page.locator("#failed-domain")).to_have_value("plex.example.org")


def test_the_capacity_follows_the_fields(styles_origin: str, open_window: Open) -> None:
    page = open_window().goto(f"{styles_origin}/_styles")
    page.locator("#upload").fill("80")
    page.locator("#upload").press("Tab")
    expect(page.locator("#capacity")).to_contain_text("8 people can watch")
    expect(page.locator("#limit")).to_be_focused()


def test_a_switch_shows_its_consequence_at_once_and_without_script(styles_origin: str, open_window: Open) -> None:
    page = open_window(javascript=False).goto(f"{styles_origin}/_styles")
    warning = page.locator(".choice", has=page.locator("#headers")).get_by_text("Remote viewers can count as Local")
    expect(warning).to_be_hidden()
    page.locator("#headers").uncheck()
    expect(warning).to_be_visible()


def test_a_choice_shows_its_field_only_while_it_is_chosen(styles_origin: str, open_window: Open) -> None:
    page = open_window(javascript=False).goto(f"{styles_origin}/_styles")
    expect(page.locator("#address")).to_be_visible()
    page.locator("#server").check()
    expect(page.locator("#address")).to_be_hidden()


FOCUSED = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const style = getComputedStyle(at);
  const seen = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 20));
  return {
    name: at.id || at.textContent.trim().slice(0, 40), end: at === document.body,
    ring: style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 3,
    inside: box.bottom > 0 && box.top < innerHeight,
    covered: !!seen && !at.contains(seen) && !seen.contains(at) && !at.labels?.[0]?.contains(seen),
  };
}"""


@pytest.mark.parametrize("width", WIDTHS)
def test_tab_goes_through_the_page_with_a_visible_ring(styles_origin: str, open_window: Open, width: int) -> None:
    page = open_window(width).goto(f"{styles_origin}/_styles/run")
    expect(page.locator("html")).to_have_attribute("data-stream", "done")
    names = []
    for _ in range(60):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at["end"]:
            break
        assert at["ring"], at
        assert at["inside"], at
        assert not at["covered"], at
        names.append(at["name"])
    assert names[0] == "Skip to the main part"
    assert names.index("Dashboard") < names.index("How to fix it: Name points here") < names.index("retry-dns")
    assert names[-1] == "Get help"


def test_the_skip_link_leads_to_the_main_part(styles_origin: str, open_window: Open) -> None:
    page = open_window().goto(f"{styles_origin}/_styles/reader")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_help_is_beside_the_form_on_a_wide_screen_and_below_it_on_a_narrow_one(
    styles_origin: str, open_window: Open
) -> None:
    wide = open_window(1280).goto(f"{styles_origin}/_styles/step")
    narrow = open_window(320).goto(f"{styles_origin}/_styles/step")
    assert _left(wide, "#help") > _left(wide, "form[novalidate]")
    assert _left(narrow, "#help") == _left(narrow, "form[novalidate]")
    expect(wide.get_by_role("link", name="Help for this step")).to_be_hidden()
    expect(narrow.get_by_role("link", name="Help for this step")).to_be_visible()


def _left(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"]
