"""Judging handshakes, as tables."""

from __future__ import annotations

import pytest

from tests.checks.sets import NAME, NOW, certificate, codes, host, scene
from wizard.checks.tls import CHECK, Seen, Subject, judge
from wizard.core.checks import Skip
from wizard.core.faults import Fault
from wizard.core.runs import UNSEEN
from wizard.methods import METHODS
from wizard.net import Certificate, Handshake, Trust

SUBJECT = Subject(NAME, 443, "direct")


def seen(
    fault: Fault | None = None,
    trust: Trust = Trust.PUBLIC,
    shown: Certificate | None = None,
    address: str = "203.0.113.9",
) -> Seen:
    trust = Trust.NOBODY if fault else trust
    return Seen(Handshake(NAME, 443, address, "192.168.1.7", "TLSv1.3", shown, trust=trust, fault=fault), NOW)


def test_the_subject_is_name_port_and_root() -> None:
    assert CHECK.subject(scene(roots_pem="root")) == Subject(NAME, 443, "direct", "root")
    assert isinstance(CHECK.subject(scene(host=host(paused=True))), Skip)


def test_a_good_certificate_is_one_fact() -> None:
    (verdict,) = judge(SUBJECT, seen(shown=certificate(days=61)))
    assert (codes((verdict,)), verdict.summary) == (["tls-ok ok"], "61 days left")
    (short,) = judge(SUBJECT, seen(shown=certificate(days=0.4, lifetime=0.5)))
    assert short.summary == "9 hours left"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.REFUSED, "tls-refused failure"),
        (Fault.RESET, "tls-refused failure"),
        (Fault.CLOSED, "tls-refused failure"),
        (Fault.TIMED_OUT, "tls-timed-out failure"),
        (Fault.UNREACHABLE, "tls-timed-out failure"),
        (Fault.NO_CERTIFICATE, "tls-no-certificate failure"),
        (Fault.NOT_TLS, "tls-no-certificate failure"),
        (Fault.TLS_FAILED, "tls-no-certificate failure"),
        (Fault.EXPIRED, "tls-expired failure"),
        (Fault.NOT_YET_VALID, "tls-expired failure"),
        (Fault.NAME_MISMATCH, "tls-name-mismatch failure"),
        (Fault.UNTRUSTED, "tls-untrusted failure"),
        (Fault.RESOLVER_FAILED, "tls-could-not-look unknown"),
        (Fault.NO_NETWORK, "tls-could-not-look unknown"),
        (Fault.NAME_NOT_FOUND, "tls-could-not-look unknown"),
        (Fault.OTHER, "tls-could-not-look unknown"),
    ],
)
def test_every_fault_has_its_verdict(fault: Fault, code: str) -> None:
    assert codes(judge(SUBJECT, seen(fault, shown=certificate("fritz.box", days=-12)))) == [code]


@pytest.mark.parametrize("method", METHODS)
def test_no_fault_and_no_way_in_is_forgotten(method: str) -> None:
    for fault in Fault:
        for shown in (None, certificate()):
            for address in ("", "192.168.1.7", "203.0.113.9"):
                assert judge(Subject(NAME, 443, method), seen(fault, shown=shown, address=address))


@pytest.mark.parametrize(
    ("days", "lifetime", "code"),
    [
        (61, 90, "tls-ok ok"),
        (16, 90, "tls-ok ok"),
        (14, 90, "tls-expires-soon warning"),
        (2, 6, "tls-ok ok"),
        (0.5, 6, "tls-expires-soon warning"),
    ],
)
def test_soon_depends_on_the_lifetime(days: float, lifetime: float, code: str) -> None:
    assert codes(judge(SUBJECT, seen(shown=certificate(days=days, lifetime=lifetime)))) == [code]


