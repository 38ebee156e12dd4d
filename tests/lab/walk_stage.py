"""Where the walkthrough is followed: a home behind carrier NAT, a rented machine, a laptop, a phone on mobile data.

Nothing is set up but what stands there before anybody reads the guide: Plex at home, a VPS whose firewall lets in SSH
only, a domain without records.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fakes.authority import Authority
from tests.fakes.plex_streams import MEDIUM_PART, part_key
from tests.fakes.tailscale_api import ControlApi
from tests.lab.authority import LabAuthority, start_authority
from tests.lab.desk import Desk
from tests.lab.follower import Follower
from tests.lab.guide_script import Step, read_script
from tests.lab.internet import HOME, VPS, build_mobile
from tests.lab.plex_screen import PlexScreen
from tests.lab.stage import DOMAIN, roots_path, start_plex
from tests.lab.tailnet import Tailnet
from tests.lab.terminal import PROJECT, Running, Terminal
from tests.lab.topologies import Topology, cgnat
from tests.lab.world import LabError, Node, World
from wizard.guides.source import read_source

GUIDE = PROJECT / "docs_content" / "tailscale-plex.md"
TS_NAME = "mediabox.tail0a1b2c.ts.net"
VALUES: Mapping[str, str] = {
    "domain": DOMAIN,
    "custom_url": f"https://{DOMAIN}:443",
    "vps_address": VPS,
    "tailnet_address": "100.101.1.10",
    "home_host": HOME,
}
_REACH = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)"
_FIREWALL = """table inet firewall {
  set open { type inet_proto . inet_service; elements = { tcp . 22 } }
  chain in {
    type filter hook input priority 0; policy drop;
    iifname != "eth0" accept
    ct state established,related accept
    meta l4proto icmp accept
    meta l4proto . th dport @open accept
  }
}"""


@dataclass
class Stage:
    """Everything there is. What a person has learned on the way stands in `noted`."""

    topology: Topology
    authority: LabAuthority
    roots: Path
    ts_authority: Authority
    machines: tuple[Terminal, Terminal, Terminal, Terminal]
    tailnet: Tailnet
    control_api: ControlApi
    plex: PlexScreen
    desk: Desk
    ends: ExitStack
    folder: Path
    noted: dict[str, Any] = field(default_factory=dict)

    @property
    def home(self) -> Terminal:
        """The machine with Plex."""
        return self.machines[0]

    @property
    def vps(self) -> Terminal:
        """The rented machine."""
        return self.machines[1]

    @property
    def beside(self) -> Terminal:
        """Another machine at home: the router, which is a Linux machine too."""
        return self.machines[2]

    @property
    def phone(self) -> Terminal:
        """The phone on mobile data."""
        return self.machines[3]

    def watch(self, who: Node, url: str, seconds: int = 0) -> dict[str, Any]:
        """What python-plexapi learns at a viewer's."""
        module = ("-m", "tests.lab.viewer", url, self.plex.token, str(self.roots), str(seconds))
        return dict(json.loads(who.run("env", f"PYTHONPATH={PROJECT}", sys.executable, *module, seconds=60)))

    def play(self, who: Terminal, url: str) -> dict[str, Any]:
        """Fetch the beginning of a film with nothing but curl, and what the media server saw of that."""
        film = f"{url}{part_key(MEDIUM_PART)}?X-Plex-Token={self.plex.token}"
        who.type(f"curl -sf -r 0-99999 --cacert {self.roots} -o /dev/null '{film}'")
        return self.plex.last_film()

    def vps_reaches(self, address: str, port: int = 32400) -> bool:
        """Whether a connection from the VPS is taken there."""
        try:
            self.vps.type(f"python3 -c '{_REACH}' {address} {port}")
        except LabError:
            return False
        return True

    def start_porthole(self, machine: Terminal, line: str) -> Running:
        """Type the line that starts Porthole. What differs from a reader's machine is said here."""
        machine.environ |= {
            "PORTHOLE_DATA": str(self.folder / f"data-{machine.node.name}"),  # not in the project's folder
            "XDG_RUNTIME_DIR": str(machine.folder),
            "PORTHOLE_ACME_CA": self.authority.directory_url,  # in the place of Let's Encrypt
            "PORTHOLE_ACME_ROOT": str(self.authority.listener_root),
            "SSL_CERT_FILE": str(self.roots),
            "PORTHOLE_TAILSCALE_API_URL": self.control_api.url,
            "PORTHOLE_STUN_SERVERS": "none",
            "PORTHOLE_ADDRESS_SERVICES": "none",
            "MAKEFLAGS": "-o .venv/.stamp-run",  # the lab has no package registry: what is installed stays
        }
        running = machine.leave_running(line)
        self.ends.callback(running.stop)
        return running


Follows = Callable[[Stage, Follower], None]
FUNCTIONS: dict[str, Follows] = {}


def follows(step: str) -> Callable[[Follows], Follows]:
    """What a person does who does only what this step says."""

    def note(function: Follows) -> Follows:
        assert step not in FUNCTIONS, f"two functions for {step}"
        FUNCTIONS[step] = function
        return function

    return note


def script() -> dict[str, Step]:
    """The guide as it is shipped, with the values of this lab."""
    return read_script(read_source(GUIDE, "tailscale-plex"), VALUES)


@contextmanager
def set_the_stage(folder: Path) -> Iterator[Stage]:
    """Build it all; everything ends with the block, also after a failure."""
    with ExitStack() as ends:
        world = ends.enter_context(World())
        topology = cgnat(world)
        internet = topology.internet
        authority = start_authority(internet, folder / "authority")
        ts_authority = Authority.create("The authority behind ts.net")
        roots = roots_path(folder)
        roots.write_text(authority.root_pem() + ts_authority.certificate_pem)
        told = start_plex(topology, folder / "plex.json")
        internet.vps.filter(_FIREWALL)
        nodes = topology.home, internet.vps, topology.router, build_mobile(internet)
        home, vps, beside, phone = (Terminal(node) for node in nodes)
        machines = home, vps, beside, phone
        for machine in machines:
            ends.callback(machine.close)
        tailnet = Tailnet(VPS)
        ends.callback(tailnet.close)
        with internet.vps.inside():
            control_api = ends.enter_context(ControlApi())
        desk = ends.enter_context(Desk(internet.viewer, folder))
        plex = PlexScreen(topology.home, "http://127.0.0.1:32400", told["control"], told["token"])
        yield Stage(
            topology, authority, roots, ts_authority, machines, tailnet, control_api, plex, desk, ends, folder
        )
