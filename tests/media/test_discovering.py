"""Looking for media servers: five ways of announcing, devices of a tailnet, and an end in time."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import announcing as fakes
from tests.fakes.http_pages import HttpPages
from tests.fakes.ports import free_port
from wizard.core.servers import Candidate, Found, Source, merged
from wizard.discovering import Search, discover, found_of
from wizard.media import Identity
from wizard.net.announcing import Where, read_gdm, read_hello
from wizard.net.deadline import Deadline
from wizard.net.dockersocket import read_container
from wizard.net.door import Net
from wizard.net.knocking import knock

HERE = "127.0.0.1"


def look(search: Search, seconds: float = 5.5) -> tuple[Found, ...]:
    found: list[Found] = []
    discover(Net(), search, found.append, seconds=seconds)
    return merged(found)


def test_plex_is_found_by_gdm_and_says_itself_who_it_is() -> None:
    with (
        HttpPages(fakes.plex_pages()) as pages,
        fakes.announce_plex("Attic: films: 4K", pages.port) as gdm,
    ):
        (found,) = look(
            Search(Where({HERE: ""}, gdm=(HERE, gdm.port), broadcast=HERE, hello_port=9), loopback=True), 2
        )
    assert found == Found(
        "plex", "Attic: films: 4K", HERE, pages.port, "http", fakes.PLEX_ID, "1.43.2.10687", Source.GDM
    )


def test_jellyfin_and_emby_each_answer_only_their_own_question() -> None:
    with (
        HttpPages(fakes.jellyfin_pages()) as jellyfin,
        fakes.announce_hello(f"http://{HERE}:{jellyfin.port}") as hello,
    ):
        where = Where({HERE: ""}, gdm=(HERE, 9), broadcast=HERE, hello_port=hello.port)
        (found,) = look(Search(where, loopback=True), 2)
    assert (found.kind, found.name, found.source) == ("jellyfin", "Nas", Source.JELLYFIN)
    with (
        HttpPages(fakes.emby_pages()) as emby,
        fakes.announce_hello(f"http://{HERE}:{emby.port}", "Attic", emby=True) as hello,
    ):
        where = Where({HERE: ""}, gdm=(HERE, 9), broadcast=HERE, hello_port=hello.port)
        (found,) = look(Search(where, loopback=True), 2)
    assert (found.kind, found.name, found.source) == ("emby", "Attic", Source.EMBY)


def test_an_answer_is_believed_about_its_own_sender_only() -> None:
    told = b'{"Address": "http://203.0.113.9:8096", "Id": "1a", "Name": "Nas"}'
    assert read_hello(told, "192.168.1.20", Source.JELLYFIN) == Candidate(
        "192.168.1.20", 8096, "http", "Nas", "jellyfin", Source.JELLYFIN
    )
    named = b'{"Address": "https://films.example.com", "Id": "1a", "Name": "Nas"}'
    assert read_hello(named, "192.168.1.20", Source.JELLYFIN) == Candidate(
        "192.168.1.20", 8096, "http", "Nas", "jellyfin", Source.JELLYFIN
    )


def test_a_name_that_was_announced_is_one_short_line() -> None:
    candidate = Candidate("192.168.1.20", 32400, name="Attic\n\x1b[31m" + "x" * 5000, source=Source.GDM)
    name = found_of(candidate, Identity("plex", "a1")).name
    assert name.startswith("Attic")
    assert name.isprintable()
    assert len(name) <= 80


def test_a_plex_player_is_no_server() -> None:
    player = fakes.gdm_answer("TV", 32433).replace(b"plex/media-server", b"plex/media-player")
    assert read_gdm(player, "192.168.1.30") is None


@given(st.binary(max_size=300))
def test_any_datagram_is_read_without_a_crash(packet: bytes) -> None:
    read_gdm(b"HTTP/1.0 200 OK\r\n" + packet, "192.168.1.2")
    read_hello(packet, "192.168.1.2", Source.EMBY)


def test_containers_are_found_by_their_published_port_and_docker_is_only_read(tmp_path: Path) -> None:
    with HttpPages(fakes.jellyfin_pages()) as pages:
        containers = [
            {
                "Names": ["/films"],
                "Image": "jellyfin/jellyfin:10.11",
                "Ports": [{"IP": "0.0.0.0", "PrivatePort": 8096, "PublicPort": pages.port, "Type": "tcp"}],
                "NetworkSettings": {"Networks": {"bridge": {"IPAddress": "172.17.0.5"}}},
            }
        ]
        with fakes.Docker(tmp_path / "docker.sock", containers) as docker:
            (found,) = look(Search(docker=str(docker.path), own=(HERE,), loopback=True), 3)
    assert (found.name, found.port, found.source) == ("Nas", pages.port, Source.DOCKER)
    assert docker.asked == ["GET /containers/json HTTP/1.1"]


def test_a_container_on_the_hosts_network_is_looked_for_at_the_host() -> None:
    container = {"Names": ["/plex"], "Image": "plexinc/pms-docker", "NetworkSettings": {"Networks": {"host": {}}}}
    assert read_container(container, ("192.168.1.5",)) == (
        Candidate("192.168.1.5", 32400, "http", "plex", "plex", Source.DOCKER),
    )


def test_a_public_address_is_never_asked() -> None:
    with HttpPages(fakes.plex_pages()) as pages:
        assert look(Search(known=(Candidate("203.0.113.9", pages.port),), machines=(Candidate("8.8.8.8"),)), 2) == ()
        assert look(Search(known=(Candidate(HERE, pages.port, source=Source.GDM),)), 2) == ()


def test_a_port_that_keeps_silent_holds_up_nobody() -> None:
    with fakes.Silent() as silent, HttpPages(fakes.plex_pages()) as pages:
        doors = [*((f"127.1.0.{number}", silent.port) for number in range(1, 200)), (HERE, pages.port)]
        assert list(knock(doors, Deadline(5))) == [(HERE, pages.port)]


def test_250_tailnet_devices_and_five_protocols_end_in_time(tmp_path: Path) -> None:
    peers = tuple(
        Candidate(f"127.1.{number // 200}.{number % 200 + 1}", name=f"peer-{number}", source=Source.TAILNET)
        for number in range(250)
    )
    port = free_port()
    with ExitStack() as stack:
        for number in (3, 120, 249):
            pages = fakes.plex_pages(f"{number:040x}")
            stack.enter_context(HttpPages(pages, host=peers[number].address, port=port))
        silent = [stack.enter_context(fakes.Silent()).port for _ in range(2)]
        plex = stack.enter_context(HttpPages(fakes.plex_pages()))
        jellyfin = stack.enter_context(HttpPages(fakes.jellyfin_pages()))
        gdm = stack.enter_context(fakes.announce_plex("Home", plex.port))
        hello = stack.enter_context(fakes.announce_hello(f"http://{HERE}:{jellyfin.port}"))
        upnp = stack.enter_context(fakes.announce_upnp(f"http://{HERE}:32469/DeviceDescription.xml"))
        docker = stack.enter_context(fakes.Docker(tmp_path / "docker.sock", []))
        where = Where({HERE: ""}, (HERE, gdm.port), (HERE, upnp.port), HERE, hello.port)
        search = Search(where, (), peers, str(docker.path), (HERE,), (port, *silent), loopback=True)
        started = time.monotonic()
        found = look(search)
        seconds = time.monotonic() - started
    assert {one.name for one in found} == {"peer-3", "peer-120", "peer-249", "Home", "Nas"}
    assert seconds < 6.0  # the promise itself
