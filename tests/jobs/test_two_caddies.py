"""Two Caddies: each gets its own proxy hosts and nobody else's, and each is brought back by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.queueing import start_apply, start_apply_and_run
from tasks.watching import bring_back
from tests.caddy_process import CaddyProcess, start_caddy
from tests.jobs.acting import add_host, ended_revision, ended_run, revision
from tests.whole_system import System
from wizard.caddy.client import CaddyClient, Running
from wizard.caddy.config import initial_config
from wizard.caddy.difference import served_domains
from wizard.core.runs import APPLY
from wizard.store import edges, hosts

FAR = "far.localhost"


@pytest.fixture
def far(system: System, tmp_path: Path) -> Iterator[CaddyProcess]:
    """A second Caddy, which the system knows as `vps`."""
    caddy = start_caddy(tmp_path / "far")
    edge = caddy.edge(name="vps", echo_dial=system.place.edge.echo_dial)
    edges.save_edge(system.place.database, edge)
    yield caddy
    caddy.stop()
    for saved in hosts.list_hosts(system.place.database):
        hosts.remove_host(system.place.database, saved.host.key)
    edges.remove_edge(system.place.database, "vps")


def served(client: CaddyClient) -> frozenset[str]:
    """What a Caddy serves of ours."""
    running = client.get_config()
    assert isinstance(running, Running), running
    return served_domains(running.config)


def test_each_caddy_gets_its_own_hosts(system: System, far: CaddyProcess) -> None:
    add_host(system)
    add_host(system, FAR, edge="vps")
    assert ended_revision(system, start_apply(system.place, "Added")).is_good
    assert ended_revision(system, start_apply(system.place, "Added", "vps")).is_good
    assert served(system.caddy) == {"plex.localhost"}
    assert served(far.client()) == {FAR}


def test_a_run_applies_where_its_host_is_served_and_looks_there(system: System, far: CaddyProcess) -> None:
    host = add_host(system, FAR, edge="vps")
    run = ended_run(system, start_apply_and_run(system.place, host.key, "Added"))
    assert run.revision_id is not None
    assert revision(system, run.revision_id).edge == "vps"
    assert served(far.client()) == {FAR}
    levels = {result.check: result.level for result in run.results}
    assert levels[APPLY] == "ok"
    assert levels["tls"] == "note"  # signed by that Caddy's own authority, whose root it told
    assert levels["identity"] == "ok"
    assert levels["drift"] == "ok"


def test_only_the_caddy_that_forgot_is_brought_back(system: System, far: CaddyProcess) -> None:
    add_host(system)
    add_host(system, FAR, edge="vps")
    for name in ("here", "vps"):
        assert ended_revision(system, start_apply(system.place, "Added", name)).is_good
    assert bring_back(system.place) == []
    edge = replace(system.place.edges()["vps"])
    assert far.client().load(initial_config(edge), must_revalidate=True) is None
    (brought,) = bring_back(system.place)
    assert ended_revision(system, brought).edge == "vps"
    assert served(far.client()) == {FAR}


def test_a_caddy_that_is_away_does_not_hold_up_the_other(system: System, far: CaddyProcess) -> None:
    add_host(system)
    add_host(system, FAR, edge="vps")
    far.stop()
    waiting = start_apply(system.place, "Added", "vps")
    assert ended_revision(system, start_apply(system.place, "Added")).is_good
    assert revision(system, waiting).is_pending
