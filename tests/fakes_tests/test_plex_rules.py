"""The rules by which the stand-in Plex judges clients, as tables."""

from __future__ import annotations

import pytest

from tests.fakes.plex_rules import (
    Access,
    AddressRule,
    LocalityRule,
    Surroundings,
    is_known_name,
    judge_access,
    judge_client,
)

VIEWER = "203.0.113.9"
ADMIN = "owner-token"


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address", "rule"),
    [
        ("127.0.0.1", [VIEWER], VIEWER, AddressRule.FORWARDED),
        ("192.168.1.4", [f" {VIEWER} "], VIEWER, AddressRule.FORWARDED),
        ("172.31.0.2", [VIEWER], VIEWER, AddressRule.FORWARDED),
        ("::1", [VIEWER], VIEWER, AddressRule.FORWARDED),
        ("::ffff:10.0.0.1", [VIEWER], VIEWER, AddressRule.FORWARDED),
        ("127.0.0.1", [], "127.0.0.1", AddressRule.NO_HEADER),
        ("127.0.0.1", ["192.168.1.7"], "127.0.0.1", AddressRule.PRIVATE_VALUE),
        ("127.0.0.1", ["10.8.0.2"], "127.0.0.1", AddressRule.PRIVATE_VALUE),
        ("10.1.1.1", ["127.0.0.1"], "10.1.1.1", AddressRule.PRIVATE_VALUE),
        ("127.0.0.1", ["169.254.3.3"], "127.0.0.1", AddressRule.PRIVATE_VALUE),
        ("127.0.0.1", ["2001:db8::5"], "127.0.0.1", AddressRule.IPV6_VALUE),
        ("127.0.0.1", [f"{VIEWER}, 10.0.0.1"], "127.0.0.1", AddressRule.LIST_VALUE),
        ("127.0.0.1", [VIEWER, VIEWER], "127.0.0.1", AddressRule.LIST_VALUE),
        ("127.0.0.1", [""], "127.0.0.1", AddressRule.UNREADABLE_VALUE),
        ("127.0.0.1", [f"{VIEWER}:4711"], "127.0.0.1", AddressRule.UNREADABLE_VALUE),
        ("198.51.100.1", [VIEWER], "198.51.100.1", AddressRule.PUBLIC_PEER),
        ("100.64.0.3", [VIEWER], "100.64.0.3", AddressRule.PUBLIC_PEER),
        ("::ffff:198.51.100.1", [], "198.51.100.1", AddressRule.NO_HEADER),
    ],
)
def test_an_address_comes_from_the_header_only_behind_a_private_peer_and_as_one_public_ipv4(
    peer: str, forwarded_for: list[str], address: str, rule: AddressRule
) -> None:
    judgement = judge_client(peer, forwarded_for, Surroundings())
    assert (judgement.address, judgement.address_rule) == (address, rule)


