"""What public probes may be told, and how what they saw is judged."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.outside import (
    Answer,
    Answerer,
    Miss,
    Place,
    Question,
    Seen,
    Services,
    Shown,
    Side,
    State,
    Unasked,
    Why,
    miss_of,
)
from wizard.core.outside_findings import judge
from wizard.core.outside_privacy import Consent, looks_like_token, refuse, what_is_sent
from wizard.core.verdicts import Level, Verdict, worst

OWN = "1f0a6c3be4d24c6f9a51c1a3c1f0de7766b1c2d3"
QUESTION = Question("plex.example.com", "/identity", expected_id=OWN, addresses=("203.0.113.7",), title="Plex")
BOTH = replace(QUESTION, has_ipv6=True, addresses=("203.0.113.7", "2001:db8::7"))
BERLIN, PARIS, SYDNEY = Place("Berlin", "DE", "Telekom"), Place("Paris", "FR", "Orange"), Place("Sydney", "AU", "OVH")
EVERYWHERE = (BERLIN, PARIS, SYDNEY)
GOOD_TLS = Shown(True, expires_at="2026-12-30T00:00:00.000Z")


def reached(place: Place = BERLIN, **changes: object) -> Answer:
    """An answer from the right server, with changes."""
    right = Answer(
        place,
        State.FINISHED,
        4,
        address="203.0.113.7",
        status=200,
        tls=GOOD_TLS,
        answerer=Answerer("plex", OWN),
        seconds=0.12,
    )
    return replace(right, **changes)  # type: ignore[arg-type]  # fields by name


def missed(place: Place = BERLIN, said: str = "connect ETIMEDOUT 203.0.113.7:443", version: int = 4) -> Answer:
    """A probe that got no answer from the host."""
    return Answer(place, State.FAILED, version, Side.TARGET, said)


def everywhere(**changes: object) -> tuple[Answer, ...]:
    """The same answer in three places."""
    return tuple(reached(place, **changes) for place in EVERYWHERE)


def missed_everywhere(said: str) -> tuple[Answer, ...]:
    """The same silence in three places."""
    return tuple(missed(place, said) for place in EVERYWHERE)


def codes(verdicts: tuple[Verdict, ...]) -> list[str]:
    """Only the codes."""
    return [verdict.code for verdict in verdicts]


ROUTER = Answerer(called="FRITZ!Box")
OTHER = Answerer("plex", "another-id")
NO_ID = Answerer("other", "", "My app")
OVER_SIX = tuple(reached(place, ip_version=6, address="2001:db8::7") for place in EVERYWHERE)
LOST_SIX = tuple(missed(place, version=6) for place in EVERYWHERE)

TABLE: dict[str, tuple[Question, tuple[Answer, ...], list[str], Level, str]] = {
    "everywhere": (QUESTION, everywhere(), ["outside-ok"], Level.OK, "Berlin (DE), Paris (FR) and Sydney (AU)"),
    "both families": (BOTH, everywhere() + OVER_SIX, ["outside-ok"], Level.OK, "3 of 3 places over IPv6"),
    "another server": (
        QUESTION,
        everywhere(answerer=OTHER),
        ["outside-other-server"],
        Level.FAILURE,
        "another Plex answers at plex.example.com",
    ),
    "another server in one place": (
        QUESTION,
        (reached(), reached(SYDNEY, answerer=OTHER, address="198.51.100.1")),
        ["outside-other-server", "outside-dns-differs"],
        Level.FAILURE,
        "Sydney (AU)",
    ),
    "a router": (QUESTION, everywhere(answerer=ROUTER), ["outside-other-thing"], Level.FAILURE, "FRITZ!Box"),
    "a router with its own certificate": (
        QUESTION,
        everywhere(answerer=ROUTER, tls=Shown(False, "DEPTH_ZERO_SELF_SIGNED_CERT")),
        ["outside-other-thing"],
        Level.FAILURE,
        "FRITZ!Box",
    ),
    "a redirect": (
        QUESTION,
        everywhere(status=302, answerer=Answerer(), location="https://login.example.com/"),
        ["outside-other-thing"],
        Level.FAILURE,
        "status 302",
    ),
    "nothing behind caddy": (
        QUESTION,
        everywhere(status=502, answerer=Answerer()),
        ["outside-bad-gateway"],
        Level.FAILURE,
        "status 502",
    ),
    "cloudflare without its tunnel": (
        QUESTION,
        everywhere(status=530, answerer=Answerer()),
        ["outside-bad-gateway"],
        Level.FAILURE,
        "status 530",
    ),
    "a bot check": (
        QUESTION,
        everywhere(status=403, answerer=Answerer(called="One moment")),
        ["outside-turned-away"],
        Level.WARNING,
        "status 403",
    ),
    "an expired certificate": (
        QUESTION,
        everywhere(tls=Shown(False, "CERT_HAS_EXPIRED")),
        ["outside-certificate"],
        Level.FAILURE,
        "it has expired",
    ),
    "a certificate for another name in one place": (
        QUESTION,
        (reached(), reached(PARIS, tls=Shown(False, "ERR_TLS_CERT_ALTNAME_INVALID"))),
        ["outside-certificate"],
        Level.FAILURE,
        "Paris (FR) do not trust the certificate of plex.example.com: it is for another name",
    ),
    "an unknown certificate error": (
        QUESTION,
        everywhere(tls=Shown(False)),
        ["outside-certificate"],
        Level.FAILURE,
        "no reason was given",
    ),
    "refused": (
        QUESTION,
        missed_everywhere("connect ECONNREFUSED 203.0.113.7:443"),
        ["outside-refused"],
        Level.FAILURE,
        "Port 443 of plex.example.com refuses",
    ),
    "timed out": (
        QUESTION,
        missed_everywhere("Request timed out while establishing the TCP connection."),
        ["outside-timed-out"],
        Level.FAILURE,
        "Berlin (DE), Paris (FR) and Sydney (AU)",
    ),
    "no such name": (
        QUESTION,
        missed_everywhere("getaddrinfo ENOTFOUND plex.example.com"),
        ["outside-name-not-found"],
        Level.FAILURE,
        "plex.example.com is not known",
    ),
    "private": (
        QUESTION,
        missed_everywhere("Private IP ranges are not allowed."),
        ["outside-private-address"],
        Level.FAILURE,
        "private address",
    ),
    "broken off": (
        QUESTION,
        missed_everywhere("read ECONNRESET"),
        ["outside-no-answer"],
        Level.FAILURE,
        "breaks off in Berlin (DE), Paris (FR) and Sydney (AU): read ECONNRESET",
    ),
    "two ways of silence": (
        QUESTION,
        (missed(BERLIN, "connect ECONNREFUSED"), missed(PARIS), missed(SYDNEY)),
        ["outside-refused", "outside-timed-out"],
        Level.FAILURE,
        "Berlin (DE)",
    ),
    "some places": (
        QUESTION,
        (reached(), reached(PARIS), missed(SYDNEY)),
        ["outside-some-places"],
        Level.WARNING,
        "answers in Berlin (DE) and Paris (FR), but not in Sydney (AU)",
    ),
    "only IPv4": (
        BOTH,
        everywhere() + LOST_SIX,
        ["outside-one-family"],
        Level.WARNING,
        "answers over IPv4, but not over IPv6 (2001:db8::7)",
    ),
    "only IPv6": (
        BOTH,
        (*OVER_SIX, *missed_everywhere("connect ETIMEDOUT")),
        ["outside-one-family"],
        Level.WARNING,
        "answers over IPv6, but not over IPv4 (203.0.113.7)",
    ),
    "addresses differ and one is cut off": (
        QUESTION,
        (reached(), reached(PARIS, address="198.51.100.1", status=502, answerer=Answerer())),
        ["outside-bad-gateway", "outside-dns-differs"],
        Level.FAILURE,
        "Paris (FR)",
    ),
    "addresses differ from ours": (
        QUESTION,
        everywhere(address="198.51.100.1", answerer=OTHER),
        ["outside-other-server", "outside-dns-differs"],
        Level.FAILURE,
        "another Plex",
    ),
    "addresses differ and all is well": (
        QUESTION,
        (reached(), reached(PARIS, address="198.51.100.1")),
        ["outside-ok"],
        Level.OK,
        "2 of 2 places over IPv4",
    ),
    "no body and no certificate": (
        QUESTION,
        everywhere(answerer=None, tls=None),
        ["outside-not-proven"],
        Level.UNKNOWN,
        "does not pass on who it is",
    ),
    "no body and an odd status": (
        QUESTION,
        everywhere(answerer=None, tls=None, status=404),
        ["outside-other-thing"],
        Level.FAILURE,
        "status 404",
    ),
    "no id to compare with": (
        replace(QUESTION, expected_id=""),
        everywhere(),
        ["outside-not-proven"],
        Level.UNKNOWN,
        "no id of your Plex",
    ),
    "an application without an id": (
        QUESTION,
        everywhere(answerer=NO_ID),
        ["outside-not-proven"],
        Level.UNKNOWN,
        "no id",
    ),
    "a long body cut off": (
        QUESTION,
        everywhere(answerer=Answerer(), is_truncated=True),
        ["outside-not-proven"],
        Level.UNKNOWN,
        "no id that we can compare",
    ),
    "one probe at fault": (
        QUESTION,
        (reached(), reached(PARIS), Answer(SYDNEY, State.FAILED, 4, Side.INTERNAL, "spawn EAGAIN")),
        ["outside-ok"],
        Level.OK,
        "2 of 2 places",
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_what_was_seen_is_judged(case: str) -> None:
    question, answers, expected, level, words = TABLE[case]
    verdicts = judge(question, Seen(answers, services=("api.globalping.io",)))
    assert codes(verdicts) == expected
    assert worst(verdict.level for verdict in verdicts) is level
    assert words in verdicts[0].summary
    assert "api.globalping.io" in verdicts[0].detail


@pytest.mark.parametrize("case", TABLE)
def test_a_remedy_names_its_own_section_and_the_persons_own_values(case: str) -> None:
    question, answers, *_ = TABLE[case]
    for verdict in judge(question, Seen(answers)):
        if verdict.remedy is None:
            assert verdict.level is Level.OK
            continue
        assert verdict.remedy.guide == f"troubleshooting#{verdict.code}"
        assert len(verdict.remedy.steps) <= 5
        if verdict.level.rank >= Level.WARNING.rank:
            assert "plex.example.com" in verdict.summary
            assert verdict.remedy.steps


def test_every_code_has_a_row_in_the_table() -> None:
    seen = {code for _, _, expected, *_ in TABLE.values() for code in expected}
    assert seen == {
        "outside-ok",
        "outside-other-server",
        "outside-other-thing",
        "outside-bad-gateway",
        "outside-turned-away",
        "outside-certificate",
        "outside-refused",
        "outside-timed-out",
        "outside-name-not-found",
        "outside-private-address",
        "outside-no-answer",
        "outside-some-places",
        "outside-one-family",
        "outside-dns-differs",
        "outside-not-proven",
    }


def test_the_detail_tells_where_when_and_what_each_probe_said() -> None:
    seen = Seen(
        (reached(), Answer(SYDNEY, State.OFFLINE, 4)),
        services=("api.globalping.io",),
        links=("https://api.globalping.io/v1/measurements/abc",),
        asked_at=datetime(2026, 11, 22, 14, 5, tzinfo=UTC),
    )
    (verdict,) = judge(QUESTION, seen)
    for part in (
        "14:05 UTC",
        "Berlin (DE) (Telekom) over IPv4: status 200",
        f"id {OWN}",
        "Sydney",
        "offline",
        "/abc",
    ):
        assert part in verdict.detail


# faults of the probe network

THEIRS = (
    Answer(BERLIN, State.FAILED, 4, Side.RESOLVER, "The measurement command timed out."),
    Answer(BERLIN, State.FAILED, 4, Side.INTERNAL, "connect ETIMEDOUT 203.0.113.7:443"),
    Answer(BERLIN, State.FAILED, 4, None, "connect ECONNREFUSED 203.0.113.7:443"),
    Answer(BERLIN, State.FAILED, 6, Side.TARGET, "connect ENETUNREACH 2001:db8::7:443"),
    Answer(BERLIN, State.OFFLINE, 4),
    Answer(BERLIN, State.PENDING, 4),
)


@pytest.mark.parametrize("answer", THEIRS, ids=lambda answer: f"{answer.state}-{answer.side}")
def test_a_fault_of_a_probe_is_never_blamed_on_the_person(answer: Answer) -> None:
    (verdict,) = judge(QUESTION, Seen((answer,) * 3))
    assert (verdict.code, verdict.level) == ("outside-could-not-ask", Level.UNKNOWN)
    assert "nothing about your set-up" in verdict.why


@given(st.lists(st.sampled_from([*everywhere(), missed(), *OVER_SIX, *LOST_SIX])), st.lists(st.sampled_from(THEIRS)))
def test_faults_of_probes_never_add_bad_news(answers: list[Answer], faults: list[Answer]) -> None:
    def bad(given: list[Answer]) -> list[str]:
        return [v.code for v in judge(BOTH, Seen(tuple(given))) if v.level.rank >= Level.WARNING.rank]

    assert bad(answers + faults) == bad(answers)


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (Why.RATE_LIMITED, "allows no more questions for now"),
        (Why.REFUSED, "did not take the question"),
        (Why.NO_PROBES, "has no machine free"),
        (Why.DOWN, "has a fault of its own"),
        (Why.UNREACHABLE, "could not be reached from this machine"),
        (Why.TOO_SLOW, "was not done in time"),
        (Why.NOT_UNDERSTOOD, "answered in a way we do not know"),
    ],
)
def test_a_service_that_cannot_be_asked_is_unknown_and_says_why(why: Why, words: str) -> None:
    (verdict,) = judge(QUESTION, Seen(unasked=(Unasked("api.globalping.io", why, "told us so"),)))
    assert (verdict.code, verdict.level) == ("outside-could-not-ask", Level.UNKNOWN)
    assert f"api.globalping.io {words}" in verdict.summary
    assert "told us so" in verdict.detail


@pytest.mark.parametrize(("seconds", "words"), [(0, "again later"), (40, "in 1 minute"), (1200, "in 20 minutes")])
def test_the_wait_that_a_service_asked_for_is_passed_on(seconds: int, words: str) -> None:
    (verdict,) = judge(QUESTION, Seen(unasked=(Unasked("api.globalping.io", Why.RATE_LIMITED, "", seconds),)))
    assert verdict.remedy is not None
    assert words in verdict.remedy.action


def test_a_whole_ip_version_that_nobody_could_look_at_stays_unknown() -> None:
    seen = Seen(everywhere(), unasked=(Unasked("api.globalping.io", Why.RATE_LIMITED, "", 60, 6),))
    good, unknown = judge(BOTH, seen)
    assert (good.code, unknown.code) == ("outside-ok", "outside-could-not-ask")
    assert "over IPv6" in unknown.summary


def test_nothing_seen_is_unknown() -> None:
    assert codes(judge(QUESTION, Seen())) == ["outside-could-not-ask"]


@pytest.mark.parametrize(
    ("said", "miss"),
    [
        ("connect ECONNREFUSED 1.2.3.4:443", Miss.REFUSED),
        ("Connection refused", Miss.REFUSED),
        ("connect ETIMEDOUT 1.2.3.4:443", Miss.TIMED_OUT),
        ("Request timed out while establishing the TCP connection.", Miss.TIMED_OUT),
        ("getaddrinfo ENOTFOUND plex.example.com", Miss.NAME_NOT_FOUND),
        ("Private IP ranges are not allowed.", Miss.PRIVATE),
        ("connect ENETUNREACH 2001:db8::1:443 - Local (:::0)", Miss.NO_NETWORK),
        ("write EPROTO", Miss.OTHER),
        ("", Miss.OTHER),
    ],
)
def test_the_words_of_a_probe_are_read(said: str, miss: Miss) -> None:
    assert miss_of(said) is miss


def test_question_and_answers_survive_the_journey_as_json() -> None:
    seen = Seen((reached(), missed()), (Unasked("a", Why.DOWN, "b", 3, 6),), ("a",), ("b",), datetime.now(UTC))
    assert msgspec.json.decode(msgspec.json.encode(seen), type=Seen) == seen
    assert msgspec.json.decode(msgspec.json.encode(BOTH), type=Question) == BOTH


# what may be sent

HEX_KEY = "9f86d081884c7d659a2feaa0c55ad015"  # as Jellyfin's and Emby's keys look


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "/System/Info/Public"},
        {"path": "/jellyfin/System/Info/Public"},
        {"path": "/"},
        {"port": 8443, "home_country": "DE", "has_ipv6": True},
        {"domain": "my-plex-server-2024-at-home.duckdns.org"},
        {"domain": "xn--b1aajamacm1dkmb.xn--p1ai"},
        {"domain": "machine.tail1234.ts.net"},
    ],
)
def test_an_ordinary_question_may_be_sent(changes: dict[str, object]) -> None:
    assert refuse(replace(QUESTION, **changes)) is None  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    "changes",
    [
        {"domain": "plex.localhost"},
        {"domain": "plex.local"},
        {"domain": "plex.lan"},
        {"domain": "plex.home.arpa"},
        {"domain": "plex.internal"},
        {"domain": "plex"},
        {"domain": "192.168.1.20"},
        {"domain": "203.0.113.7"},
        {"domain": "com"},
        {"domain": "PLEX.example.com"},
        {"domain": "plex.example.com:443"},
        {"domain": "user@plex.example.com"},
        {"domain": f"{HEX_KEY}.example.com"},
        {"path": "/identity?X-Plex-Token=abc"},
        {"path": "/?/identity"},
        {"path": "/identity#abc"},
        {"path": "/identity;token=abc"},
        {"path": "/a%3Fb/identity"},
        {"path": "/web/index.html"},
        {"path": "identity"},
        {"path": ""},
        {"path": "/../identity"},
        {"path": f"/{HEX_KEY}/identity"},
        {"path": "/apikey-abc/System/Info/Public"},
        {"path": "/" + "a/" * 80 + "identity"},
        {"port": 0},
        {"port": 70000},
        {"home_country": "Germany"},
        {"home_country": "de"},
        {"has_ipv4": False},
    ],
)
def test_a_question_that_leads_nowhere_or_may_hold_a_secret_is_refused(changes: dict[str, object]) -> None:
    refusal = refuse(replace(QUESTION, **changes))  # type: ignore[arg-type]  # fields by name
    assert refusal is not None
    assert HEX_KEY not in refusal.message


def test_what_is_sent_is_told_in_full() -> None:
    told = " ".join(what_is_sent(replace(BOTH, home_country="DE", port=8443)))
    for part in (
        "plex.example.com",
        "8443",
        "/identity",
        "api.globalping.io",
        "check-host.net",
        "IPv4 and IPv6",
        "country code DE",
        "7 days",
        "No token",
        "public address of this machine",
    ):
        assert part in told
    assert OWN not in told


def test_what_is_sent_names_only_the_services_that_are_asked() -> None:
    assert "check-host" not in " ".join(what_is_sent(QUESTION, Services(check_host="")))
    only = " ".join(what_is_sent(replace(QUESTION, home_country="DE"), Services(globalping="")))
    assert "lobalping" not in only
    assert "country" not in only
    assert what_is_sent(QUESTION, Services("", "")) == ("Nothing is sent, because no probe network is set.",)


def test_consent_covers_what_was_shown_and_nothing_else() -> None:
    consent = Consent(what_is_sent(QUESTION))
    assert consent.covers(QUESTION, Services())
    assert consent.covers(replace(QUESTION, expected_id="other", addresses=()), Services())
    for other in (replace(QUESTION, domain="tv.example.com"), replace(QUESTION, home_country="DE"), BOTH):
        assert not consent.covers(other, Services())
    assert not consent.covers(QUESTION, Services(check_host="https://other.example.com"))


PLEX_TOKENS = st.text(string.ascii_letters + string.digits + "-_", min_size=20, max_size=20).filter(
    lambda text: text != text.lower() and text != text.upper()
)
KEYS = st.integers(0, 2**128 - 1).map(lambda number: f"{number:032x}")


@given(st.one_of(PLEX_TOKENS, KEYS, st.uuids().map(str)), st.sampled_from(["", "x", "9"]))
def test_tokens_look_like_tokens(token: str, around: str) -> None:
    assert looks_like_token(f"{around}{token}{around}")


@pytest.mark.parametrize(
    "word", ["identity", "System", "mediaserver2024", "my-plex-server-2024-home", "themediaserverofallofus", ""]
)
def test_words_do_not(word: str) -> None:
    assert not looks_like_token(word)
