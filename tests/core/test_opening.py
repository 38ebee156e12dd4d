"""What to open at home: ports of this Caddy, the address that lasts, and what stands against it."""

from __future__ import annotations

from dataclasses import replace

from tests.core.worlds import GATEWAY, LAN, PUBLIC, SIX, gateways, known, machine, seen_as
from wizard.core.connection import Facts, Place
from wizard.core.hosts import Edge
from wizard.core.lasting import Own6, best, read_if_inet6
from wizard.core.nat import judge
from wizard.core.opening import NO_IPV6, open_ipv4, open_ipv6

HIGH = Edge("here", "unix//run/caddy.sock", http_port=8080, https_port=8443)
LOW = Edge("here", "unix//run/caddy.sock")
HOME = Facts(machine=machine(six=SIX), **gateways(PUBLIC), **seen_as(PUBLIC))
TABLE = """\
20010db8000000000000000000000050 02 40 00 80     eth0
20010db800000000aaaabbbbccccdddd 02 40 00 01     eth0
20010db8000000000000000000000051 02 40 00 20     eth0
20010db8000000000000000000000052 02 40 00 40     eth0
20010db8000000000000000000000053 02 40 00 c8     eth0
20010db8000000070000000000000009 05 80 00 80     ppp0
fd00000000000000000000000000000a 02 40 00 80     eth0
fd7a115ca1e000000000000000000001 04 80 00 80 tailscale0
fe800000000000000000000000000001 02 40 20 80     eth0
00000000000000000000000000000001 01 80 10 80       lo
not a line
"""


def test_a_forward_leads_to_the_ports_of_this_caddy() -> None:
    opening = open_ipv4(HOME, judge(HOME), HIGH)
    assert [(rule.outside, rule.inside) for rule in opening.rules] == [(443, 8443), (80, 8080)]
    assert (opening.machine, opening.router, opening.publish, opening.against) == (LAN, GATEWAY, PUBLIC, "")


def test_behind_carrier_nat_the_verdict_stands_against_it() -> None:
    facts = replace(HOME, **gateways("100.64.0.2"))
    assert open_ipv4(facts, judge(facts), LOW).against.startswith("You are behind CGNAT")


def test_on_a_rented_server_it_is_said_that_this_is_for_home() -> None:
    facts = replace(HOME, place=known(Place.SERVER))
    for opening in (open_ipv4(facts, judge(facts), LOW), open_ipv6(facts, judge(facts), LOW, ())):
        assert "rented server" in opening.against


def test_what_is_inside_a_container_is_no_address_to_forward_to() -> None:
    facts = replace(HOME, machine=machine(is_bridged=True))
    opening = open_ipv4(facts, judge(facts), LOW)
    assert (opening.machine, opening.router) == ("", "")
    assert open_ipv6(facts, judge(facts), LOW, read_if_inet6(TABLE)).publish == ""


def test_only_addresses_that_last_and_are_routed_may_stand_in_dns() -> None:
    found = read_if_inet6(TABLE)
    assert [(one.address, one.is_lasting) for one in found] == [
        (SIX, True),
        ("2001:db8:0:7::9", True),
        ("2001:db8::aaaa:bbbb:cccc:dddd", False),
        ("2001:db8::51", False),
    ]
    assert best(found, "ppp0") == "2001:db8:0:7::9"
    assert best(found) == best(found, "wlan0") == SIX
    assert best([Own6("2001:db8::1", "eth0", is_temporary=True)]) == ""


def test_over_ipv6_ports_stay_what_they_are() -> None:
    own = read_if_inet6(TABLE)
    opening = open_ipv6(HOME, judge(HOME), LOW, own)
    assert ([rule.inside for rule in opening.rules], opening.publish, opening.against) == ([443, 80], SIX, "")
    assert "must listen on 443 and 80" in open_ipv6(HOME, judge(HOME), HIGH, own).against


def test_without_ipv6_it_says_so() -> None:
    facts = Facts(machine=machine(), public6=known(()))
    assert open_ipv6(facts, judge(facts), LOW, ()).against == NO_IPV6
    assert open_ipv6(Facts(), judge(Facts()), LOW, ()).against == ""
