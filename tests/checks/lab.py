"""A real Caddy in front of the real web server, and the checks made through both: what our own echo has to answer."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.checks.chain import Change
from tests.checks.sets import codes
from tests.fakes.hop import Fault as HopFault
from tests.fakes.hop import Hop
from tests.processes import wait_until
from tests.whole_system import DOMAIN, System, start_system
from wizard.caddy.client import CaddyClient
from wizard.caddy.config import build
from wizard.checks import run_check
from wizard.core.checks import Check, Scene, Skip
from wizard.core.domain import Domain
from wizard.core.faults import Fault
from wizard.core.hosts import Edge, ProxyHost, Upstream
from wizard.core.verdicts import CheckResult, Trouble
from wizard.net import Net
from wizard.store import tickets


@dataclass(frozen=True, slots=True)
class Lab:
    """What runs. `edge` and `client` are those of the Caddy that is asked, which need not be the system's own."""

    system: System
    edge: Edge
    client: CaddyClient

    def host(self, name: str = DOMAIN, **changes: Any) -> ProxyHost:
        """A proxy host that leads to the stand-in Plex."""
        domain = Domain.parse(name)
        assert isinstance(domain, Domain)
        upstream = Upstream("plex", "http", "127.0.0.1", self.system.plex.port)
        return replace(ProxyHost("1", domain, upstream), **changes)

    def serve(self, *hosts: ProxyHost, change: Change | None = None) -> None:
        """Give Caddy these hosts and wait for their certificates; `change` spoils the configuration by hand."""
        version = self.client.version()
        assert not isinstance(version, Trouble)
        config = build(hosts, self.edge, version, {}).config
        if change is not None:
            config = copy.deepcopy(config)
            change(config)
        assert self.client.load(config, must_revalidate=True) is None
        for host in hosts:
            if host.listener.tls and not host.paused:
                wait_until(lambda name=host.domain.name: self._has_certificate(name), f"{host.domain} is served")  # type: ignore[misc]  # mypy cannot type a lambda with a default

    def _has_certificate(self, name: str) -> bool:
        seen = Net().handshake(name, self.edge.https_port, address="127.0.0.1")
        return seen.fault is not Fault.NO_CERTIFICATE

    def scene(self, check: Check[Any, Any], host: ProxyHost | None = None, **changes: Any) -> Scene:
        """What the check may know, with as many one-time addresses as it asks for."""
        host = host or self.host()
        root = self.client.local_root_pem()
        echoes = tuple(tickets.issue_echo(self.system.place.database, host.domain.name) for _ in range(check.tickets))
        given = Scene(host, self.edge, roots_pem=root if isinstance(root, str) else "", echoes=echoes, hosts=(host,))
        return replace(given, **changes)

    def run(self, check: Check[Any, Any], scene: Scene | None = None, net: Net | None = None) -> CheckResult:
        """One result whole. The token must appear nowhere."""
        scene = scene or self.scene(check)
        result = run_check(check, net or Net(), scene)
        assert not isinstance(result, Skip), result.reason
        assert not scene.token or scene.token not in repr(result)
        return result

    def codes(self, check: Check[Any, Any], scene: Scene | None = None, net: Net | None = None) -> list[str]:
        """The codes with their levels."""
        return codes(self.run(check, scene, net).verdicts)

    def behind(self, hop: Hop) -> Edge:
        """The edge as viewers dial it through a hop."""
        return replace(self.edge, public_https_port=hop.port)

    @contextmanager
    def hop(self, fault: HopFault, **options: Any) -> Iterator[tuple[Hop, dict[str, Any]]]:
        """A hop before Caddy, and the changes of a scene that goes through it."""
        from tests.fakes.authority import Authority  # noqa: PLC0415 -- making one takes a moment

        authority = Authority.create()
        leaf = authority.issue(DOMAIN)
        with Hop(("127.0.0.1", self.edge.https_port), fault, certificate=leaf, **options) as hop:
            root = self.client.local_root_pem()
            pem = authority.certificate_pem + (root if isinstance(root, str) else "")
            yield hop, {"edge": self.behind(hop), "roots_pem": pem}


@contextmanager
def start_lab(folder: Path) -> Iterator[Lab]:
    """Caddy and the web server as the all-in-one start runs them; no worker, because the test makes the checks."""
    with start_system(folder, ("caddy", "web")) as system:
        lab = Lab(system, system.settings.edge, system.caddy)
        lab.serve(lab.host())
        yield lab
