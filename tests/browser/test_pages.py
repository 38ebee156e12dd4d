"""Every page in use, in a real browser: axe finds nothing, nothing scrolls sideways, the console is silent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Open, Window, sideways, too_wide
from tests.browser.home import Home
from tests.browser.person import keep_picture, look_over, silence
from tests.fakes.plex import Behaviour
from tests.web.browsing import PASSWORD, USERNAME
from wizard.core.runs import Standing
from wizard.store import drafts

pytestmark = pytest.mark.xdist_group("whole system")

ERROR_ANSWER = r"^Failed to load resource: the server responded with a status of 4\d\d"
Act = Callable[[Page, Home], None]


def nothing(_page: Page, _home: Home) -> None:
    """The page as it opens."""


@dataclass(frozen=True)
class Place:
    """A page, and what to do on it before it is looked at. `{host}` in the path is the proxy host's address."""

    name: str
    path: str
    act: Act = nothing
    may_say: str = ""


def search_nothing(page: Page, _home: Home) -> None:
    page.get_by_label("Search the help").first.fill("xyzzy")
    page.get_by_role("button", name="Search").first.click()
    expect(page.locator("main")).to_contain_text("No results for xyzzy")


def send_nothing(page: Page, _home: Home) -> None:
    page.get_by_label("Home address", exact=True).fill("192.168.1.300")
    page.get_by_role("button", name="Test and continue").click()
    expect(page.locator(".error-summary")).to_be_focused()


def choose_cloudflare(page: Page, _home: Home) -> None:
    consent = page.get_by_label("I know and agree")
    expect(consent).to_be_hidden()
    page.get_by_label("Cloudflare Tunnel", exact=True).check()
    expect(consent).to_be_visible()


def compare(page: Page, _home: Home) -> None:
    page.get_by_text("Compare the ways in").click()
    expect(page.get_by_role("table")).to_be_visible()


def switch_off(page: Page, _home: Home) -> None:
    for warning, switch in (
        ("Remote viewers can count as Local", "Forward client IP headers (recommended)"),
        ("Live updates stop", "Enable WebSocket support"),
    ):
        expect(page.get_by_text(warning)).to_be_hidden()
        page.get_by_label(switch).uncheck()
        expect(page.get_by_text(warning)).to_be_visible()
    page.get_by_text("Let Porthole ask Plex", exact=True).click()
    page.get_by_label("Upload speed in Mbit/s").fill("20")
    page.get_by_label("Limit for one remote stream").select_option("8")
    expect(page.locator("#capacity")).to_contain_text("2 people can watch from outside at once")


def open_all(page: Page, _home: Home) -> None:
    for summary in page.locator("main summary").all():
        summary.click()


def wrong_password(page: Page, _home: Home) -> None:
    page.get_by_label("Current password", exact=True).fill("not this one")
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".error-summary")).to_be_focused()


def add_webhook(page: Page, _home: Home) -> None:
    page.get_by_label("Addresses, one in each line").fill("http://127.0.0.1:1/nobody")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Send a test").first.click()
    expect(page.locator(".receivers")).to_contain_text("Nothing answers there")


def send_unknown(page: Page, _home: Home) -> None:
    page.get_by_label("Addresses, one in each line").fill("bogus://x")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".error-summary")).to_be_focused()


def make_tunnel(page: Page, _home: Home) -> None:
    page.get_by_label("Public address of the VPS").fill("203.0.113.10")
    page.get_by_label("At home. It drives").check()
    page.get_by_role("button", name="Make both files").click()
    expect(page.locator("#home-file")).to_contain_text("Endpoint = 203.0.113.10:51820")
    open_all(page, _home)


def save_no_tunnel(page: Page, _home: Home) -> None:
    page.get_by_label("I do, or a container").check()
    page.get_by_label("Readiness address").fill("nowhere")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".error-summary")).to_be_focused()