def test_caddys_own_authority_is_right_for_this_machine_only() -> None:
    shown = certificate(days=0.4, lifetime=0.5)
    here = Subject("plex.localhost", 8443, "direct", "root")
    assert codes(judge(here, seen(trust=Trust.GIVEN, shown=shown))) == ["tls-ok ok", "tls-own-authority note"]
    assert codes(judge(SUBJECT, seen(trust=Trust.GIVEN, shown=shown))) == ["tls-own-authority warning"]


def test_a_fault_of_the_clock_names_the_clock() -> None:
    (verdict,) = judge(SUBJECT, seen(Fault.NOT_YET_VALID, shown=certificate(days=95)))
    assert "begins only on 29 November 2026" in verdict.summary
    assert verdict.remedy is not None
    assert any("2026-11-24 12:00 UTC" in step for step in verdict.remedy.steps)


def test_an_expired_certificate_says_since_when() -> None:
    (verdict,) = judge(SUBJECT, seen(Fault.EXPIRED, shown=certificate(days=-12)))
    assert "ran out 12 days ago, on 12 November 2026" in verdict.summary


def test_another_servers_certificate_names_that_server() -> None:
    (verdict,) = judge(SUBJECT, seen(Fault.NAME_MISMATCH, shown=certificate("fritz.box", "*.myfritz.net")))
    assert "is for fritz.box and *.myfritz.net, not for plex.example.com" in verdict.summary


def test_a_device_that_signed_its_own_certificate_is_told_from_an_authority() -> None:
    (own,) = judge(SUBJECT, seen(Fault.UNTRUSTED, shown=certificate(is_self_signed=True)))
    assert "signed itself" in own.summary
    (other,) = judge(SUBJECT, seen(Fault.UNTRUSTED, shown=certificate(issuer="(STAGING) Let's Encrypt")))
    assert "issued by (STAGING) Let's Encrypt" in other.summary


def test_a_missing_certificate_says_what_caddy_needs_on_this_way_in() -> None:
    (verdict,) = judge(Subject(NAME, 443, "tailnet"), seen(Fault.NO_CERTIFICATE))
    assert verdict.remedy is not None
    assert METHODS["tailnet"].certificate_plan in verdict.remedy.steps


def test_no_answer_from_here_may_be_the_routers_doing() -> None:
    (verdict,) = judge(SUBJECT, seen(Fault.TIMED_OUT))
    assert "from this machine" in verdict.summary
    assert verdict.remedy is not None
    assert any("phone with Wi-Fi off" in step for step in verdict.remedy.steps)


@pytest.mark.parametrize(
    ("subject", "addresses", "fault", "code"),
    [
        (SUBJECT, ("203.0.113.9",), Fault.TIMED_OUT, "tls-hairpin unknown"),
        (SUBJECT, ("203.0.113.9",), Fault.REFUSED, "tls-hairpin unknown"),
        (
            Subject(NAME, 443, "direct", own_addresses=("203.0.113.9",)),
            ("203.0.113.9",),
            Fault.TIMED_OUT,
            "tls-hairpin unknown",
        ),
        (
            Subject(NAME, 443, "direct", own_addresses=("198.51.100.1",)),
            ("203.0.113.9",),
            Fault.TIMED_OUT,
            "tls-timed-out failure",
        ),
        (Subject(NAME, 443, "wireguard"), ("203.0.113.9",), Fault.TIMED_OUT, "tls-timed-out failure"),
        (SUBJECT, ("203.0.113.9", "2001:db8::9"), Fault.TIMED_OUT, "tls-timed-out failure"),
        (SUBJECT, ("192.168.1.7",), Fault.REFUSED, "tls-refused failure"),
    ],
)
def test_a_port_that_a_router_may_hide_from_its_own_network_is_unknown(
    subject: Subject, addresses: tuple[str, ...], fault: Fault, code: str
) -> None:
    (found,) = judge(subject, Seen(Handshake(NAME, 443, fault=fault), NOW, addresses=addresses))
    assert codes((found,)) == [code]
    assert (found.code in UNSEEN) == (code == "tls-hairpin unknown")
