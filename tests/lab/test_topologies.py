"""The lab itself: each topology hangs on the internet as it says it does, and nothing is left behind."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.internet import CARRIER, HOME, HOME_6, HOME_WAN, STUN, VIEWER, VPS
from tests.lab.topologies import TOPOLOGIES, Topology, cgnat, ds_lite, port_forward, symmetric
from tests.lab.tunnels import HOME_INSIDE, join_wireguard
from tests.lab.world import Node, World, remove_leftovers, require_lab

_ANSWER = "import socket; s = socket.create_server(('::', {port}), family=socket.AF_INET6, dualstack_ipv6=True)\n"
_SERVE = _ANSWER + "while True:\n c, a = s.accept(); c.sendall(a[0].removeprefix('::ffff:').encode()); c.close()"


@pytest.fixture
def world() -> Iterator[World]:
    require_lab()
    with World() as made:
        yield made


def serve(node: Node, tmp_path: Path, port: int = 443) -> None:
    """A server that tells every caller its address."""
    node.start("python3", "-c", _SERVE.format(port=port), log=tmp_path / f"{node.name}.log")


def ask(node: Node, address: str, port: int = 443) -> str:
    """What the server says, or "" when it cannot be reached within a second."""
    program = (
        "import socket, sys, time\n"
        "for _ in range(20):\n"
        " try:\n"
        f"  s = socket.create_connection(('{address}', {port}), 1); print(s.recv(99).decode()); break\n"
        " except ConnectionRefusedError: time.sleep(0.1)\n"
        " except OSError: break\n"
    )
    return node.run("python3", "-c", program).strip()


def mapped_ports(topology: Topology, tmp_path: Path) -> set[str]:
    """The outside ports that two addresses see when one socket at home talks to both."""
    program = (
        "import socket, threading\n"
        "def echo(address):\n"
        " s = socket.socket(type=socket.SOCK_DGRAM); s.bind((address, 3478))\n"
        " while True:\n"
        "  _, a = s.recvfrom(99); s.sendto(str(a[1]).encode(), a)\n"
        f"[threading.Thread(target=echo, args=(a,)).start() for a in {STUN!r}]"
    )
    topology.internet.services.start("python3", "-c", program, log=tmp_path / "stun.log")
    asking = (
        "import socket\n"
        "s = socket.socket(type=socket.SOCK_DGRAM); s.settimeout(0.3)\n"
        f"for a in {STUN!r}:\n"
        " for _ in range(30):\n"
        "  s.sendto(b'?', (a, 3478))\n"
        "  try: print(s.recv(99).decode()); break\n"
        "  except TimeoutError: pass\n"
    )
    found = topology.home.run("python3", "-c", asking).split()
    assert len(found) == 2
    return set(found)


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_home_reaches_the_internet_and_is_seen_with_its_public_address(
    world: World, tmp_path: Path, name: str
) -> None:
    topology = TOPOLOGIES[name](world)
    serve(topology.internet.viewer, tmp_path)
    assert ask(topology.home, VIEWER) == (VPS if name == "vpn" else topology.public)


@pytest.mark.parametrize("name", [name for name in TOPOLOGIES if name != "port-forward"])
def test_a_viewer_cannot_reach_the_home_over_ipv4(world: World, tmp_path: Path, name: str) -> None:
    topology = TOPOLOGIES[name](world)
    serve(topology.home, tmp_path)
    assert ask(topology.home, HOME) == HOME
    assert ask(topology.internet.viewer, topology.public) == ""


def test_a_port_forward_leads_a_viewer_home_with_its_own_address(world: World, tmp_path: Path) -> None:
    topology = port_forward(world)
    serve(topology.home, tmp_path)
    assert ask(topology.internet.viewer, HOME_WAN) == VIEWER


def test_ds_lite_carries_ipv6_both_ways_as_soon_as_the_router_lets_it_in(world: World, tmp_path: Path) -> None:
    topology = ds_lite(world)
    serve(topology.home, tmp_path)
    assert ask(topology.internet.viewer, HOME_6) == ""
    topology.router.filter(f"insert rule inet guard through ip6 daddr {HOME_6} tcp dport 443 accept")
    assert ask(topology.internet.viewer, HOME_6) == "2001:db8:0:1::77"


def test_only_symmetric_translation_shows_two_destinations_two_ports(world: World, tmp_path: Path) -> None:
    assert len(mapped_ports(symmetric(world), tmp_path)) == 2


def test_a_plain_carrier_shows_two_destinations_the_same_port(world: World, tmp_path: Path) -> None:
    assert len(mapped_ports(cgnat(world), tmp_path)) == 1


def test_a_tunnel_that_home_dials_leads_back_through_carrier_nat(world: World) -> None:
    topology = cgnat(world)
    on_vps, _ = join_wireguard(topology.internet.vps, topology.home, VPS)
    assert topology.internet.vps.reaches(HOME_INSIDE)
    assert CARRIER in topology.internet.vps.run("wg", "show", on_vps, "endpoints")


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    require_lab()
    spaces = Path("/var/run/netns")
    world = World()

    def fail_in_the_middle() -> None:
        with world:
            node = world.node("one")
            started.append(node.start("sleep", "600", log=tmp_path / "log"))
            assert (spaces / node.space).exists()
            raise RuntimeError("in the middle")

    started: list[subprocess.Popen[bytes]] = []
    with pytest.raises(RuntimeError, match="in the middle"):
        fail_in_the_middle()
    assert started[0].poll() is not None
    assert not list(spaces.glob(f"{world.prefix}*"))


def test_what_a_killed_run_left_is_removed_by_the_next() -> None:
    require_lab()
    world = World()
    world.prefix = "porthole-999999999-1"
    node = world.node("one")
    assert Path(f"/var/run/netns/{node.space}").exists()
    remove_leftovers()
    assert not Path(f"/var/run/netns/{node.space}").exists()
