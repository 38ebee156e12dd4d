"""Judging what arrived at our echo, as tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.checks.sets import ECHO, MARK, NAME, codes, host, scene
from wizard.checks.headers import CHECK, Echoed, Seen, Subject
from wizard.checks.headers_sent import FORGED_ADDRESS, FORGED_NAME, IDENTIFIER, sent_headers
from wizard.core.checks import Skip
from wizard.core.faults import Fault

SUBJECT = Subject(NAME, 443, ECHO.path, MARK, forward_client_ip=True, media="plex")
OFF = replace(SUBJECT, forward_client_ip=False)
GOOD = {
    "Host": NAME,
    "X-Forwarded-For": "127.0.0.1",
    "X-Real-Ip": "127.0.0.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": NAME,
    "X-Plex-Client-Identifier": IDENTIFIER,
    "Via": "2.0 Caddy",
}


def seen(local: str = "127.0.0.1", peer: str = "127.0.0.1", mark: str = MARK, **changes: str | None) -> Seen:
    headers = GOOD | {name.replace("_", "-"): value for name, value in changes.items()}
    pairs = tuple((name, value) for name, value in headers.items() if value is not None)
    return Seen(200, echoed=Echoed(mark, "127.0.0.1", "https", pairs), local_address=local, peer_address=peer)


def far(value: str, local: str = "192.168.1.7") -> Seen:
    """As asked at a public address, through a router at home unless `local` is public itself."""
    return seen(local, "203.0.113.9", X_Forwarded_For=value, X_Real_Ip=None)


def near(value: str) -> Seen:
    """As asked inside one network."""
    return seen("192.168.1.7", "192.168.1.9", X_Forwarded_For=value, X_Real_Ip=None)


def judged(what: Seen, subject: Subject = SUBJECT) -> list[str]:
    return codes(CHECK.judge(subject, what))


def test_the_subject_has_a_test_address_and_no_token() -> None:
    assert CHECK.subject(scene(token="secret")) == SUBJECT
    assert isinstance(CHECK.subject(scene(echoes=())), Skip)
    assert isinstance(CHECK.subject(scene(host=host(paused=True))), Skip)
    assert SUBJECT.url == "https://plex.example.com/.well-known/porthole/once"


def test_what_is_sent_is_a_lie_in_every_form_and_no_token() -> None:
    names = [name for name, _ in sent_headers()]
    assert {"X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Host"} < set(names)
    assert "X-Plex-Token" not in names
    assert IDENTIFIER.isascii()
    assert IDENTIFIER.isprintable()


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (seen(), "headers-ok ok"),
        (seen(X_Real_Ip=None), "headers-ok ok"),
        (seen(Host=f"{NAME}:8443", X_Forwarded_Host=f"{NAME}:8443"), "headers-ok ok"),
        (seen(X_Forwarded_For="::ffff:127.0.0.1", X_Real_Ip=None), "headers-ok ok"),
        (far("198.51.100.7"), "headers-ok ok"),
        (far("192.168.1.7"), "headers-ok ok"),
        (far("198.51.100.7", "198.51.100.7"), "headers-ok ok"),
        (near("192.168.1.7"), "headers-ok ok"),
        (far("172.17.0.1"), "headers-hop-address warning"),
        (far("8.8.8.8", "198.51.100.7"), "headers-hop-address warning"),
        (near("172.17.0.1"), "headers-hop-address failure"),
        (near("8.8.8.8"), "headers-hop-address failure"),
        (seen(X_Forwarded_For="127.0.0.2", X_Real_Ip=None), "headers-hop-address failure"),
        (seen(X_Forwarded_For="unknown", X_Real_Ip=None), "headers-hop-address failure"),
        (seen(X_Forwarded_For="10.0.0.1,127.0.0.1"), "headers-several-addresses failure"),
        (seen(X_Real_Ip="10.0.0.1"), "headers-several-addresses failure"),
        (seen(X_Forwarded_For=None, X_Real_Ip=None), "headers-missing failure"),
        (seen(X_Forwarded_For=" "), "headers-missing failure"),
        (seen(Forwarded=f"for={FORGED_ADDRESS}"), "headers-forged-accepted failure"),
        (seen(X_Plex_Client_Identifier=IDENTIFIER.lower()), "headers-plex-changed failure"),
        (seen(X_Plex_Client_Identifier=None), "headers-plex-changed failure"),
        (seen(X_Plex_Token=""), "headers-plex-changed failure"),
        (seen(X_Forwarded_Proto="http"), "headers-scheme-wrong warning"),
        (seen(Host="127.0.0.1:32400"), "headers-scheme-wrong warning"),
        (seen(mark="another"), "headers-echo-not-ours failure"),
        (Seen(404, server="Caddy"), "headers-echo-not-ours failure"),
        (Seen(200), "headers-echo-not-ours failure"),
        (Seen(502, server="Caddy"), "headers-could-not-look unknown"),
        (Seen(fault=Fault.TIMED_OUT), "headers-could-not-look unknown"),
        (Seen(fault=Fault.NO_NETWORK), "headers-could-not-look unknown"),
    ],
)  # fmt: skip
def test_what_arrives_is_judged(what: Seen, expected: str) -> None:
    assert judged(what) == [expected]


@pytest.mark.parametrize("name", ["X_Forwarded_For", "X_Real_Ip", "Forwarded", "X_Forwarded_Host", "Client_Ip"])
def test_a_forged_value_is_found_wherever_it_arrives(name: str) -> None:
    value = FORGED_NAME if name == "X_Forwarded_Host" else f"{FORGED_ADDRESS}, 127.0.0.1"
    assert "headers-forged-accepted failure" in judged(seen(**{name: value}))


def test_several_faults_are_all_told() -> None:
    what = seen(X_Forwarded_For=None, X_Real_Ip=None, X_Plex_Token="", X_Forwarded_Proto="http")
    assert judged(what) == ["headers-missing failure", "headers-plex-changed failure", "headers-scheme-wrong warning"]


def test_switched_off_headers_warn_in_the_consequences_words() -> None:
    what = seen(X_Forwarded_For=None, X_Real_Ip=None)
    (verdict,) = CHECK.judge(OFF, what)
    assert codes((verdict,)) == ["headers-off warning"]
    assert "Remote viewers can count as Local" in verdict.why
    assert "use all your upload" in verdict.why


def test_a_lie_that_arrives_is_red_even_when_headers_are_off() -> None:
    what = seen(X_Forwarded_For=FORGED_ADDRESS, X_Real_Ip=None)
    assert judged(what, OFF) == ["headers-forged-accepted failure", "headers-off warning"]


def test_what_is_not_proven_from_here_is_said() -> None:
    (here,) = CHECK.judge(SUBJECT, seen())
    assert "a viewer from the internet has not been seen yet" in here.why
    (proven,) = CHECK.judge(SUBJECT, far("198.51.100.7"))
    assert "not been seen yet" not in proven.why
    assert proven.summary == "Exactly one viewer address arrives: 198.51.100.7"
