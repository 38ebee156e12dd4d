"""Settings → Caddies: a Caddy elsewhere is added when it answers, and chosen in step 3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.caddy_process import CaddyProcess, free_port, start_caddy
from tests.fakes.plex import Plex
from tests.store.samples import saved_host
from tests.web.browsing import Page, Visitor, go_to, refused, send_step
from wizard.core.hosts import Edge
from wizard.store import edges

FIELDS = {"name": "vps", "public_address": "203.0.113.10", "echo_dial": "10.9.0.2:7678"}


@pytest.fixture
def far(tmp_path: Path) -> Iterator[tuple[CaddyProcess, str]]:
    """A real Caddy whose admin API listens on TCP, and its address."""
    admin = f"127.0.0.1:{free_port()}"
    caddy = start_caddy(tmp_path / "far")
    running = caddy.client().get_config()
    assert hasattr(running, "config")
    assert caddy.client().load({**running.config, "admin": {"listen": admin}}, must_revalidate=True) is None
    yield caddy, f"http://{admin}"
    caddy.stop()


def test_one_that_answers_is_kept_and_offered_in_step_3(
    owner: Visitor, plex: Plex, far: tuple[CaddyProcess, str]
) -> None:
    go_to(owner, "connect", plex.url)
    assert "Which Caddy serves it?" not in owner.get("/hosts/new/connect").text
    answer = owner.post("/settings/caddies", admin=far[1], **FIELDS)
    assert answer.headers["Location"] == "/settings/caddies"
    (edge,) = edges.list_edges(owner.place.database)
    assert (edge.name, edge.admin, edge.address) == ("vps", far[1], "127.0.0.1")
    assert edge.public_addresses == ("203.0.113.10",)
    assert "2.11" in Page(owner.get("/settings/caddies")).words.partition("vps")[2]
    assert "Which Caddy serves it?" in owner.get("/hosts/new/connect").text
    send_step(owner, "connect", domain="plex.example.com", edge="vps")
    assert Page(owner.get("/hosts/new/connect")).checked("edge") == ["vps"]
    assert "an A record for plex.example.com to 203.0.113.10" in Page(owner.get("/hosts/new/connect")).words


def test_one_that_does_not_answer_is_not_kept(owner: Visitor) -> None:
    admin = f"http://127.0.0.1:{free_port()}"
    says = refused(owner.post("/settings/caddies", admin=admin, **FIELDS))
    assert says[0].startswith(f"No Caddy answers at {admin}.")
    assert edges.list_edges(owner.place.database) == []


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("name", "My VPS", "Name must be one short word of small letters, digits and dashes, such as vps"),
        ("name", "here", "Name must be one short word of small letters, digits and dashes, such as vps"),
        ("admin", "unix//run/caddy.sock", "Enter an address such as http://10.9.0.1:2019"),
        (
            "admin",
            "http://203.0.113.10:2019",
            "The admin API has no password. Enter an address inside the tunnel, not a public one",
        ),
        ("public_address", "10.0.0.5", "Enter the public IP address of that machine, such as 203.0.113.10"),
        ("public_address", "vps.example.com", "Enter the public IP address of that machine, such as 203.0.113.10"),
        ("echo_dial", "10.9.0.2", "Enter an address and a port, such as 10.9.0.2:7678"),
    ],
)
def test_what_cannot_be_gets_a_sentence(owner: Visitor, field: str, typed: str, says: str) -> None:
    fields = {"admin": "http://10.9.0.1:2019", **FIELDS, field: typed}
    assert refused(owner.post("/settings/caddies", **fields)) == [says]


def test_one_that_serves_something_is_not_removed(owner: Visitor) -> None:
    edges.save_edge(owner.place.database, Edge("vps", "http://127.0.0.1:9", public_addresses=("203.0.113.10",)))
    saved_host(owner.place.database, edge="vps")
    owner.post("/settings/caddies/vps/remove")
    assert "still serves plex.example.com" in owner.get("/settings/account").text
    assert len(edges.list_edges(owner.place.database)) == 1


def test_an_unused_one_is_removed(owner: Visitor) -> None:
    edges.save_edge(owner.place.database, Edge("vps", "http://127.0.0.1:9"))
    owner.post("/settings/caddies/vps/remove")
    assert edges.list_edges(owner.place.database) == []
    assert owner.post("/settings/caddies/here/remove").status_code == 404


def test_a_caddy_that_is_not_known_cannot_be_chosen(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "connect", plex.url)
    says = refused(send_step(owner, "connect", domain="plex.example.com", edge="elsewhere"))
    assert says == ["Select the Caddy that serves this domain"]
