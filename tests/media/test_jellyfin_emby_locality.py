"""How Jellyfin and Emby will sort viewers: tables of cases."""

from __future__ import annotations

import pytest

from wizard.core.locality import Counted, Rule, Source, Surroundings, count
from wizard.media import MEDIA

LOCAL, REMOTE, UNKNOWN = Counted.LOCAL, Counted.REMOTE, Counted.UNKNOWN
VIEWER, FAR = "203.0.113.9", "2001:db8::9"
READ = Surroundings(is_read=True)
KNOWN = Surroundings(known_proxies=("192.168.1.7", "10.8.0.0/24"), is_read=True)
NAMED = Surroundings(known_proxies=("caddy.lan",), is_read=True)
LISTED = Surroundings(lan_networks=("192.168.1.0/24", "!192.168.1.128/25"), is_read=True)
WITH_IPV6 = Surroundings(known_proxies=("192.168.1.7",), has_ipv6=True, is_read=True)
EVERY = Surroundings(proxy_headers="AllAddresses", is_read=True)


@pytest.mark.parametrize(
    ("around", "peer", "forwarded", "counted", "rule", "source"),
    [
        (READ, "192.168.1.7", VIEWER, LOCAL, Rule.PRIVATE_ADDRESS, Source.HEADERS_OFF),
        (READ, "127.0.0.1", VIEWER, LOCAL, Rule.LOOPBACK, Source.HEADERS_OFF),
        (READ, "100.101.1.12", None, REMOTE, Rule.TAILSCALE_ADDRESS, Source.NO_HEADER),
        (KNOWN, "192.168.1.7", VIEWER, REMOTE, Rule.INTERNET_ADDRESS, Source.HEADER),
        (KNOWN, "::ffff:192.168.1.7", VIEWER, REMOTE, Rule.INTERNET_ADDRESS, Source.HEADER),
        (KNOWN, "192.168.1.7", FAR, REMOTE, Rule.INTERNET_ADDRESS, Source.HEADER),
        (KNOWN, "192.168.1.7", "192.168.4.4", LOCAL, Rule.PRIVATE_ADDRESS, Source.HEADER),
        (KNOWN, "192.168.1.7", f"198.51.100.1, {VIEWER}, 10.8.0.3", REMOTE, Rule.INTERNET_ADDRESS, Source.HEADER),
        (KNOWN, "192.168.1.8", VIEWER, LOCAL, Rule.PRIVATE_ADDRESS, Source.PROXY_NOT_KNOWN),
        (KNOWN, "192.168.1.7", "unknown", UNKNOWN, Rule.ADDRESS_UNCERTAIN, Source.HEADER_UNREADABLE),
        (NAMED, "192.168.1.7", VIEWER, UNKNOWN, Rule.ADDRESS_UNCERTAIN, Source.PROXY_BY_NAME),
        (Surroundings(), "192.168.1.7", VIEWER, UNKNOWN, Rule.ADDRESS_UNCERTAIN, Source.HEADERS_UNKNOWN),
        (LISTED, "192.168.1.9", None, LOCAL, Rule.IN_LAN_NETWORKS, Source.NO_HEADER),
        (LISTED, "192.168.1.200", None, REMOTE, Rule.OUTSIDE_LAN_NETWORKS, Source.NO_HEADER),
        (LISTED, "10.8.0.1", None, REMOTE, Rule.OUTSIDE_LAN_NETWORKS, Source.NO_HEADER),
        (LISTED, "127.0.0.1", None, LOCAL, Rule.LOOPBACK, Source.NO_HEADER),
        (WITH_IPV6, "192.168.1.7", "fd00::9", LOCAL, Rule.PRIVATE_ADDRESS, Source.HEADER),
        (KNOWN, "192.168.1.7", "fd00::9", UNKNOWN, Rule.IPV6_UNCONFIRMED, Source.HEADER),
    ],
)
def test_jellyfin_sorts_viewers_by_these_rules(
    around: Surroundings, peer: str, forwarded: str | None, counted: Counted, rule: Rule, source: Source
) -> None:
    found = count(MEDIA["jellyfin"].locality, around, peer, forwarded)
    assert (found.counted, found.rule, found.source) == (counted, rule, source)


@pytest.mark.parametrize(
    ("around", "peer", "forwarded", "counted", "rule", "source"),
    [
        (Surroundings(proxy_headers="None"), "192.168.1.7", VIEWER, LOCAL, Rule.PRIVATE_ADDRESS, Source.HEADERS_OFF),
        (EVERY, "192.168.1.7", VIEWER, REMOTE, Rule.INTERNET_ADDRESS, Source.HEADER),
        (EVERY, "192.168.1.7", "192.168.9.9", LOCAL, Rule.PRIVATE_ADDRESS, Source.HEADER),
        (EVERY, "192.168.1.7", "100.101.1.12", UNKNOWN, Rule.TAILSCALE_UNCONFIRMED, Source.HEADER),
        (EVERY, "192.168.1.7", FAR, UNKNOWN, Rule.IPV6_UNCONFIRMED, Source.HEADER),
        (EVERY, "192.168.1.7", f"{VIEWER}, 10.0.0.1", UNKNOWN, Rule.ADDRESS_UNCERTAIN, Source.HEADER_LIST),
        (EVERY, "192.168.1.7", "-", UNKNOWN, Rule.ADDRESS_UNCERTAIN, Source.HEADER_UNREADABLE),
        (Surroundings(proxy_headers="LanAddressesOnly"), "192.168.1.7", VIEWER, UNKNOWN, Rule.ADDRESS_UNCERTAIN,
         Source.HEADERS_UNKNOWN),
        (Surroundings(lan_networks=("100.64.0.0/10",)), "100.101.1.12", None, LOCAL, Rule.IN_LAN_NETWORKS,
         Source.NO_HEADER),
    ],
)  # fmt: skip
def test_emby_sorts_viewers_by_these_rules(
    around: Surroundings, peer: str, forwarded: str | None, counted: Counted, rule: Rule, source: Source
) -> None:
    found = count(MEDIA["emby"].locality, around, peer, forwarded)
    assert (found.counted, found.rule, found.source) == (counted, rule, source)


def test_nothing_is_claimed_about_other_applications() -> None:
    assert count(MEDIA["other"].locality, READ, "127.0.0.1", VIEWER).rule is Rule.NO_RULES
