"""Names and certificates of the lab's internet: Debian's `pebble-challtestsrv` and `pebble`, on the services node.

with with_authority(internet, folder) as authority:
    authority.point("plex.example.org", VPS)
    authority.directory_url, authority.listener_root   # what Caddy is told
    authority.root_pem()                               # who vouches for what it issues
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.fakes.acme import Records, program
from tests.fakes.authority import Authority
from tests.lab.internet import ACME, NAMES, Internet
from tests.lab.world import Node
from tests.processes import wait_until

_ENVIRON: Mapping[str, str] = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"}
_MANAGEMENT, _ROOTS, _DIRECTORY = 8055, 15000, 14000
_SECONDS = 5


@dataclass(frozen=True, slots=True)
class LabAuthority:
    """The running pair. It looks at ports 80 and 443 of the address that a name has, as a real one does."""

    services: Node
    folder: Path
    listener_root: Path

    @property
    def directory_url(self) -> str:
        """Where certificates are asked for."""
        return f"https://{ACME}:{_DIRECTORY}/dir"

    def point(self, name: str, *addresses: str) -> None:
        """Give a name these IPv4 addresses, for everybody in the lab."""
        with self.services.inside():
            Records(f"http://127.0.0.1:{_MANAGEMENT}").address(name, *addresses)

    def root_pem(self) -> str:
        """The root above every certificate it issues: made anew at each start."""
        with self.services.inside(), requests.Session() as session:
            session.trust_env = False
            url = f"https://127.0.0.1:{_ROOTS}/roots/0"
            return session.get(url, verify=str(self.listener_root), timeout=_SECONDS).text

    def _answers(self) -> bool:
        try:
            return self.root_pem().startswith("-----BEGIN CERTIFICATE-----")
        except requests.RequestException:
            return False


def start_authority(internet: Internet, folder: Path) -> LabAuthority:
    """Start both; they end with the world. Every name is unknown until it is pointed somewhere."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority.create("Throw-away root of the lab's directory")
    root = folder / "listener-root.pem"
    root.write_text(authority.certificate_pem)
    files = authority.issue(ACME, "127.0.0.1").write(folder, "listener")
    configuration = {
        "listenAddress": f"{ACME}:{_DIRECTORY}",
        "managementListenAddress": f"127.0.0.1:{_ROOTS}",
        "certificate": str(files.certificate),
        "privateKey": str(files.key),
        "httpPort": 80,
        "tlsPort": 443,
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": configuration}))
    services = internet.services
    services.start(
        program("pebble-challtestsrv"),
        *("-dns01", f"{NAMES}:53", "-management", f"127.0.0.1:{_MANAGEMENT}"),
        *("-defaultIPv4", "", "-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", ""),
        log=folder / "names.log",
    )
    services.start(
        *(program("pebble"), "-config", str(folder / "pebble.json"), "-dnsserver", f"{NAMES}:53"),
        log=folder / "pebble.log",
        environ=_ENVIRON,
        folder=folder,
    )
    made = LabAuthority(services, folder, root)
    wait_until(made._answers, "the lab's authority answers")
    return made
