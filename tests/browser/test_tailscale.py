"""The page about Tailscale in a real browser: few machines and many, no daemon, and a sign-in that it notices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tasks.tailnet_api import save_credential
from tests.browser.conftest import Open
from tests.browser.home import Home
from tests.browser.person import look_over, silence
from tests.fakes import tailscaled as fake
from wizard.core.tailnet_api import KEY, ApiTrouble, Credential, Device, Kind, Told
from wizard.store import ways

pytestmark = pytest.mark.xdist_group("whole system")

PATH = "/settings/ways/tailscale"


@pytest.fixture
def daemon(home: Home, tmp_path: Path) -> Iterator[fake.Tailscaled]:
    """A daemon whose socket was typed."""
    database = home.system.place.database
    with fake.Tailscaled(tmp_path / "tailscaled.sock") as running:
        ways.save_way(database, "tailscale", {"socket": str(running.path), "peer": "edge-vps"})
        yield running
    ways.forget_way(database, "tailscale")


EVERYTHING = fake.status(
    *fake.THREE,
    fake.machine(20, "a-television-with-a-very-long-name-in-the-living-room", **fake.RELAYED),
    me={"KeyExpiry": "2026-12-20T10:00:00Z"},
    TUN=False,
    Health=["Tailscale cannot reach the configured name servers"],
)
MANY = fake.status(*fake.THREE, *(fake.machine(number, f"box-{number}") for number in range(20, 267)))


@pytest.mark.parametrize(("name", "document"), [("findings", EVERYTHING), ("many", MANY), ("stopped", {})])
def test_the_page_is_well_made(
    home: Home, open_at_home: Open, axe: Axe, daemon: fake.Tailscaled, name: str, document: fake.Document
) -> None:
    daemon.document = document or fake.status(BackendState="Stopped", Peer=None)
    window = open_at_home()
    page = window.goto(home.url + PATH)
    expect(page.locator("h1")).to_have_text("Tailscale")
    look_over(window, axe, f"tailscale-{name}")
    silence(window)


TOLD = Told(
    AT := datetime(2026, 11, 26, 12, tzinfo=UTC),
    at=AT,
    devices=(
        *(Device(f"box-{number}", is_online=True, addresses=(f"100.101.9.{number}",)) for number in range(30)),
        Device(
            "a-television-with-a-very-long-name-in-the-living-room",
            tags=("tag:media", "tag:television"),
            addresses=("100.101.1.13", "fd7a:115c:a1e0::d"),
            is_authorized=False,
            blocks_incoming=True,
            advertised=("192.168.178.0/24", "10.0.0.0/8"),
            has_update=True,
            varies=True,
            region="Frankfurt",
            region_milliseconds=11.6,
        ),
    ),
)
TROUBLE = replace(TOLD, trouble=ApiTrouble.REFUSED, detail="It answered with status 401. API token invalid")


@pytest.mark.parametrize(("name", "told"), [("fresh", None), ("read", TOLD), ("refused", TROUBLE)])
def test_the_part_about_the_control_api_is_well_made(
    home: Home, open_at_home: Open, axe: Axe, daemon: fake.Tailscaled, name: str, told: Told | None
) -> None:
    place = home.system.place
    if told is not None:
        save_credential(place, Credential(Kind.OAUTH, "tskey-client-x", "kGhIjKlCNTRL"), told)
    window = open_at_home()
    page = window.goto(home.url + PATH + "?api=open")
    expect(page.get_by_text("More from Tailscale’s own API")).to_be_visible()
    look_over(window, axe, f"tailscale-api-{name}")
    silence(window)
    ways.forget_way(place.database, KEY)


def test_a_machine_among_many_is_found(home: Home, open_at_home: Open, daemon: fake.Tailscaled) -> None:
    daemon.document = MANY
    page = open_at_home().goto(home.url + PATH)
    page.get_by_label("Find a machine").fill("edge")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("button", name="Test the path to edge-vps").click()
    expect(page.locator("main")).to_contain_text("Direct")


def test_without_a_daemon_the_page_is_well_made(home: Home, open_at_home: Open, axe: Axe, tmp_path: Path) -> None:
    ways.save_way(home.system.place.database, "tailscale", {"socket": str(tmp_path / "nothing.sock")})
    window = open_at_home()
    window.goto(home.url + PATH)
    look_over(window, axe, "tailscale-none")
    silence(window)
    ways.forget_way(home.system.place.database, "tailscale")


def test_a_sign_in_is_noticed(home: Home, open_at_home: Open, axe: Axe, daemon: fake.Tailscaled) -> None:
    daemon.document, daemon.may_write = fake.LOGGED_OUT, True
    window = open_at_home()
    page = window.goto(home.url + PATH)
    page.get_by_role("button", name="Get a sign-in link").click()
    expect(page.get_by_role("link", name="Sign in at Tailscale")).to_be_visible()
    look_over(window, axe, "tailscale-sign-in")
    daemon.document = fake.status(*fake.THREE)
    expect(page.locator("#tailnet-state")).to_contain_text("mediabox is connected to tail0a1b2c.ts.net")
    silence(window)
