"""What holds for every check and every finding: whole, reachable, with a remedy whose guide section exists."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import wizard.checks
from tests.checks import dns_rows, more_verdicts, test_headers, test_headers_trail, test_websocket, tls_rows
from tests.checks.sets import NAME, NOW, PLEX, certificate
from tests.checks.test_dns import records
from wizard.checks import CHECKS, dns, headers, identity, tls, upstream, websocket
from wizard.core.checks import Check
from wizard.core.faults import Fault
from wizard.core.hosts import Upstream, Verify, VerifyKind
from wizard.core.verdicts import Level, Verdict
from wizard.guides import Guides
from wizard.media import MEDIA, Identity, NotThis
from wizard.methods import METHODS
from wizard.net import Handshake, Trust

FOLDER = Path(wizard.checks.__file__).parent
GUIDES = FOLDER.parents[1] / "docs_content"
BANNED = re.compile(
    r"\b(invalid|valid|illegal|forbidden|please|sorry|oops|simply|just|error occurred|something went wrong)\b",
    re.IGNORECASE,
)
ALL = list(CHECKS.values())

# promised to the guides and to whoever greps a bug report for them
PROMISED = {
    "upstream": "refused timed-out name-not-found certificate not-a-media-server wrong-kind closed unclaimed ok",
    "dns": "name-not-found no-address private-address cgnat-address doubled wrong-address could-not-ask ok differs "
    "authority-silent not-everywhere broken dnssec own-resolver stale-aaaa cloudflare points-home split caa",
    "tls": "refused timed-out expired name-mismatch untrusted no-certificate expires-soon own-authority ok hairpin "
    "missing-intermediate only-newest only-old young-root",
    "identity": "other-server other-thing circle bad-gateway no-answer ok",
    "headers": "off hop-address several-addresses forged-accepted missing plex-changed scheme-wrong echo-not-ours "
    "ipv6 server-ignores ok",
    "websocket": "off refused stripped closed-early token-refused ok",
    **more_verdicts.PROMISED,
}


def _upstream() -> Iterator[Verdict]:
    verifies = [Verify(kind, "nas.local", "-----") for kind in VerifyKind]
    combinations = itertools.product(MEDIA, ("http", "https"), verifies)
    places = [Upstream(kind, scheme, "nas", 80, verify) for kind, scheme, verify in combinations]
    for place in places:
        subject = upstream.Subject(place.media, place)
        others = [NotThis(status, fault=fault) for status in (0, 400) for fault in (*Fault, None)]
        for other in (*others, NotThis(200, "Router"), NotThis(401, is_closed=True)):
            for shown in (None, certificate("*.0123.plex.direct")):
                yield from upstream.judge(subject, upstream.Seen(other=other, certificate=shown))
        for is_set_up in (True, False, None):
            for kind in MEDIA:
                yield from upstream.judge(subject, upstream.Seen(Identity(kind, "abc", is_set_up=is_set_up)))


def _dns() -> Iterator[Verdict]:
    answers = [("203.0.113.9",), ("198.51.100.7",), ("203.0.113.9", "198.51.100.7"), ("10.0.0.1",), ("100.64.1.1",)]
    for method in METHODS:
        for edge in ((), ("203.0.113.9",), ("10.0.0.1",)):
            subject = dns.Subject(NAME, "example.com", method, edge)
            for fault in (*Fault, None):
                empty = dns.Seen(records("A", fault=fault), records("AAAA", fault=fault))
                yield from dns.judge(subject, empty)
                yield from dns.judge(subject, replace(empty, doubled=records("A", "203.0.113.9")))
            for values in answers:
                yield from dns.judge(subject, dns.Seen(records("A", *values), records("AAAA")))
    yield from dns_rows.verdicts()


def _tls() -> Iterator[Verdict]:
    for method in METHODS:
        for name in (NAME, "plex.localhost"):
            subject = tls.Subject(name, 443, method)
            for fault in (*Fault, None):
                for trust in Trust:
                    for shown in (None, certificate(), certificate(days=2), certificate(is_self_signed=True)):
                        shake = Handshake(name, 443, "203.0.113.9", certificate=shown, trust=trust, fault=fault)
                        yield from tls.judge(subject, tls.Seen(shake, NOW + timedelta(hours=1)))
    yield from tls_rows.verdicts()


def _identity() -> Iterator[Verdict]:
    for kind in MEDIA:
        subject = identity.Subject(replace(PLEX, media=kind), NAME, 443)
        same, other = Identity(kind, "abc", "A"), Identity(kind, "xyz", "B")
        for public in (same, other, Identity(kind, "", "A")):
            yield from identity.judge(subject, identity.Seen(same, None, public))
            yield from identity.judge(subject, identity.Seen(Identity(kind, "", "A"), None, public))
            yield from identity.judge(subject, identity.Seen(None, NotThis(503), public))
        for status in (0, 200, 404, 502, 503, 522):
            for fault in (*Fault, None):
                thing = NotThis(status, server="Caddy", fault=fault)
                circle = NotThis(301, location=f"{subject.url}{MEDIA[kind].paths[0]}")
                yield from identity.judge(subject, identity.Seen(same, None, None, circle))
                yield from identity.judge(subject, identity.Seen(same, None, None, thing))


def _table(test: Any, column: str) -> list[Any]:
    """The rows of a parametrised test."""
    (mark,) = [mark for mark in test.pytestmark if column in mark.args[0]]
    return list(mark.args[1])


def _headers() -> Iterator[Verdict]:
    for media in MEDIA:
        for forwards in (True, False):
            subject = replace(test_headers.SUBJECT, media=media, forward_client_ip=forwards)
            for what, _ in _table(test_headers.test_what_arrives_is_judged, "what"):
                yield from headers.CHECK.judge(subject, what)
            for what, kind, _ in _table(test_headers_trail.test_what_the_server_makes_of_it_is_judged, "what"):
                yield from headers.CHECK.judge(replace(subject, media=kind), what)


def _websocket() -> Iterator[Verdict]:
    for media in MEDIA:
        for subject, what, _ in _table(test_websocket.test_what_was_seen_is_judged, "what"):
            yield from websocket.CHECK.judge(replace(subject, media=media), what)


VERDICTS: dict[str, list[Verdict]] = {
    "upstream": list(_upstream()),
    "dns": list(_dns()),
    "tls": list(_tls()),
    "identity": list(_identity()),
    "headers": list(_headers()),
    "websocket": list(_websocket()),
    **more_verdicts.VERDICTS,
}
EVERY = [verdict for verdicts in VERDICTS.values() for verdict in verdicts]


def _written_codes() -> set[str]:
    """The codes that stand in the sources as literals."""
    pattern = re.compile(rf'"((?:{"|".join(CHECKS)})-[a-z0-9-]+)"')
    return {code for path in FOLDER.glob("*.py") for code in pattern.findall(path.read_text())}


def test_the_folder_is_the_registry() -> None:
    files = {path.stem for path in FOLDER.glob("*.py") if re.search(r"^CHECK = ", path.read_text(), re.MULTILINE)}
    assert set(CHECKS) == files


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.name)
def test_each_check_is_whole(check: Check[Any, Any]) -> None:
    assert check.title
    assert not check.title.endswith(".")
    assert check.question.endswith("?")
    assert check.help == f"checks#{check.name}"
    assert set(check.needs) <= set(CHECKS)
    assert 0 < check.seconds <= (120 if check.deep else 30)
    assert 0 <= check.tickets <= 8


def test_every_code_that_was_promised_is_written_and_every_written_one_is_reachable() -> None:
    promised = {f"{check}-{rest}" for check, all_ in PROMISED.items() for rest in all_.split()}
    assert promised <= _written_codes()
    assert {verdict.code for verdict in EVERY} == _written_codes()


def test_every_code_begins_with_its_check() -> None:
    for name, verdicts in VERDICTS.items():
        assert verdicts
        assert all(verdict.code.startswith(f"{name}-") for verdict in verdicts)


def test_only_a_code_that_says_ok_is_ok() -> None:
    for verdict in EVERY:
        assert (verdict.level is Level.OK) == verdict.code.endswith("-ok"), verdict


def test_what_could_not_be_seen_is_unknown_and_never_red() -> None:
    for verdict in EVERY:
        if "-could-not-" in verdict.code:
            assert verdict.level is Level.UNKNOWN


def test_bad_news_has_cause_reason_and_remedy() -> None:
    for verdict in EVERY:
        if verdict.level.rank < Level.UNKNOWN.rank:
            continue
        assert verdict.summary
        assert verdict.why.endswith("."), verdict
        assert verdict.remedy is not None, verdict
        assert verdict.remedy.action.endswith("."), verdict
        assert len(verdict.remedy.steps) <= 5, verdict
        assert all(step.endswith((".", "?")) for step in verdict.remedy.steps), verdict


def test_a_row_is_one_line_without_a_final_dot() -> None:
    for verdict in EVERY:
        assert "\n" not in verdict.summary
        assert not verdict.summary.endswith("."), verdict
        assert "  " not in verdict.summary, verdict


def test_every_remedy_leads_to_a_section_of_the_guides_that_exists() -> None:
    guides = Guides.load(GUIDES)
    targets = {verdict.remedy.guide for verdict in EVERY if verdict.remedy} | {check.help for check in ALL}
    assert [target for target in sorted(targets) if not guides.has(target)] == []


def test_no_sentence_blames_or_is_vague() -> None:
    for verdict in EVERY:
        remedy = verdict.remedy
        parts = (verdict.summary, verdict.why, remedy.action if remedy else "", *(remedy.steps if remedy else ()))
        assert not [part for part in parts if BANNED.search(part)]


def test_everything_is_labelled_as_seen_from_this_machine() -> None:
    for verdict in EVERY:
        if verdict.level is Level.FAILURE:
            assert "from this machine" in f"{verdict.summary} {verdict.detail}", verdict
