"""A home network with three media servers: each is found by its own multicast or broadcast, from the next machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.lab.test_doctor import PROJECT, start, world
from tests.lab.world import World

__all__ = ["world"]

SERVERS = {"plex": "192.168.1.20", "jellyfin": "192.168.1.21", "emby": "192.168.1.22"}


def test_plex_jellyfin_and_emby_are_found_on_a_home_network(world: World, tmp_path: Path) -> None:
    wire = world.wire("home")
    porthole = world.node("porthole")
    porthole.plug(wire, "eth0", "192.168.1.10/24")
    for kind, address in SERVERS.items():
        node = world.node(kind)
        node.plug(wire, "eth0", f"{address}/24")
        node.route("239.0.0.0/8", "192.168.1.10")
        start(node, tmp_path / f"{kind}.log", "tests.fakes.announcing", "--kind", kind, "--host", address)
    command = f"cd {PROJECT} && PORTHOLE_DATA={tmp_path / 'data'} {sys.executable} -m wizard.cli servers --json"
    found = json.loads(porthole.run("sh", "-c", command, seconds=30))
    assert {(one["kind"], one["url"], one["source"]) for one in found} == {
        ("plex", "http://192.168.1.20:32400", "gdm"),
        ("jellyfin", "http://192.168.1.21:8096", "jellyfin"),
        ("emby", "http://192.168.1.22:8096", "emby"),
    }