def watch_tunnel(page: Page, _home: Home) -> None:
    page.get_by_label("I do, or a container").check()
    page.get_by_label("Readiness address").fill("http://127.0.0.1:1")
    page.get_by_label("I know and agree").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#way-state")).to_contain_text("Nobody answers at http://127.0.0.1:1/ready")
    expect(page.get_by_label("I know and agree")).to_have_count(0)


def wait_for_the_search(page: Page, _home: Home) -> None:
    expect(page.locator("#search-status")).not_to_contain_text("Looking", timeout=15_000)


def add_nothing(page: Page, _home: Home) -> None:
    page.get_by_label("Home address", exact=True).fill("192.168.1.300")
    page.get_by_role("button", name="Test and save").click()
    expect(page.locator(".error-summary")).to_be_focused()


def leave_half_way(page: Page, home: Home) -> None:
    page.get_by_label("Plex", exact=True).check()
    page.get_by_label("Home address", exact=True).fill("half an addre")
    page.get_by_role("button", name="Save and leave").click()
    expect(page.locator("main")).to_contain_text("Your answers are kept")
    expect(page.locator(".host-card.draft")).to_be_visible()


def discard(page: Page, _home: Home) -> None:
    page.get_by_role("button", name="Discard these answers").click()
    expect(page.locator(".host-card.draft")).to_have_count(0)


PLACES = (
    Place("overview", "{host}"),
    Place("checks", "{host}/checks"),
    Place("visits", "{host}/visits"),
    Place("traffic-history", "{host}/traffic/history?window=24h", open_all),
    Place("traffic-requests", "{host}/traffic/requests"),
    Place("traffic-keeping", "{host}/traffic/keeping", open_all),
    Place("configuration", "{host}/configuration", open_all),
    Place("revision", "{host}/revisions/1"),
    Place("edit", "{host}/edit"),
    Place("traffic-without-token", "{host}/traffic"),
    Place("edit-step-1-refused", "{host}/edit/server", send_nothing, ERROR_ANSWER),
    Place("edit-step-2-cloudflare", "{host}/edit/route", choose_cloudflare),
    Place("edit-step-2-compared", "{host}/edit/route", compare),
    Place("edit-step-2-connection", "{host}/edit/route", open_all),
    Place("connection", "/connection", open_all),
    Place("edit-step-4-switched-off", "{host}/edit/media", switch_off),
    Place("edit-step-5", "{host}/edit/review", open_all),
    Place("remove", "{host}/remove"),
    Place("draft-left", "/hosts/new/server", leave_half_way),
    Place("draft-discarded", "/", discard),
    Place("help", "/help"),
    Place("help-page", "/help/plex-mode"),
    Place("help-cgnat", "/help/cgnat"),
    Place("help-tailscale", "/help/tailscale-plex"),
    Place("help-local-vs-remote", "/help/local-vs-remote"),
    Place("help-bandwidth-limits", "/help/bandwidth-limits"),
    Place("help-troubleshooting", "/help/troubleshooting"),
    Place("help-search", "/help/search?q=limit"),
    Place("help-nothing-found", "/help", search_nothing),
    Place("account", "/settings/account"),
    Place("account-refused", "/settings/account", wrong_password, ERROR_ANSWER),
    Place("appearance", "/settings/appearance"),
    Place("vantages", "/settings/vantages"),
    Place("check-settings", "/settings/checks"),
    Place("notifications", "/settings/notifications", add_webhook),
    Place("notifications-refused", "/settings/notifications", send_unknown, ERROR_ANSWER),
    Place("ways", "/settings/ways"),
    Place("wireguard", "/settings/ways/wireguard"),
    Place("wireguard-made", "/settings/ways/wireguard", make_tunnel),
    Place("direct", "/settings/ways/direct"),
    Place("ipv6", "/settings/ways/ipv6"),
    Place("tunnel", "/settings/ways/cloudflare", open_all),
    Place("tunnel-refused", "/settings/ways/cloudflare", save_no_tunnel, ERROR_ANSWER),
    Place("tunnel-watched", "/settings/ways/cloudflare", watch_tunnel),
    Place("servers", "/settings/servers", wait_for_the_search),
    Place("servers-refused", "/settings/servers", add_nothing, ERROR_ANSWER),
    Place("several-servers", "/settings/servers/hosts"),
    Place("about", "/settings/about"),
    Place("not-found", "/nothing-here", may_say=ERROR_ANSWER),
)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_every_page_is_well_made(home: Home, open_at_home: Open, axe: Axe, place: Place) -> None:
    window = open_at_home()
    window.goto(_address(home, place.path))
    place.act(window.page, home)
    look_over(window, axe, place.name)
    silence(window, but=place.may_say)
    for draft in drafts.list_drafts(home.system.place.database):
        if draft.host_key:
            drafts.drop_draft(home.system.place.database, draft.host_key)


