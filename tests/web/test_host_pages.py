"""Dashboard, the pages of one proxy host, help, settings and errors, as they are asked for."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.web.browsing import BAD, GOOD, PARTS, Page, Visitor, given_host, given_run
from tests.whole_system import System
from wizard.caddy.config import build
from wizard.caddy.version import parse_version
from wizard.core.verdicts import Level, Remedy, Trouble, Verdict
from wizard.methods import placed
from wizard.store import hosts, revisions


def test_an_empty_dashboard_offers_one_thing(owner: Visitor) -> None:
    page = Page(owner.get("/"))
    assert "You have not added a host yet" in page.words
    assert "Recent changes" not in page.words
    assert "Hosts" not in page.words.split("Dashboard", 3)[-1]


def test_what_needs_attention_comes_first_with_one_link(owner: Visitor) -> None:
    host = given_host(owner.place)
    run = given_run(owner.place, host, GOOD, BAD)
    page = Page(owner.get("/"))
    assert page.words.index("Needs attention") < page.words.index("Hosts")
    assert page.all("a", href=f"/hosts/{host.key}/checks/{run.id}#fix-dns")
    assert "plex.example.com : plex.example.com points to 203.0.113.9" in page.words


def test_a_host_that_works_needs_no_attention(owner: Visitor) -> None:
    given_run(owner.place, given_host(owner.place), GOOD, GOOD)
    words = Page(owner.get("/")).words
    assert "Needs attention" not in words
    assert "Working" in words
    assert "Checked a moment ago" in words


def test_a_warning_is_attention_too(owner: Visitor) -> None:
    slow = Verdict("slow", Level.WARNING, "Slower than your limit", remedy=Remedy("Look", "checks#tls"))
    given_run(owner.place, given_host(owner.place), GOOD, slow)
    words = Page(owner.get("/")).words
    assert "Slower than your limit" in words
    assert "Working with warnings" in words


def test_pausing_and_resuming_tell_caddy_and_the_owner(owner: Visitor) -> None:
    host = given_host(owner.place)
    assert owner.post(f"/hosts/{host.key}/pause", pause="1").headers["Location"] == f"/hosts/{host.key}"
    words = Page(owner.get(f"/hosts/{host.key}")).words
    assert "Paused. Caddy is being told now" in words
    assert "This host is paused" in words
    assert "Resume" in words
    owner.post(f"/hosts/{host.key}/pause", pause="1")  # again changes nothing
    owner.post(f"/hosts/{host.key}/pause", pause="0")
    assert "This host is paused" not in owner.get(f"/hosts/{host.key}").text
    causes = [one.cause for one in revisions.list_revisions(owner.place.database)]
    assert causes == ["Resumed plex.example.com", "Paused plex.example.com"]


def test_the_configuration_can_be_read_copied_and_downloaded(owner: Visitor) -> None:
    host = given_host(owner.place)
    words = Page(owner.get(f"/hosts/{host.key}/configuration")).words
    assert "Caddy runs something else than Porthole wants" in words  # nothing was applied yet
    download = owner.get(f"/hosts/{host.key}/caddyfile")
    assert download.headers["Content-Disposition"] == "attachment; filename=Caddyfile"
    assert download.text.startswith("#")
    assert "plex.example.com {" in download.text


def test_the_configuration_page_knows_when_caddy_runs_it(owner: Visitor) -> None:
    host = given_host(owner.place, "plex.localhost")
    client, edge = owner.place.caddy, owner.place.edge
    running, version = client.get_config(), client.version()
    assert not isinstance(running, Trouble)
    assert not isinstance(version, Trouble)
    before = running.config
    wanted = build([placed(host)], edge, version, before).config
    assert client.load(wanted) is None
    try:
        assert "Caddy runs this configuration." in owner.get(f"/hosts/{host.key}/configuration").text
    finally:
        assert client.load(before) is None


def test_pages_are_shown_while_caddy_is_down(owner: Visitor, surroundings: System) -> None:
    host = given_host(owner.place)
    surroundings.parts["caddy"].stop()
    try:
        for path in ("configuration", "caddyfile", "edit/review"):
            assert owner.get(f"/hosts/{host.key}/{path}").status_code == 200
        assert "cannot be compared" in owner.get(f"/hosts/{host.key}/edit/review").text
        assert "does not answer" in owner.get("/settings/about").text
    finally:
        surroundings.start("caddy")


@pytest.mark.parametrize("state", ["applied", "refused", "from-a-newer-version"])
def test_every_attempt_has_a_page(owner: Visitor, state: str) -> None:
    host = given_host(owner.place)
    revision_id = revisions.create_revision(owner.place.database, "Added plex.example.com")
    page = Page(owner.get(f"/hosts/{host.key}/revisions/{revision_id}"))
    assert page.title == "Added plex.example.com – Porthole"
    assert "waits for the background worker" in page.words
    assert "Nothing." in page.words


def test_the_edit_page_lists_every_setting_with_a_change_link(owner: Visitor) -> None:
    host = given_host(owner.place)
    page = Page(owner.get(f"/hosts/{host.key}/edit"))
    assert len([a for a in page.all("a") if a["href"].endswith("?from=review")]) == 9
    assert "Remove plex.example.com" in page.words


def test_help_is_searched_as_text(owner: Visitor) -> None:
    page = Page(owner.get("/help/search?q=limit"))
    assert "results for limit" in page.words
    assert "<script>alert" not in owner.get('/help/search?q="><script>alert(1)</script>').text
    assert "No results for xyzzy." in Page(owner.get("/help/search?q=xyzzy")).words.replace(" .", ".")
    assert owner.get("/help/search").status_code == 200
    assert owner.get(f"/help/search?q={'x' * 3000}").status_code == 200


def test_a_section_comes_as_a_part_or_as_its_page(owner: Visitor) -> None:
    path = "/help/section?target=plex-mode%23websocket"
    parts = json.loads(owner.get(path, headers=PARTS).text)["parts"]
    assert "Enable WebSocket support" in parts["help-panel"]
    assert owner.get(path).headers["Location"] == "/help/plex-mode#websocket"


def test_help_holds_the_person_s_own_values(owner: Visitor) -> None:
    assert "films.example.com" not in owner.get("/help/plex-mode").text
    given_host(owner.place, "films.example.com")
    assert "https://films.example.com:" in owner.get("/help/plex-mode").text


def test_every_group_of_guides_stands_once(owner: Visitor) -> None:
    text = owner.get("/help").text
    for title in ("Start here", "Ways in", "Understand"):
        assert text.count(f">{title}</h2>") == 1


def test_about_says_how_every_part_is(owner: Visitor) -> None:
    words = Page(owner.get("/settings/about")).words
    for part in ("Database Answers", "Broker Answers", "Worker Down", "Caddy Answers"):
        assert part in words
    assert str(parse_version("2.11.7")) in words


def test_settings_lead_to_their_first_page(owner: Visitor) -> None:
    assert owner.get("/settings").headers["Location"] == "/settings/account"


class TestAFaultOfOurs:
    @pytest.fixture(autouse=True)
    def _broken(self, owner: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
        owner.token()
        owner.app.config["PROPAGATE_EXCEPTIONS"] = False

        def fail(*_: object) -> None:
            raise RuntimeError("a secret detail")

        monkeypatch.setattr("wizard.web.dashboard.hosts.list_hosts", fail)

    def test_it_says_whose_fault_it_was_and_how_to_report_it(self, owner: Visitor) -> None:
        answer = owner.get("/")
        page = Page(answer)
        assert answer.status_code == 500
        assert "Something failed in the app, not in what you entered" in page.title
        assert "Reference " in page.words
        assert "a secret detail" not in answer.text
        assert "Open the page again" in page.words

    def test_a_script_gets_one_line(self, owner: Visitor) -> None:
        message = json.loads(owner.get("/", headers=PARTS).text)
        assert message["focus"] == "notice"
        assert 'id="notice"' in message["parts"]["notice"]
        assert "<html" not in message["parts"]["notice"]


def test_a_lone_button_pressed_too_late_leads_back_to_its_page(owner: Visitor) -> None:
    host = given_host(owner.place)
    before = {"Referer": f"http://localhost/hosts/{host.key}"}
    answer = owner.client.post(f"/hosts/{host.key}/pause", data={"pause": "1"}, headers=before)
    assert answer.status_code == 400
    assert Page(answer).all("a", href=f"/hosts/{host.key}")
    saved = hosts.load_host(owner.place.database, host.key)
    assert saved is not None
    assert not saved.host.paused


@pytest.mark.parametrize("name", ["app.css", "app.js", "icons.svg"])
def test_what_pages_are_made_of_comes_small_and_is_kept_for_long(owner: Visitor, name: str) -> None:
    version = owner.app.config["STATIC_VERSION"]
    if name != "icons.svg":
        assert f"/static/{name}?v={version}" in owner.get("/").text
    plain = owner.get(f"/static/{name}")
    packed = owner.get(f"/static/{name}", headers={"Accept-Encoding": "br, gzip"})
    assert gzip.decompress(packed.data) == plain.data
    assert "Content-Encoding" not in plain.headers
    for answer in (plain, packed):
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert "max-age=31536000" in answer.headers["Cache-Control"]
        answer.close()
    again = owner.get(f"/static/{name}", headers={"If-None-Match": packed.headers["ETag"], "Accept-Encoding": "gzip"})
    assert again.status_code == 304
    part = owner.get(f"/static/{name}", headers={"Range": "bytes=0-9", "Accept-Encoding": "gzip"})
    assert part.data == plain.data[:10]
    for answer in (again, part):
        answer.close()
