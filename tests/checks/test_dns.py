"""Judging what DNS said, as tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.checks.sets import NAME, codes, host, scene
from tests.net.dns_server import NameServer
from wizard.checks.dns import CHECK, Seen, Subject, judge, observe
from wizard.core.checks import Skip
from wizard.core.faults import Fault
from wizard.methods import METHODS
from wizard.net import Net, Records

SUBJECT = Subject(NAME, "example.com", "direct", ("203.0.113.9",))


def records(kind: str, *values: str, fault: Fault | None = None, name: str = NAME) -> Records:
    return Records(name, kind, values, fault=fault or (None if values else Fault.NO_ADDRESS))


def seen(*addresses: str, fault: Fault | None = None, doubled: tuple[str, ...] = ()) -> Seen:
    v4 = tuple(one for one in addresses if ":" not in one)
    v6 = tuple(one for one in addresses if ":" in one)
    twice = records("A", *doubled, name=f"{NAME}.example.com") if doubled else None
    return Seen(records("A", *v4, fault=fault), records("AAAA", *v6, fault=fault), twice)


def test_the_subject_is_name_way_in_and_addresses() -> None:
    found = CHECK.subject(scene(edge_addresses=("203.0.113.9",), resolvers=("9.9.9.9",)))
    assert found == replace(SUBJECT, resolvers=("9.9.9.9",), is_certified=True)
    for method in ("cloudflare", "funnel", "tailnet"):
        other = CHECK.subject(scene(host=host(method=method, listener=METHODS[method].listener)))
        assert isinstance(other, Subject)
        assert not other.is_certified
    assert isinstance(CHECK.subject(scene(host=host(paused=True))), Skip)


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (seen("203.0.113.9"), ["dns-ok ok"]),
        (seen("203.0.113.9", "2001:db8::9"), ["dns-ok ok"]),  # nothing is known about the right IPv6 address
        (seen("198.51.100.7"), ["dns-wrong-address failure"]),
        (seen("203.0.113.9", "198.51.100.7"), ["dns-wrong-address warning"]),
        (seen("192.168.1.20"), ["dns-private-address failure"]),
        (seen("203.0.113.9", "10.0.0.1"), ["dns-private-address failure"]),
        (seen("127.0.0.1"), ["dns-private-address failure"]),
        (seen("169.254.1.1"), ["dns-private-address failure"]),
        (seen("fd00::20"), ["dns-private-address failure"]),
        (seen("0.0.0.0"), ["dns-private-address failure"]),
        (seen("100.64.0.9"), ["dns-cgnat-address failure"]),
        (seen("fd7a:115c:a1e0::1"), ["dns-private-address failure"]),
        (seen(), ["dns-no-address failure"]),
        (seen(fault=Fault.NAME_NOT_FOUND), ["dns-name-not-found failure"]),
        (seen(fault=Fault.NAME_NOT_FOUND, doubled=("203.0.113.9",)), ["dns-doubled failure"]),
        (seen(fault=Fault.RESOLVER_FAILED), ["dns-could-not-ask unknown"]),
        (seen(fault=Fault.NO_NETWORK), ["dns-could-not-ask unknown"]),
        (seen(fault=Fault.OTHER), ["dns-could-not-ask unknown"]),
    ],
)  # fmt: skip
def test_what_dns_says_is_judged(what: Seen, expected: list[str]) -> None:
    assert codes(judge(SUBJECT, what)) == expected


def test_half_an_answer_says_nothing_about_the_other_half() -> None:
    silent = records("AAAA", fault=Fault.RESOLVER_FAILED)
    assert codes(judge(SUBJECT, Seen(records("A"), silent))) == ["dns-could-not-ask unknown"]
    assert codes(judge(SUBJECT, Seen(records("A", "203.0.113.9"), silent))) == ["dns-ok ok"]
    # that a name does not exist counts for every kind of record
    gone = records("A", fault=Fault.NAME_NOT_FOUND)
    assert codes(judge(SUBJECT, Seen(gone, silent))) == ["dns-name-not-found failure"]


def test_without_known_addresses_any_public_one_passes() -> None:
    unknown = replace(SUBJECT, edge_addresses=())
    (verdict,) = judge(unknown, seen("198.51.100.7"))
    assert codes((verdict,)) == ["dns-ok ok"]
    assert verdict.summary == "Leads to 198.51.100.7"
    assert "not known" in verdict.detail


def test_a_private_address_where_the_owner_says_the_edge_is_warns_only() -> None:
    at_home = replace(SUBJECT, edge_addresses=("192.168.1.7",))
    assert codes(judge(at_home, seen("192.168.1.7"))) == ["dns-private-address warning"]


def test_localhost_names_always_lead_here() -> None:
    here = Subject("plex.localhost", "plex.localhost", "direct")
    assert codes(judge(here, seen("127.0.0.1", "::1"))) == ["dns-ok ok"]


@pytest.mark.parametrize(
    ("method", "addresses", "expected"),
    [
        ("ipv6", ("2001:db8::9",), "dns-ok ok"),
        ("ipv6", ("203.0.113.9",), "dns-no-address failure"),
        ("tailnet", ("100.101.1.10",), "dns-ok ok"),
        ("tailnet", ("100.101.1.10", "fd7a:115c:a1e0::1"), "dns-ok ok"),
        ("tailnet", ("203.0.113.9",), "dns-wrong-address failure"),
        ("cloudflare", ("198.51.100.7",), "dns-ok ok"),
        ("cloudflare", ("192.168.1.20",), "dns-private-address failure"),
        ("funnel", ("198.51.100.7",), "dns-ok ok"),
        ("wireguard", ("198.51.100.7",), "dns-wrong-address failure"),
        ("tailscale", ("100.101.1.10",), "dns-cgnat-address failure"),
    ],
)
def test_each_way_in_wants_its_own_addresses(method: str, addresses: tuple[str, ...], expected: str) -> None:
    edge = ("2001:db8::9",) if method == "ipv6" else ("203.0.113.9",)
    assert codes(judge(replace(SUBJECT, method=method, edge_addresses=edge), seen(*addresses))) == [expected]


@pytest.mark.parametrize("method", METHODS)
def test_every_way_in_can_be_judged(method: str) -> None:
    for what in (seen(), seen("203.0.113.9"), seen("10.0.0.1"), seen("100.64.1.1"), seen(fault=Fault.NAME_NOT_FOUND)):
        assert judge(replace(SUBJECT, method=method), what)


def test_the_advice_names_the_record_to_have() -> None:
    (verdict,) = judge(SUBJECT, seen(fault=Fault.NAME_NOT_FOUND))
    assert verdict.remedy is not None
    assert any("point an A record for plex.example.com to 203.0.113.9" in step for step in verdict.remedy.steps)


def test_the_doubled_name_is_asked_for_only_when_the_real_one_has_nothing() -> None:
    with NameServer({(f"{NAME}.example.com", "A"): ("203.0.113.9",)}) as server:
        what = observe(Net(nameservers=(server.address,)), SUBJECT)
    assert codes(judge(SUBJECT, what)) == ["dns-doubled failure"]
    with NameServer({(NAME, "A"): ("203.0.113.9",)}) as server:
        what = observe(Net(nameservers=(server.address,)), SUBJECT)
        assert (f"{NAME}.example.com", "A") not in server.asked
    assert codes(judge(SUBJECT, what)) == ["dns-ok ok"]


def test_a_name_server_that_is_down_is_our_own_trouble() -> None:
    with NameServer({}, rcode="SERVFAIL") as server:
        what = observe(Net(nameservers=(server.address,)), SUBJECT)
    assert codes(judge(SUBJECT, what)) == ["dns-could-not-ask unknown"]
