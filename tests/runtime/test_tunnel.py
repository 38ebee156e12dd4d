"""The tunnel as a person has it: the token is pasted, cloudflared runs, dies, and comes back by itself."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tasks.workplace import Workplace
from tests.fakes.cloudflared import make_token, write_program
from tests.fakes.front import Front, cloudflare_rules
from tests.fakes.tunnel_front import Tunnel
from tests.processes import wait_until
from tests.runtime.system import System
from tests.web.browsing import PASSWORD, USERNAME, given_owner, visible
from wizard.settings import Settings

PATH = "/settings/ways/cloudflare"
TOKEN = make_token()
SECONDS = 60.0  # supervisor waits longer after each start that failed


class Browser:
    """A browser that is signed in."""

    def __init__(self, system: System) -> None:
        self._url = f"http://{system.listen}"
        self._session = requests.Session()
        self._session.trust_env = False
        self.post("/login", username=USERNAME, password=PASSWORD, keep="y")

    def words(self, path: str = PATH) -> str:
        """What a page says."""
        return visible(self._get(path))

    def after_a_look(self) -> str:
        """What the page says once "Look again" was pressed: nobody waits for the regular look."""
        self.post(f"{PATH}/look")
        time.sleep(0.5)
        return self.words()

    def post(self, path: str, **fields: str) -> None:
        """Send a form; fails when it is refused."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self._get("/login" if path == "/login" else PATH))
        assert found
        answer = self._session.post(f"{self._url}{path}", data={"csrf_token": found[1], **fields}, timeout=20)
        assert answer.status_code == 200, visible(answer.text)

    def _get(self, path: str) -> str:
        return self._session.get(f"{self._url}{path}", timeout=20).text


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """A running system with an owner."""
    system = System(tmp_path / "data")
    try:
        system.start()
        environ = {name: text for name, text in system.environ.items() if name.startswith(("PORTHOLE_", "XDG_"))}
        settings = Settings.read(environ)
        assert isinstance(settings, Settings)
        place = Workplace(settings)
        given_owner(place)
        place.database.close()
        yield system
    finally:
        system.close()


@pytest.fixture
def edge() -> Iterator[str]:
    """Where cloudflared dials."""
    with Front(Tunnel(), cloudflare_rules) as front:
        yield f"127.0.0.1:{front.tunnel_port}"


def test_a_pasted_token_connects_and_what_was_killed_comes_back(system: System, edge: str, tmp_path: Path) -> None:
    assert system.pid("tunnel") == 0  # it costs nothing until it is set up
    program = write_program(tmp_path / "cloudflared", edge)
    browser = Browser(system)
    pasted = f"cloudflared tunnel run --token {TOKEN}"
    browser.post(PATH, runs="here", token=pasted, program=str(program), consent="y")
    wait_until(
        lambda: "Connected 4 connections to Cloudflare, ams03, fra01" in browser.after_a_look(),
        "it connects",
        SECONDS,
    )
    first = system.pid("tunnel")
    assert TOKEN not in Path(f"/proc/{first}/cmdline").read_text()
    assert "PORTHOLE_" not in Path(f"/proc/{first}/environ").read_text()
    program.chmod(0o644)  # so that it cannot come back at once
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: "Needs attention" in browser.after_a_look(), "the page tells of the trouble", SECONDS)
    program.chmod(0o755)
    wait_until(lambda: "Connected 4 connections" in browser.after_a_look(), "it comes back by itself", SECONDS)
    assert system.pid("tunnel") not in {0, first}
    assert TOKEN not in system.log("tunnel") + system.terminal() + browser.words()
    assert system.stop() == 0
    assert system.left_behind() == {}
    system.start()
    wait_until(lambda: system.pid("tunnel"), "it runs again after a new start")
    browser.post(f"{PATH}/remove")
    wait_until(lambda: system.pid("tunnel") == 0, "it ends when it was removed")
