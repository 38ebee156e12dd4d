"""A browser for tests: asks the application in this process, sends CSRF tokens, and reads pages."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from tasks.workplace import Workplace
from wizard.core.domain import Domain
from wizard.core.hosts import ProxyHost, Upstream
from wizard.core.verdicts import CheckResult, Level, Remedy, Verdict
from wizard.store import hosts, owners, progress, runs
from wizard.store.clock import now
from wizard.store.tables import OwnerRow
from wizard.web.guard import SIGN_IN

USERNAME, PASSWORD = "admin", "correct horse battery"
PARTS = {"Accept": "text/vnd.porthole.parts+json"}


@dataclass
class Visitor:
    """One browser. `get` and `post` give the answer without following it."""

    app: Flask
    place: Workplace
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def sign_in(self) -> Visitor:
        """Come in without the form, which costs a password hash each time."""
        owner = given_owner(self.place)
        with self.client.session_transaction() as session:
            session[SIGN_IN] = owners.sign_in(self.place.database, owner, "Firefox/140.0 Linux", keep=True)
        return self

    def get(self, path: str, **more: Any) -> TestResponse:
        """One page."""
        return self.client.get(path, **more)

    def post(self, path: str, /, **fields: str) -> TestResponse:
        """Send a form with the token that belongs to this browser."""
        return self.client.post(path, data={"csrf_token": self.token(), **fields})

    def post_by_script(self, path: str, /, **fields: str) -> TestResponse:
        """The same, as app.js sends it."""
        return self.client.post(path, data={"csrf_token": self.token(), **fields}, headers=PARTS)

    def token(self) -> str:
        """The CSRF token of this browser, taken from whichever page shows a form to it."""
        page = self.get("/settings/appearance")
        if page.status_code != 200:
            page = self.get(page.headers["Location"])
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert found is not None, page.text
        return found[1]


class Page(HTMLParser):
    """The tags of a page, its visible words, and its error summary."""

    def __init__(self, answer: TestResponse) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(answer.text)
        self.words = visible(answer.text)
        summary = re.search(r'class="error-summary".*?</section>', answer.text, re.DOTALL)
        self.problems = [visible(one) for one in re.findall(r"<li>(.*?)</li>", summary[0])] if summary else []
        title = re.search(r"<title>(.*?)</title>", answer.text)
        self.title = html.unescape(title[1]) if title else ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect one tag."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """The attributes of every such tag."""
        return [have for name, have in self.tags if name == tag and wanted.items() <= have.items()]

    def value(self, name: str) -> str:
        """What stands in a text field."""
        return self.all("input", name=name)[0].get("value", "")

    def checked(self, name: str) -> list[str]:
        """Values of the ticked boxes and radios of one name."""
        return [one["value"] for one in self.all("input", name=name) if "checked" in one]


def visible(text: str) -> str:
    """The words of some HTML, without tags, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


# as it is kept, but quick to check: a real one costs a tenth of a second each time
_HASH = generate_password_hash(PASSWORD, "pbkdf2:sha256:1")


def given_owner(place: Workplace) -> owners.Owner:
    """The owner USERNAME with PASSWORD."""
    if owners.only_owner(place.database) is None:
        with place.database.write() as session:
            session.add(OwnerRow(username=USERNAME, password_hash=_HASH, created_at=now()))
    owner = owners.only_owner(place.database)
    assert owner is not None
    return owner


def given_host(place: Workplace, domain: str = "plex.example.com", **changes: Any) -> ProxyHost:
    """A saved proxy host. `changes` are fields of ProxyHost."""
    name = Domain.parse(domain)
    assert isinstance(name, Domain)
    upstream = Upstream("plex", "http", "192.168.1.20", 32400)
    host = ProxyHost(**{"key": hosts.new_key(), "domain": name, "upstream": upstream, **changes})
    server = {"kind": "plex", "id": "a1", "name": "Living room", "version": "1.43.2", "is_set_up": True}
    hosts.save_host(place.database, host, server=server)
    return host


CHECKS_USED = ("upstream", "dns")
GOOD = Verdict("upstream-answers", Level.OK, "Plex 1.43.2 answered in 3 ms")
BAD = Verdict(
    "dns-not-here",
    Level.FAILURE,
    "plex.example.com points to 203.0.113.9",
    why="People who open the address reach the wrong place.",
    remedy=Remedy(
        "Correct the record", "connect#dns-record", steps=("Open your DNS provider.", "Delete the record.")
    ),
)


def given_run(place: Workplace, host: ProxyHost, *verdicts: Verdict) -> runs.Run:
    """A run of two checks; as many of them have ended as verdicts are given."""
    run = progress.create_run(place.database, host.key, CHECKS_USED)
    for check, verdict in zip(CHECKS_USED, verdicts, strict=False):
        end_check(place, run.id, check, verdict)
    found = runs.load_run(place.database, run.id)
    assert found is not None
    return found


def end_check(place: Workplace, run_id: int, check: str, verdict: Verdict) -> None:
    """Let the newest attempt at one check end."""
    progress.plan_run(place.database, run_id, {})
    run = runs.load_run(place.database, run_id)
    row = run.result(check) if run else None
    assert row is not None
    progress.begin_result(place.database, run_id, check, row.attempt)
    progress.finish_result(place.database, run_id, row.attempt, CheckResult(check, (verdict,), {"seen": "this"}, 0.2))


ORDER = ("server", "route", "connect", "media", "review")


def go_to(owner: Visitor, step: str, plex_url: str, **answers: str) -> None:
    """Answer every step before this one. `answers` replace single fields."""
    given = {
        "server": {"media": "plex", "server_url": plex_url},
        "route": {"method": "direct"},
        "connect": {"domain": "plex.example.com"},
        "media": {"plex_mode": "y", "forward_client_ip": "y", "websocket": "y", "stream_limit_mbps": ""},
    }
    for name in ORDER[: ORDER.index(step)]:
        fields = {**given[name], **{key: value for key, value in answers.items() if key in given[name]}}
        answer = owner.post(f"/hosts/new/{name}", **fields)
        assert answer.status_code == 303, Page(answer).problems


def apply_new(owner: Visitor) -> TestResponse:
    """Press the button of the last step."""
    key = Page(owner.get("/hosts/new/review")).value("key")
    return owner.post("/hosts/new/review", key=key)


def send_step(owner: Visitor, step: str, host_key: str = "", query: str = "", **fields: str) -> TestResponse:
    """Send one step, of the new proxy host or of one that is being changed."""
    path = f"/hosts/{host_key}/edit/{step}" if host_key else f"/hosts/new/{step}"
    return owner.post(path + query, **fields)


def refused(answer: TestResponse) -> list[str]:
    """The sentences of a form that was refused."""
    assert answer.status_code == 422
    page = Page(answer)
    assert page.title.startswith("Error: ")
    return page.problems


def run_address(run: runs.Run, more: str = "") -> str:
    """The page of a run, or what belongs to it."""
    return f"/hosts/{run.host_key}/checks/{run.id}{more}"


def tailscale_words(owner: Visitor, query: str = "") -> str:
    """What the page about Tailscale says."""
    answer = owner.get(f"/settings/ways/tailscale{query}")
    assert answer.status_code == 200
    return Page(answer).words
