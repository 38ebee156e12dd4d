"""DNS through the door, against a name server of ours. Nobody else is asked."""

from __future__ import annotations

import socket

import msgspec
import pytest

from tests.net.dns_server import NameServer
from wizard.core.faults import Fault
from wizard.net import Net, Records

RECORDS = {
    ("plex.example.com", "A"): ("203.0.113.9", "203.0.113.10"),
    ("plex.example.com", "AAAA"): ("2001:db8::9",),
    ("only4.example.com", "A"): ("203.0.113.9",),
    ("alias.example.com", "CNAME"): ("plex.example.com.",),
    ("example.com", "CAA"): ('0 issue "letsencrypt.org"',),
}


def test_records_come_sorted_and_as_text() -> None:
    with NameServer(RECORDS) as server:
        net = Net(nameservers=(server.address,))
        assert net.resolve("plex.example.com").values == ("203.0.113.10", "203.0.113.9")
        assert net.resolve("Plex.Example.COM.", "AAAA").values == ("2001:db8::9",)
        assert net.resolve("example.com", "CAA").values == ('0 issue "letsencrypt.org"',)


def test_an_alias_is_followed_and_named() -> None:
    with NameServer(RECORDS) as server:
        records = Net().resolve("alias.example.com", servers=(server.address,))
    assert (records.canonical, len(records.values)) == ("plex.example.com", 2)


def test_a_missing_name_and_a_missing_kind_are_told_apart() -> None:
    with NameServer(RECORDS) as server:
        net = Net(nameservers=(server.address,))
        assert net.resolve("nobody.example.com").fault is Fault.NAME_NOT_FOUND
        assert net.resolve("only4.example.com", "AAAA").fault is Fault.NO_ADDRESS


@pytest.mark.parametrize(("rcode", "silent"), [("SERVFAIL", False), ("REFUSED", False), ("", True)])
def test_a_resolver_that_fails_says_nothing_about_the_name(rcode: str, silent: bool) -> None:
    with NameServer(RECORDS, rcode=rcode, silent=silent) as server:
        records = Net(nameservers=(server.address,)).resolve("plex.example.com", seconds=0.5)
    assert (records.values, records.fault) == ((), Fault.RESOLVER_FAILED)


def test_a_resolver_that_is_not_there_says_nothing_about_the_name() -> None:
    with NameServer(RECORDS) as server:
        address = server.address
    assert Net(nameservers=(address,)).resolve("plex.example.com", seconds=0.5).fault is Fault.RESOLVER_FAILED


def test_special_names_are_answered_without_asking() -> None:
    with NameServer(RECORDS) as server:
        net = Net(nameservers=(server.address,))
        assert net.resolve("plex.localhost").values == ("127.0.0.1",)
        assert net.resolve("localhost.", "AAAA").values == ("::1",)
        assert net.resolve("plex.localhost", "TXT").fault is Fault.NO_ADDRESS
        assert net.resolve("plex.example.invalid").fault is Fault.NAME_NOT_FOUND
        assert net.addresses("plex.localhost").values == ("127.0.0.1", "::1")
        assert net.addresses("nobody.invalid").fault is Fault.NAME_NOT_FOUND
    assert server.asked == []


def test_names_to_dial_come_from_both_families() -> None:
    with NameServer(RECORDS) as server:
        net = Net(nameservers=(server.address,))
        assert net.addresses("plex.example.com").values == ("203.0.113.10", "203.0.113.9", "2001:db8::9")
        assert net.addresses("only4.example.com").values == ("203.0.113.9",)
        assert net.addresses("nobody.example.com").fault is Fault.NAME_NOT_FOUND


def test_addresses_and_known_names_are_not_looked_up() -> None:
    with NameServer(RECORDS) as server:
        net = Net(nameservers=(server.address,), known={"plex.example.com": ("127.0.0.2",)})
        assert net.addresses("192.168.1.20").values == ("192.168.1.20",)
        assert net.addresses("[::1]").values == ("::1",)
        assert net.addresses("Plex.example.com.").values == ("127.0.0.2",)
    assert server.asked == []


def test_other_names_are_left_to_the_system() -> None:
    # the machine's own name is the only one that needs no network
    found = Net().addresses(socket.gethostname(), seconds=3)
    assert found.values
    assert found.fault is None
    assert Net().addresses("nobody.example.com", seconds=3).fault is Fault.NAME_NOT_FOUND


@pytest.mark.parametrize("name", ["a" * 70 + ".example.com", "a..example.com", "\udcff.example.com", "x" * 300])
def test_a_name_that_cannot_be_asked_for_is_not_found(name: str) -> None:
    assert Net(nameservers=("127.0.0.1:9",)).resolve(name, seconds=0.5).fault is Fault.NAME_NOT_FOUND


def test_name_servers_are_written_with_or_without_port() -> None:
    with NameServer(RECORDS) as server:
        assert Net(nameservers=(server.address,)).resolve("only4.example.com").values
    for address in ("127.0.0.1", "::1", "[::1]:5353", "[::1]"):
        # nobody listens there: only the reading of the address is tried
        assert Net(nameservers=(address,)).resolve("only4.example.com", seconds=0.2).fault is Fault.RESOLVER_FAILED


def test_records_survive_the_journey_as_json() -> None:
    with NameServer(RECORDS) as server:
        records = Net(nameservers=(server.address,)).resolve("plex.example.com")
    assert msgspec.convert(msgspec.to_builtins(records), Records) == records