def _address(home: Home, path: str) -> str:
    return home.url + path.replace("{host}", f"/hosts/{home.host.key}")


def test_signing_in_is_well_made(home: Home, open_window: Open, axe: Axe) -> None:
    window = open_window()
    page = window.goto(f"{home.url}/help")
    expect(page.locator("#username")).to_be_focused()
    look_over(window, axe, "login")
    page.get_by_label("User name").fill(USERNAME)
    page.get_by_label("Password", exact=True).fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".error-summary")).to_be_focused()
    look_over(window, axe, "login-refused")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_have_text("Help")
    silence(window, but=ERROR_ANSWER)


def test_a_fault_is_well_made_where_it_shows(whole: Home, open_at_home: Open, axe: Axe) -> None:
    whole.system.plex.change(behaviour=Behaviour.CLOSE)
    run = whole.check()
    assert run.standing is Standing.NOT_WORKING
    window = open_at_home()
    page = window.goto(f"{whole.host_url}/checks/{run.id}")
    page.locator("#fix-upstream summary").click()
    look_over(window, axe, "run-failed")
    window.goto(f"{whole.url}/")
    expect(page.get_by_role("heading", name="Needs attention")).to_be_visible()
    look_over(window, axe, "dashboard-needs-attention")
    silence(window)


def test_the_dashboard_of_a_host_that_works_is_well_made(whole: Home, open_at_home: Open, axe: Axe) -> None:
    whole.check()
    window = open_at_home()
    window.goto(f"{whole.url}/")
    expect(window.page.locator(".host-card .tag")).to_have_text("Working")
    look_over(window, axe, "dashboard")
    silence(window)


def test_without_a_script_every_page_is_whole(home: Home, open_at_home: Open) -> None:
    window = open_at_home(320, "light", javascript=False)
    for place in PLACES:
        if place.act is nothing:
            window.goto(_address(home, place.path))
            assert sideways(window.page) == 0, f"{place.name}: {too_wide(window.page)}"
            keep_picture(window, place.name)
    silence(window, but=ERROR_ANSWER)


ORDINARY = (
    "",
    "/hosts/new/server",
    "{host}",
    "{host}/checks",
    "{host}/edit",
    "{host}/edit/route",
    "{host}/edit/media",
)
MOST_BYTES, MOST_REQUESTS = 40_000, 6
# every way in with its facts, twice: as options and side by side; and, as on every live page, what it waits for
MOST_BYTES_OF_THE_CHOICE = 60_000


@pytest.mark.parametrize("path", ORDINARY)
def test_a_first_visit_weighs_little(home: Home, open_at_home: Open, path: str) -> None:
    window = open_at_home()
    assert weigh(window, _address(home, path)) <= (MOST_BYTES_OF_THE_CHOICE if "route" in path else MOST_BYTES)


def weigh(window: Window, url: str) -> int:
    """Bytes of everything a page asks for, heads included; checks that it asks little, and only here."""
    asked: list[Request] = []
    window.page.on("requestfinished", lambda request: asked.append(request))  # noqa: PLW0108 -- Playwright marks what it calls
    window.goto(url)
    window.page.wait_for_load_state("networkidle")
    assert len({request.url for request in asked}) <= MOST_REQUESTS
    origin = "/".join(url.split("/")[:3])
    assert [request.url for request in asked if not request.url.startswith(origin)] == []
    sizes = [request.sizes() for request in asked]
    return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
