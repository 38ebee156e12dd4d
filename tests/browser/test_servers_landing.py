"""Looking for media servers in a real browser: what is found lands in the form, and nothing has to be typed."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.home import Home
from tests.browser.person import silence
from wizard.store import drafts, servers

pytestmark = pytest.mark.xdist_group("whole system")


def test_a_server_lands_in_the_form_by_itself_and_is_chosen(home: Home, open_at_home: Open) -> None:
    place = home.system.place
    for saved in servers.list_servers(place.database):
        servers.remove_server(place.database, saved.key)
    place.redis.delete("porthole:discovery", "porthole:discovering")
    window = open_at_home()
    page = window.goto(f"{home.url}/hosts/new/server")
    expect(page.locator("input[name=server_choice]").first).to_be_checked(timeout=15_000)
    page.get_by_role("button", name="Test and continue").click()
    expect(page.locator("h1")).to_have_text("How people will reach it")
    drafts.drop_draft(place.database)
    silence(window)
