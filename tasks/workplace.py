"""What every job works with: settings, database, vault, broker, the door to the network, Caddy.

One per process. Started from a process's environment, or given by whoever joins the parts (web, tests).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from redis import Redis

from tasks.probing import BrokerMemory
from wizard.caddy.client import CaddyClient
from wizard.core.addresses import Kind, kind_of, parse_address
from wizard.core.connection import Facts, carrier_address, joined_with
from wizard.core.hosts import HERE, Edge, ProxyHost
from wizard.core.refusal import Refusal
from wizard.core.tailnet_api import KEY as TAILNET_API
from wizard.core.ways import WaySetup
from wizard.data_folder import load_secret_key
from wizard.methods import METHODS, placed
from wizard.net.door import Net
from wizard.settings import Settings
from wizard.store import edges, hosts, profiles, ways
from wizard.store.secrets import Vault
from wizard.store.session import Database, open_database


@dataclass(frozen=True)
class Workplace:
    """The parts of one process, opened when first used."""

    settings: Settings

    @cached_property
    def net(self) -> Net:
        """The door to the network, with the name servers of the settings."""
        return Net(nameservers=self.settings.servers, memory=BrokerMemory(self.redis))

    @cached_property
    def database(self) -> Database:
        """The database; its connections are opened by the threads that use them."""
        return open_database(self.settings.database_url)

    @cached_property
    def vault(self) -> Vault:
        """Opens and seals secrets at rest."""
        return Vault(load_secret_key(self.settings))

    @cached_property
    def redis(self) -> Redis:
        """The broker as a plain client, for locks and signs of life."""
        return Redis.from_url(
            self.settings.redis_url, decode_responses=True, socket_timeout=5, socket_connect_timeout=2
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close what was opened; nothing is opened only to be closed."""
        opened = vars(self)
        if isinstance(database := opened.pop("database", None), Database):
            database.close()
        if isinstance(redis := opened.pop("redis", None), Redis):
            redis.close()

    @property
    def edge(self) -> Edge:
        """The Caddy of the settings: the one there always is."""
        return self.settings.edge

    @cached_property
    def caddy(self) -> CaddyClient:
        """Its admin API."""
        return CaddyClient(self.edge.admin)

    def edges(self) -> dict[str, Edge]:
        """Every Caddy that we drive, by name; the one of the settings first."""
        return {edge.name: edge for edge in (self.edge, *edges.list_edges(self.database))}

    def edge_of(self, host: ProxyHost) -> Edge:
        """The Caddy that serves a proxy host. One that is not known any more counts as the one of the settings."""
        return self.edge if host.edge == HERE else self.edges().get(host.edge, self.edge)

    def caddy_at(self, edge: Edge) -> CaddyClient:
        """The admin API of a Caddy. Only the one on this machine can have moved to the fallback address (trap A)."""
        return self.caddy if edge.name == HERE else CaddyClient(edge.admin)

    def way(self, method: str) -> WaySetup:
        """What was set up for a way in, with its secret opened, and what else is known about it."""
        found = METHODS.get(method)
        saved = ways.load_way(self.database, (found.shares_setup if found else "") or method)
        known = self._known_of_tailnet() if saved.method == "tailscale" else {}
        return WaySetup(method, self._values_today(saved.values), self.vault.open(saved.sealed), known)

    def _values_today(self, saved: Mapping[str, Any]) -> Mapping[str, Any]:
        """A log lies in the data folder of today: earlier versions kept its whole path, and folders move."""
        log = saved.get("log")
        return {**saved, "log": str(self.settings.data.joinpath(*Path(str(log)).parts[-2:]))} if log else saved

    def _known_of_tailnet(self) -> dict[str, Any]:
        """What `wizard.core.tailnet_api_findings.known_of` reads."""
        profile, typed = profiles.load_profile(self.database), profiles.load_told(self.database).facts
        measured = profile.facts if profile is not None and profile.facts is not None else Facts()
        return {
            "told": ways.load_way(self.database, TAILNET_API).seen,
            "media": [saved.host.upstream.address for saved in hosts.list_hosts(self.database) if _is_in(saved.host)],
            "carrier": carrier_address(joined_with(measured, typed)),
        }

    def hosts_at(self, edge: Edge) -> list[ProxyHost]:
        """The proxy hosts that a Caddy serves, placed, in the order in which they were made."""
        return [placed(saved.host) for saved in hosts.list_hosts(self.database) if self._is_at(saved.host, edge)]

    def _is_at(self, host: ProxyHost, edge: Edge) -> bool:
        return host.edge == edge.name or (edge.name == HERE and self.edge_of(host).name == HERE)


def _is_in(host: ProxyHost) -> bool:
    """Whether a proxy host reaches its media server, or is reached, through the tailnet."""
    found, address = METHODS.get(host.method), parse_address(host.upstream.address)
    shares = found is not None and "tailscale" in {found.key, found.shares_setup}
    return shares or (address is not None and kind_of(address) in {Kind.SHARED, Kind.TAILNET})


_current: list[Workplace] = []


def open_workplace(settings: Settings) -> Workplace:
    """Make the workplace of this process from settings that were read already, replacing an earlier one."""
    place = Workplace(settings)
    _current[:] = [place]
    return place


def workplace() -> Workplace:
    """The workplace of this process; read from its environment when nobody opened one."""
    if not _current:
        settings = Settings.read(os.environ)
        if isinstance(settings, Refusal):
            sys.exit(settings.message)
        return open_workplace(settings)
    return _current[0]
