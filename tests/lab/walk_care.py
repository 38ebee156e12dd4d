"""What the walkthrough says about living with it: paths, keys, Porthole's page, access rules, containers."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from tests.lab.follower import Follower
from tests.lab.walk_stage import VALUES, Stage, follows
from tests.processes import wait_until


@follows("direct-or-relayed")
def direct_or_not(stage: Stage, follower: Follower) -> None:
    """Both commands print the words that the list explains, for a good path and for a bad one."""
    ping, netcheck = follower.lines("On the VPS")
    daemon = stage.tailnet.members["edge-vps"].daemon
    direct = follower.runs(stage.vps, ping)
    assert re.search(r"pong .* via [\d.]+:\d+", direct)
    daemon.direct_after, daemon.pings = None, {}
    relayed = stage.vps.type(f"{ping} || true")
    assert len(re.findall(r"pong .* via DERP\(fra\)", relayed)) == 10
    daemon.line = {"UDP": False, "MappingVariesByDestIP": True}
    printed = follower.runs(stage.vps, netcheck)
    for words in ("UDP: false", "MappingVariesByDestIP: true"):
        assert words in printed
        assert f"*{words}*" in follower.step.words


@follows("key-expiry.1")
def open_the_machines(stage: Stage, follower: Follower) -> None:
    """Before anything is done about it: a key that ends soon is a warning on Porthole's page."""
    follower.stands_in("Open Tailscale's admin console")
    soon = (datetime.now(UTC) + timedelta(days=10)).isoformat().replace("+00:00", "Z")
    stage.tailnet.members["mediabox"].knows(KeyExpiry=soon)
    _open_page(stage)
    stage.desk.does("press", label="Test and save")
    assert "mediabox’s key expires on" in stage.desk.words


@follows("key-expiry.2")
def disable_for_plex(stage: Stage, follower: Follower) -> None:
    """What the console does, the daemons hear."""
    follower.stands_in("Disable key expiry")
    stage.tailnet.members["mediabox"].knows(KeyExpiry=None)


@follows("key-expiry.3")
def disable_for_the_vps(stage: Stage, follower: Follower) -> None:
    """The same."""
    follower.stands_in("Do the same for the VPS")
    stage.tailnet.members["edge-vps"].knows(KeyExpiry=None)


@follows("key-expiry.after")
def it_does_not_expire(stage: Stage, follower: Follower) -> None:
    """The page says so and warns no more. A machine that expired all the same is offline for the others."""
    _open_page(stage)
    stage.desk.does("press", label="Test and save")
    follower.sees(stage.desk, "Does not expire")
    assert "key expires on" not in stage.desk.words
    member = stage.tailnet.members["mediabox"]
    member.knows(Online=False, Expired=True)
    assert re.search(r"mediabox .* offline", stage.vps.type("tailscale status"))
    (again,) = follower.lines("On the machine whose key has expired")
    follower.takes(again)
    running = stage.home.leave_running(again)
    stage.ends.callback(running.stop)
    running.shows("https://login.tailscale.com/")
    member.knows(Online=True, Expired=False)
    running.shows("Success")
    assert not re.search(r"mediabox .* offline", stage.vps.type("tailscale status"))


def _open_page(stage: Stage) -> None:
    for label in ("Settings", "Ways in"):
        stage.desk.does("press", label=label)
    stage.desk.open("http://127.0.0.1:7678/settings/ways/tailscale")


@follows("page.1")
def open_the_page(stage: Stage, follower: Follower) -> None:
    """Settings, Ways in, and the link in the part of this way in."""
    desk = stage.desk
    follower.press(desk, "Settings")
    follower.press(desk, "Ways in")
    follower.sees(desk, "Your own VPS, over Tailscale")
    follower.press(desk, "Set up and watch Your own VPS, over Tailscale")


@follows("page.2")
def this_machine(stage: Stage, follower: Follower) -> None:
    """Name, address and key of the VPS."""
    follower.sees(stage.desk, "This machine")
    words = stage.desk.words
    for shown in ("edge-vps.tail0a1b2c.ts.net", stage.tailnet.members["edge-vps"].address, "Does not expire"):
        assert shown in words


