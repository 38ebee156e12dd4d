"""A phone for tests: opens a one-time link in this process, as it would arrive through Caddy's header rules."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tasks.workplace import Workplace
from wizard.core.hosts import ProxyHost
from wizard.core.verdicts import CheckResult, Level, Verdict
from wizard.core.visits import Visit
from wizard.store import progress, visits

HOME, ADDRESS = "198.51.100.20", "203.0.113.9"
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"
PREFIX = "/.well-known/porthole"


@dataclass
class Phone:
    """One phone. `forwards` are the headers that Caddy adds; a change of them is a change of Caddy's."""

    app: Flask
    domain: str = "plex.example.com"
    address: str = ADDRESS
    forwards: dict[str, str] = field(default_factory=dict)
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    @property
    def headers(self) -> dict[str, str]:
        """What arrives of every request of this phone."""
        caddy = {
            "X-Forwarded-For": self.address,
            "X-Real-IP": self.address,
            "X-Porthole-Peer": self.address,
            "X-Forwarded-Proto": "https",
        }
        sent = {"Host": self.domain, "User-Agent": AGENT, **caddy, **self.forwards}
        return {name: value for name, value in sent.items() if value}

    def get(self, path: str, **more: Any) -> TestResponse:
        """One page."""
        return self.client.get(path, headers=self.headers, **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        """Send something, without any token of the app's own forms."""
        return self.client.post(path, headers=self.headers, **more)

    def start(self, link: str, **fields: str) -> str:
        """Press Start; where the page goes on."""
        answer = self.post(link, data={"script": "1", **fields})
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def tell(self, path: str, **news: Any) -> TestResponse:
        """Say what the page's script noticed."""
        return self.post(f"{path}/told", json=news)


def given_link(place: Workplace, host: ProxyHost, run_id: int | None = None) -> str:
    """The path of a new link."""
    return link_of(place, visits.create_visit(place.database, place.vault, host.key, run_id))


def link_of(place: Workplace, visit: Visit) -> str:
    """The path of a link."""
    return f"{PREFIX}/visit/{place.vault.open(visit.sealed_link)}"


def the_visit(place: Workplace, host: ProxyHost) -> Visit:
    """The newest visit of a proxy host."""
    visit = visits.latest_visit(place.database, host.key)
    assert visit is not None
    return visit


def codes(place: Workplace, host: ProxyHost) -> list[str]:
    """What was found, such as `phone-works ok`."""
    return [f"{one.verdict.code} {one.verdict.level}" for one in the_visit(place, host).findings]


def given_home(place: Workplace, host: ProxyHost, address: str = HOME) -> None:
    """An earlier run has seen the public address of the home."""
    run = progress.create_run(place.database, host.key, ("headers",))
    progress.plan_run(place.database, run.id, {})
    progress.begin_result(place.database, run.id, "headers", 1)
    seen = {"echoed": {"headers": [["X-Forwarded-For", address]]}}
    good = Verdict("headers-ok", Level.OK, "Arrives")
    progress.finish_result(place.database, run.id, 1, CheckResult("headers", (good,), seen, 0.1))


def words(answer: TestResponse) -> str:
    """The words of a page, in one line."""
    body = answer.text.partition("<body>")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
