"""How Plex will sort viewers: a table of cases, and agreement with the stand-in Plex wherever anything is claimed."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.plex_rules import Surroundings as PlexSurroundings
from tests.fakes.plex_rules import judge_client
from wizard.core.locality import Counted, Rule, Source, Surroundings, count
from wizard.media import MEDIA

LOCAL, REMOTE, UNKNOWN = Counted.LOCAL, Counted.REMOTE, Counted.UNKNOWN
HOME = Surroundings(own_subnets=("192.168.1.0/24",), wan_addresses=("198.51.100.77",), is_read=True)
LISTED = Surroundings(lan_networks=("192.168.1.0/24", "10.8.0.0/24"), wan_addresses=("198.51.100.77",), is_read=True)
TAILNET = Surroundings(own_addresses=("100.101.1.10",))
BRIDGE = Surroundings(own_addresses=("172.18.0.19",), is_read=True)
UNREAD = Surroundings()
VIEWER, FAR = "203.0.113.9", "2001:db8::9"


@pytest.mark.parametrize(
    ("around", "peer", "forwarded", "counted", "rule", "source"),
    [
        # A: one public IPv4 address from a private or loopback proxy
        (HOME, "192.168.1.7", VIEWER, REMOTE, Rule.INTERNET_ADDRESS, Source.HEADER),
        (HOME, "127.0.0.1", VIEWER, REMOTE, Rule.INTERNET_ADDRESS, Source.HEADER),
        (HOME, "10.8.0.1", VIEWER, REMOTE, Rule.INTERNET_ADDRESS, Source.HEADER),
        (HOME, "::ffff:192.168.1.7", VIEWER, REMOTE, Rule.INTERNET_ADDRESS, Source.HEADER),
        (UNREAD, "127.0.0.1", VIEWER, REMOTE, Rule.INTERNET_ADDRESS, Source.HEADER),
        (LISTED, "192.168.1.7", VIEWER, REMOTE, Rule.OUTSIDE_LAN_NETWORKS, Source.HEADER),
        # B: no header
        (HOME, "127.0.0.1", None, LOCAL, Rule.LOOPBACK, Source.NO_HEADER),
        (HOME, "192.168.1.7", None, LOCAL, Rule.IN_OWN_SUBNET, Source.NO_HEADER),
        (HOME, "192.168.2.7", None, REMOTE, Rule.OUTSIDE_OWN_SUBNET, Source.NO_HEADER),
        (HOME, VIEWER, None, REMOTE, Rule.INTERNET_ADDRESS, Source.NO_HEADER),
        (LISTED, "10.8.0.1", None, LOCAL, Rule.IN_LAN_NETWORKS, Source.NO_HEADER),
        (LISTED, "127.0.0.1", None, UNKNOWN, Rule.LOOPBACK_UNCONFIRMED, Source.NO_HEADER),
        (UNREAD, "192.168.1.7", None, UNKNOWN, Rule.OWN_SUBNET_UNKNOWN, Source.NO_HEADER),
        # C: a private address in the header
        (HOME, "192.168.1.7", "192.168.1.30", LOCAL, Rule.IN_OWN_SUBNET, Source.HEADER_PRIVATE),
        (HOME, "10.8.0.1", "192.168.1.30", REMOTE, Rule.OUTSIDE_OWN_SUBNET, Source.HEADER_PRIVATE),
        (HOME, "127.0.0.1", "172.17.0.1", LOCAL, Rule.LOOPBACK, Source.HEADER_PRIVATE),
        # D: IPv6 in the header stays open, unless both ways lead to the same
        (HOME, "192.168.1.7", FAR, UNKNOWN, Rule.ADDRESS_UNCERTAIN, Source.HEADER_IPV6),
        (LISTED, "192.168.9.7", FAR, REMOTE, Rule.OUTSIDE_LAN_NETWORKS, Source.HEADER_IPV6),
        (HOME, "192.168.1.7", f"::ffff:{VIEWER}", UNKNOWN, Rule.ADDRESS_UNCERTAIN, Source.HEADER_IPV6),
        # E: straight from a tailnet
        (HOME, "100.101.1.12", None, REMOTE, Rule.TAILSCALE_ADDRESS, Source.NO_HEADER),
        (UNREAD, "100.101.1.12", None, REMOTE, Rule.TAILSCALE_ADDRESS, Source.NO_HEADER),
        # F: the proxy itself comes from a tailnet
        (HOME, "100.101.1.10", VIEWER, REMOTE, Rule.INTERNET_ADDRESS, Source.PEER_SHARED),
        (HOME, "100.101.1.10", "198.51.100.77", UNKNOWN, Rule.ADDRESS_UNCERTAIN, Source.PEER_SHARED),
        (HOME, "192.168.1.7", "100.101.1.12", UNKNOWN, Rule.ADDRESS_UNCERTAIN, Source.HEADER_SHARED),
        # G: a list, and text that is no address
        (HOME, "192.168.1.7", f"{VIEWER}, 10.0.0.1", UNKNOWN, Rule.ADDRESS_UNCERTAIN, Source.HEADER_LIST),
        (HOME, "10.8.0.1", f"{VIEWER}, 203.0.113.1", REMOTE, Rule.INTERNET_ADDRESS, Source.HEADER_LIST),
        (HOME, "192.168.1.7", "unknown", UNKNOWN, Rule.ADDRESS_UNCERTAIN, Source.HEADER_UNREADABLE),
        (HOME, "192.168.1.7", "", UNKNOWN, Rule.ADDRESS_UNCERTAIN, Source.HEADER_UNREADABLE),
        # a public proxy is not believed
        (HOME, "203.0.113.1", "192.168.1.30", REMOTE, Rule.INTERNET_ADDRESS, Source.PEER_PUBLIC),
        # treat WAN IP as LAN
        (HOME, "192.168.1.7", "198.51.100.77", LOCAL, Rule.OWN_WAN, Source.HEADER),
        (LISTED, "192.168.1.7", "198.51.100.77", UNKNOWN, Rule.OWN_WAN_UNCONFIRMED, Source.HEADER),
        # a bridge network, of which only the address is known
        (BRIDGE, "172.18.0.1", None, LOCAL, Rule.NEAR_OWN_ADDRESS, Source.NO_HEADER),
        (BRIDGE, "172.18.4.1", None, UNKNOWN, Rule.OWN_SUBNET_UNKNOWN, Source.NO_HEADER),
        (BRIDGE, "192.168.1.30", None, REMOTE, Rule.OUTSIDE_OWN_SUBNET, Source.NO_HEADER),
        (TAILNET, "100.101.1.12", None, REMOTE, Rule.TAILSCALE_ADDRESS, Source.NO_HEADER),
        # a list that Plex may read differently
        (Surroundings(lan_networks=("10.0.0.0/8", " 192.168.1.0/24")), "192.168.1.7", None, UNKNOWN,
         Rule.LAN_NETWORKS_UNCLEAR, Source.NO_HEADER),
    ],
)  # fmt: skip
def test_plex_sorts_viewers_by_these_rules(
    around: Surroundings, peer: str, forwarded: str | None, counted: Counted, rule: Rule, source: Source
) -> None:
    found = count(MEDIA["plex"].locality, around, peer, forwarded)
    assert (found.counted, found.rule, found.source) == (counted, rule, source)


def test_home_is_not_treated_as_lan_when_the_owner_switched_that_off() -> None:
    around = Surroundings(own_subnets=("192.168.1.0/24",), wan_addresses=("198.51.100.77",), wan_as_lan=False)
    assert count(MEDIA["plex"].locality, around, "127.0.0.1", "198.51.100.77").counted is REMOTE


_NEAR = ("127.0.0.1", "192.168.1.7", "192.168.1.200", "192.168.2.7", "10.8.0.1", "172.18.0.3", "::1", "fd00::7")
_AWAY = ("100.101.1.12", VIEWER, "203.0.113.200", "198.51.100.77", FAR, "::ffff:192.168.1.7")
_ADDRESSES = st.sampled_from((*_NEAR, *_AWAY)) | st.ip_addresses(v=4).map(str)
_HEADERS = (
    st.none() | _ADDRESSES | st.tuples(_ADDRESSES, _ADDRESSES).map(", ".join) | st.sampled_from(["", "unknown"])
)
_NETWORKS = st.sampled_from(
    ["192.168.1.0/24", "192.168.0.0/16", "10.0.0.0/8", "100.64.0.0/10", "203.0.113.0/24", "0.0.0.0/1", " 10.8.0.0/24"]
)


@settings(max_examples=1000, deadline=None)
@given(
    peer=_ADDRESSES,
    forwarded=_HEADERS,
    lan=st.lists(_NETWORKS, max_size=3).map(tuple),
    subnets=st.lists(_NETWORKS, min_size=1, max_size=2).map(tuple),
    wan_as_lan=st.booleans(),
)
def test_the_stand_in_plex_agrees_wherever_anything_is_claimed(
    peer: str, forwarded: str | None, lan: tuple[str, ...], subnets: tuple[str, ...], wan_as_lan: bool
) -> None:
    around = Surroundings(lan, subnets, (), ("198.51.100.77",), wan_as_lan, is_read=True)
    found = count(MEDIA["plex"].locality, around, peer, forwarded)
    plex = PlexSurroundings(subnets, "198.51.100.77", ",".join(lan), wan_as_lan)
    said = judge_client(peer, () if forwarded is None else (forwarded,), plex)
    if found.counted is not UNKNOWN:
        assert found.counted is (LOCAL if said.is_local else REMOTE), (found, said)
    if found.address:
        assert found.address == said.address


def test_the_usual_situations_are_never_left_unknown() -> None:
    peers = ("127.0.0.1", "192.168.1.7", "10.8.0.1", "172.18.0.3", VIEWER)
    headers = (None, VIEWER, "8.8.8.8", "198.51.100.77", "192.168.1.30", "10.0.0.4")
    seen = Counter(count(MEDIA["plex"].locality, HOME, peer, one).counted for peer in peers for one in headers)
    assert seen[UNKNOWN] == 0
    assert seen[LOCAL] > 5 < seen[REMOTE]
