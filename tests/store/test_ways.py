"""What was set up for a way in: kept with its secret sealed, and forgotten as a whole."""

from __future__ import annotations

from tests.store.samples import saved_host
from wizard.core.hosts import Listener
from wizard.core.ways import WaySetup
from wizard.methods import METHODS
from wizard.store import hosts, ways
from wizard.store.session import Database


def test_nothing_set_up_is_an_empty_way(database: Database) -> None:
    assert ways.load_way(database, "wireguard") == ways.SavedWay("wireguard")


def test_what_was_typed_comes_back_and_a_secret_stays_until_a_new_one_comes(database: Database) -> None:
    ways.save_way(database, "cloudflare", {"url": "http://127.0.0.1:20241"}, "sealed")
    ways.save_way(database, "cloudflare", {"url": "http://127.0.0.1:20242"})
    saved = ways.load_way(database, "cloudflare")
    assert (saved.values, saved.sealed) == ({"url": "http://127.0.0.1:20242"}, "sealed")
    assert "sealed" not in repr(saved)
    ways.forget_way(database, "cloudflare")
    ways.forget_way(database, "cloudflare")
    assert ways.load_way(database, "cloudflare").values == {}


def test_what_was_seen_counts_until_the_setup_changes(database: Database) -> None:
    ways.note_seen(database, "tailscale", {"state": "Running"})
    saved = ways.load_way(database, "tailscale")
    assert saved.seen == {"state": "Running"}
    assert saved.seen_at is not None
    ways.save_way(database, "tailscale", {"socket": "/run/tailscaled.sock"})
    assert ways.load_way(database, "tailscale").seen is None


def test_a_host_is_placed_where_its_way_in_was_set_up(database: Database) -> None:
    moved = Listener("elsewhere", "127.0.0.1", 7690, tls=False, trusted=("172.18.0.5/32",), client_ip_headers=("X",))

    def listener_of(setup: WaySetup) -> Listener:
        return moved if setup.values.get("is_elsewhere") else METHODS["funnel"].listener

    object.__setattr__(METHODS["funnel"], "listener_of", listener_of)
    try:
        host = saved_host(database, method="funnel")
        before = hosts.load_host(database, host.key)
        ways.save_way(database, "funnel", {"is_elsewhere": True})
        after = hosts.load_host(database, host.key)
    finally:
        object.__setattr__(METHODS["funnel"], "listener_of", None)
    assert before is not None
    assert after is not None
    assert (before.host.listener, after.host.listener) == (METHODS["funnel"].listener, moved)
