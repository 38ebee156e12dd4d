"""`porthole doctor` in every topology: the verdict is right, and as sure as what was measurable allows."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.router import Says
from tests.lab.internet import HOME_ROUTER, STUN, WHATS_MY_ADDRESS, WHATS_MY_ADDRESS_6
from tests.lab.topologies import TOPOLOGIES, Topology
from tests.lab.world import Node, World, require_lab
from tests.processes import wait_until

PROJECT = Path(__file__).parents[2]
OUTER = "192.168.0.1"


@pytest.fixture
def world() -> Iterator[World]:
    require_lab()
    with World() as made:
        yield made


def start_outside(topology: Topology, folder: Path) -> None:
    """The STUN server on two addresses, and the services that tell an address, IPv6 among them."""
    services = topology.internet.services
    stun = [word for address in STUN for word in ("--listen", f"{address}:3478")]
    tell = [
        word for address in (*WHATS_MY_ADDRESS, f"[{WHATS_MY_ADDRESS_6}]") for word in ("--listen", f"{address}:80")
    ]
    start(services, folder / "stun.log", "tests.fakes.stun_server", *stun)
    start(services, folder / "tell.log", "tests.fakes.address_service", *tell)


def start_router(node: Node, folder: Path, listen: str, wan: str, says: Says) -> None:
    """A router that speaks. With `empty` it is one that keeps a private WAN address to itself."""
    spoken = [word for option in ("--upnp", "--nat-pmp", "--pcp") for word in (option, says.value)]
    words = ("--listen", listen, "--wan", wan, "--name", node.name, *spoken)
    start(node, folder / f"router-{node.name}.log", "tests.fakes.router", *words)


def start(node: Node, log: Path, module: str, *words: str) -> None:
    node.start(sys.executable, "-m", module, *words, log=log, folder=PROJECT)
    wait_until(lambda: log.exists() and log.read_text().startswith("{"), f"{module} listens")


def ask_doctor(topology: Topology, *words: str) -> dict[str, Any]:
    """What the doctor says on the home machine, within 8 seconds."""
    services = (*(f"http://{one}/ip" for one in WHATS_MY_ADDRESS), f"http://[{WHATS_MY_ADDRESS_6}]/ip")
    environ = (
        f"PORTHOLE_STUN_SERVERS={','.join(f'{one}:3478' for one in STUN)}",
        f"PORTHOLE_ADDRESS_SERVICES={','.join(services)}",
    )
    program = (
        f"cd {PROJECT} && env {' '.join(environ)} {sys.executable} -m wizard.cli doctor --json {' '.join(words)}"
    )
    printed = topology.home.run("sh", "-c", f"{program}; test $? -le 2", seconds=30)
    found: dict[str, Any] = json.loads(printed)
    return found


@dataclass(frozen=True)
class Case:
    """A topology, what its routers say, and the verdict."""

    topology: str
    says: Says
    kind: str
    confidence: str

    @property
    def name(self) -> str:
        return f"{self.topology}, the router {self.says}"


CASES = (
    Case("public-address", Says.TELLS, "open", "certain"),
    Case("public-address", Says.SILENT, "open", "possible"),
    Case("port-forward", Says.TELLS, "open", "certain"),
    Case("cgnat", Says.TELLS, "cgnat", "certain"),
    Case("cgnat", Says.EMPTY, "cgnat", "likely"),
    Case("cgnat", Says.SILENT, "cgnat", "likely"),
    Case("cgnat-private", Says.TELLS, "cgnat", "likely"),
    Case("cgnat-private", Says.EMPTY, "cgnat", "likely"),
    Case("cgnat-private", Says.SILENT, "two-nats", "possible"),
    Case("own-double-nat", Says.TELLS, "double-nat", "certain"),
    Case("own-double-nat", Says.SILENT, "two-nats", "likely"),
    Case("symmetric", Says.TELLS, "cgnat", "certain"),
    Case("ds-lite", Says.TELLS, "ds-lite", "certain"),
    Case("ds-lite", Says.SILENT, "ds-lite", "likely"),
    Case("vpn", Says.TELLS, "open", "likely"),
    Case("vpn", Says.SILENT, "vpn", "certain"),
    Case("tailnet", Says.TELLS, "open", "certain"),
    Case("tailnet", Says.SILENT, "open", "possible"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_doctor_is_right_and_no_surer_than_it_can_be(world: World, tmp_path: Path, case: Case) -> None:
    topology = TOPOLOGIES[case.topology](world)
    start_outside(topology, tmp_path)
    start_router(topology.router, tmp_path, HOME_ROUTER, topology.wan, case.says)
    if case.topology == "own-double-nat" and topology.outer is not None:
        start_router(topology.outer, tmp_path, OUTER, topology.outer_wan, case.says)
    document = ask_doctor(topology)
    verdict = document["verdict"]
    assert (verdict["kind"], verdict["confidence"]) == (case.kind, case.confidence), verdict["sentence"]
    notes = {note["code"] for note in verdict["notes"]}
    assert ("vpn" in notes) == (case.topology == "vpn")
    assert ("mapping-varies" in notes) == (case.topology == "symmetric")
    assert (verdict["inbound6"] == "after-change") == (case.topology == "ds-lite")


def test_pcp_leaves_no_mapping_and_the_address_typed_settles_it(world: World, tmp_path: Path) -> None:
    topology = TOPOLOGIES["cgnat"](world)
    start_outside(topology, tmp_path)
    start_router(topology.router, tmp_path, HOME_ROUTER, topology.wan, Says.TELLS)
    facts = ask_doctor(topology, "--pcp")["facts"]
    assert [one["wan"] for one in facts["pcp"]["value"]] == [topology.wan]
    assert ask_doctor(topology, "--wan", topology.wan)["verdict"]["confidence"] == "certain"
