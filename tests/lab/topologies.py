"""The ways a home can hang on the internet, one builder each. `TOPOLOGIES` names them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.lab.internet import (
    CARRIER,
    GATEWAY_6,
    HOME,
    HOME_6,
    HOME_WAN,
    VPS,
    Internet,
    build_carrier,
    build_home,
    build_internet,
    translate,
)
from tests.lab.tunnels import join_wireguard
from tests.lab.world import Node, World

_WEB_FORWARDS = (f"tcp dport {{ 80, 443 }} dnat ip to {HOME}",)


@dataclass(frozen=True, slots=True)
class Topology:
    """A home on the lab's internet.

    `wan` is the address the home's own router has outside, `public` the one the internet sees. `outer` is the box
    in front of the router where there is one, `outer_wan` its own outside address.
    """

    internet: Internet
    router: Node
    home: Node
    wan: str
    public: str
    outer: Node | None = None
    outer_wan: str = ""

    @property
    def world(self) -> World:
        """The box it is in."""
        return self.internet.world


def public_address(world: World) -> Topology:
    """The router has the public address; nothing is forwarded."""
    internet = build_internet(world)
    router, home = build_home(world, internet.backbone, f"{HOME_WAN}/24")
    return Topology(internet, router, home, HOME_WAN, HOME_WAN)


def port_forward(world: World) -> Topology:
    """The same, with ports 80 and 443 forwarded to the home machine."""
    internet = build_internet(world)
    router, home = build_home(world, internet.backbone, f"{HOME_WAN}/24", forwards=_WEB_FORWARDS)
    return Topology(internet, router, home, HOME_WAN, HOME_WAN)


def cgnat(world: World) -> Topology:
    """A carrier that translates from the shared address space (RFC 6598)."""
    return _behind_carrier(world, "100.64.0.1/24", "100.64.0.2/24")


def cgnat_private(world: World) -> Topology:
    """A carrier that translates from private addresses (RFC 1918)."""
    return _behind_carrier(world, "10.71.0.1/24", "10.71.0.2/24")


def symmetric(world: World) -> Topology:
    """A carrier whose translation gives every destination another port."""
    return _behind_carrier(world, "100.64.0.1/24", "100.64.0.2/24", how="masquerade fully-random")


def _behind_carrier(world: World, inside: str, wan: str, *, how: str = "masquerade") -> Topology:
    internet = build_internet(world)
    carrier, access = build_carrier(internet, inside, how=how)
    router, home = build_home(world, access, wan, inside.split("/", maxsplit=1)[0])
    return Topology(internet, router, home, wan.split("/", maxsplit=1)[0], CARRIER, carrier, CARRIER)


def own_double_nat(world: World) -> Topology:
    """A second router of one's own: the inner one hangs on the LAN of the outer one."""
    internet = build_internet(world)
    outer, between = internet.node("outer", HOME_WAN), world.wire("between")
    outer.plug(between, "lan0", "192.168.0.1/24")
    translate(outer, "eth0")
    router, home = build_home(world, between, "192.168.0.2/24", "192.168.0.1")
    return Topology(internet, router, home, "192.168.0.2", HOME_WAN, outer, HOME_WAN)


def ds_lite(world: World) -> Topology:
    """Native IPv6; IPv4 only through the carrier's translator, with the addresses of RFC 6333 in between."""
    internet = build_internet(world)
    carrier, access = build_carrier(internet, "192.0.0.1/29")
    carrier.address("eth0", "2001:db8:0:1::20/64")
    carrier.address("in0", "2001:db8:5::1/64")
    carrier.route("default", GATEWAY_6)
    internet.services.route("2001:db8:5::/48", "2001:db8:0:1::20")
    for node in (internet.viewer, internet.vps):
        node.route("2001:db8:5::/48", "2001:db8:0:1::20")
    carrier.filter("flush table inet guard")  # IPv6 is carried as it is; IPv4 has no way in without a forward anyway
    router, home = build_home(world, access, "192.0.0.2/29", "192.0.0.1")
    router.address("wan0", "2001:db8:5::2/64")
    router.address("lan0", "2001:db8:5:1::1/64")
    router.route("default", "2001:db8:5::1")
    carrier.route("2001:db8:5:1::/64", "2001:db8:5::2")
    home.address("eth0", f"{HOME_6}/64")
    home.route("default", "2001:db8:5:1::1")
    return Topology(internet, router, home, "192.0.0.2", CARRIER, carrier, CARRIER)


def vpn(world: World) -> Topology:
    """A public address at home, but the home machine sends everything through a VPN to the rented machine."""
    topology = public_address(world)
    join_wireguard(topology.internet.vps, topology.home, VPS, everything=True)
    translate(topology.internet.vps, "eth0")
    return topology


def tailnet(world: World) -> Topology:
    """A public address at home, and a Tailscale interface with a 100.x address beside it."""
    topology = public_address(world)
    topology.home.ip("tuntap", "add", "mode", "tun", "tailscale0")
    topology.home.address("tailscale0", "100.101.1.10/32")
    topology.home.address("tailscale0", "fd7a:115c:a1e0::a01:10a/128")
    topology.home.ip("link", "set", "tailscale0", "up")
    return topology


TOPOLOGIES: dict[str, Callable[[World], Topology]] = {
    "public-address": public_address,
    "port-forward": port_forward,
    "cgnat": cgnat,
    "cgnat-private": cgnat_private,
    "own-double-nat": own_double_nat,
    "symmetric": symmetric,
    "ds-lite": ds_lite,
    "vpn": vpn,
    "tailnet": tailnet,
}
