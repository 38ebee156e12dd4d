"""What tests of the whole product in the lab stand on: a media server at home, Porthole somewhere, people at both.

with started(topology, node, folder) as stage:      # Porthole runs on node
    set_up(stage.person, stage.system.link(), …)
    stage.watch()
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.lab.authority import LabAuthority, start_authority
from tests.lab.person import Person
from tests.lab.topologies import Topology
from tests.lab.world import Node
from tests.processes import wait_until
from tests.runtime.system import System

DOMAIN = "plex.example.org"
PROJECT = Path(__file__).parents[2]
_RUN_SECONDS = 120.0


@dataclass(frozen=True)
class Stage:
    """The lab, the stand-in Plex at home, Porthole, and a person at its pages."""

    topology: Topology
    authority: LabAuthority
    plex: dict[str, Any]
    system: System
    person: Person
    folder: Path

    def seen_by_plex(self) -> list[dict[str, Any]]:
        """Every request that reached the media server."""
        with self.topology.home.inside(), requests.Session() as session:
            session.trust_env = False
            return list(session.get(f"{self.plex['control']}/seen", timeout=10).json())

    def watch(self, node: Node | None = None) -> dict[str, Any]:
        """What python-plexapi learns at a node, or at the viewer's, over the public name."""
        root = str(roots_path(self.folder))
        said = self.run("tests.lab.viewer", f"https://{DOMAIN}:443", self.plex["token"], root, node=node)
        return dict(json.loads(said))

    def run(self, module: str, *words: str, node: Node | None = None) -> str:
        """Run a program of ours to its end, at the viewer's unless another node is given; what it printed."""
        command = ("env", f"PYTHONPATH={PROJECT}", sys.executable, "-m", module, *words)
        return (node or self.topology.internet.viewer).run(*command, seconds=90)

    def host_key(self) -> str:
        """The key of the one proxy host."""
        key = self.person.open("/") and re.search(r"/hosts/(?!new)(\w+)", self.person.page)
        assert key
        return key[1]

    def start_run(self) -> str:
        """Press Check on the page of the proxy host; gives the path of the run."""
        key = self.host_key()
        self.person.open(f"/hosts/{key}")
        self.person.press(f"/hosts/{key}/checks")
        return self.person.path

    def finished(self, run: str) -> str:
        """The words of a run's page once it has ended."""
        wait_until(
            lambda: "Stop the checks" not in self.person.open(f"{run}?wait=20"), "the run has ended", _RUN_SECONDS
        )
        return self.person.words

    def way_stands(self, page: str, word: str) -> bool:
        """Whether the page of a way in has this word for it, as the background looks left it."""
        self.person.open(page)
        return word in self.person.page.partition('id="way-state"')[2].partition("</p>")[0]


def roots_path(folder: Path) -> Path:
    """Whom every machine of this internet trusts: who issues here stands for the public authorities."""
    return folder / "public-roots.pem"


@contextmanager
def started(
    topology: Topology, node: Node, folder: Path, *, roots_pem: str = "", listen: str = "", **environ: str
) -> Iterator[Stage]:
    """Names and certificates, Plex at home, and Porthole on `node`. `roots_pem` are trusted beside the lab's own
    authority; `listen` lets the pages of Porthole answer on every address, the person uses that one."""
    authority = start_authority(topology.internet, folder / "authority")
    roots_path(folder).write_text(authority.root_pem() + roots_pem)
    plex = start_plex(topology, folder / "plex.json")
    system = System(
        folder / "data",
        PORTHOLE_ACME_CA=authority.directory_url,
        PORTHOLE_ACME_ROOT=str(authority.listener_root),
        SSL_CERT_FILE=str(roots_path(folder)),
        **environ,
    )
    if listen:
        system.listen, system.environ["PORTHOLE_LISTEN"] = listen, listen.replace("127.0.0.1", "0.0.0.0")
    system.prefix = node.command
    try:
        with node.inside():
            system.start()
        with Person(node, f"http://{system.listen}") as person:
            yield Stage(topology, authority, plex, system, person, folder)
    finally:
        system.close()


def start_plex(topology: Topology, log: Path) -> dict[str, Any]:
    """The stand-in at home. Its own subnets are those of its interfaces, a tunnel's among them."""
    command = (
        *("-m", "tests.fakes.plex", "--host", "0.0.0.0", "--port", "32400", "--control-port", "0"),
        *("--own-subnet", "192.168.1.0/24", "--own-subnet", "10.9.0.0/24", "--notify-seconds", "1"),
    )
    topology.home.start(sys.executable, *command, log=log, folder=PROJECT)
    wait_until(lambda: log.exists() and log.read_text().count("\n"), "the stand-in Plex listens")
    return dict(json.loads(log.read_text().splitlines()[0]))
