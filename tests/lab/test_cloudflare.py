"""A home behind carrier NAT that nothing can reach answers in public all the same: through a tunnel it dials itself.

Porthole, Caddy and Plex are at home. A stand-in for Cloudflare answers on the internet of the lab, and a stand-in for
cloudflared, run by Porthole from a token that a person pasted, dials out to it across both translations.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.authority import Authority
from tests.fakes.cloudflared import make_token, write_program
from tests.fakes.front import TUNNEL_PORT
from tests.lab.internet import CARRIER, FRONT, HOME, MOBILE, build_mobile
from tests.lab.person import claim, make_host
from tests.lab.stage import DOMAIN, PROJECT, Stage, started
from tests.lab.topologies import Topology, cgnat
from tests.lab.world import LabError, Node, World, require_lab
from tests.processes import wait_until

_TERMS = "Cloudflare may limit or disable my domain for it"
PAGE, EDGE, TOKEN = "/settings/ways/cloudflare", "edge.example.net", make_token()
SERVICE = "http://127.0.0.1:7681"  # what the page says to enter in Cloudflare
SAYS_SO_SECONDS = 20.0  # a look every ten seconds, and five until silence on a line counts
HEALS_SECONDS = 45.0  # supervisor waits up to twenty seconds between starts that fail
_CUT = f"""table inet cut {{
  chain c {{ type filter hook forward priority -10; tcp dport {TUNNEL_PORT} drop; tcp sport {TUNNEL_PORT} drop; }}
}}"""
_FORGED = (
    "CF-Connecting-IP: 6.6.6.6",
    "X-Forwarded-For: 6.6.6.6",
    "X-Forwarded-Proto: http",
    "True-Client-IP: 6.6.6.6",
)
_READ_BY_SERVERS = ("cf-connecting-ip", "x-forwarded-for", "x-real-ip")
_CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 1)"


@dataclass(frozen=True)
class Tunnelled:
    """The stage, somebody in a mobile network, another machine at home, and the program in cloudflared's place."""

    stage: Stage
    phone: Node
    laptop: Node
    program: Path

    def stands(self, word: str, cause: str = "") -> bool:
        """Whether the page has this word for the tunnel, and tells the cause, as the background looks left it."""
        return self.stage.way_stands(PAGE, word) and cause in self.stage.person.words

    def at_carrier(self, rules: str) -> None:
        """Change what the carrier lets through."""
        assert self.stage.topology.outer
        self.stage.topology.outer.filter(rules)

    def looks_again(self) -> str:
        """The words of the page after the next look: nobody waits for the regular one."""
        self.stage.person.open(PAGE)
        self.stage.person.press(f"{PAGE}/look")
        return self.stage.person.open(f"{PAGE}?wait=2")

    def answer(self, *headers: str, method: str = "GET") -> str:
        """The status that somebody in the mobile network gets at the public name."""
        sent = [word for header in headers for word in ("-H", header)]
        command = ("curl", "-sko", "/dev/null", "-w", "%{http_code}", "-m", "5", "-X", method, *sent)
        return self.phone.run(*command, f"https://{DOMAIN}/identity")

    def row_says(self, words: str) -> None:
        """The row of this way in of a new run says so; the rest of the run is not waited for."""
        run = self.stage.start_run()
        wait_until(lambda: words in self.stage.person.open(run), f"the run says: {words}", SAYS_SO_SECONDS)
        self.stage.person.press(f"{run}/stop")

    def kill(self) -> int:
        """End cloudflared without a good-bye; which process it was."""
        pid = self.stage.system.pid("tunnel")
        os.kill(pid, signal.SIGKILL)
        return pid


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tunnelled]:
    require_lab()
    folder = tmp_path_factory.mktemp("cloudflare")
    with World() as world:
        topology = cgnat(world)
        phone, laptop = build_mobile(topology.internet), world.node("laptop")
        laptop.plug(world.bridges["lan"], "eth0", "192.168.1.60/24")
        issuer = Authority.create("Whoever issues for Cloudflare")
        start_front(topology, folder, issuer)
        with started(topology, topology.home, folder, roots_pem=issuer.certificate_pem) as stage:
            for name in (DOMAIN, EDGE):
                stage.authority.point(name, FRONT)
            program = write_program(folder / "cloudflared", f"{EDGE}:{TUNNEL_PORT}")
            yield Tunnelled(stage, phone, laptop, program)


def start_front(topology: Topology, folder: Path, issuer: Authority) -> None:
    """Cloudflare, as far as one tunnel is concerned: its public hostname was entered as the page says."""
    node, log = topology.internet.node("cloudflare", FRONT), folder / "front.log"
    files = issuer.issue(DOMAIN).write(folder, "front")
    words = ("--listen", FRONT, "--cert", str(files.certificate), "--key", str(files.key))
    public = ("--public", f"{DOMAIN}={SERVICE}")
    node.start(sys.executable, "-m", "tests.fakes.front", *words, *public, log=log, folder=PROJECT)
    wait_until(lambda: log.read_text().startswith("{"), "the front listens")


def connects(node: Node, address: str, port: int) -> bool:
    try:
        node.run(sys.executable, "-c", _CONNECT, address, str(port))
    except LabError:
        return False
    return True


