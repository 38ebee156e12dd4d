"""Settings → Servers and the wizard's first step: what was found is offered, several become hosts at once."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from tasks import discovering
from tests.fakes.announcing import jellyfin_pages, plex_pages
from tests.fakes.http_pages import HttpPages
from tests.fakes.plex import Plex
from tests.fakes.tailscaled import OFFLINE, Tailscaled, machine, status
from tests.web.browsing import Page, Visitor, given_host, refused
from wizard.core.connection import Machine
from wizard.core.servers import Candidate, Found, Source
from wizard.core.tailnet_findings import SOCKET
from wizard.discovering import Search
from wizard.store import drafts, hosts, revisions, runs, servers, ways


def known(plex: Plex, **changes: object) -> Found:
    found = Found("plex", "Attic", "127.0.0.1", plex.port, id=plex.machine_identifier, source=Source.GDM)
    return replace(found, **changes)  # type: ignore[arg-type]  # fields of Found, by the name of each


@pytest.fixture(autouse=True)
def nothing_runs(owner: Visitor) -> None:
    """Every test begins as a fresh installation: nobody looks, and nobody looked today."""
    for key in ("porthole:discovery", "porthole:discovering"):
        owner.place.redis.delete(key)


def test_opening_the_page_queues_one_look_and_does_not_wait_for_it(owner: Visitor) -> None:
    first = Page(owner.get("/settings/servers"))
    assert "Looking on your network…" in first.words
    asked = discovering.load_discovery(owner.place)
    owner.get("/settings/servers")
    owner.post("/settings/servers/look", next="/hosts/new/server")
    assert asked == discovering.load_discovery(owner.place)


def test_what_a_look_finds_is_on_the_page_and_in_the_wizard(
    owner: Visitor, plex: Plex, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = Search(known=(Candidate("127.0.0.1", plex.port, name="Attic", source=Source.HOST),), loopback=True)
    monkeypatch.setattr("tasks.discovering.build_search", lambda _: search)
    owner.get("/settings/servers")
    asked = discovering.load_discovery(owner.place)
    assert asked is not None
    discovering.carry_out_discovery(owner.place, asked.number)
    page = Page(owner.get("/settings/servers"))
    assert "Found 1: Attic." in page.words
    assert f"127.0.0.1:{plex.port}" in page.words
    step = Page(owner.get("/hosts/new/server"))
    assert step.checked("server_choice") == [f"plex {plex.url}"]


def test_machines_of_the_tailnet_that_are_online_are_tried_on_the_usual_ports(
    owner: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.discovering.look_at_machine", lambda _: Machine())  # which asks for the way out
    document = status(machine(1, "attic"), machine(2, "cellar", **OFFLINE))
    with Tailscaled(tmp_path / "tailscaled.sock", document) as daemon:
        ways.save_way(owner.place.database, "tailscale", {SOCKET: str(daemon.path)})
        search = discovering.build_search(owner.place)
    tried = [(one.address, one.name, one.port) for one in search.machines if one.source is Source.TAILNET]
    assert tried == [("100.101.1.2", "attic", 0)]


def test_a_found_server_is_chosen_without_typing(owner: Visitor, plex: Plex) -> None:
    servers.note_found(owner.place.database, known(plex))
    answer = owner.post("/hosts/new/server", server_choice=f"plex {plex.url}")
    assert answer.headers["Location"] == "/hosts/new/route"
    answers = drafts.load_draft(owner.place.database).answers
    assert (answers["media"], answers["upstream"]["port"]) == ("plex", plex.port)
    assert Page(owner.get("/hosts/new/server")).checked("server_choice") == [f"plex {plex.url}"]


def test_what_is_typed_wins_over_a_server_that_was_chosen_by_itself(owner: Visitor, plex: Plex) -> None:
    with HttpPages(jellyfin_pages()) as typed:
        owner.post("/hosts/new/server", server_choice=f"plex {plex.url}", media="jellyfin", server_url=typed.url)
    assert drafts.load_draft(owner.place.database).answers["upstream"]["port"] == typed.port


def test_of_several_found_servers_none_is_chosen_by_itself(owner: Visitor, plex: Plex) -> None:
    servers.note_found(owner.place.database, known(plex))
    servers.note_found(owner.place.database, known(plex, id="b2", port=1, name="Cellar"))
    page = Page(owner.get("/hosts/new/server"))
    assert page.checked("server_choice") == []
    assert "Another address" in page.words


def test_where_servers_are_offered_one_of_them_or_another_is_asked_for(owner: Visitor, plex: Plex) -> None:
    servers.note_found(owner.place.database, known(plex))
    assert refused(owner.post("/hosts/new/server", offers="1")) == [
        "Select a media server, or choose Another address"
    ]
    assert refused(owner.post("/hosts/new/server", offers="1", server_choice="another")) == [
        "Select Plex, Jellyfin, Emby or another"
    ]


def test_nothing_found_is_said_with_what_to_do(owner: Visitor) -> None:
    owner.get("/hosts/new/server")
    asked = discovering.load_discovery(owner.place)
    assert asked is not None
    discovering._keep(owner.place, replace(asked, ended_at=asked.asked_at))
    words = Page(owner.get("/hosts/new/server")).words
    assert "We found none. That is usual in Docker. Type the address." in words
    assert "Home address" in words


def test_a_choice_that_leads_out_of_the_home_is_refused_like_typed_text(owner: Visitor) -> None:
    answer = owner.post("/hosts/new/server", server_choice="plex http://198.51.100.7:32400")
    assert refused(answer) == ["Enter the address used inside your home. 198.51.100.7 is on the internet"]


def test_one_added_by_hand_says_itself_what_it_is(owner: Visitor, plex: Plex) -> None:
    owner.post("/settings/servers", server_url=plex.url, name="Films")
    (saved,) = servers.list_servers(owner.place.database)
    assert (saved.found.kind, saved.found.name, saved.found.id) == ("plex", "Films", plex.machine_identifier)
    assert saved.is_saved


def test_one_that_does_not_answer_is_saved_only_when_the_owner_insists(owner: Visitor) -> None:
    url = "127.0.0.1:1"
    assert refused(owner.post("/settings/servers", server_url=url))[0].startswith("Nothing answers on port 1")
    owner.post("/settings/servers", server_url=url, anyway="1")
    assert [saved.found.port for saved in servers.list_servers(owner.place.database)] == [1]


def test_a_server_is_renamed_and_removed(owner: Visitor, plex: Plex) -> None:
    servers.note_found(owner.place.database, known(plex))
    address = f"/settings/servers/{known(plex).key}"
    owner.post(address, name="Films")
    assert "Films" in Page(owner.get("/settings/servers")).words
    owner.post(f"{address}/remove")
    assert servers.list_servers(owner.place.database) == []
    assert owner.get(address).status_code == 404


def test_docker_is_asked_only_at_a_socket_that_is_there(owner: Visitor, tmp_path: Path) -> None:
    path = tmp_path / "d.sock"
    assert refused(owner.post("/settings/servers/docker", path=str(path)))[0].startswith("There is no socket at")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        owner.post("/settings/servers/docker", path=f"unix://{path}")
    assert servers.load_docker(owner.place.database) == str(path)
    owner.post("/settings/servers/docker", path="")
    assert servers.load_docker(owner.place.database) == ""


def test_several_plex_servers_become_several_proxy_hosts_on_one_page(owner: Visitor, plex: Plex) -> None:
    given_host(owner.place)
    with HttpPages(plex_pages("b2" * 20)) as cellar:
        servers.note_found(owner.place.database, known(plex))
        servers.note_found(owner.place.database, known(plex, id="b2" * 20, port=cellar.port, name="The Cellar"))
        page = Page(owner.get("/settings/servers/hosts"))
        assert [one["value"] for one in page.all("input", name="domain")] == [
            "attic.example.com",
            "the-cellar.example.com",
        ]
        keys = [one["value"] for one in page.all("input", name="key")]
        answer = owner.client.post(
            "/settings/servers/hosts",
            data={
                "csrf_token": owner.token(),
                "method": "direct",
                "key": keys,
                "domain": ["attic.example.com", "the-cellar.example.com"],
            },
        )
    assert answer.headers["Location"] == "/"
    made = [saved for saved in hosts.list_hosts(owner.place.database) if saved.host.upstream.port != 32400]
    assert {saved.host.domain.name for saved in made} == {"attic.example.com", "the-cellar.example.com"}
    started = [runs.latest_run(owner.place.database, saved.host.key) for saved in made]
    assert len({run.revision_id for run in started if run}) == 1  # applied together
    assert revisions.load_revision(owner.place.database, next(run.revision_id for run in started if run) or 0)


def test_one_row_with_an_error_makes_no_proxy_host(owner: Visitor, plex: Plex) -> None:
    servers.note_found(owner.place.database, known(plex))
    servers.note_found(owner.place.database, known(plex, id="b2", port=1, name="Cellar"))
    keys = [one["value"] for one in Page(owner.get("/settings/servers/hosts")).all("input", name="key")]
    answer = owner.client.post(
        "/settings/servers/hosts",
        data={
            "csrf_token": owner.token(),
            "method": "direct",
            "key": keys,
            "domain": ["attic.example.com", "cellar.example.com"],
        },
    )
    assert refused(answer)[0].startswith("Nothing answers on port 1 at 127.0.0.1")
    assert hosts.list_hosts(owner.place.database) == []
