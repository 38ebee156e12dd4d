"""Servers that were found: one row for each, however it was found, and what the owner named stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import update

from wizard.core.servers import Found, Source
from wizard.store import servers
from wizard.store.clock import now
from wizard.store.session import Database
from wizard.store.tables import ServerRow

HOME = Found("plex", "Attic", "192.168.1.20", 32400, id="a1", version="1.43.2", source=Source.GDM)
TAILNET = replace(HOME, address="100.64.0.7", source=Source.TAILNET, name="attic")


def test_a_server_found_twice_is_one_row_with_its_address_at_home(database: Database) -> None:
    servers.note_found(database, TAILNET)
    servers.note_found(database, HOME)
    servers.note_found(database, TAILNET)
    (saved,) = servers.list_servers(database)
    assert (saved.found.address, saved.found.source, saved.is_saved) == ("192.168.1.20", Source.GDM, False)


def test_two_rows_that_turn_out_to_be_one_server_become_one(database: Database) -> None:
    servers.note_found(database, replace(HOME, id=""))
    servers.note_found(database, TAILNET)
    assert len(servers.list_servers(database)) == 2
    servers.note_found(database, HOME)
    (saved,) = servers.list_servers(database)
    assert saved.found.id == "a1"


def test_the_name_and_address_of_a_server_saved_by_hand_stay(database: Database) -> None:
    servers.save_by_hand(database, replace(TAILNET, name="Holiday home"))
    servers.note_found(database, replace(HOME, version="1.44.0"))
    (saved,) = servers.list_servers(database)
    assert (saved.found.name, saved.found.address, saved.found.version) == ("Holiday home", "100.64.0.7", "1.44.0")
    assert saved.is_saved


def test_a_renamed_server_is_kept(database: Database) -> None:
    servers.note_found(database, HOME)
    assert servers.rename_server(database, HOME.key, "Films")
    servers.note_found(database, HOME)
    (saved,) = servers.list_servers(database)
    assert (saved.found.name, saved.is_saved) == ("Films", True)
    servers.remove_server(database, HOME.key)
    servers.remove_server(database, HOME.key)
    assert not servers.rename_server(database, HOME.key, "Films")


def test_what_was_not_seen_for_a_month_is_forgotten_unless_saved(database: Database) -> None:
    servers.note_found(database, HOME)
    servers.save_by_hand(database, replace(HOME, id="b2", address="192.168.1.21"))
    with database.write() as session:
        session.execute(update(ServerRow).values(seen_at=now() - timedelta(days=31)))
    servers.forget_unseen(database)
    assert [saved.found.id for saved in servers.list_servers(database)] == ["b2"]


def test_docker_is_asked_only_once_its_socket_is_named(database: Database) -> None:
    assert servers.load_docker(database) == ""
    servers.save_docker(database, "/var/run/docker.sock")
    assert servers.load_docker(database) == "/var/run/docker.sock"
