"""Asking servers one by one, and finding those that decide: real name servers on loopback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import pytest

from tests.net.dns_server import NameServer
from wizard.net import Net
from wizard.net.questions import Outcome, ask, split_server
from wizard.net.zones import Survey

Zone = Mapping[tuple[str, str], tuple[str, ...]]

NAME = "plex.example.com"
A: Zone = {(NAME, "A"): ("203.0.113.9",)}


@contextmanager
def zone(first: Zone, second: Zone) -> Iterator[Net]:
    """A resolver that knows the two servers of example.com, which have these records."""
    with ExitStack() as ends:
        ns1 = ends.enter_context(NameServer(first, address="127.0.0.2", is_authority=True))
        ends.enter_context(NameServer(second, address="127.0.0.3", port=ns1.port, is_authority=True))
        known = {
            ("example.com", "NS"): ("ns1.example.com.", "ns2.example.com."),
            ("ns1.example.com", "A"): ("127.0.0.2",),
            ("ns2.example.com", "A"): ("127.0.0.3",),
        }
        own = ends.enter_context(NameServer(known))
        yield Net((own.address,), authority_port=ns1.port)


@pytest.mark.parametrize(
    ("rcode", "records", "outcome"),
    [
        ("", A, Outcome.ANSWERED),
        ("", {}, Outcome.NO_SUCH_NAME),
        ("", {(NAME, "TXT"): ('"x"',)}, Outcome.NO_DATA),
        ("SERVFAIL", A, Outcome.FAILED),
        ("REFUSED", A, Outcome.REFUSED),
        ("NOTIMP", A, Outcome.OTHER),
    ],
)
def test_what_a_server_says_is_told_apart(rcode: str, records: Zone, outcome: Outcome) -> None:
    with NameServer(records, rcode=rcode) as server:
        assert ask(server.address, NAME, "A", seconds=3).outcome is outcome


def test_a_server_that_says_nothing_is_silent() -> None:
    with NameServer(A, silent=True) as server:
        assert ask(server.address, NAME, "A", seconds=0.3).outcome is Outcome.SILENT


def test_an_answer_that_does_not_fit_into_udp_comes_over_tcp() -> None:
    with NameServer(A) as server:
        server.wants_tcp = True
        reply = ask(server.address, NAME, "A", seconds=3)
    assert (reply.values, reply.ttl_seconds) == (("203.0.113.9",), 60)
    assert len(server.asked) == 2


def test_signatures_that_do_not_fit_are_told_from_servers_that_fail() -> None:
    with NameServer(A) as server:
        server.unsigned_only = True
        assert ask(server.address, NAME, "A", seconds=3).outcome is Outcome.DNSSEC


def test_absence_says_for_how_long_it_is_remembered() -> None:
    with NameServer({}) as server:
        server.negative_seconds = 1234
        assert ask(server.address, NAME, "A", seconds=3).ttl_seconds == 1234
        assert Net((server.address,)).resolve(NAME, "A").ttl_seconds == 1234


def test_a_referral_is_no_answer() -> None:
    with NameServer({(NAME, "TXT"): ('"x"',)}) as server:
        server.is_referring = True
        assert ask(server.address, NAME, "A", recursive=False, seconds=3).outcome is Outcome.REFUSED


def test_the_servers_of_the_nearest_zone_are_found_and_asked() -> None:
    with zone(A, {}) as net:
        found = net.survey(NAME, seconds=2)
    assert found.zone == "example.com"
    assert [(one.server, one.v4.outcome) for one in found.authorities] == [
        ("ns1.example.com", Outcome.ANSWERED),
        ("ns2.example.com", Outcome.NO_SUCH_NAME),
    ]
    assert found.resolvers == ()


def test_resolvers_are_asked_besides_and_name_the_servers_where_the_own_one_fails() -> None:
    with zone(A, A) as net, NameServer({}, rcode="SERVFAIL") as own:
        broken = Net((own.address,), authority_port=net.authority_port)
        found = broken.survey(NAME, resolvers=net.nameservers, seconds=2)
    assert [one.v4.values for one in found.authorities] == [("203.0.113.9",)] * 2
    assert [one.server for one in found.resolvers] == list(net.nameservers)


def test_where_nobody_answers_nothing_is_found() -> None:
    with NameServer({}, silent=True) as own:
        assert Net((own.address,)).survey(NAME, seconds=0.3) == Survey()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.1.1.1", ("1.1.1.1", 53)),
        ("127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("2620:fe::fe", ("2620:fe::fe", 53)),
        ("[2620:fe::fe]:5353", ("2620:fe::fe", 5353)),
    ],
)
def test_a_server_is_an_address_and_a_port(text: str, expected: tuple[str, int]) -> None:
    assert split_server(text) == expected