@pytest.mark.parametrize(
    ("address", "surroundings", "rule"),
    [
        ("127.0.0.1", Surroundings(), LocalityRule.LOOPBACK),
        ("::1", Surroundings(lan_networks="10.0.0.0/8"), LocalityRule.LOOPBACK),
        ("192.168.1.20", Surroundings(), LocalityRule.IN_OWN_SUBNET),
        ("192.168.2.20", Surroundings(), LocalityRule.OUTSIDE_OWN_SUBNET),
        ("172.18.0.1", Surroundings(own_subnets=("172.18.0.0/16",)), LocalityRule.IN_OWN_SUBNET),
        ("192.168.1.20", Surroundings(own_subnets=("172.18.0.0/16",)), LocalityRule.OUTSIDE_OWN_SUBNET),
        ("100.64.0.3", Surroundings(), LocalityRule.OUTSIDE_OWN_SUBNET),
        (VIEWER, Surroundings(), LocalityRule.OUTSIDE_OWN_SUBNET),
        ("2001:db8::5", Surroundings(own_subnets=("2001:db8::/64",)), LocalityRule.IN_OWN_SUBNET),
        ("100.64.0.3", Surroundings(lan_networks="192.168.1.0/24,100.64.0.0/10"), LocalityRule.IN_LAN_NETWORKS),
        ("192.168.1.20", Surroundings(lan_networks="100.64.0.0/10"), LocalityRule.OUTSIDE_LAN_NETWORKS),
        ("192.168.1.20", Surroundings(lan_networks="192.168.1.20"), LocalityRule.IN_LAN_NETWORKS),
        ("10.1.2.3", Surroundings(lan_networks="10.1.0.0/255.255.0.0"), LocalityRule.IN_LAN_NETWORKS),
        ("10.1.2.3", Surroundings(lan_networks="192.168.1.0/24, 10.1.0.0/16"), LocalityRule.OUTSIDE_LAN_NETWORKS),
        ("198.51.100.77", Surroundings(), LocalityRule.OWN_WAN),
        ("198.51.100.77", Surroundings(lan_networks="10.0.0.0/8"), LocalityRule.OWN_WAN),
        ("198.51.100.77", Surroundings(treats_wan_as_local=False), LocalityRule.OUTSIDE_OWN_SUBNET),
        ("198.51.100.78", Surroundings(), LocalityRule.OUTSIDE_OWN_SUBNET),
    ],
)
def test_local_or_remote_follows_from_the_address_and_the_preferences(
    address: str, surroundings: Surroundings, rule: LocalityRule
) -> None:
    judgement = judge_client(address, [], surroundings)
    assert judgement.locality_rule is rule
    assert judgement.location == ("wan" if rule.value.startswith("outside") else "lan")


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("192.168.1.50:32400", True),
        ("192.168.1.50", True),
        ("[::1]:32400", True),
        ("localhost:32400", True),
        ("http://localhost:32400/web/index.html", True),
        ("192-168-1-50.0123456789abcdef0123456789abcdef.plex.direct:32400", True),
        ("plex.example.org", False),
        ("plex.example.org:443", False),
        ("plex", False),
        ("https://plex.example.org/web/", False),
        ("https://evil.example", False),
        ("null", False),
        ("[broken", False),
        ("", False),
    ],
)
def test_a_host_origin_or_referer_is_known_when_it_names_no_foreign_domain(name: str, known: bool) -> None:
    assert is_known_name(name) is known


@pytest.mark.parametrize(
    ("token", "peer", "names", "surroundings", "access"),
    [
        (ADMIN, VIEWER, ["plex.example.org"], Surroundings(), Access.ADMIN),
        ("guest", VIEWER, ["plex.example.org"], Surroundings(), Access.GUEST),
        ("wrong", "127.0.0.1", ["127.0.0.1"], Surroundings(is_claimed=False), Access.REFUSED),
        (None, "127.0.0.1", ["127.0.0.1:32400"], Surroundings(), Access.REFUSED),
        ("", "127.0.0.1", ["127.0.0.1:32400"], Surroundings(), Access.REFUSED),
        (None, "127.0.0.1", ["127.0.0.1"], Surroundings(allowed_networks="127.0.0.1"), Access.WITHOUT_TOKEN),
        (None, "127.0.0.1", ["plex.example.org"], Surroundings(allowed_networks="127.0.0.1"), Access.REFUSED),
        (None, "192.168.1.9", ["192.168.1.50"], Surroundings(is_claimed=False), Access.WITHOUT_TOKEN),
        (None, "192.168.1.9", ["plex"], Surroundings(is_claimed=False), Access.REFUSED),
        (None, "192.168.1.9", ["192.168.1.50", "https://b.example"], Surroundings(is_claimed=False), Access.REFUSED),
        (None, VIEWER, ["192.168.1.50"], Surroundings(is_claimed=False), Access.REFUSED),
    ],
)
def test_access_is_by_token_and_without_one_only_by_network_and_known_names(
    token: str | None, peer: str, names: list[str], surroundings: Surroundings, access: Access
) -> None:
    judgement = judge_client(peer, [], surroundings, names=names)
    assert judge_access(token, judgement, surroundings, admin=ADMIN, guest="guest") is access


def test_allowed_networks_that_hold_the_proxy_let_in_a_visitor_whose_ipv6_header_is_ignored() -> None:
    around = Surroundings(allowed_networks="127.0.0.1")
    judgement = judge_client("127.0.0.1", ["2001:db8::5"], around, names=["127.0.0.1"])
    assert judge_access(None, judgement, around, admin=ADMIN) is Access.WITHOUT_TOKEN
