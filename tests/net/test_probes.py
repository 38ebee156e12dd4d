"""Asking public probes, over real sockets against stand-ins for Globalping and check-host."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import probe_network as fake
from tests.fakes.ports import free_port
from tests.fakes.probe_network import (
    BERLIN,
    NEW_YORK,
    PARIS,
    PLEX_ID,
    FakeCheckHost,
    FakeGlobalping,
    failed,
    finished,
    unfinished,
)
from tests.fakes.wire import Answer as Reply
from tests.fakes.wire import Request
from wizard.checks.outside_reading import path_for_probes, reader_for_probes
from wizard.core.outside import Place, Question, Seen, Services, Shown, Side, State, Why
from wizard.core.outside_findings import judge
from wizard.core.outside_privacy import Consent, what_is_sent
from wizard.core.refusal import Refusal
from wizard.core.verdicts import Level
from wizard.media import MEDIA
from wizard.net.polling import Pace
from wizard.net.probes import Kept, ask_outside, key_of

QUESTION = Question("plex.example.com", "/identity", expected_id=PLEX_ID, addresses=("203.0.113.7",), title="Plex")
OTHER_PLEX = '{"MediaContainer": {"machineIdentifier": "abc"}}'
EXPIRED = fake.tls(authorized=False, error="CERT_HAS_EXPIRED")
PLEX = reader_for_probes(MEDIA["plex"])


class Waits(list[float]):
    """The pauses that were made, without making them."""

    def pace(self, *, seconds: float = 20.0, polls: int = 6) -> Pace:
        return Pace(seconds, polls, self.append)


@pytest.fixture
def globalping() -> Iterator[FakeGlobalping]:
    with FakeGlobalping() as server:
        yield server


@pytest.fixture
def check_host() -> Iterator[FakeCheckHost]:
    with FakeCheckHost() as server:
        yield server


def ask(
    question: Question, services: Services, *, memory: dict[str, Kept] | None = None, pace: Pace | None = None
) -> Seen:
    """Ask with the consent that fits, and without real pauses."""
    consent = Consent(what_is_sent(question, services))
    seen = ask_outside(question, services, consent, PLEX, memory=memory, pace=pace or Waits().pace())
    assert isinstance(seen, Seen)
    return seen


def only_globalping(server: FakeGlobalping) -> Services:
    """Without the second service."""
    return Services(server.url, "")


def codes(question: Question, seen: Seen) -> list[str]:
    return [verdict.code for verdict in judge(question, seen)]


# Globalping


def test_the_right_server_seen_from_three_places_passes(globalping: FakeGlobalping) -> None:
    seen = ask(QUESTION, only_globalping(globalping))
    (verdict,) = judge(QUESTION, seen)
    assert (verdict.code, verdict.level) == ("outside-ok", Level.OK)
    assert "Berlin (DE), Paris (FR) and New York (US)" in verdict.summary
    first = seen.answers[0]
    assert first.place == Place("Berlin", "DE", "Berlin Networks")
    assert (first.status, first.address, first.ip_version, first.seconds) == (200, "203.0.113.7", 4, 0.123)
    assert first.tls == Shown(True, "", "2026-12-30T00:00:00.000Z", "Let's Encrypt")
    assert first.answerer is not None
    assert (first.answerer.kind, first.answerer.id) == ("plex", PLEX_ID)
    assert seen.links == (f"{globalping.url}/v1/measurements/PY5fMsREMmIq45V0",)


def test_the_request_is_as_documented_and_says_who_asks(globalping: FakeGlobalping) -> None:
    question = replace(QUESTION, home_country="DE", port=8443)
    ask(question, only_globalping(globalping))
    created = globalping.requests[0]
    assert (created.method, created.target) == ("POST", "/v1/measurements")
    assert json.loads(created.body) == {
        "type": "http",
        "target": "plex.example.com",
        "locations": [
            {"magic": "DE", "limit": 1},
            {"continent": "EU", "limit": 1},
            {"continent": "NA", "limit": 1},
        ],
        "measurementOptions": {
            "protocol": "HTTPS",
            "port": 8443,
            "ipVersion": 4,
            "request": {"method": "GET", "path": "/identity"},
        },
    }
    for request in globalping.requests:
        assert re.fullmatch(r"Porthole/\d+\.\d+\.\d+", request.value("User-Agent") or "")
        assert request.value("Accept-Encoding") == "gzip, deflate"


def test_both_ip_versions_are_asked_when_the_name_has_both(globalping: FakeGlobalping) -> None:
    question = replace(QUESTION, has_ipv6=True)
    seen = ask(question, only_globalping(globalping))
    asked = [json.loads(r.body)["measurementOptions"]["ipVersion"] for r in globalping.requests if r.method == "POST"]
    assert asked == [4, 6]
    assert sorted(answer.ip_version for answer in seen.answers) == [4, 4, 4, 6, 6, 6]
    assert codes(question, seen) == ["outside-ok"]
    assert globalping.connections == 1


def test_results_are_waited_for_politely() -> None:
    waits = Waits()
    with FakeGlobalping(polls=4) as server:
        seen = ask(QUESTION, only_globalping(server), pace=waits.pace())
    asked = [request for request in server.requests if request.method == "GET"]
    assert [request.value("If-None-Match") for request in asked] == [None, *['W/"PY5fMsREMmIq45V0-False"'] * 3]
    assert len(waits) == 4
    assert min(waits) >= 0.5
    assert codes(QUESTION, seen) == ["outside-ok"]


def test_the_number_of_questions_is_bounded() -> None:
    with FakeGlobalping(polls=1000) as server:
        seen = ask(QUESTION, only_globalping(server), pace=Waits().pace(polls=5))
    assert sum(request.method == "GET" for request in server.requests) == 5
    assert [answer.state for answer in seen.answers] == [State.PENDING] * 3
    assert [one.why for one in seen.unasked] == [Why.TOO_SLOW]
    assert codes(QUESTION, seen) == ["outside-could-not-ask"]


def test_the_deadline_ends_it() -> None:
    with FakeGlobalping(polls=1000) as server:
        seen = ask(QUESTION, only_globalping(server), pace=Pace(0.4, 1000, Waits().append))
    assert seen.unasked[0].why is Why.TOO_SLOW


@pytest.mark.parametrize(
    ("row", "state", "side", "code"),
    [
        (failed(BERLIN, "connect ECONNREFUSED 203.0.113.7:443"), State.FAILED, Side.TARGET, "outside-refused"),
        (failed(BERLIN, "Request timed out while connecting."), State.FAILED, Side.TARGET, "outside-timed-out"),
        (failed(BERLIN, "Private IP ranges are not allowed."), State.FAILED, Side.TARGET, "outside-private-address"),
        (failed(BERLIN, "getaddrinfo ENOTFOUND x", "resolver"), State.FAILED, Side.RESOLVER, "outside-could-not-ask"),
        (failed(BERLIN, "connect ECONNREFUSED", "internal"), State.FAILED, Side.INTERNAL, "outside-could-not-ask"),
        (failed(BERLIN, "connect ECONNREFUSED", None), State.FAILED, None, "outside-could-not-ask"),
        (failed(BERLIN, "connect ECONNREFUSED", "elsewhere"), State.FAILED, None, "outside-could-not-ask"),
        (unfinished(BERLIN, "offline"), State.OFFLINE, None, "outside-could-not-ask"),
        (unfinished(BERLIN, "in-progress"), State.PENDING, None, "outside-could-not-ask"),
        (unfinished(BERLIN, "a-new-state"), State.PENDING, None, "outside-could-not-ask"),
        (finished(body="<title>FRITZ!Box</title>"), State.FINISHED, None, "outside-other-thing"),
        (finished(body=None, status=502), State.FINISHED, None, "outside-bad-gateway"),
        (finished(body=None, status=403), State.FINISHED, None, "outside-turned-away"),
        (finished(body=OTHER_PLEX), State.FINISHED, None, "outside-other-server"),
        (finished(body='<MediaContainer machineIdentifier="abc"/>'), State.FINISHED, None, "outside-other-server"),
        (finished(certificate=EXPIRED), State.FINISHED, None, "outside-certificate"),
        (finished(body="x" * 10_000, truncated=True), State.FINISHED, None, "outside-not-proven"),
    ],
)  # fmt: skip
def test_each_kind_of_result_is_read_and_judged(
    row: dict[str, Any], state: State, side: Side | None, code: str
) -> None:
    with FakeGlobalping(v4=[row]) as server:
        seen = ask(QUESTION, only_globalping(server))
    assert [(answer.state, answer.side) for answer in seen.answers] == [(state, side)]
    assert codes(QUESTION, seen) == [code]


def test_a_redirect_tells_where_it_leads_without_its_query() -> None:
    row = finished(body=None, status=302, headers={"location": "https://login.example.com/in?token=abc"})
    with FakeGlobalping(v4=[row]) as server:
        (answer,) = ask(QUESTION, only_globalping(server)).answers
    assert (answer.status, answer.location) == (302, "https://login.example.com/in")


def test_what_probes_say_is_cut_and_printable() -> None:
    rows = [failed(("Ber\x1b[31mlin" + "x" * 900, "DE", "EU"), "boom\nsecond line" + "y" * 900)]
    with FakeGlobalping(v4=rows) as server:
        (answer,) = ask(QUESTION, only_globalping(server)).answers
    assert answer.place.city.startswith("Ber[31mlin")
    assert len(answer.place.city) == 200
    assert answer.said == "boom"


@pytest.mark.parametrize(
    "document",
    [b"<html>", b"[]", b'{"status": "finished"}', b'{"status": "finished", "results": [{"probe": 1}]}'],
    ids=["no json", "a list", "no results", "odd results"],
)
def test_results_that_are_not_as_documented_are_unknown(globalping: FakeGlobalping, document: bytes) -> None:
    globalping.instead = lambda request: fake.reply(200, document) if request.method == "GET" else None
    seen = ask(QUESTION, only_globalping(globalping))
    assert [one.why for one in seen.unasked] == [Why.NOT_UNDERSTOOD]
    assert codes(QUESTION, seen) == ["outside-could-not-ask"]


def test_an_id_that_is_none_is_not_followed(globalping: FakeGlobalping) -> None:
    globalping.instead = fake.always(fake.reply(202, {"id": "../../admin?x=1", "probesCount": 3}))
    seen = ask(QUESTION, only_globalping(globalping))
    assert len(globalping.requests) == 1
    assert seen.unasked[0].why is Why.NOT_UNDERSTOOD


# refusals and the second service


@pytest.mark.parametrize(
    ("answer", "why", "seconds"),
    [
        (fake.rate_limited("1200"), Why.RATE_LIMITED, 1200),
        (fake.rate_limited(""), Why.RATE_LIMITED, 1200),
        (fake.rate_limited("soon"), Why.RATE_LIMITED, 0),
        (fake.rate_limited("99999999999999"), Why.RATE_LIMITED, 86400),
        (fake.no_probes(), Why.NO_PROBES, 0),
        (fake.refusal(400, "validation_error", "Parameter validation failed."), Why.REFUSED, 0),
        (fake.refusal(500, "api_error", "Internal Server Error."), Why.DOWN, 0),
        (fake.refusal(503, "api_error", "Unavailable.", (("Retry-After", "30"),)), Why.DOWN, 30),
        (Reply(301, (("Location", "https://elsewhere.example.com/"),)), Why.REFUSED, 0),
        (Reply(200, (), b"hello"), Why.NOT_UNDERSTOOD, 0),
    ],
    ids=lambda value: str(getattr(value, "status", value)),
)
def test_what_globalping_refuses_goes_to_check_host(
    globalping: FakeGlobalping, check_host: FakeCheckHost, answer: Reply, why: Why, seconds: int
) -> None:
    globalping.instead = fake.always(answer)
    seen = ask(QUESTION, Services(globalping.url, check_host.url))
    assert [(one.why, one.retry_after_seconds) for one in seen.unasked] == [(why, seconds)]
    assert len(globalping.requests) == 1
    assert [answer.place.city for answer in seen.answers] == ["Berlin", "Paris", "Dallas"]
    assert codes(QUESTION, seen) == ["outside-not-proven"]


def test_a_date_as_retry_after_is_understood(globalping: FakeGlobalping) -> None:
    moment = datetime.now(UTC) + timedelta(hours=1)
    answer = fake.rate_limited(f"{moment:%a, %d %b %Y %H:%M:%S} GMT")
    globalping.instead = fake.always(answer)
    (unasked,) = ask(QUESTION, only_globalping(globalping)).unasked
    assert 3000 < unasked.retry_after_seconds <= 3601


def test_the_words_of_a_refusal_are_kept(globalping: FakeGlobalping) -> None:
    answer = fake.refusal(400, "validation_error", "Parameter validation failed.", params={"target": "is on a list"})
    globalping.instead = fake.always(answer)
    (unasked,) = ask(QUESTION, only_globalping(globalping)).unasked
    assert unasked.detail == "(status 400) Parameter validation failed. is on a list"


def test_a_service_that_is_not_there_is_ours_or_theirs_but_never_the_persons(check_host: FakeCheckHost) -> None:
    services = Services(f"http://127.0.0.1:{free_port()}", check_host.url)
    seen = ask(QUESTION, services)
    assert [one.why for one in seen.unasked] == [Why.UNREACHABLE]
    assert len(seen.answers) == 3
    nobody = Services(f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}")
    (verdict,) = judge(QUESTION, ask(QUESTION, nobody))
    assert (verdict.code, verdict.level) == ("outside-could-not-ask", Level.UNKNOWN)


def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    seen = ask(QUESTION, Services("https://probes.invalid", ""))
    assert [(one.service, one.why) for one in seen.unasked] == [("probes.invalid", Why.UNREACHABLE)]


def test_being_told_to_stop_while_waiting_ends_it_at_once(
    globalping: FakeGlobalping, check_host: FakeCheckHost
) -> None:
    globalping.instead = lambda request: fake.rate_limited() if request.method == "GET" else None
    seen = ask(QUESTION, Services(globalping.url, check_host.url))
    assert sum(request.method == "GET" for request in globalping.requests) == 1
    assert seen.services == ("127.0.0.1", "127.0.0.1")
    assert [one.why for one in seen.unasked] == [Why.RATE_LIMITED]


def test_probes_that_all_have_faults_of_their_own_lead_to_the_second_service(check_host: FakeCheckHost) -> None:
    rows = [failed(BERLIN, "x", "internal"), failed(PARIS, "x", "resolver"), unfinished(NEW_YORK, "offline")]
    with FakeGlobalping(v4=rows) as globalping:
        seen = ask(QUESTION, Services(globalping.url, check_host.url))
    assert len(seen.answers) == 6
    assert codes(QUESTION, seen) == ["outside-not-proven"]


def test_one_probe_that_could_look_is_enough_to_leave_the_second_service_alone(check_host: FakeCheckHost) -> None:
    rows = [failed(BERLIN, "connect ECONNREFUSED"), unfinished(PARIS, "offline")]
    with FakeGlobalping(v4=rows) as globalping:
        seen = ask(QUESTION, Services(globalping.url, check_host.url))
    assert check_host.requests == []
    assert codes(QUESTION, seen) == ["outside-refused"]


def test_the_second_ip_version_may_be_refused_alone(globalping: FakeGlobalping) -> None:
    def only_once(request: Request) -> Reply | None:
        return fake.rate_limited() if b'"ipVersion": 6' in request.body else None

    globalping.instead = only_once
    question = replace(QUESTION, has_ipv6=True)
    seen = ask(question, only_globalping(globalping))
    assert codes(question, seen) == ["outside-ok", "outside-could-not-ask"]
    assert [(one.why, one.ip_version) for one in seen.unasked] == [(Why.RATE_LIMITED, 6)]


# check-host


def only_check_host(server: FakeCheckHost) -> Services:
    return Services("", server.url)


def test_check_host_is_asked_as_documented_and_waited_for() -> None:
    with FakeCheckHost(polls=3) as server:
        seen = ask(replace(QUESTION, port=8443), only_check_host(server))
    assert dict(server.requests[0].query) == {"host": "https://plex.example.com:8443/identity", "max_nodes": "3"}
    assert [request.path for request in server.requests[1:]] == ["/check-result/806df9"] * 3
    assert all(request.value("Accept") == "application/json" for request in server.requests)
    assert [(a.place, a.status, a.address, a.ip_version) for a in seen.answers[:1]] == [
        (Place("Berlin", "DE", "AS64497"), 200, "203.0.113.7", 4)
    ]
    assert seen.links == (f"{server.url}/check-report/806df9",)


def test_nodes_that_stay_pending_are_nobodys_fault() -> None:
    with FakeCheckHost({"de1": fake.row(), "fr2": None, "us1": [None]}) as server:
        seen = ask(QUESTION, only_check_host(server))
    assert [answer.state for answer in seen.answers] == [State.FINISHED, State.PENDING, State.PENDING]
    assert codes(QUESTION, seen) == ["outside-not-proven"]


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (fake.row(0, None, "Connection refused", None), "outside-refused"),
        (fake.row(0, None, "Connection timed out", None), "outside-timed-out"),
        (fake.row(0, None, "Something new", None), "outside-could-not-ask"),
        (fake.row(0, None, "Network is unreachable", None), "outside-could-not-ask"),
        (fake.row(0, "403", "Forbidden"), "outside-turned-away"),
        (fake.row(0, "502", "Bad Gateway"), "outside-bad-gateway"),
        (fake.row(1, "301", "Moved Permanently"), "outside-other-thing"),
        ([[1]], "outside-could-not-ask"),
        ("odd", "outside-could-not-ask"),
    ],
)
def test_each_kind_of_row_is_read_and_judged(result: Any, code: str) -> None:
    with FakeCheckHost({"de1": result, "fr2": result, "us1": result}) as server:
        assert codes(QUESTION, ask(QUESTION, only_check_host(server))) == [code]


@pytest.mark.parametrize("document", [{"error": "limit reached"}, {"ok": 1}, {"request_id": "../x", "nodes": {}}])
def test_what_check_host_refuses_is_unknown(check_host: FakeCheckHost, document: dict[str, Any]) -> None:
    check_host.instead = fake.always(fake.reply(200, document))
    seen = ask(QUESTION, only_check_host(check_host))
    assert codes(QUESTION, seen) == ["outside-could-not-ask"]
    assert seen.unasked[0].why is (Why.REFUSED if "error" in document else Why.NOT_UNDERSTOOD)


# memory


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


def test_an_answer_is_kept_for_ten_minutes(globalping: FakeGlobalping) -> None:
    memory: dict[str, Kept] = {}
    clock = Clock()
    services = only_globalping(globalping)
    consent = Consent(what_is_sent(QUESTION, services))

    def asked() -> int:
        ask_outside(QUESTION, services, consent, PLEX, memory=memory, pace=Waits().pace(), now=clock)
        return len(globalping.requests)

    once = asked()
    clock.time += timedelta(minutes=9, seconds=59)
    assert asked() == once
    clock.time += timedelta(seconds=1)
    assert asked() == 2 * once


def test_an_answer_kept_is_judged_anew(globalping: FakeGlobalping) -> None:
    memory: dict[str, Kept] = {}
    services = only_globalping(globalping)
    ask(QUESTION, services, memory=memory)
    other = replace(QUESTION, expected_id="another")
    assert key_of(other, services) == key_of(QUESTION, services)
    assert codes(other, ask(other, services, memory=memory)) == ["outside-other-server"]
    assert sum(request.method == "POST" for request in globalping.requests) == 1


@pytest.mark.parametrize("change", [{"domain": "tv.example.com"}, {"port": 8443}, {"has_ipv6": True}, {"path": "/"}])
def test_another_question_has_another_key(change: dict[str, Any]) -> None:
    assert key_of(replace(QUESTION, **change), Services()) != key_of(QUESTION, Services())


def test_a_service_that_asked_for_a_pause_gets_it_whatever_is_asked(globalping: FakeGlobalping) -> None:
    memory: dict[str, Kept] = {}
    clock = Clock()
    services = only_globalping(globalping)
    globalping.instead = fake.always(fake.rate_limited("1200"))

    def why(domain: str) -> tuple[Why, int]:
        question = replace(QUESTION, domain=domain)
        consent = Consent(what_is_sent(question, services))
        seen = ask_outside(question, services, consent, PLEX, memory=memory, pace=Waits().pace(), now=clock)
        assert isinstance(seen, Seen)
        return seen.unasked[0].why, seen.unasked[0].retry_after_seconds

    assert why("plex.example.com") == (Why.RATE_LIMITED, 1200)
    clock.time += timedelta(minutes=5)
    assert why("tv.example.com") == (Why.RATE_LIMITED, 900)
    assert len(globalping.requests) == 1
    clock.time += timedelta(minutes=15)
    why("plex.example.com")
    assert len(globalping.requests) == 2


# what is sent


def test_nothing_is_sent_without_consent_to_exactly_that(
    globalping: FakeGlobalping, check_host: FakeCheckHost
) -> None:
    services = Services(globalping.url, check_host.url)
    for shown in ((), what_is_sent(replace(QUESTION, domain="tv.example.com"), services)):
        assert isinstance(ask_outside(QUESTION, services, Consent(shown), PLEX), Refusal)
    assert globalping.requests == check_host.requests == []


def test_without_any_service_nobody_is_asked() -> None:
    services = Services("", "")
    assert isinstance(ask_outside(QUESTION, services, Consent(what_is_sent(QUESTION, services)), PLEX), Refusal)


def test_no_id_of_the_server_leaves_the_house(globalping: FakeGlobalping, check_host: FakeCheckHost) -> None:
    ask(replace(QUESTION, addresses=("198.51.100.77",)), Services(globalping.url, ""))
    ask(replace(QUESTION, addresses=("198.51.100.77",)), Services("", check_host.url))
    for sent in everything_sent(globalping, check_host):
        assert PLEX_ID not in sent
        assert "198.51.100.77" not in sent


def everything_sent(*servers: FakeGlobalping | FakeCheckHost) -> list[str]:
    """Every request as one text."""
    return [
        f"{request.method} {request.target} {request.headers} {request.body!r}"
        for server in servers
        for request in server.requests
    ]


LETTERS = string.ascii_letters + string.digits + "-_"
SECRETS = st.one_of(
    st.text(LETTERS, min_size=20, max_size=20).filter(lambda text: text != text.lower() and text != text.upper()),
    st.integers(0, 2**128 - 1).map(lambda number: f"{number:032x}"),
    st.uuids().map(str),
    st.text(LETTERS, min_size=20, max_size=40).map(lambda text: f"eyJhbGciOi.{text}.{text}"),
)
SHAPES = st.sampled_from(
    [
        {"domain": "{}.example.com"},
        {"domain": "plex.{}.example.com"},
        {"domain": "{}@plex.example.com"},
        {"domain": "plex.example.com/{}"},
        {"domain": "plex.example.com?X-Plex-Token={}"},
        {"path": "/{}"},
        {"path": "/{}/identity"},
        {"path": "/web/{}/System/Info/Public"},
        {"path": "/identity?X-Plex-Token={}"},
        {"path": "/identity#{}"},
        {"path": "/identity;{}"},
        {"path": "/identity/../{}"},
        {"path": "{}/identity"},
        {"path": "/api_key={}/identity"},
        {"home_country": "{}"},
        {"expected_id": "{}"},
        {"addresses": ("{}",)},
        {"title": "{}"},
    ]
)


def test_no_token_can_ever_be_in_what_is_sent(globalping: FakeGlobalping, check_host: FakeCheckHost) -> None:
    services = Services(globalping.url, check_host.url)
    globalping.results[4] = [unfinished(status="offline")]  # so that both services are asked

    @given(SECRETS, SHAPES)
    def holds(secret: str, shape: dict[str, Any]) -> None:
        changes: dict[str, Any] = {
            name: value.format(secret) if isinstance(value, str) else tuple(one.format(secret) for one in value)
            for name, value in shape.items()
        }
        question = replace(QUESTION, **changes)
        told = what_is_sent(question, services)
        ask_outside(question, services, Consent(told), PLEX, pace=Waits().pace(polls=1))
        sent = " ".join(everything_sent(globalping, check_host)).lower()
        assert secret.lower() not in sent
        globalping.requests.clear()
        check_host.requests.clear()

    holds()


@pytest.mark.parametrize(
    ("kind", "path"), [("plex", "/identity"), ("jellyfin", "/System/Info/Public"), ("emby", "/System/Info/Public")]
)
def test_each_kind_of_media_server_has_a_path_for_probes(kind: str, path: str) -> None:
    assert path_for_probes(MEDIA[kind]) == path
    assert path_for_probes(MEDIA[kind], "/tv") == f"/tv{path}"


def test_jellyfin_is_read_from_what_probes_bring_back() -> None:
    body = json.dumps({"Id": "abc", "ServerName": "Den", "ProductName": "Jellyfin Server", "Version": "10.11.3"})
    question = Question("tv.example.com", "/System/Info/Public", expected_id="abc", title="Jellyfin")
    with FakeGlobalping(v4=[finished(body=body)]) as server:
        services = only_globalping(server)
        consent = Consent(what_is_sent(question, services))
        reader = reader_for_probes(MEDIA["jellyfin"])
        seen = ask_outside(question, services, consent, reader, pace=Waits().pace())
    assert isinstance(seen, Seen)
    assert codes(question, seen) == ["outside-ok"]
