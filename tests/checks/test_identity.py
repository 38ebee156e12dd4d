"""Judging whether the public name leads to this very server, as tables."""

from __future__ import annotations

import pytest

from tests.checks.sets import NAME, PLEX, codes, host, scene
from wizard.checks.identity import CHECK, Seen, Subject, judge
from wizard.core.checks import Skip
from wizard.core.faults import Fault
from wizard.core.hosts import Edge, Upstream
from wizard.media import Identity, NotThis

SUBJECT = Subject(PLEX, NAME, 443)
HOME = Identity("plex", "abc", "", "1.43.2", seconds=0.01)


def test_the_subject_has_no_token() -> None:
    assert CHECK.subject(scene(token="secret", roots_pem="root")) == Subject(PLEX, NAME, 443, "root")
    assert isinstance(CHECK.subject(scene(host=host(paused=True))), Skip)


def test_the_public_address_has_port_and_base_path_when_they_are_needed() -> None:
    assert SUBJECT.url == "https://plex.example.com"
    edge = Edge("here", "unix//x", public_https_port=8443)
    jellyfin = Upstream("jellyfin", "http", "nas", 8096, base_path="/jellyfin")
    subject = CHECK.subject(scene(edge=edge, host=host(upstream=jellyfin)))
    assert isinstance(subject, Subject)
    assert subject.url == "https://plex.example.com:8443/jellyfin"


def test_the_same_id_both_ways_passes() -> None:
    (verdict,) = judge(SUBJECT, Seen(HOME, None, Identity("plex", "abc", seconds=0.18)))
    assert (codes((verdict,)), verdict.summary) == (["identity-ok ok"], "Your Plex, in 180 ms")


def test_another_id_is_another_server() -> None:
    (verdict,) = judge(SUBJECT, Seen(HOME, None, Identity("plex", "xyz", "Old one")))
    assert codes((verdict,)) == ["identity-other-server failure"]
    assert 'called "Old one"' in verdict.summary


@pytest.mark.parametrize(
    ("other", "code"),
    [
        (NotThis(502, server="Caddy"), "identity-bad-gateway failure"),
        (NotThis(503), "identity-bad-gateway failure"),
        (NotThis(504), "identity-bad-gateway failure"),
        (NotThis(522, server="cloudflare"), "identity-bad-gateway failure"),
        (NotThis(200, "FRITZ!Box"), "identity-other-thing failure"),
        (NotThis(200, server="Caddy"), "identity-other-thing failure"),
        (NotThis(302, location="https://login.example.com/"), "identity-other-thing failure"),
        (NotThis(404), "identity-other-thing failure"),
        (NotThis(fault=Fault.TIMED_OUT), "identity-no-answer failure"),
        (NotThis(200, fault=Fault.TIMED_OUT), "identity-no-answer failure"),
        (NotThis(fault=Fault.RESET), "identity-no-answer failure"),
        (NotThis(fault=Fault.UNTRUSTED), "identity-no-answer failure"),
        (NotThis(fault=Fault.RESOLVER_FAILED), "identity-could-not-look unknown"),
        (NotThis(fault=Fault.NO_NETWORK), "identity-could-not-look unknown"),
        (NotThis(fault=Fault.NAME_NOT_FOUND), "identity-could-not-look unknown"),
    ],
)
def test_what_answers_instead_is_judged(other: NotThis, code: str) -> None:
    assert codes(judge(SUBJECT, Seen(HOME, None, None, other))) == [code]


def test_no_fault_is_forgotten() -> None:
    for fault in Fault:
        assert judge(SUBJECT, Seen(HOME, None, None, NotThis(fault=fault)))
        assert judge(SUBJECT, Seen(None, NotThis(fault=fault), HOME, None))


def test_a_bare_caddy_does_not_know_the_name() -> None:
    (verdict,) = judge(SUBJECT, Seen(HOME, None, None, NotThis(200, server="Caddy")))
    assert "does not know this name" in verdict.summary
    assert verdict.remedy is not None
    assert verdict.remedy.action == "Apply again."


def test_a_login_page_is_told_where_it_leads() -> None:
    (verdict,) = judge(SUBJECT, Seen(HOME, None, None, NotThis(302, location="https://login.example.com/")))
    assert "https://login.example.com/" in verdict.detail


def test_without_an_answer_at_home_nothing_can_be_compared() -> None:
    seen = Seen(None, NotThis(fault=Fault.REFUSED), HOME)
    assert codes(judge(SUBJECT, seen)) == ["identity-could-not-look unknown"]


def test_jellyfins_own_503_is_explained() -> None:
    subject = Subject(Upstream("jellyfin", "http", "nas", 8096), NAME, 443)
    (verdict,) = judge(subject, Seen(Identity("jellyfin", "abc"), None, None, NotThis(503)))
    assert verdict.remedy is not None
    assert any("remote connections" in step for step in verdict.remedy.steps)


def test_an_application_without_an_id_is_compared_by_name_and_said_so() -> None:
    subject = Subject(Upstream("other", "http", "nas", 80), NAME, 443)
    photos, router = Identity("other", "", "Photos"), Identity("other", "", "FRITZ!Box")
    assert codes(judge(subject, Seen(photos, None, photos))) == ["identity-ok ok", "identity-not-provable note"]
    assert codes(judge(subject, Seen(photos, None, router))) == ["identity-other-server failure"]
