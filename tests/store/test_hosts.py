"""Proxy hosts go in and come out as the same values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest

from tests.store.samples import CHECKS, NEEDS, sample_host, saved_host
from tests.threads import together
from wizard.core.hosts import Listener, ProxyHost, Upstream, Verify, VerifyKind
from wizard.store import hosts, progress, runs
from wizard.store.session import Database

FULL = sample_host(
    upstream=Upstream(
        "jellyfin",
        "https",
        "2001:db8::7",
        8920,
        Verify(VerifyKind.PINNED, "nas.lan", "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n"),
        "/jellyfin",
    ),
    method="tailscale",
    plex_mode=False,
    forward_client_ip=False,
    websocket=False,
    paused=True,
    upload_mbps=39.5,
    stream_limit_mbps=8.0,
)


@pytest.mark.parametrize("host", [sample_host(), FULL], ids=["as-it-begins", "everything-changed"])
def test_a_host_comes_back_as_it_went_in(database: Database, host: ProxyHost) -> None:
    hosts.save_host(database, host, server={"name": "Nas"})
    saved = hosts.load_host(database, host.key)
    assert saved is not None
    assert saved.host == host
    assert saved.server == {"name": "Nas"}
    assert saved.created_at.tzinfo is UTC


def test_how_traffic_enters_follows_from_the_way_in_and_is_not_kept(database: Database) -> None:
    host = saved_host(database, listener=Listener("tunnel", "::1", 8080, tls=False))
    saved = hosts.load_host(database, host.key)
    assert saved is not None
    assert saved.host == replace(host, listener=Listener())


def test_what_is_not_named_stays_when_a_host_is_saved_again(database: Database) -> None:
    host = sample_host()
    hosts.save_host(database, host, server={"name": "Nas"}, sealed_token="sealed")
    hosts.save_host(database, replace(host, websocket=False))
    saved = hosts.load_host(database, host.key)
    assert saved is not None
    assert (saved.host.websocket, saved.server, saved.has_token) == (False, {"name": "Nas"}, True)
    assert hosts.sealed_token(database, host.key) == "sealed"


def test_an_empty_token_takes_the_saved_one_away(database: Database) -> None:
    host = sample_host()
    hosts.save_host(database, host, sealed_token="sealed")
    hosts.save_host(database, host, sealed_token="")
    assert hosts.sealed_token(database, host.key) == ""


def test_two_hosts_cannot_have_one_domain(database: Database) -> None:
    saved_host(database)
    with pytest.raises(hosts.DomainTakenError):
        saved_host(database)
    assert len(hosts.list_hosts(database)) == 1


def test_of_two_who_take_a_domain_at_once_one_is_refused(database: Database) -> None:
    def save() -> bool:
        try:
            saved_host(database)
        except hosts.DomainTakenError:
            return False
        return True

    assert sorted(together(save, save)) == [False, True]


def test_hosts_are_found_by_domain_in_any_letter_case_and_listed_oldest_first(database: Database) -> None:
    first, second = saved_host(database, "b.example.com"), saved_host(database, "a.example.com")
    found = hosts.find_host(database, "B.Example.COM")
    assert found is not None
    assert found.host == first
    assert [saved.host for saved in hosts.list_hosts(database)] == [first, second]
    assert hosts.find_host(database, "c.example.com") is None


def test_a_removed_host_takes_its_runs_along_and_can_be_removed_again(database: Database) -> None:
    host, other = saved_host(database), saved_host(database, "other.example.com")
    run = progress.create_run(database, host.key, CHECKS)
    kept = progress.create_run(database, other.key, CHECKS)
    hosts.remove_host(database, host.key)
    hosts.remove_host(database, host.key)
    assert hosts.load_host(database, host.key) is None
    assert runs.load_run(database, run.id) is None
    assert runs.load_run(database, kept.id) is not None
    assert progress.plan_run(database, run.id, NEEDS) == []
    with pytest.raises(progress.HostGoneError):
        progress.create_run(database, host.key, CHECKS)


def test_the_server_is_remembered_and_gives_the_host_a_name(database: Database) -> None:
    host = saved_host(database)
    saved = hosts.load_host(database, host.key)
    assert saved is not None
    assert saved.server_name == "192.168.1.20:32400"
    hosts.note_server(database, host.key, {"name": "Nas"})
    hosts.note_server(database, "gone", {"name": "Nobody"})
    again = hosts.load_host(database, host.key)
    assert again is not None
    assert (again.server_name, again.updated_at) == ("Nas", saved.updated_at)
