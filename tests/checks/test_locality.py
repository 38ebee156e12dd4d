"""Judging who counts as what: a table of situations, and the stand-in Plex asked for real."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from tests.checks.sets import codes, host, scene
from tests.fakes.plex import Plex
from tests.media.watching import watching
from wizard.checks.locality import CHECK, Seen, Subject
from wizard.core.arriving import Arrival
from wizard.core.checks import Skip
from wizard.core.faults import Fault
from wizard.core.hosts import Upstream
from wizard.core.locality import Counted, Surroundings
from wizard.core.streams import LiveStream, RemoteSeen, ServerSettings, ServerWords, Silence, Silent
from wizard.net import Net

PROXY, VIEWER, HOME, WAN = "192.168.1.7", "203.0.113.9", "192.168.1.30", "198.51.100.77"
WORDS = ServerWords(reached_from=PROXY)
PROOF = RemoteSeen(datetime(2026, 11, 25, 20, tzinfo=UTC), VIEWER, "Phone")
SUBJECT = Subject(Upstream("plex", "http", "192.168.1.20", 32400), "plex.example.com", True, WORDS, (), "secret")
OFF = replace(SUBJECT, forwards=False)
KNOWN = replace(SUBJECT, arrivals=(Arrival(VIEWER, "TV"),))
KNOWN_IPV6 = replace(SUBJECT, arrivals=(Arrival("2001:db8::9", "TV"),))
PROVEN = replace(SUBJECT, words=replace(WORDS, remote=PROOF))


def stream(address: str, counted: str, *, relayed: bool = False) -> LiveStream:
    return LiveStream("1", device="TV", address=address, counted=Counted(counted), is_relayed=relayed, kbps=8000)


def seen(*streams: LiveStream, lan: str = "", cards: tuple[str, ...] = ()) -> Seen:
    around = Surroundings(tuple(filter(None, lan.split(","))), (), cards, (WAN,), is_read=True)
    return Seen(streams, ServerSettings(around))


@pytest.mark.parametrize(
    ("subject", "what", "expected"),
    [
        (SUBJECT, seen(), "locality-waiting unknown"),
        (OFF, seen(), "locality-waiting unknown"),
        (SUBJECT, seen(stream(HOME, "local")), "locality-waiting unknown"),
        (SUBJECT, seen(stream(PROXY, "local")), "locality-waiting unknown"),
        (PROVEN, seen(), "locality-ok ok"),
        (SUBJECT, seen(stream(VIEWER, "remote"), stream(HOME, "local")), "locality-ok ok"),
        (SUBJECT, seen(stream("127.0.0.1", "local", relayed=True)), "locality-relayed failure"),
        (replace(OFF, arrivals=KNOWN.arrivals), seen(stream(PROXY, "local")), "locality-headers-off failure"),
        (KNOWN, seen(stream(PROXY, "local")), "locality-header-lost failure"),
        (KNOWN_IPV6, seen(stream(PROXY, "local")), "locality-ipv6 failure"),
        (SUBJECT, seen(stream(VIEWER, "local"), lan="203.0.113.0/24"), "locality-lan-too-wide failure"),
        (PROVEN, seen(stream(VIEWER, "local")), "locality-counted-local failure"),
        (SUBJECT, seen(stream(WAN, "remote")), "locality-home-by-name failure"),
        (SUBJECT, seen(stream(HOME, "remote"), lan="100.64.0.0/10"), "locality-lan-without-home failure"),
        (SUBJECT, seen(stream(HOME, "remote"), cards=("172.18.0.3",)), "locality-bridge failure"),
        (SUBJECT, seen(stream(HOME, "remote"), cards=("192.168.7.2",)), "locality-home-remote failure"),
        (SUBJECT, Seen(silent=Silent(Silence.REFUSED, 401)), "locality-not-told unknown"),
        (SUBJECT, Seen(silent=Silent(Silence.UNREACHABLE, fault=Fault.REFUSED)), "locality-not-told unknown"),
        (
            SUBJECT,
            seen(stream(VIEWER, "local"), stream(WAN, "remote")),
            "locality-counted-local failure, locality-home-by-name failure",
        ),
    ],
)
def test_who_counts_as_what_is_judged(subject: Subject, what: Seen, expected: str) -> None:
    assert ", ".join(codes(CHECK.judge(subject, what))) == expected
    assert msgspec.convert(msgspec.to_builtins(what), Seen) == what


def test_without_a_token_nobody_is_asked() -> None:
    assert isinstance(CHECK.subject(scene(token="")), Skip)
    assert isinstance(CHECK.subject(scene(token="secret", host=host(paused=True))), Skip)
    other = host(upstream=Upstream("other", "http", "192.168.1.20", 80))
    assert isinstance(CHECK.subject(scene(token="secret", host=other)), Skip)
    asked = CHECK.subject(scene(token="secret", words=WORDS))
    assert isinstance(asked, Subject)
    assert "secret" not in repr(asked)


@pytest.fixture
def plex() -> Iterator[Plex]:
    with Plex() as running:
        yield running


def test_a_real_question_is_answered_and_keeps_no_title(plex: Plex) -> None:
    asked = replace(SUBJECT, upstream=Upstream("plex", "http", "127.0.0.1", plex.port), token=plex.token)
    with watching(plex, forwarded=VIEWER):
        found = CHECK.observe(Net(), asked)
    assert codes(CHECK.judge(asked, found)) == ["locality-ok ok"]
    assert plex.token not in str(found)
    assert "Test card" not in str(found)
    plex.change(token="another")
    assert codes(CHECK.judge(asked, CHECK.observe(Net(), asked))) == ["locality-not-told unknown"]
