"""The shape of locality: lists of networks as servers hold them, remembered answers, sentences."""

from __future__ import annotations

import ipaddress
import string

import pytest

from wizard.core.addresses import Address
from wizard.core.locality import (
    Attribution,
    Counted,
    Counting,
    Rule,
    Rules,
    Source,
    Surroundings,
    classifier,
    count,
    explain,
    networks,
)
from wizard.core.locality_rules import RULES, SOURCES

_HOME = ipaddress.ip_address("192.168.1.7")


@pytest.mark.parametrize(
    ("entries", "address", "is_inside"),
    [
        (("192.168.1.0/24",), "192.168.1.9", True),
        (("192.168.1.0/255.255.255.0",), "192.168.1.9", True),
        (("192.168.1.9",), "192.168.1.9", True),
        (("192.168.1.9/24",), "192.168.1.77", True),
        (("192.168.1.0/24",), "192.168.2.9", False),
        (("192.168.1.0/24", "!192.168.1.128/25"), "192.168.1.200", False),
        (("192.168.1.0/24", "!192.168.1.128/25"), "192.168.1.20", True),
        (("0.0.0.0/0",), "::1", False),
        ((), "192.168.1.9", False),
    ],
)
def test_a_list_of_networks_is_read_as_servers_write_it(
    entries: tuple[str, ...], address: str, is_inside: bool
) -> None:
    assert (ipaddress.ip_address(address) in networks(entries)) is is_inside


@pytest.mark.parametrize("entry", [" 192.168.1.0/24", "192.168.1.*", "nas.lan", "192.168.1.0/240"])
def test_an_entry_that_may_be_read_in_more_than_one_way_is_kept_apart(entry: str) -> None:
    found = networks(("10.0.0.0/8", entry))
    assert found.unclear == (entry,)
    assert len(found.inside) == 1


def test_a_list_that_only_takes_out_is_not_set() -> None:
    assert not networks(("!192.168.1.0/24", "")).is_set
    assert networks(("nas.lan",)).is_set


def _undecided(_peer: Address, _forwarded: str | None, _around: Surroundings) -> Attribution:
    return Attribution(Source.HEADER_LIST, (_HOME, ipaddress.ip_address("198.51.100.9")))


def test_where_it_is_not_known_which_address_counts_all_must_agree() -> None:
    def by_first_number(address: Address, _around: Surroundings) -> tuple[Counted, Rule]:
        is_home = str(address).startswith("192.")
        return (Counted.LOCAL, Rule.IN_OWN_SUBNET) if is_home else (Counted.REMOTE, Rule.INTERNET_ADDRESS)

    def all_remote(_address: Address, _around: Surroundings) -> tuple[Counted, Rule]:
        return Counted.REMOTE, Rule.OUTSIDE_LAN_NETWORKS

    torn = count(Rules(_undecided, by_first_number), Surroundings(), "192.168.1.7", "x")
    assert torn == Counting(Counted.UNKNOWN, Rule.ADDRESS_UNCERTAIN, Source.HEADER_LIST)
    agreed = count(Rules(_undecided, all_remote), Surroundings(), "192.168.1.7", "x")
    assert agreed == Counting(Counted.REMOTE, Rule.OUTSIDE_LAN_NETWORKS, Source.HEADER_LIST)
    assert "Each of these addresses" in explain(agreed, server="Plex", peer="192.168.1.7", forwarded="x")[1][0]


def test_a_kind_without_rules_and_a_peer_without_an_address_are_unknown() -> None:
    assert count(None, Surroundings(), "192.168.1.7", None).rule is Rule.NO_RULES
    rules = Rules(_undecided, lambda *_: (Counted.LOCAL, Rule.LOOPBACK))
    assert classifier(rules, Surroundings())("", None).rule is Rule.NO_ADDRESS


def test_answers_are_remembered() -> None:
    asked: list[str] = []

    def place(address: Address, _around: Surroundings) -> tuple[Counted, Rule]:
        asked.append(str(address))
        return Counted.LOCAL, Rule.LOOPBACK

    classify = classifier(Rules(lambda peer, *_: Attribution(Source.NO_HEADER, (peer,)), place), Surroundings())
    assert classify("::ffff:127.0.0.1", None).address == "127.0.0.1"
    assert classify("::ffff:127.0.0.1", None) is classify("::ffff:127.0.0.1", None)
    assert asked == ["127.0.0.1"]


def test_every_rule_and_every_source_has_its_reason() -> None:
    assert set(RULES) == set(Rule)
    assert set(SOURCES) == set(Source)
    for reason in (*RULES.values(), *SOURCES.values()):
        fields = {name for _, name, _, _ in string.Formatter().parse(reason.sentence) if name}
        assert fields <= {"server", "address", "peer", "forwarded"}
        assert not reason.sentence or reason.sentence.endswith(".")
        assert reason.guide.startswith("local-vs-remote#")
