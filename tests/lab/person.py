"""A person at a browser without script: opens pages of a Porthole in the lab, fills forms, presses buttons.

Uses `requests` and reads the pages as they are. Must not know the store.
"""

from __future__ import annotations

import html
import re
from typing import Self

import requests

from tests.lab.world import Node
from tests.web.browsing import visible

_SECONDS = 30
PASSWORD = "correct horse battery"


class Person:
    """Sits at a node, at the pages under `origin`."""

    def __init__(self, node: Node, origin: str) -> None:
        self._node, self._origin = node, origin
        self._session = requests.Session()
        self._session.trust_env = False
        self.page = ""
        self.url = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    @property
    def path(self) -> str:
        """Where the person is, without the origin."""
        return self.url.removeprefix(self._origin)

    @property
    def words(self) -> str:
        """What stands on the page."""
        return visible(self.page)

    def open(self, path: str) -> str:
        """Open a page; gives its words."""
        return self._look(self._send("GET", path))

    def submit(self, path: str, **fields: str) -> str:
        """Fill the form of the page at `path` and press its button; gives the words of the page it leads to."""
        self.open(path)
        return self.press(path, **fields)

    def press(self, path: str, **fields: str) -> str:
        """Send a form of the page that is open."""
        hidden = re.findall(r'<input[^>]*type="hidden"[^>]*>', self.page)
        sent = {_part(one, "name"): _part(one, "value") for one in hidden}
        assert "csrf_token" in sent, self.words
        return self._look(self._send("POST", path, {**sent, **fields}))

    def _send(self, method: str, path: str, fields: dict[str, str] | None = None) -> requests.Response:
        with self._node.inside():
            return self._session.request(method, self._origin + path, data=fields, timeout=_SECONDS)

    def _look(self, answer: requests.Response) -> str:
        assert answer.status_code in {200, 303}, f"{answer.status_code} {answer.url}: {visible(answer.text)[:2000]}"
        self.page, self.url = answer.text, answer.url
        return self.words


def _part(tag: str, name: str) -> str:
    found = re.search(rf'{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else ""


def claim(person: Person, link: str) -> None:
    """Become the owner."""
    person.submit(link, username="admin", password=PASSWORD)


def set_up(person: Person, link: str, **answers: str) -> str:
    """Claim and go through the five steps; gives the path of the run that begins."""
    claim(person, link)
    return make_host(person, **answers)


def make_host(person: Person, **answers: str) -> str:
    """The five steps; gives the path of the run that begins. `edge` names the Caddy where there are several, and
    `consent` is "y" for a way in that wants it."""
    person.submit("/hosts/new/server", media="plex", server_url=answers["server_url"])
    consent = {"consent": answers["consent"]} if "consent" in answers else {}
    person.submit("/hosts/new/route", method=answers["method"], **consent)
    edge = {"edge": answers["edge"]} if "edge" in answers else {}
    person.submit("/hosts/new/connect", domain=answers["domain"], **edge)
    switches = {"plex_mode": "y", "forward_client_ip": "y", "websocket": "y"}
    person.submit("/hosts/new/media", stream_limit_mbps="8", upload_mbps="20", **switches)
    person.open("/hosts/new/review")
    person.press("/hosts/new/review")
    assert re.fullmatch(r"/hosts/\w+/checks/\d+", person.path), person.words
    return person.path
