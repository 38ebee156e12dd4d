"""The product's own promise: a home behind carrier NAT becomes reachable, with the viewer's own address.

The wizard runs on a rented machine, reaches home over WireGuard, and gets its certificate from a real ACME server.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.internet import VIEWER, VPS
from tests.lab.person import set_up
from tests.lab.stage import DOMAIN, PROJECT, Stage, roots_path, started
from tests.lab.topologies import Topology, cgnat
from tests.lab.tunnels import HOME_INSIDE, VPS_INSIDE, join_wireguard
from tests.lab.world import LabError, World, require_lab
from tests.processes import wait_until
from wizard.embedded.parts import valkey_program

_BROKER_PASSWORD = "only-for-the-lab"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    require_lab()
    folder = tmp_path_factory.mktemp("promise")
    with World() as world:
        topology = cgnat(world)
        vps = topology.internet.vps
        join_wireguard(vps, topology.home, VPS)
        start_broker(topology, folder)
        settings = {
            "PORTHOLE_BROKER_URL": broker_url("127.0.0.1"),
            "PORTHOLE_CADDY_HTTP_PORT": "80",
            "PORTHOLE_CADDY_HTTPS_PORT": "443",
        }
        with started(topology, vps, folder, **settings) as stage:
            stage.authority.point(DOMAIN, VPS)
            yield stage


def broker_url(host: str) -> str:
    """The broker of the VPS, for whoever may know its password."""
    return f"redis://:{_BROKER_PASSWORD}@{host}:6379/0"


def start_broker(topology: Topology, folder: Path) -> None:
    """A real Valkey on the VPS that a worker elsewhere can reach."""
    vps, log = topology.internet.vps, folder / "valkey.log"
    command = (valkey_program(), "--port", "6379", "--bind", "0.0.0.0", "--save", "", "--dir", str(folder))
    vps.start(*command, "--requirepass", _BROKER_PASSWORD, log=log)
    wait_until(lambda: "Ready to accept" in log.read_text(), "the broker of the VPS is ready")


def test_before_anything_is_set_up_nobody_outside_reaches_the_home(stage: Stage) -> None:
    viewer = stage.topology.internet.viewer
    reach = "import socket, sys; socket.create_connection((sys.argv[1], 32400), 2)"
    with pytest.raises(LabError):
        viewer.run(sys.executable, "-c", reach, stage.topology.public)


def test_the_wizard_sets_it_up_and_every_check_is_green(stage: Stage) -> None:
    run = set_up(
        stage.person,
        stage.system.link(),
        server_url=f"{HOME_INSIDE}:32400",
        method="wireguard",
        domain=DOMAIN,
    )
    words = stage.finished(run)
    assert f"{DOMAIN} works" in words, words


def test_then_a_viewer_connects_plays_and_counts_as_remote(stage: Stage) -> None:
    learned = stage.watch()
    assert learned["identifier"] == stage.plex["machine_identifier"]
    assert (learned["status"], learned["whole"], learned["still_hears"]) == (200, True, True)
    assert learned["sessions"] == [[VIEWER, False]]
    stream = next(one for one in stage.seen_by_plex() if one["path"].endswith("file.mkv"))
    assert (stream["peer_address"], stream["client_address"], stream["is_local"]) == (VPS_INSIDE, VIEWER, False)


def test_a_phone_out_there_proves_it_to_the_owner_by_a_link(stage: Stage) -> None:
    page = f"/hosts/{stage.host_key()}/visits"
    stage.person.submit(page)
    link = re.search(r'id="visit-link">([^<]+)<', stage.person.page)
    assert link
    learned = json.loads(stage.run("tests.lab.phone", link[1], DOMAIN, VPS))
    assert learned["title"] == "It works from here", learned
    assert f"It arrived: {VIEWER}" in learned["words"]
    seen = stage.person.open(page)
    assert "Works from outside, seen by a phone (Safari on iPhone)" in seen
    assert f"{DOMAIN} opened on a phone in another network than Caddy's, from {VIEWER}" in seen
    assert f"Plex learns the phone's own address, {VIEWER}, the one that Caddy saw" in seen
    assert "A WebSocket stayed open for 20 seconds" in seen


def test_then_every_check_is_green_from_the_viewers_place_too(stage: Stage) -> None:
    log = stage.folder / "vantage.log"
    stage.topology.internet.viewer.start(
        *(sys.executable, "-m", "wizard.cli", "vantage", "--name", "viewer", "--broker", broker_url(VPS)),
        log=log,
        environ={"SSL_CERT_FILE": str(roots_path(stage.folder))},
        folder=PROJECT,
    )
    wait_until(lambda: "viewer" in stage.person.open("/settings/vantages"), f"the viewer's worker is known: {log}")
    words = stage.finished(stage.start_run())
    assert f"{DOMAIN} works, seen from" in words, words
    elsewhere = words.partition("From viewer")[2].partition("How to fix it")[0]
    assert f"Exactly one viewer address arrives: {VIEWER}" in elsewhere, words
    assert "Failed" not in elsewhere
    assert "Warning" not in elsewhere


def test_with_headers_off_the_same_viewer_counts_as_local_and_porthole_says_so(stage: Stage) -> None:
    key = stage.host_key()
    stage.person.submit(
        f"/hosts/{key}/edit/media", plex_mode="y", websocket="y", stream_limit_mbps="8", upload_mbps="20"
    )
    stage.person.open(f"/hosts/{key}/edit/review")
    assert "Remote viewers can count as Local" in stage.person.words
    stage.person.press(f"/hosts/{key}/edit/review")
    words = stage.finished(stage.person.path)
    assert "Forwarding of client addresses is switched off: Plex sees Caddy's address for everybody" in words
    assert "Limits for remote streams are then not applied." in words
    assert stage.watch()["sessions"] == [[VPS_INSIDE, True]]
