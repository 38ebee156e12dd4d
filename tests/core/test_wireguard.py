"""A tunnel from what was typed: refusals, both files, firewalls, and what `wg` prints."""

from __future__ import annotations

import pytest

from wizard.core.wireguard import (
    End,
    Keys,
    Tunnel,
    admin_configuration,
    configuration,
    firewall,
    masked,
    read_tunnel,
    tunnel_of,
)
from wizard.core.wireguard_dump import Peer, read_dump

TYPED = {"vps": "203.0.113.10", "port": "51820", "network": "10.9.0.0/24", "mtu": "0", "porthole": "vps"}
KEYS = Keys("home-secret=", "home-key=", "vps-secret=", "vps-key=", "both-secret=")


def test_home_dials_and_keeps_the_line_open() -> None:
    tunnel = read_tunnel(TYPED)
    assert isinstance(tunnel, Tunnel)
    assert configuration(tunnel, KEYS, End.HOME) == (
        "[Interface]\nPrivateKey = home-secret=\nAddress = 10.9.0.2/32\n\n"
        "[Peer]\nPublicKey = vps-key=\nPresharedKey = both-secret=\nAllowedIPs = 10.9.0.1/32\n"
        "Endpoint = 203.0.113.10:51820\nPersistentKeepalive = 25\n"
    )


def test_the_vps_listens_and_dials_nobody() -> None:
    assert configuration(Tunnel("vps.example.org", 51821, mtu=1280), KEYS, End.VPS) == (
        "[Interface]\nPrivateKey = vps-secret=\nAddress = 10.9.0.1/24\nListenPort = 51821\nMTU = 1280\n\n"
        "[Peer]\nPublicKey = home-key=\nPresharedKey = both-secret=\nAllowedIPs = 10.9.0.2/32\n"
    )


def test_on_the_screen_no_secret_stands() -> None:
    shown = masked(configuration(Tunnel("203.0.113.10"), KEYS, End.HOME))
    assert "secret" not in shown
    assert "PublicKey = vps-key=" in shown


def test_an_ipv6_endpoint_has_brackets() -> None:
    assert Tunnel("2001:db8::10").endpoint == "[2001:db8::10]:51820"


def test_what_is_kept_is_read_again() -> None:
    tunnel = Tunnel("vps.example.org", 4500, "10.77.0.0/24", 1280, End.HOME)
    assert tunnel_of(tunnel.values) == tunnel
    assert tunnel_of({}) is None


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("vps", "", "Enter the public IP address or the name of the VPS"),
        ("vps", "vps", "Enter the public IP address or the name of the VPS"),
        ("vps", "203.0.113.10:51820", "Enter the public IP address or the name of the VPS"),
        ("vps", "evil.example\nPostUp = reboot", "Enter the public IP address or the name of the VPS"),
        ("vps", "10.0.0.4", "10.0.0.4 is not a public address. Enter the one that the company shows for your VPS"),
        ("port", "70000", "Port must be a number from 1 to 65535, usually 51820"),
        ("port", "५", "Port must be a number from 1 to 65535, usually 51820"),
        ("network", "10.9.0.1/24", "Enter a private network such as 10.9.0.0/24"),
        ("network", "fd00::/64", "Enter a private network such as 10.9.0.0/24"),
        ("network", "100.64.0.0/24", "100.64.0.0/24 is not a private network. Take one such as 10.9.0.0/24"),
        ("network", "10.9.0.0/31", "10.9.0.0/31 has no room for two machines. Take one such as 10.9.0.0/24"),
        (
            "network",
            "192.168.1.0/24",
            "192.168.1.7 of this side lies in 192.168.0.0/16. Take another network, such as 10.77.0.0/24",
        ),
        ("porthole", "moon", "Choose where Porthole runs"),
    ],
)
def test_what_does_not_hold_is_refused_in_a_sentence(field: str, text: str, says: str) -> None:
    assert read_tunnel({**TYPED, field: text}, {"192.168.1.7": "192.168.0.0/16"}) == {field: says}


def test_a_tunnel_that_is_up_already_is_no_collision() -> None:
    in_use = {"10.9.0.2": "10.9.0.2/32", "2001:db8::7": "2001:db8::/64"}
    assert isinstance(read_tunnel(TYPED, in_use), Tunnel)


def test_a_firewall_opens_only_what_comes_in_there() -> None:
    public = "sudo ufw allow 51820/udp\nsudo ufw allow 80,443/tcp\n"
    there, here = Tunnel("203.0.113.10"), Tunnel("203.0.113.10", porthole=End.HOME)
    assert firewall(there, End.VPS, 7678) == public
    assert firewall(there, End.HOME, 7678) == ""
    inside = "sudo ufw allow in on porthole to any port {} proto tcp\n"
    assert firewall(here, End.VPS, 7678) == public + inside.format(2019)
    assert firewall(here, End.HOME, 7678) == inside.format(7678)
    assert admin_configuration(here) == '{"admin": {"listen": "10.9.0.1:2019"}}\n'


def test_a_dump_is_read_without_its_secrets() -> None:
    text = (
        "wg0\tprivate-text\town=\t51820\toff\n"
        "wg0\tfar=\tshared-text\t203.0.113.10:51820\t10.9.0.1/32\t1790000000\t148\t92\t25\n"
        "wg0\tnever=\t(none)\t(none)\t10.9.0.3/32\t0\t0\t0\toff\n"
        "wg1\tfar=\t(none)\t(none)\t(none)\tsoon\t0\t0\toff\nsomething else\n"
    )
    found = read_dump(text)
    assert found == (
        Peer("wg0", "own=", "far=", "203.0.113.10:51820", 1790000000, 148, 92),
        Peer("wg0", "own=", "never="),
    )
    assert "text" not in repr(found)
