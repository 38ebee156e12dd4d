"""A person who goes through the wizard of a running Porthole over HTTP, without a script."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

import requests

from tests.processes import wait_until
from tests.whole_system import System

_SECONDS = 30.0


@dataclass
class Person:
    """One browser. Every page is fetched and every form sent with the token that stands in it."""

    system: System
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str) -> str:
        """One page."""
        answer = self.session.get(f"{self.system.url}{path}", timeout=_SECONDS)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def send(self, path: str, /, action: str = "", **fields: str) -> str:
        """Open `path`, fill in its form and send it to `action` or back; gives the path this leads to."""
        page = self.get(path)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None, f"{path} has no form"
        url = f"{self.system.url}{action or path}"
        data = {"csrf_token": token[1], **fields}
        answer = self.session.post(url, data=data, timeout=_SECONDS, allow_redirects=False)
        assert answer.status_code == 303, words_of(answer.text)[:2000]
        return answer.headers["Location"].removeprefix(self.system.url)

    def claim(self) -> None:
        """Become the owner, with the code that the log shows."""
        path = self.system.claim_url.removeprefix(self.system.url)
        self.send(
            path,
            "/claim",
            setup_code=self.system.setup_code,
            username="admin",
            password="correct horse battery",
        )

    def add(self, domain: str) -> str:
        """All five steps for a Plex and a forwarded port; gives the path of the run."""
        self.send("/hosts/new/server", media="plex", server_url=self.system.plex.url)
        self.send("/hosts/new/route", method="direct")
        self.send("/hosts/new/connect", domain=domain)
        fields = {"plex_mode": "y", "forward_client_ip": "y", "websocket": "y", "stream_limit_mbps": ""}
        self.send("/hosts/new/media", **fields)
        key = re.search(r'name="key" value="([^"]+)"', self.get("/hosts/new/review"))
        assert key is not None
        return self.send("/hosts/new/review", key=key[1])

    def wait(self, run: str) -> str:
        """The page of a run once it has ended."""
        pages: list[str] = []

        def has_ended() -> bool:
            pages.append(self.get(run))
            return 'id="stop-run"' not in pages[-1]

        wait_until(has_ended, f"the run {run} has ended", 40)
        return pages[-1]

    def again(self, run: str, check: str) -> str:
        """Press one row's "Check again" and wait for the end."""
        self.send(run, f"{run}/retry/{check}")
        return self.wait(run)


def words_of(page: str) -> str:
    """What a page says, without its tags."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def part_of(page: str, name: str) -> str:
    """What one part of a page says, by its id: a row, a card, the verdict."""
    start = re.search(rf'<(\w+) id="{name}"', page)
    assert start is not None, f"no part {name}: {words_of(page)[:500]}"
    depth, at = 0, start.start()
    for tag in re.finditer(rf"<(/?){start[1]}\b", page[at:]):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return words_of(page[at : at + tag.end()] + ">")
    return words_of(page[at:])
