"""Every address there is: who may open it, which forms need a token, and what every answer carries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tasks.workplace import Workplace
from tests.web.browsing import BAD, GOOD, Page, Visitor, given_host, given_owner, given_run
from wizard.core.servers import Found
from wizard.store import drafts, owners, receivers, revisions, servers
from wizard.web.guard import CSP

# what needs no sign-in; everything else must ask for one
PUBLIC = {
    "account.claim",
    "account.login",
    "account.logout",
    "echo.headers",
    "echo.websocket",
    "echo_streams.events",
    "echo_streams.film",
    "echo_streams.upload",
    "health.healthz",
    "help.picture",
    "static",
}
OF_THE_ECHO = {endpoint for endpoint in PUBLIC if endpoint.startswith("echo")}


def is_for_visits(rule: Rule) -> bool:
    """The pages of a phone's visit, whose secret link takes the place of a sign-in; their own tests open them."""
    return rule.rule.startswith("/.well-known/porthole/visit")


def rules(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/_styles"):
            yield rule


class Addresses:
    """Real values for the placeholders of routes."""

    def __init__(self, place: Workplace) -> None:
        host = given_host(place)
        run = given_run(place, host, GOOD, BAD)
        revision_id = revisions.create_revision(place.database, "Added plex.example.com")
        self._values = {
            "host_key": host.key,
            "run_id": str(run.id),
            "revision_id": str(revision_id),
            "receiver_id": str(receivers.add_receivers(place.database, [("Webhook", "sealed")])[0]),
            "check": "dns",
            "name": "server",
            "slug": "plex-mode",
            "ticket": "no-such-ticket",
            "filename": "app.css",
            "kind": "csv",
            "visit_id": "1",
            "link": "no-such-link",
            "key": "no-such-key",
            "end": "home",
            "server_key": servers.save_by_hand(place.database, Found("plex", "Attic", "192.168.1.20", 32400)),
        }

    def fill(self, rule: Rule) -> str:
        """One address of a route."""
        values = {**self._values, "name": "hops.svg"} if "pictures" in rule.rule else self._values
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], rule.rule)


@pytest.fixture
def addresses(place: Workplace) -> Addresses:
    return Addresses(place)


def methods(rule: Rule) -> set[str]:
    return cast("set[str]", rule.methods or {"GET"}) - {"HEAD", "OPTIONS"}


def test_the_public_list_names_only_what_exists(app: Flask) -> None:
    assert {rule.endpoint for rule in rules(app)} >= PUBLIC


def test_everything_else_asks_a_stranger_to_sign_in(app: Flask, stranger: Visitor, addresses: Addresses) -> None:
    given_owner(stranger.place)
    token = stranger.token()
    for rule in rules(app):
        if rule.endpoint in PUBLIC or is_for_visits(rule):
            continue
        for method in methods(rule):
            path = addresses.fill(rule)
            answer = stranger.client.open(
                path, method=method, data={"csrf_token": token} if method == "POST" else None
            )
            assert answer.status_code == 303, (method, rule.rule)
            assert answer.headers["Location"].startswith("/login?next="), (method, rule.rule)


def test_before_there_is_an_owner_everything_leads_to_the_claim(
    app: Flask, stranger: Visitor, place: Workplace
) -> None:
    for path in ("/", "/help", "/hosts/new/server", "/settings/about", "/login"):
        assert stranger.get(path).headers["Location"] == "/claim"


def test_every_post_without_a_token_is_refused(app: Flask, owner: Visitor, addresses: Addresses) -> None:
    seen = 0
    for rule in rules(app):
        has_own_key = rule.endpoint in {"account.claim", "account.login", *OF_THE_ECHO} or is_for_visits(rule)
        if "POST" not in methods(rule) or has_own_key:
            continue
        answer = owner.client.post(addresses.fill(rule), data={"leave": "1", "domain": "evil.example.com"})
        assert answer.status_code in {400, 422}, rule.rule
        assert "This page was open for a long time" in answer.text, rule.rule
        seen += 1
    assert seen >= 10
    assert drafts.list_drafts(owner.place.database) == []  # a forged answer is not kept either


