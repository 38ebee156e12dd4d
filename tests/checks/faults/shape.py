"""One seeded fault, and its world: a real Caddy, our own web server, a stand-in Plex, and a hop in front."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tasks.checking import carry_out
from tasks.queueing import NEEDS
from tasks.workplace import Workplace
from tests.caddy_process import free_port
from tests.checks.chain import Change
from tests.checks.lab import Lab
from tests.fakes.authority import Authority
from tests.fakes.hop import Hop
from tests.fakes.plex import Behaviour, Plex
from tests.processes import wait_until
from tests.whole_system import DOMAIN, start_system
from wizard.caddy.client import CaddyClient
from wizard.core.hosts import ProxyHost
from wizard.core.runs import Standing
from wizard.core.verdicts import Level, Trouble
from wizard.net import Net
from wizard.store import hosts, progress, runs
from wizard.store.runs import Run

# what a run of every fault holds: the quick rows along the whole way
QUICK = ("upstream", "dns", "reach", "tls", "identity", "headers", "exposure", "drift")


@dataclass(frozen=True)
class RootedClient(CaddyClient):
    """Caddy's admin API, whose own authority comes with that of the hop in front: viewers would know both."""

    more_pem: str = ""

    def local_root_pem(self) -> str | Trouble | None:
        """Both roots."""
        found = CaddyClient.local_root_pem(self)
        return found + self.more_pem if isinstance(found, str) else found


@dataclass
class World:
    """What a fault may spoil. Everything is as it should be before and after."""

    lab: Lab
    hop: Hop
    authority: Authority
    place: Workplace

    @property
    def plex(self) -> Plex:
        """The stand-in at home."""
        return self.lab.system.plex

    @property
    def host(self) -> ProxyHost:
        """The proxy host as it is saved."""
        saved = hosts.load_host(self.place.database, "1")
        assert saved is not None
        return saved.host

    def save(self, host: ProxyHost, *, token: str = "") -> None:
        """Save the proxy host, with a token for the media server or without."""
        hosts.save_host(self.place.database, host, sealed_token=self.place.vault.seal(token) if token else "")

    def serve(self, *served: ProxyHost, change: Change | None = None) -> None:
        """Let Caddy serve this, or what is saved; `change` spoils it by hand."""
        self.lab.serve(*(served or (self.host,)), change=change)

    @contextmanager
    def saved(self, host: ProxyHost, *, token: str = "") -> Iterator[None]:
        """Another proxy host is saved and served for a while."""
        before = self.host
        self.save(host, token=token)
        self.serve()
        try:
            yield
        finally:
            self.save(before)
            self.serve()

    @contextmanager
    def spoilt(self, change: Change) -> Iterator[None]:
        """Caddy's configuration is changed by hand for a while."""
        self.serve(change=change)
        try:
            yield
        finally:
            self.serve()

    def repair(self) -> None:
        """Back to what works, also after a test that broke off."""
        self.plex.change(behaviour=Behaviour.NORMAL, is_claimed=True, refuses_upgrades=False)
        self.lab.system.start("web")
        self.save(self.lab.host())
        self.serve()

    def run(self, *checks: str) -> Run:
        """A run of these checks, made as the worker makes it: planned, carried out, planned again."""
        run_id = progress.create_run(self.place.database, "1", checks).id
        return self.carry_on(run_id)

    def check_again(self, run: Run, row: str) -> Run:
        """What the button of a card does, and then the worker."""
        assert progress.retry_check(self.place.database, run.id, row, NEEDS)
        return self.carry_on(run.id)

    def carry_on(self, run_id: int) -> Run:
        """Plan and carry out until the run has ended, as workers do."""
        with ThreadPoolExecutor(8) as pool:
            while planned := progress.plan_run(self.place.database, run_id, NEEDS):
                list(pool.map(lambda one: carry_out(self.place, run_id, *one), planned))
        found = runs.load_run(self.place.database, run_id)
        assert found is not None
        assert not found.is_running, found.rows
        return found


Seed = Callable[[World], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Fault:
    """One fault. `seed` makes it for as long as its block lasts.

    `row` is where the run has to find it, with `code`; `words` must stand in what the person reads there. `rows` are
    looked at beside the quick ones. `net` looks in place of the usual door. `only` looks at `rows` alone. `leads` is
    the row of which the line at the top speaks, where that is an earlier one.
    """

    name: str
    seed: Seed
    row: str
    code: str
    words: str
    level: Level = Level.FAILURE
    rows: tuple[str, ...] = ()
    only: bool = False
    net: Callable[[], Net] | None = None
    leads: str = ""

    @property
    def checks(self) -> tuple[str, ...]:
        """The rows of the run."""
        added = (*self.rows, self.row)
        return tuple(dict.fromkeys(added if self.only else (*QUICK, *added)))

    @property
    def standing(self) -> Standing:
        """How the run has to stand: nothing ends green."""
        return Standing.NOT_WORKING if self.level is Level.FAILURE else Standing.WARNINGS


@contextmanager
def start_world(folder: Path) -> Iterator[World]:
    """Caddy, the web server and a stand-in Plex, seen through a hop that passes every byte until told else."""
    https = free_port()
    authority = Authority.create()
    with ExitStack() as ends:
        hop = ends.enter_context(Hop(("127.0.0.1", https), certificate=authority.issue(DOMAIN)))
        ports = {"PORTHOLE_CADDY_HTTPS_PORT": str(https), "PORTHOLE_PUBLIC_HTTPS_PORT": str(hop.port)}
        system = ends.enter_context(start_system(folder, ("caddy", "web"), **ports))
        lab = Lab(system, system.settings.edge, system.caddy)
        place = Workplace(system.settings)
        vars(place)["caddy"] = RootedClient(system.settings.edge.admin, more_pem=authority.certificate_pem)
        ends.callback(place.database.close)
        world = World(lab, hop, authority, place)
        world.save(lab.host())
        world.serve()
        yield world


def wait_for_caddy(world: World) -> None:
    """Caddy takes orders again."""
    wait_until(partial(_answers, world), "Caddy answers")


def _answers(world: World) -> bool:
    return not isinstance(world.lab.client.version(), Trouble)


def looking_with(world: World, net: Net | None) -> World:
    """The same world, looked at through another door."""
    if net is None:
        return world
    place = Workplace(world.place.settings)
    vars(place)["net"] = net
    for name in ("caddy", "database", "vault"):
        vars(place)[name] = getattr(world.place, name)
    return replace(world, place=place)
