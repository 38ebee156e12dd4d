"""Judging what answered at home, as tables."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.checks.sets import NOW, PLEX, certificate, codes, scene
from wizard.checks.upstream import CHECK, Seen, Subject, judge
from wizard.core.faults import Fault
from wizard.core.hosts import Upstream, Verify, VerifyKind
from wizard.media import Identity, NotThis

SUBJECT = Subject("plex", PLEX)
HTTPS = Subject("plex", Upstream("plex", "https", "192.168.1.20", 32400))
GOOD = Identity("plex", "abc", "", "1.43.2", is_set_up=True, seconds=0.014)


def test_the_subject_is_kind_and_address_only() -> None:
    assert CHECK.subject(scene()) == SUBJECT


def test_a_good_answer_is_one_fact() -> None:
    (verdict,) = judge(SUBJECT, Seen(GOOD))
    assert codes((verdict,)) == ["upstream-ok ok"]
    assert verdict.summary == "Plex 1.43.2 answered in 14 ms"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.REFUSED, "upstream-refused failure"),
        (Fault.TIMED_OUT, "upstream-timed-out failure"),
        (Fault.UNREACHABLE, "upstream-timed-out failure"),
        (Fault.NAME_NOT_FOUND, "upstream-name-not-found failure"),
        (Fault.NO_ADDRESS, "upstream-name-not-found failure"),
        (Fault.CLOSED, "upstream-closed failure"),
        (Fault.RESET, "upstream-closed failure"),
        (Fault.NOT_HTTP, "upstream-not-a-media-server failure"),
        (Fault.TOO_LARGE, "upstream-not-a-media-server failure"),
        (Fault.EXPIRED, "upstream-certificate failure"),
        (Fault.NOT_YET_VALID, "upstream-certificate failure"),
        (Fault.NAME_MISMATCH, "upstream-certificate failure"),
        (Fault.UNTRUSTED, "upstream-certificate failure"),
        (Fault.NO_CERTIFICATE, "upstream-certificate failure"),
        (Fault.TLS_FAILED, "upstream-certificate failure"),
        (Fault.NOT_TLS, "upstream-certificate failure"),
        (Fault.RESOLVER_FAILED, "upstream-could-not-look unknown"),
        (Fault.NO_NETWORK, "upstream-could-not-look unknown"),
        (Fault.OTHER, "upstream-could-not-look unknown"),
    ],
)
def test_every_fault_has_its_verdict(fault: Fault, code: str) -> None:
    for status in (0, 200):  # also when the answer broke off in its body
        assert codes(judge(SUBJECT, Seen(other=NotThis(status, fault=fault)))) == [code]


def test_no_fault_is_forgotten() -> None:
    for fault in Fault:
        for shown in (None, certificate("nas.local")):
            assert judge(HTTPS, Seen(other=NotThis(fault=fault), certificate=shown))


def test_nothing_answering_names_port_and_address() -> None:
    (verdict,) = judge(SUBJECT, Seen(other=NotThis(fault=Fault.REFUSED)))
    assert verdict.summary == "Nothing answers on port 32400 at 192.168.1.20"


def test_another_thing_is_called_by_its_name() -> None:
    (verdict,) = judge(SUBJECT, Seen(other=NotThis(200, "FRITZ!Box")))
    assert codes((verdict,)) == ["upstream-not-a-media-server failure"]
    assert verdict.summary.endswith('It calls itself "FRITZ!Box"')


def test_status_400_over_http_hints_at_https() -> None:
    (verdict,) = judge(SUBJECT, Seen(other=NotThis(400)))
    assert verdict.remedy is not None
    assert any("https://192.168.1.20:32400" in step for step in verdict.remedy.steps)


def test_another_kind_is_named() -> None:
    (verdict,) = judge(Subject("jellyfin", PLEX), Seen(GOOD))
    assert codes((verdict,)) == ["upstream-wrong-kind failure"]
    assert verdict.summary == "Plex answers at 192.168.1.20:32400, you chose Jellyfin"


def test_any_answer_is_right_for_something_else() -> None:
    assert codes(judge(Subject("other", PLEX), Seen(GOOD))) == ["upstream-ok ok"]
    assert codes(judge(Subject("other", PLEX), Seen(Identity("other", "")))) == ["upstream-ok ok"]


@pytest.mark.parametrize(("kind", "is_set_up", "code"), [
    ("plex", False, "upstream-unclaimed failure"),
    ("jellyfin", False, "upstream-unclaimed failure"),
    ("plex", None, "upstream-ok ok"),
])  # fmt: skip
def test_a_first_set_up_that_is_open_stops_everything(kind: str, is_set_up: bool | None, code: str) -> None:
    seen = Seen(Identity(kind, "abc", is_set_up=is_set_up))
    assert codes(judge(Subject(kind, PLEX), seen)) == [code]


def test_a_server_that_tells_nothing_is_unknown_not_red() -> None:
    seen = Seen(other=NotThis(401, is_closed=True))
    assert codes(judge(Subject("emby", PLEX), seen)) == ["upstream-closed unknown"]


def test_plex_that_hangs_up_hears_about_secure_connections() -> None:
    (verdict,) = judge(SUBJECT, Seen(other=NotThis(fault=Fault.CLOSED)))
    assert "Required" in verdict.summary
    assert verdict.remedy is not None
    assert "Preferred" in verdict.remedy.action
    (other,) = judge(Subject("jellyfin", PLEX), Seen(other=NotThis(fault=Fault.CLOSED)))
    assert "Required" not in other.summary


def test_an_unverified_certificate_is_noted() -> None:
    off = Subject("plex", Upstream("plex", "https", "192.168.1.20", 32400, Verify(VerifyKind.OFF)))
    assert codes(judge(off, Seen(GOOD))) == ["upstream-ok ok", "upstream-not-verified note"]


def test_a_plex_certificate_leads_to_its_server_name() -> None:
    shown = certificate("*.0123456789abcdef0123456789abcdef.plex.direct")
    (verdict,) = judge(HTTPS, Seen(other=NotThis(fault=Fault.NAME_MISMATCH), certificate=shown))
    assert verdict.remedy is not None
    assert any("192-168-1-20.0123456789abcdef0123456789abcdef.plex.direct" in step for step in verdict.remedy.steps)


@pytest.mark.parametrize(("fault", "words"), [
    (Fault.EXPIRED, "ran out on 14 November 2026"),
    (Fault.NOT_YET_VALID, "begins on"),
    (Fault.NAME_MISMATCH, "is for nas.local, not for 192.168.1.20"),
    (Fault.UNTRUSTED, "no public authority vouches for"),
    (Fault.NOT_TLS, "answers without https"),
    (Fault.TLS_FAILED, "could not agree with us"),
])  # fmt: skip
def test_what_is_wrong_with_a_certificate_is_said(fault: Fault, words: str) -> None:
    shown = certificate("nas.local", not_after_at=NOW - timedelta(days=10))
    (verdict,) = judge(HTTPS, Seen(other=NotThis(fault=fault), certificate=shown))
    assert words in verdict.summary


def test_another_certificate_than_the_pinned_one_is_said() -> None:
    pinned = Subject("plex", Upstream("plex", "https", "nas", 32400, Verify(VerifyKind.PINNED, "nas", "-----")))
    (verdict,) = judge(pinned, Seen(other=NotThis(fault=Fault.UNTRUSTED), certificate=certificate("nas")))
    assert "another certificate than the one you trusted" in verdict.summary