@pytest.mark.parametrize("path", ["/claim", "/login"])
def test_the_forms_of_strangers_need_a_token_too(stranger: Visitor, path: str) -> None:
    if path == "/login":
        given_owner(stranger.place)
    answer = stranger.client.post(path, data={"username": "admin", "password": "correct horse battery"})
    assert answer.status_code == 422
    assert "This page was open for a long time" in answer.text
    assert owners.list_sign_ins(stranger.place.database) == []


def test_every_page_renders_and_carries_the_strict_headers(app: Flask, owner: Visitor, addresses: Addresses) -> None:
    titles: dict[str, str] = {}
    for rule in rules(app):
        goes_on = rule.rule.endswith("/stream") or rule.endpoint in {"static", "echo.websocket"}
        if "GET" not in methods(rule) or goes_on or is_for_visits(rule):
            continue
        path = addresses.fill(rule)
        answer = owner.get(path)
        answer.get_data()
        answer.close()
        is_gone = rule.endpoint in {"account.claim", "help.fragment", "wireguard.download", *OF_THE_ECHO}
        assert answer.status_code in ({404} if is_gone else {200, 302, 303, 503}), path
        assert answer.headers["Content-Security-Policy"] == CSP, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert "no-" in answer.headers["Cache-Control"] or rule.endpoint == "help.picture", path
        if answer.mimetype == "text/html" and answer.status_code == 200:
            page = Page(answer)
            assert len(page.all("h1")) == 1, path
            assert page.title.endswith(" – Porthole"), path
            assert page.title not in titles or "/edit/" in path, (path, titles.get(page.title))
            titles[page.title] = path
    assert len(titles) >= 15


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_asking_about_a_page_changes_nothing(app: Flask, owner: Visitor, addresses: Addresses, method: str) -> None:
    for rule in rules(app):
        if "GET" not in methods(rule) or rule.endpoint == "echo.websocket":
            continue
        answer = owner.client.open(addresses.fill(rule), method=method)
        answer.close()
        assert answer.status_code < 500 or rule.endpoint == "health.healthz", rule.rule
    assert drafts.list_drafts(owner.place.database) == []


@pytest.mark.parametrize(
    "path",
    [
        "/hosts/99999",
        "/hosts/..%2f..%2fetc",
        "/hosts/abc/checks/1",
        "/hosts/abc/checks/99999999999999999999",
        "/hosts/abc/revisions/99999999999999999999",
        "/hosts/new/nothing",
        "/hosts/abc/edit/server",
        "/help/nothing",
        "/help/section?target=nothing%23nowhere",
        "/help/pictures/../../pyproject.toml",
        "/nothing",
    ],
)
def test_what_is_not_there_is_a_page_that_leads_on(owner: Visitor, path: str) -> None:
    answer = owner.get(path)
    assert answer.status_code == 404
    page = Page(answer)
    assert "We could not find that page" in page.title
    assert page.all("a", href="/")


def test_a_page_asked_for_in_the_wrong_way_leads_on(owner: Visitor) -> None:
    answer = owner.post("/help")
    assert (answer.status_code, "Go to the dashboard" in answer.text) == (405, True)


def test_more_than_a_form_holds_is_refused_with_a_page(owner: Visitor) -> None:
    answer = owner.post("/hosts/new/server", server_url="x" * 70_000)
    assert (answer.status_code, "That was too much at once" in answer.text) == (413, True)


@pytest.mark.parametrize("path", ["/help/search?q=a%00b", "/hosts/a%00b", "/login?next=%00"])
def test_a_nul_never_reaches_the_database(owner: Visitor, path: str) -> None:
    assert owner.get(path).status_code in {400, 404}


def test_a_nul_in_a_form_is_refused(owner: Visitor) -> None:
    assert owner.post("/hosts/new/server", media="plex", server_url="a\0b").status_code == 400
