"""Porthole at home behind carrier NAT drives the Caddy of a rented machine through WireGuard.

The tunnel is made of the very files that the page shows. Then it is cut and restored: the status and the checks say
so, and recover by themselves.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from tests.caddy_process import caddy_binary
from tests.lab.internet import VIEWER, VPS
from tests.lab.person import claim, make_host
from tests.lab.stage import DOMAIN, Stage, started
from tests.lab.topologies import cgnat
from tests.lab.tunnels import HOME_INSIDE, VPS_INSIDE, bring_up
from tests.lab.world import World, require_lab
from tests.processes import wait_until

WIREGUARD, CADDIES = "/settings/ways/wireguard", "/settings/caddies"
SAYS_SO_SECONDS = 15.0  # what the page promises
_LISTEN = "127.0.0.1:7678"
_CUT = """table inet cut {
  chain c { type filter hook forward priority -10; udp dport 51820 drop; udp sport 51820 drop; }
}"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    require_lab()
    folder = tmp_path_factory.mktemp("second-edge")
    with World() as world:
        topology = cgnat(world)
        with started(topology, topology.home, folder, listen=_LISTEN) as stage:
            stage.authority.point(DOMAIN, VPS)
            yield stage


def at_carrier(stage: Stage, rules: str) -> None:
    """Change what the carrier lets through."""
    assert stage.topology.outer
    stage.topology.outer.filter(rules)


def stands(stage: Stage, word: str) -> bool:
    return stage.way_stands(WIREGUARD, word)


def file_on(page: str, end: str) -> str:
    """What Copy copies: the file of one end, as `wg setconf` takes it. Addresses and sizes are wg-quick's part."""
    found = re.search(rf'id="{end}-file" data-value="([^"]*)"', page)
    assert found, page
    lines = html.unescape(found[1]).splitlines()
    return "\n".join(line for line in lines if not line.startswith(("Address", "MTU"))) + "\n"


def start_far_caddy(stage: Stage) -> None:
    """Nothing but Caddy on the rented machine, with the configuration that the page shows."""
    folder = stage.folder / "far-caddy"
    folder.mkdir()
    found = re.search(r'id="vps-admin">([^<]*)<', stage.person.page)
    assert found
    (folder / "caddy.json").write_text(html.unescape(found[1]))
    stage.topology.internet.vps.start(
        *(str(caddy_binary()), "run", "--resume", "--config", str(folder / "caddy.json")),
        log=folder / "caddy.log",
        environ={"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "HOME": str(folder)},
    )
    log = folder / "caddy.log"
    wait_until(lambda: "serving initial configuration" in log.read_text(), "the far Caddy runs")


def test_the_files_of_the_page_make_the_tunnel(stage: Stage) -> None:
    person = stage.person
    claim(person, stage.system.link())
    typed = {"vps": VPS, "port": "51820", "network": "10.9.0.0/24", "mtu": "0", "porthole": "home"}
    person.submit(WIREGUARD, **typed)
    wait_until(lambda: stands(stage, "Waiting"), "the page waits for the tunnel", 30)
    page = person.page
    bring_up(stage.topology.internet.vps, file_on(page, "vps"), f"{VPS_INSIDE}/24")
    home = bring_up(stage.topology.home, file_on(page, "home"), f"{HOME_INSIDE}/32")
    stage.topology.home.ip("route", "add", f"{VPS_INSIDE}/32", "dev", home)  # wg-quick makes it of AllowedIPs
    wait_until(lambda: stands(stage, "Connected"), "the page says that the tunnel is up", 30)


def test_the_wizard_drives_the_far_caddy_and_every_check_is_green(stage: Stage) -> None:
    start_far_caddy(stage)
    person = stage.person
    person.submit(
        CADDIES,
        name="vps",
        admin=f"http://{VPS_INSIDE}:2019",
        public_address=VPS,
        echo_dial=f"{HOME_INSIDE}:7678",
    )
    assert "vps is saved" in person.words
    run = make_host(person, server_url=f"{HOME_INSIDE}:32400", method="wireguard", domain=DOMAIN, edge="vps")
    words = stage.finished(run)
    assert f"{DOMAIN} works" in words, words
    assert f"{VPS_INSIDE} answers through the tunnel" in words, words


def test_then_a_viewer_connects_plays_and_counts_as_remote(stage: Stage) -> None:
    learned = stage.watch()
    assert learned["identifier"] == stage.plex["machine_identifier"]
    assert (learned["status"], learned["whole"], learned["still_hears"]) == (200, True, True)
    assert learned["sessions"] == [[VIEWER, False]]


def test_a_cut_tunnel_shows_in_status_and_checks_and_heals_by_itself(stage: Stage) -> None:
    silent = f"{VPS_INSIDE} at the other end of the tunnel does not answer"
    at_carrier(stage, _CUT)
    wait_until(lambda: stands(stage, "Needs attention"), "the page says that the tunnel is cut", SAYS_SO_SECONDS)
    assert silent in stage.person.words
    run = stage.start_run()
    wait_until(lambda: silent in stage.person.open(run), "the run says that the tunnel is cut", SAYS_SO_SECONDS)
    words = stage.finished(run)
    assert f"{DOMAIN} works" not in words
    at_carrier(stage, "delete table inet cut")
    wait_until(lambda: stands(stage, "Connected"), "the page says that the tunnel is up again", 30)
    words = stage.finished(stage.start_run())
    assert f"{DOMAIN} works" in words, words
