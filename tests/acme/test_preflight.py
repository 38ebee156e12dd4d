"""Before the first certificate is asked for: what DNS says about whether it can come. Asks a real name server."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.caddy.talk import proxy_host
from tests.net.dns_server import NameServer
from wizard.checks.issuance_preflight import preflight
from wizard.core.caa import climb, permission
from wizard.core.hosts import ProxyHost
from wizard.core.verdicts import Level, Verdict
from wizard.methods import METHODS
from wizard.net import Net

NAME = "plex.example.com"
A = (NAME, "A")
PUBLIC = {A: ("203.0.113.9",)}


def flown(
    records: Mapping[tuple[str, str], tuple[str, ...]],
    method: str = "direct",
    *,
    host: ProxyHost | None = None,
    rcode: str = "",
    acme_ca: str = "",
) -> tuple[Verdict, ...]:
    with NameServer(records, rcode=rcode) as names:
        there = host or proxy_host(name=NAME)
        return preflight(Net((names.address,)), there, METHODS[method], acme_ca=acme_ca)


def codes(verdicts: tuple[Verdict, ...]) -> list[str]:
    return [f"{verdict.code} {verdict.level}" for verdict in verdicts]


def test_a_name_that_leads_to_a_public_address_is_ready() -> None:
    found = flown(PUBLIC)
    assert codes(found) == ["issuance-limits note", "issuance-ok ok"]
    assert "HTTP-01 and TLS-ALPN-01" in found[1].summary
    assert "below example.com" in found[0].why


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ({("com", "NS"): ("a.gtld-servers.net.",)}, "issuance-name-not-found failure"),
        ({}, "issuance-could-not-look unknown"),  # a network without the internet's names
        ({(NAME, "TXT"): ('"x"',)}, "issuance-name-not-found failure"),
        ({A: ("192.168.1.20",)}, "issuance-private-address failure"),
        ({A: ("100.64.0.7",)}, "issuance-private-address failure"),
        ({A: ("203.0.113.9", "10.0.0.1")}, "issuance-private-address warning"),
        ({A: ("203.0.113.9",), (NAME, "AAAA"): ("2001:db8::7",)}, "issuance-ipv6-first note"),
        ({**PUBLIC, (NAME, "CAA"): ('0 issue "sectigo.com"',)}, "issuance-caa failure"),
        ({**PUBLIC, ("example.com", "CAA"): ('0 issue ";"',)}, "issuance-caa failure"),
        ({**PUBLIC, ("com", "CAA"): ('0 issue "sectigo.com"',)}, "issuance-caa failure"),
    ],
)
def test_what_stands_in_the_way_is_named(records: dict[tuple[str, str], tuple[str, ...]], expected: str) -> None:
    found = flown(records)
    assert codes(found)[0] == expected
    assert ("issuance-ok ok" in codes(found)) == (found[0].level is Level.NOTE)
    assert "no name of the internet" in found[0].summary or records


def test_an_answer_for_home_only_counts_only_where_nobody_outside_can_be_asked() -> None:
    host = proxy_host(name=NAME)
    with NameServer({A: ("192.168.1.20",)}) as own, NameServer(PUBLIC) as outside:
        net = Net((own.address,))
        found = preflight(net, host, METHODS["direct"], resolvers=(outside.address,))
        assert "issuance-ok ok" in codes(found)
        outside.rcode = "SERVFAIL"
        found = preflight(net, host, METHODS["direct"], resolvers=(outside.address,))
        assert codes(found)[0] == "issuance-private-address failure"


def test_the_nearest_caa_record_counts() -> None:
    records = {**PUBLIC, (NAME, "CAA"): ('0 issue "letsencrypt.org"',), ("example.com", "CAA"): ('0 issue ";"',)}
    assert "issuance-ok ok" in codes(flown(records))


def test_a_caa_record_for_one_account_or_one_challenge_is_told() -> None:
    tied = {**PUBLIC, (NAME, "CAA"): ('0 issue "letsencrypt.org; accounturi=https://x/1"',)}
    assert codes(flown(tied))[0] == "issuance-caa warning"
    by_dns = {**PUBLIC, (NAME, "CAA"): ('0 issue "letsencrypt.org; validationmethods=dns-01"',)}
    assert codes(flown(by_dns))[0] == "issuance-caa failure"
    found = flown(by_dns)[0]
    assert "dns-01" in found.summary
    assert found.remedy is not None
    assert found.remedy.snippet == 'plex.example.com. CAA 0 issue "letsencrypt.org"'


def test_for_an_authority_of_ones_own_caa_is_not_judged() -> None:
    records = {**PUBLIC, (NAME, "CAA"): ('0 issue "ca.lan"',)}
    assert "issuance-ok ok" in codes(flown(records, acme_ca="https://ca.lan/dir"))


def test_a_name_server_that_fails_leaves_it_open() -> None:
    assert codes(flown({}, rcode="SERVFAIL")) == ["issuance-could-not-look unknown"]


def test_a_way_in_that_needs_no_certificate_here_asks_nobody() -> None:
    with NameServer({}) as names:
        net = Net((names.address,))
        for method in ("cloudflare", "funnel"):
            host = proxy_host(name=NAME, listener=METHODS[method].listener)
            assert codes(preflight(net, host, METHODS[method])) == ["issuance-ok ok"]
        assert codes(preflight(net, proxy_host(name="plex.localhost"), METHODS["direct"])) == ["issuance-ok ok"]
        assert names.asked == []


def test_where_nobody_outside_can_connect_it_says_so() -> None:
    (found,) = flown(PUBLIC, "tailnet")
    assert (found.code, found.level) == ("issuance-no-challenge", Level.WARNING)
    assert found.remedy is not None
    assert "DNS challenge" in " ".join(found.remedy.steps)


def test_an_ipv6_way_in_is_not_warned_about_its_own_record() -> None:
    assert codes(flown({(NAME, "AAAA"): ("2001:db8::7",)}, "ipv6")) == ["issuance-limits note", "issuance-ok ok"]


# the rules of CAA alone


def test_the_tree_is_climbed_from_the_name_to_the_top() -> None:
    assert climb("a.b.example.com") == ("a.b.example.com", "b.example.com", "example.com", "com")


@pytest.mark.parametrize(
    ("records", "given"),
    [
        ([], True),
        (['0 iodef "mailto:x@example.com"'], True),
        (['0 issuewild ";"'], True),
        (['0 issue ";"'], False),
        (['0 issue "letsencrypt.org"'], True),
        (['0 issue "LetsEncrypt.org"'], True),
        (['0 issue "sectigo.com"', '0 issue "letsencrypt.org"'], True),
        (['0 issue "notletsencrypt.org"'], False),
        (['128 tomorrow "x"', '0 issue "letsencrypt.org"'], False),
        (['0 tomorrow "x"', '0 issue "letsencrypt.org"'], True),
        (['128 issue "letsencrypt.org"'], True),
    ],
)
def test_who_may_issue_follows_rfc_8659(records: list[str], given: bool) -> None:
    assert permission(records).is_given is given


def test_a_second_record_without_limits_lifts_those_of_the_first() -> None:
    found = permission(['0 issue "letsencrypt.org; validationmethods=dns-01"', '0 issue "letsencrypt.org"'])
    assert (found.methods, found.is_tied) == (None, False)
