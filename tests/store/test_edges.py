"""Further Caddies: kept as they were described, and not forgotten while something is served there."""

from __future__ import annotations

import pytest

from tests.store.samples import sample_host
from wizard.core.hosts import HERE, Edge
from wizard.store import edges, hosts
from wizard.store.session import Database

VPS = Edge("vps", "http://10.9.0.1:2019", echo_dial="10.9.0.2:7678", public_addresses=("203.0.113.10",))


def test_an_edge_comes_back_as_it_was_saved(database: Database) -> None:
    edges.save_edge(database, VPS)
    assert edges.list_edges(database) == [VPS]


def test_saving_again_changes_it(database: Database) -> None:
    edges.save_edge(database, VPS)
    changed = Edge("vps", "http://10.9.0.1:2020")
    edges.save_edge(database, changed)
    assert edges.list_edges(database) == [changed]


def test_the_caddy_of_the_settings_is_not_kept_twice(database: Database) -> None:
    with pytest.raises(ValueError, match="settings"):
        edges.save_edge(database, Edge(HERE, "unix//run/caddy.sock"))


def test_one_that_serves_a_host_is_not_removed(database: Database) -> None:
    edges.save_edge(database, VPS)
    host = sample_host(edge="vps")
    hosts.save_host(database, host)
    with pytest.raises(edges.EdgeInUseError) as refused:
        edges.remove_edge(database, "vps")
    assert refused.value.args == (host.domain.name,)
    hosts.remove_host(database, host.key)
    edges.remove_edge(database, "vps")
    edges.remove_edge(database, "vps")  # gone already
    assert edges.list_edges(database) == []
