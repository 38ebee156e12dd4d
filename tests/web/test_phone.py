"""The one-time page of a phone: for whoever holds an open link, once, and silent about everything else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.web.browsing import Visitor, given_host
from tests.web.visiting import ADDRESS, HOME, PREFIX, Phone, codes, given_home, given_link, link_of, the_visit, words
from wizard.core.hosts import ProxyHost
from wizard.core.visits import OPEN_FOR, Live, Told
from wizard.store import clock, hosts, visits
from wizard.web import phone_streams

WHOLE = {"down": [10_000_000, 4.0], "live": "held", "over": True}


@pytest.fixture
def host(owner: Visitor) -> ProxyHost:
    return given_host(owner.place)


@pytest.fixture
def phone(owner: Visitor) -> Phone:
    return Phone(owner.app)


@pytest.fixture
def link(owner: Visitor, host: ProxyHost) -> str:
    return given_link(owner.place, host)


def is_nothing(answer: object) -> bool:
    return (answer.status_code, answer.data) == (404, b"")  # type: ignore[attr-defined]  # an answer of the test client


def test_the_page_asks_to_switch_wifi_off_and_looking_takes_nothing_away(phone: Phone, link: str) -> None:
    for _ in range(3):  # a messenger's preview, a scanner, the person
        answer = phone.get(link)
        assert answer.status_code == 200
        assert "<title>Turn Wi-Fi off first</title>" in answer.text
    assert phone.start(link).startswith(f"{PREFIX}/visiting/")


def test_the_first_to_press_start_owns_it_and_the_second_is_told(owner: Visitor, phone: Phone, link: str) -> None:
    where = phone.start(link)
    other = Phone(owner.app, address="203.0.113.50")
    for answer in (other.post(link, data={"script": "1"}), other.get(link)):
        assert answer.status_code == 410
        assert "This link was used" in answer.text
    assert phone.get(where).status_code == 200


def test_a_whole_visit_is_judged_and_shown_in_large_letters(
    owner: Visitor, phone: Phone, host: ProxyHost, link: str
) -> None:
    given_home(owner.place, host)
    where = phone.start(link)
    key = where.rpartition("/")[2]
    assert "It opened. Looking further" in phone.get(where).text
    assert phone.post(f"{where}/up", data=b"x" * 100_000).status_code == 204
    visits.note_seen(owner.place.database, key, live=Live(20.1, 10))
    assert phone.tell(where, **WHOLE).status_code == 204
    assert codes(owner.place, host) == [
        "phone-works ok",
        "phone-address-arrives ok",
        "phone-certificate-trusted ok",
        "phone-fast-enough ok",
        "phone-websocket-held ok",
    ]
    page = phone.get(where)
    assert "<h1>It works from here</h1>" in page.text
    for said in (f"It arrived: {ADDRESS}", "20 Mbit/s to this phone", "It held for 20 seconds"):
        assert said in words(page)


def test_without_a_script_what_arrived_is_the_whole_answer(
    owner: Visitor, phone: Phone, host: ProxyHost, link: str
) -> None:
    given_home(owner.place, host)
    page = phone.get(phone.start(link, script="", warned="1"))
    assert "It opens, and something is not right" in page.text
    assert f"It arrived: {ADDRESS}" in words(page)
    assert codes(owner.place, host) == [
        "phone-works ok",
        "phone-address-arrives ok",
        "phone-certificate-warned failure",
        "phone-not-measured unknown",
        "phone-not-measured unknown",
    ]


def test_a_phone_at_home_is_told_to_switch_wifi_off(owner: Visitor, phone: Phone, host: ProxyHost, link: str) -> None:
    given_home(owner.place, host)
    phone.address = HOME
    page = phone.get(phone.start(link, script=""))
    assert "<title>Wi-Fi was still on</title>" in page.text
    assert codes(owner.place, host)[0] == "phone-same-network unknown"


@pytest.mark.parametrize("forwards", [{"X-Forwarded-For": "172.18.0.1", "X-Real-IP": "172.18.0.1"}])
def test_an_address_from_inside_the_home_is_not_shown_to_the_internet(
    phone: Phone, link: str, forwards: dict[str, str]
) -> None:
    phone.forwards = forwards
    assert "172.18.0.1" not in phone.get(phone.start(link, script="")).text


def test_no_page_says_anything_of_the_app_the_owner_or_the_home(owner: Visitor, phone: Phone, link: str) -> None:
    asked = phone.get(link)
    where = phone.start(link)
    going, used = phone.get(where), Phone(owner.app).get(link)
    phone.tell(where, live="refused", over=True)
    for answer in (asked, going, used, phone.get(where)):
        text = answer.text.replace(PREFIX, "")
        for word in ("orthole", "192.168.1.20", "32400", "Plex", "admin", "Living room", "/hosts", "/help", "csrf"):
            assert word not in text, word
        assert "Set-Cookie" not in answer.headers
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "connect-src 'self' wss://plex.example.com;" in policy
        assert (answer.headers["Cache-Control"], answer.headers["X-Robots-Tag"]) == ("no-store", "noindex")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert not re.search(r"<style|<script(?![^>]* src=)| style=| on[a-z]+=", answer.text)


def test_style_and_script_are_there_for_the_link_only(phone: Phone, link: str) -> None:
    where = phone.start(link)
    for path in (link, where):
        assert phone.get(f"{path}/page.css").mimetype == "text/css"
        assert phone.get(f"{path}/page.js").mimetype == "text/javascript"
    for path in ("/static/phone.js", f"{PREFIX}/visit/page.js", f"{PREFIX}/visit/unknown/page.js"):
        assert is_nothing(phone.get(path))


@pytest.mark.parametrize("rest", ["", "/page.css", "/page.js"])
def test_an_expired_link_is_the_same_404_as_any_other_path(
    phone: Phone, link: str, rest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert phone.get(link + rest).status_code == 200
    monkeypatch.setattr(visits, "now", lambda: clock.now() + OPEN_FOR + timedelta(seconds=1))
    assert is_nothing(phone.get(link + rest))
    assert is_nothing(phone.post(link, data={"script": "1"}))


def test_a_revoked_link_and_a_removed_host_leave_nothing(
    owner: Visitor, phone: Phone, host: ProxyHost, link: str
) -> None:
    where = phone.start(link)
    visits.revoke_visit(owner.place.database, host.key, the_visit(owner.place, host).id)
    other = given_link(owner.place, host)
    hosts.remove_host(owner.place.database, host.key)
    for path in (link, where, other, f"{where}/page.js"):
        assert is_nothing(phone.get(path))


def test_a_link_works_under_the_name_it_was_made_for_only(owner: Visitor, phone: Phone, link: str) -> None:
    given_host(owner.place, "films.example.com")
    for name in ("films.example.com", "nas.lan", "127.0.0.1:7678", "plex.example.com.evil.example"):
        assert is_nothing(Phone(owner.app, domain=name).get(link))
    assert phone.get(link).status_code == 200
    ported = Phone(owner.app, domain="PLEX.example.com:8443").get(link)
    assert "wss://plex.example.com:8443;" in ported.headers["Content-Security-Policy"]


@pytest.mark.parametrize("rest", ["", "/down", "/up", "/ws", "/told", "/page.js"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_without_a_key_no_step_can_be_made(phone: Phone, link: str, rest: str, method: str) -> None:
    for key in ("unknown", link.rpartition("/")[2]):
        answer = phone.client.open(f"{PREFIX}/visiting/{key}{rest}", method=method, headers=phone.headers)
        assert answer.status_code in {404, 405}
        assert answer.data == b""


def test_each_measurement_is_bounded_and_made_once(phone: Phone, link: str) -> None:
    where = phone.start(link)
    assert len(phone.get(f"{where}/down").data) == phone_streams.MOST_DOWN_BYTES
    assert is_nothing(phone.get(f"{where}/down"))
    assert phone.post(f"{where}/up", data=b"x" * 1000).status_code == 204
    assert is_nothing(phone.post(f"{where}/up", data=b"x"))
    assert phone_streams.MOST_DOWN_BYTES + phone_streams.MOST_UP_BYTES <= 25_000_000


def test_an_upload_beyond_the_bound_is_refused(phone: Phone, link: str) -> None:
    where = phone.start(link)
    assert phone.post(f"{where}/up", data=bytes(phone_streams.MOST_UP_BYTES + 1)).status_code == 413
    assert not phone_streams._moving.locked()


def test_only_one_phone_at_a_time_moves_bytes(phone: Phone, link: str) -> None:
    where = phone.start(link)
    with phone_streams._moving:
        assert phone.get(f"{where}/down").status_code == 503
    assert phone.get(f"{where}/down").status_code == 200  # the turn was not used up
    assert not phone_streams._moving.locked()


def test_bytes_stop_when_the_time_is_over(phone: Phone, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phone_streams, "_DOWN_SECONDS", -1.0)
    assert phone.get(f"{phone.start(link)}/down").data == b""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"nonsense",
        b'{"live": "great"}',
        b'{"down": [1, 2, 3]}',
        b'{"down": [0, 1]}',
        b'{"down": [1e12, 1]}',
        b'{"down": [1000, 0]}',
        b'{"down": [1000, 1e9]}',
        b'{"down": ["a", 1]}',
    ],
)
def test_nonsense_from_the_page_changes_nothing(
    owner: Visitor, phone: Phone, host: ProxyHost, link: str, body: bytes
) -> None:
    where = phone.start(link)
    before = the_visit(owner.place, host).seen
    answer = phone.post(f"{where}/told", data=body, content_type="application/json")
    assert answer.status_code in {204, 400}
    assert the_visit(owner.place, host).seen == before


def test_what_is_told_after_the_end_changes_nothing(owner: Visitor, phone: Phone, host: ProxyHost, link: str) -> None:
    where = phone.start(link)
    phone.tell(where, live="refused", over=True)
    before = the_visit(owner.place, host)
    assert before.seen.told is Told.REFUSED
    phone.tell(where, live="held", over=True)
    assert the_visit(owner.place, host) == before


def test_long_headers_are_cut_and_what_is_strange_is_shown_as_text(
    owner: Visitor, phone: Phone, host: ProxyHost, link: str
) -> None:
    phone.forwards = {"X-Forwarded-For": "<script>alert(1)</script>" * 50, "User-Agent": "<b>" * 200}
    page = phone.get(phone.start(link, script=""))
    assert "<script>alert" not in page.text
    arrived = the_visit(owner.place, host).seen.arrived
    assert arrived is not None
    assert len(arrived.forwarded) <= 200
    assert len(arrived.agent) <= 60
    assert "<b>" not in owner.get(f"/hosts/{host.key}").text


def test_a_link_is_made_again_from_what_is_sealed(owner: Visitor, host: ProxyHost, link: str) -> None:
    assert link_of(owner.place, the_visit(owner.place, host)) == link
