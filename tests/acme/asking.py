"""A Caddy with a configuration of ours that asks a certificate authority, and what its own log says about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tests.caddy.talk import proxy_host
from tests.caddy_process import CaddyProcess, free_port
from tests.fakes.acme import Acme
from tests.processes import wait_until
from wizard.caddy.certificates import load_issuance
from wizard.caddy.config import build
from wizard.caddy.version import parse_version
from wizard.checks import CHECKS, run_check
from wizard.checks.issuance_causes import explain_missing_certificate
from wizard.core.checks import Scene
from wizard.core.hosts import Edge, ProxyHost
from wizard.core.issuance import Issuance, State
from wizard.core.verdicts import CheckResult, Verdict
from wizard.methods import METHODS
from wizard.net import Net

NAME = "plex.example.com"
_SECONDS = 20.0


@dataclass(slots=True)
class Asking:
    """A Caddy and the authority it asks."""

    caddy: CaddyProcess
    acme: Acme

    def edge(self, **changes: Any) -> Edge:
        """Our Caddy, where the authority looks for it."""
        there = self.caddy.edge(
            http_port=self.acme.http_port,
            https_port=self.acme.tls_port,
            public_https_port=self.acme.tls_port,
            acme_ca=self.acme.directory_url,
            acme_root=str(self.acme.listener_root),
        )
        return replace(there, **changes)

    def hidden(self) -> Edge:
        """Our Caddy, where the authority does not look."""
        return self.edge(http_port=free_port(), https_port=free_port())

    def load(self, edge: Edge, name: str = NAME) -> ProxyHost:
        """Give Caddy one host, through our configuration alone; it asks at once."""
        host = proxy_host(name=name)
        config = build([host], edge, parse_version(self.caddy.version), None).config
        assert self.caddy.client().load(config, must_revalidate=True) is None
        return host

    def issuance(self, name: str = NAME) -> Issuance:
        """What Caddy's log says now."""
        found = load_issuance(str(self.caddy.log_folder), name)
        return found if found is not None else Issuance(name)

    def wait(self, *states: State, name: str = NAME) -> Issuance:
        """Wait until Caddy's log says one of these."""
        seen: list[Issuance] = []

        def is_there() -> bool:
            seen.append(self.issuance(name))
            return seen[-1].state in states

        wait_until(is_there, f"Caddy's log says {' or '.join(states)} about {name}", _SECONDS)
        return seen[-1]

    def explained(self, host: ProxyHost, method: str = "direct") -> Verdict:
        """The finding, once a try has failed."""
        found = self.wait(State.WAITING, name=host.domain.name)
        return explain_missing_certificate(found, host, METHODS[method])

    def tls(self, host: ProxyHost, edge: Edge | None = None) -> CheckResult:
        """What the certificate check finds at the public name."""
        net = Net(known={host.domain.name: ("127.0.0.1",)})
        there = edge or self.edge()
        result = run_check(CHECKS["tls"], net, Scene(host, replace(there, public_https_port=there.https_port)))
        assert isinstance(result, CheckResult)
        return result
