"""The internet of the lab: a backbone, a viewer, a rented machine, and what stands between it and a home.

Addresses are those set aside for examples (RFC 5737, RFC 3849): nothing here may look like somebody's real one.
Builders take what is there and give back the new nodes; who is behind whom is the whole description of a topology.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.lab.world import Node, Wire, World

BACKBONE = "203.0.113.0/24"
VIEWER = "203.0.113.77"
MOBILE = "203.0.113.40"
VPS = "203.0.113.10"
FRONT = "203.0.113.60"
CARRIER = "203.0.113.20"
HOME_WAN = "203.0.113.30"
STUN = ("203.0.113.3", "203.0.113.4")
WHATS_MY_ADDRESS = ("203.0.113.5", "203.0.113.6")
WHATS_MY_ADDRESS_6 = "2001:db8:0:1::5"
NAMES = "203.0.113.53"
ACME = "203.0.113.54"
GATEWAY_6 = "2001:db8:0:1::1"
HOME = "192.168.1.50"
HOME_ROUTER = "192.168.1.1"
HOME_6 = "2001:db8:5:1::50"
CARRIER_MS = 8.0
"""A carrier's line is longer than a cable at home: the first hop behind one's own router answers in about 16 ms."""


@dataclass(frozen=True, slots=True)
class Internet:
    """The backbone and who is always on it. `services` has the addresses of STUN, names and address services."""

    world: World
    backbone: Wire
    services: Node
    viewer: Node
    vps: Node

    def join(self, node: Node, interface: str, address: str) -> None:
        """Plug a node into the backbone with a public address."""
        node.plug(self.backbone, interface, f"{address}/24")

    def node(self, name: str, address: str) -> Node:
        """A new machine on the backbone."""
        node = self.world.node(name)
        self.join(node, "eth0", address)
        return node


def build_internet(world: World) -> Internet:
    """The part that is the same in every topology."""
    backbone = world.wire("backbone")
    services, viewer, vps = world.node("services"), world.node("viewer"), world.node("vps")
    services.plug(backbone, "eth0", *(f"{one}/24" for one in (*STUN, *WHATS_MY_ADDRESS, NAMES, ACME)))
    for address in (GATEWAY_6, WHATS_MY_ADDRESS_6):
        services.address("eth0", f"{address}/64")
    services.forwards()  # the way to IPv6 homes
    viewer.plug(backbone, "eth0", f"{VIEWER}/24", "2001:db8:0:1::77/64")
    viewer.route("default", GATEWAY_6)
    vps.plug(backbone, "eth0", f"{VPS}/24", "2001:db8:0:1::10/64")
    for node in (services, viewer, vps):
        node.name_server(NAMES)
    return Internet(world, backbone, services, viewer, vps)


def translate(node: Node, outside: str, *, how: str = "masquerade", forwards: tuple[str, ...] = ()) -> None:
    """Address translation towards `outside`, and nothing new from there except `forwards`.

    `how` is nftables' own word: `masquerade` keeps the source port where it can, `masquerade fully-random` gives
    every destination another one, as symmetric NAT does (RFC 4787, 4.1). A forward is `tcp dport 443 dnat to …`.
    """
    inward = " ".join(f'iifname "{outside}" {one};' for one in forwards)
    node.forwards()
    node.filter(
        f"""
        table ip nat {{
          chain out {{ type nat hook postrouting priority 100; oifname "{outside}" {how}; }}
          chain in {{ type nat hook prerouting priority -100; {inward} }}
        }}
        table inet guard {{
          chain through {{
            type filter hook forward priority 0; policy accept;
            ct state established,related accept
            ct status dnat accept
            iifname "{outside}" ip version 4 drop
            iifname "{outside}" ip6 nexthdr icmpv6 accept
            iifname "{outside}" drop
          }}
        }}
        """
    )


def build_carrier(internet: Internet, inside: str = "100.64.0.1/24", *, how: str = "masquerade") -> tuple[Node, Wire]:
    """A carrier that translates, and the far end of its customers' line; its own address there is `inside`."""
    carrier = internet.node("carrier", CARRIER)
    access = internet.world.wire("access")
    carrier.plug(access, "in0", inside)
    translate(carrier, "eth0", how=how)
    return carrier, access.longer(CARRIER_MS)


def build_mobile(internet: Internet) -> Node:
    """Somebody in a mobile network, whose carrier translates as well: the internet sees them as MOBILE."""
    carrier, phone = internet.node("mobile-carrier", MOBILE), internet.world.node("phone")
    air = internet.world.wire("air")
    carrier.plug(air, "in0", "100.72.0.1/24")
    translate(carrier, "eth0")
    phone.plug(air, "eth0", "100.72.0.2/24")
    phone.route("default", "100.72.0.1")
    phone.name_server(NAMES)
    return phone


def build_home(
    world: World, wan: Wire, address: str, gateway: str = "", forwards: tuple[str, ...] = ()
) -> tuple[Node, Node]:
    """A home on a wire: its router with the WAN address, and the machine with the media server and Porthole."""
    router, home, lan = world.node("router"), world.node("home"), world.wire("lan")
    router.plug(wan, "wan0", address)
    router.plug(lan, "lan0", f"{HOME_ROUTER}/24")
    if gateway:
        router.route("default", gateway)
    translate(router, "wan0", forwards=forwards)
    home.plug(lan, "eth0", f"{HOME}/24")
    home.route("default", HOME_ROUTER)
    home.name_server(NAMES)
    return router, home