def test_nobody_outside_reaches_the_home(way: Tunnelled) -> None:
    topology = way.stage.topology
    topology.internet.vps.route("100.64.0.0/24", CARRIER)  # a neighbour of the carrier tries its customers directly
    assert not connects(way.phone, topology.public, 443)
    assert not connects(topology.internet.vps, topology.wan, 443)
    assert connects(way.phone, FRONT, 443)
    assert way.answer() == "530"


def test_a_pasted_token_connects_and_every_check_is_green(way: Tunnelled) -> None:
    stage, person = way.stage, way.stage.person
    claim(person, stage.system.link())
    assert _TERMS in person.open(PAGE)
    pasted = f"cloudflared tunnel run --token {TOKEN}"
    person.submit(PAGE, runs="here", token=pasted, program=str(way.program), consent="y")
    assert f"Service {SERVICE}" in person.words
    wait_until(lambda: way.answer() == "502", "the tunnel is up, and Caddy has nothing to say yet", SAYS_SO_SECONDS)
    run = make_host(person, server_url="127.0.0.1:32400", method="cloudflare", domain=DOMAIN, consent="y")
    words = stage.finished(run)
    assert f"{DOMAIN} works" in words, words
    assert "4 connections to Cloudflare, ams03, fra01" in words, words
    assert "Uploads stop at 100 MB on this way in (Cloudflare Tunnel)" in words, words
    assert f"Exactly one viewer address arrives: {CARRIER}" in words, words
    rows = words.partition(f"{DOMAIN} works")[0]
    assert not [word for word in ("Warning", "Failed", "Could not", "Note") if word in rows], rows


def test_its_terms_are_said_and_no_certificate_is_asked_for(way: Tunnelled) -> None:
    stage, key = way.stage, way.stage.host_key()
    assert _TERMS in stage.person.open(f"/hosts/{key}/edit/route")
    connect = stage.person.open(f"/hosts/{key}/edit/connect")
    assert "Cloudflare shows its own certificate to viewers. Caddy needs none on this way in." in connect
    review = stage.person.open(f"/hosts/{key}/edit/review")
    assert "Warning: Cloudflare has rules about video" in review
    for words in (connect, review):
        assert not re.search("HTTP-01|TLS-ALPN|DNS-01", words), words
    assert (
        "calling handler" not in (stage.folder / "authority" / "pebble.log").read_text()
    )  # nobody asked it anything


def test_then_a_viewer_in_a_mobile_network_connects_plays_and_counts_as_remote(way: Tunnelled) -> None:
    learned = way.stage.watch(way.phone)
    assert learned["identifier"] == way.stage.plex["machine_identifier"]
    assert (learned["status"], learned["whole"], learned["still_hears"]) == (200, True, True)
    assert learned["sessions"] == [[MOBILE, False]]
    stream = next(one for one in way.stage.seen_by_plex() if one["path"].endswith("file.mkv"))
    assert (stream["peer_address"], stream["client_address"], stream["is_local"]) == ("127.0.0.1", MOBILE, False)


def test_a_forged_address_never_wins(way: Tunnelled) -> None:
    assert way.answer(*_FORGED) == "200"
    seen = way.stage.seen_by_plex()[-1]
    assert (seen["client_address"], seen["is_local"]) == (MOBILE, False)
    told = [value for name, value in seen["headers"] if name.lower() in _READ_BY_SERVERS]
    assert told == [MOBILE] * 3, seen["headers"]
    before = len(way.stage.seen_by_plex())
    assert connects(way.laptop, HOME, 32400)
    assert not connects(way.laptop, HOME, 7681)
    assert way.stage.seen_by_plex()[before:] == []


def test_a_body_above_the_cap_of_this_way_never_reaches_home(way: Tunnelled) -> None:
    before = len(way.stage.seen_by_plex())
    assert way.answer("Content-Length: 100000001", method="POST") == "413"
    assert way.stage.seen_by_plex()[before:] == []


def test_what_was_killed_is_started_again(way: Tunnelled) -> None:
    killed = way.kill()
    wait_until(lambda: way.stage.system.pid("tunnel") not in {0, killed}, "it runs again", 10)
    wait_until(lambda: way.answer() == "200", "viewers get through again", 10)


def test_a_program_that_ends_at_once_shows_in_status_and_checks_until_it_runs(way: Tunnelled) -> None:
    kept, ends = way.program.read_text(), f"{way.program} ends by itself right after each start"
    way.program.write_text("#!/bin/sh\nexit 1\n")
    way.kill()
    wait_until(lambda: way.stands("Needs attention", ends), "the page says that it does not run", SAYS_SO_SECONDS)
    way.row_says(ends)
    way.program.write_text(kept)
    wait_until(lambda: way.answer() == "200", "it is connected again", HEALS_SECONDS)


def test_a_cut_line_shows_in_status_and_checks_and_heals_by_itself(way: Tunnelled) -> None:
    blocked = f"Nothing from this machine reaches Cloudflare on port {TUNNEL_PORT}"
    way.at_carrier(_CUT)
    wait_until(lambda: way.stands("Needs attention"), "the page says that it is cut", SAYS_SO_SECONDS)
    wait_until(lambda: blocked in way.looks_again(), "the page says where", SAYS_SO_SECONDS)
    way.row_says(blocked)
    way.at_carrier("delete table inet cut")
    wait_until(lambda: "4 connections" in way.looks_again(), "the page says that it is back", HEALS_SECONDS)
    way.row_says("4 connections to Cloudflare, ams03, fra01")
    assert way.answer() == "200"