@follows("page.3")
def test_the_path(stage: Stage, follower: Follower) -> None:
    """An idle path, a relayed one, and a direct one."""
    desk, daemon = stage.desk, stage.tailnet.members["edge-vps"].daemon
    follower.sees(desk, "Other machines", "Path")
    assert desk.does("sees", label="Idle")
    said = {"Relayed": None, "Direct": 1}
    for word, after in said.items():
        daemon.direct_after, daemon.pings = after, {}
        follower.names("Test the path")
        desk.does("press_in", part="mediabox", label="Test the path")
        assert f"*{word}*" in follower.step.words
        desk.shows(word)
    assert max(daemon.pings.values()) <= 8


@follows("page.4")
def name_the_other_end(stage: Stage, follower: Follower) -> None:
    """It is filled in already; a machine that goes offline is a finding from then on."""
    desk = stage.desk
    assert follower.value(desk, "The machine at the other end").startswith("mediabox")
    follower.press(desk, "Test and save")
    stage.tailnet.members["mediabox"].knows(Online=False)
    wait_until(lambda: "mediabox is offline" in (desk.does("again") and desk.words), "the page says it", 30)
    stage.tailnet.members["mediabox"].knows(Online=True)


@follows("page.5")
def ask_netcheck(stage: Stage, follower: Follower) -> None:
    """A strict translator was planted before; the page says what that means."""
    stage.tailnet.members["edge-vps"].daemon.line = {"UDP": True, "MappingVariesByDestIP": True, "IPv6": False}
    follower.press(stage.desk, "Ask netcheck")
    stage.desk.shows("What Porthole cannot find out")
    assert "This side has a strict translator" in stage.desk.words


@follows("access-rules")
def restrict_the_vps(stage: Stage, follower: Follower) -> None:
    """The rules are JSON, and say what the text claims; then the lab enforces them."""
    policy = json.loads(follower.reads("Tailscale admin console"))
    follower.stands_in("Save the rules first")
    assert _granted(policy, "tag:edge", "tag:media") == {"tcp:32400"}
    assert _granted(policy, "tag:edge", "autogroup:self") == set()
    assert _granted(policy, "autogroup:member", "tag:media") == {"*"}
    assert _granted(policy, "autogroup:member", "autogroup:self") == {"*"}
    for place, machine in (("At home, on the Plex machine", stage.home), ("On the VPS", stage.vps)):
        (line,) = follower.lines(place)
        assert line.rpartition("=")[2] in policy["tagOwners"]
        follower.runs(machine, line)
    stage.tailnet.tell()
    address = VALUES["tailnet_address"]
    assert stage.vps_reaches(address)
    other = 22
    stage.home.node.start("python3", "-m", "http.server", str(other), log=stage.folder / "other.log")
    wait_until(lambda: stage.vps_reaches(address, other), "another port of the Plex machine answers")
    stage.tailnet.enforce(policy["grants"])
    assert stage.vps_reaches(address)
    assert not stage.vps_reaches(address, other)
    for port in (32400, other):  # the phone is a person's own device
        stage.phone.type(f"curl -s -o /dev/null http://{address}:{port}/identity")
    _open_page(stage)
    assert "Does not expire" in stage.desk.words


def _granted(policy: dict[str, Any], source: str, target: str) -> set[str]:
    grants = [one for one in policy["grants"] if source in one["src"] and target in one["dst"]]
    return {what for one in grants for what in one["ip"]}


@follows("docker")
def tailscale_in_a_container(stage: Stage, follower: Follower) -> None:
    """No containers in the lab: the file is read as Compose reads it."""
    service = yaml.safe_load(follower.reads("docker-compose.yml"))["services"]["tailscale"]
    assert service["environment"]["TS_USERSPACE"] == "false"  # text: Compose refuses YAML's own false there
    assert service["network_mode"] == "host"
    assert service["devices"] == ["/dev/net/tun"]
