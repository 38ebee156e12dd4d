"""Everything between a viewer and a media server, on this machine, and the checks made through it."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.caddy_process import CaddyProcess
from tests.checks import echo as echoes
from tests.checks.sets import codes
from tests.fakes.plex import Plex
from wizard.caddy.config import build
from wizard.caddy.version import Version
from wizard.checks import CHECKS, run_check
from wizard.core.checks import Echo, Scene, Skip
from wizard.core.domain import Domain
from wizard.core.faults import Fault
from wizard.core.hosts import ProxyHost, Upstream
from wizard.core.verdicts import CheckResult
from wizard.net import Net

_CERTIFICATE_SECONDS = 20.0
# those that the stand-in echo can answer; the others ask the real one, in lab.py
FIRST = ("upstream", "dns", "tls", "identity", "headers", "websocket")

Change = Callable[[dict[str, Any]], None]


@dataclass(slots=True)
class Chain:
    """A real Caddy between a stand-in Plex and a stand-in echo."""

    caddy: CaddyProcess
    plex: Plex
    echo: echoes.Echo

    def host(self, name: str = "plex.localhost", **changes: Any) -> ProxyHost:
        """A proxy host that leads to the stand-in Plex."""
        domain = Domain.parse(name)
        assert isinstance(domain, Domain)
        return replace(ProxyHost("1", domain, Upstream("plex", "http", "127.0.0.1", self.plex.port)), **changes)

    def load(self, *hosts: ProxyHost, change: Change | None = None) -> None:
        """Give Caddy these hosts; `change` may spoil the configuration as a hand would."""
        client = self.caddy.client()
        version = client.version()
        assert isinstance(version, Version)
        config = build(hosts, self.caddy.edge(echo_dial=self.echo.dial), version, {}).config
        if change is not None:
            config = copy.deepcopy(config)
            change(config)
        assert client.load(config, must_revalidate=True) is None
        for host in hosts:
            if host.listener.tls and not host.paused:
                self._wait_for_certificate(host)

    def _wait_for_certificate(self, host: ProxyHost) -> None:
        """Caddy gets certificates after a load, not during it."""
        ends_at = time.monotonic() + _CERTIFICATE_SECONDS
        while time.monotonic() < ends_at:
            seen = Net().handshake(host.domain.name, self.caddy.https_port, address="127.0.0.1")
            if seen.fault is not Fault.NO_CERTIFICATE:
                return
            time.sleep(0.02)
        pytest.fail(f"Caddy has no certificate for {host.domain}:\n{self.caddy.logs()[-2000:]}")

    def scene(self, host: ProxyHost, *, port: int = 0, token: str = "", roots_pem: str | None = None) -> Scene:
        """What the checks may know; `port` is where a viewer dials when that is not Caddy itself."""
        root = self.caddy.client().local_root_pem() if roots_pem is None else roots_pem
        assert isinstance(root, str)
        edge = self.caddy.edge(public_https_port=port or self.caddy.https_port, echo_dial=self.echo.dial)
        return Scene(host, edge, roots_pem=root, echoes=(Echo(echoes.PATH, self.echo.mark),), token=token)

    def run(self, scene: Scene, *names: str, net: Net | None = None) -> list[str]:
        """Run these checks, or the first ones; the codes with their levels. The token must appear nowhere."""
        found: list[str] = []
        for name in names or FIRST:
            result = run_check(CHECKS[name], net or Net(), scene)
            assert not scene.token or scene.token not in repr(result)
            found += [f"{name} skipped"] if isinstance(result, Skip) else codes(result.verdicts)
        return found

    def one(self, scene: Scene, name: str, *, net: Net | None = None) -> CheckResult:
        """One result whole."""
        result = run_check(CHECKS[name], net or Net(), scene)
        assert isinstance(result, CheckResult)
        return result


def proxies_of(config: Any) -> list[dict[str, Any]]:
    """Every reverse_proxy handler in a configuration."""
    if isinstance(config, list):
        return [found for one in config for found in proxies_of(one)]
    if not isinstance(config, dict):
        return []
    own = [config] if config.get("handler") == "reverse_proxy" else []
    return own + [found for one in config.values() for found in proxies_of(one)]
