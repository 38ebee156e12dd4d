"""A whole system in use: claimed, with one proxy host for the stand-in Plex that is applied and checked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import requests

from tasks import queueing
from tests.fakes.plex import Behaviour
from tests.processes import wait_until
from tests.web.browsing import PASSWORD, USERNAME, given_owner
from tests.whole_system import System
from wizard.core.domain import Domain
from wizard.core.hosts import ProxyHost, Upstream
from wizard.core.runs import Standing
from wizard.store import hosts, runs

RUN_SECONDS = 45.0


@dataclass(frozen=True)
class Home:
    """The system, its proxy host, and the cookie of a signed-in browser."""

    system: System
    host: ProxyHost
    cookie: dict[str, object]

    @property
    def url(self) -> str:
        """The pages, without a slash at the end."""
        return self.system.url

    @property
    def host_url(self) -> str:
        """The overview of the proxy host."""
        return f"{self.url}/hosts/{self.host.key}"

    def check(self) -> runs.Run:
        """Make a run and wait for its end."""
        run_id = queueing.start_run(self.system.place, self.host.key)
        wait_until(partial(self._has_ended, run_id), "the run has ended", RUN_SECONDS)
        return self.run(run_id)

    def run(self, run_id: int) -> runs.Run:
        """One run as it stands."""
        found = runs.load_run(self.system.place.database, run_id)
        assert found is not None
        return found

    def latest(self) -> runs.Run:
        """The newest run of the proxy host."""
        found = runs.latest_run(self.system.place.database, self.host.key)
        assert found is not None
        return found

    def repair(self) -> None:
        """The media server is as it should be, the worker runs, and no run is going."""
        self.system.plex.change(behaviour=Behaviour.NORMAL)
        self.system.start("worker")
        wait_until(lambda: self._has_ended(self.latest().id), "no run is going", RUN_SECONDS)

    def _has_ended(self, run_id: int) -> bool:
        return not self.run(run_id).is_running


def make_home(system: System) -> Home:
    """Claim a system and give it a proxy host that works."""
    place = system.place
    given_owner(place)
    domain = Domain.parse(system.domain)
    assert isinstance(domain, Domain)
    host = ProxyHost(hosts.new_key(), domain, Upstream("plex", "http", "127.0.0.1", system.plex.port))
    hosts.save_host(place.database, host)
    run_id = queueing.start_apply_and_run(place, host.key, f"Added {domain}")
    home = Home(system, host, _sign_in(system))
    wait_until(lambda: not home.run(run_id).is_running, "the first run has ended", RUN_SECONDS)
    assert home.run(run_id).standing is Standing.WORKING, home.run(run_id)
    return home


def _sign_in(system: System) -> dict[str, object]:
    with requests.Session() as session:
        session.trust_env = False
        page = session.get(f"{system.url}/login", timeout=10).text
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        fields = {"csrf_token": token, "username": USERNAME, "password": PASSWORD}
        answer = session.post(f"{system.url}/login", data=fields, timeout=10)
        assert answer.url == f"{system.url}/"
        return {"name": "porthole", "value": session.cookies["porthole"], "url": system.url}
