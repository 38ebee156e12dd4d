"""What the walkthrough says about Tailscale's own API, access rules and containers."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from tests.fakes.tailscale_api import CLIENT_ID, CLIENT_SECRET, SCOPE, TOKEN, device
from tests.lab.follower import Follower
from tests.lab.internet import HOME
from tests.lab.terminal import Terminal
from tests.lab.walk_care import open_page
from tests.lab.walk_stage import VALUES, Stage, follows
from tests.lab.world import LabError
from tests.processes import wait_until

_PART = "More from Tailscale's own API"


@follows("api-oauth.1")
def make_a_client(stage: Stage, follower: Follower) -> None:
    """The control server knows two machines, and of a route that nobody approved."""
    follower.stands_in("In Tailscale's admin console")
    waiting = device(11, "beside", advertisedRoutes=[f"{HOME}/32"])
    stage.control_api.document = {"devices": [device(9, "mediabox", keyExpiryDisabled=True), waiting]}


@follows("api-oauth.2")
def give_it_one_scope(stage: Stage, follower: Follower) -> None:
    """The one that is enough."""
    follower.stands_in("Give it one scope")
    assert follower.step.codes == (SCOPE,)
    stage.control_api.scopes = frozenset({SCOPE})


@follows("api-oauth.3")
def copy_the_secret(stage: Stage, follower: Follower) -> None:
    """It begins as the guide says."""
    follower.stands_in("Copy the client ID and the client secret")
    assert CLIENT_SECRET.startswith(follower.step.codes[0])


@follows("api-oauth.4")
def paste_both(stage: Stage, follower: Follower) -> None:
    """The machines appear with what there is to know: here the route that waits."""
    desk = stage.desk
    open_page(stage)
    follower.press(desk, _PART)
    follower.press(desk, "An OAuth client")
    follower.fill(desk, "Client ID", CLIENT_ID)
    follower.fill(desk, "Client secret", CLIENT_SECRET)
    follower.press_in(desk, _PART, "Test and save")
    wait_until(lambda: f"{HOME}/32" in desk.words, "the route that waits is told")


@follows("api-token.1")
def make_a_token(stage: Stage, follower: Follower) -> None:
    """For a reader who made no client before."""
    follower.stands_in("In Tailscale's admin console")
    stage.desk.does("press_in", part=_PART, label="Forget it")
    assert TOKEN.startswith(follower.step.codes[0])


@follows("api-token.2")
def paste_it(stage: Stage, follower: Follower) -> None:
    """In the same place."""
    desk = stage.desk
    if not desk.does("sees", label="An API access token"):
        desk.does("press", label=_PART)
    follower.press(desk, "An API access token")
    follower.fill(desk, "Access token", TOKEN)
    follower.press_in(desk, _PART, "Test and save")
    wait_until(lambda: f"{HOME}/32" in desk.words, "the route that waits is told")


@follows("api-sent")
def nothing_is_changed_and_it_can_be_forgotten(stage: Stage, follower: Follower) -> None:
    """What was asked is the list of machines and tokens to read it with; afterwards nothing is left on the page."""
    asked = {(one.method, one.path.partition("?")[0].rpartition("/")[2]) for one in stage.control_api.asked}
    assert asked == {("POST", "token"), ("GET", "devices")}
    assert TOKEN not in stage.desk.words
    follower.press_in(stage.desk, _PART, "Forget it")
    assert f"{HOME}/32" not in stage.desk.words


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
        _tag(follower, machine, line)
    tags = [stage.tailnet.members[name].daemon.prefs["AdvertiseTags"] for name in ("mediabox", "edge-vps")]
    assert tags == [["tag:media"], ["tag:edge"]]
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
    open_page(stage)
    assert "Does not expire" in stage.desk.words


def _tag(follower: Follower, machine: Terminal, line: str) -> None:
    """The VPS accepts routes by now, so the command refuses there and prints the line that it wants."""
    try:
        follower.runs(machine, line)
    except LabError as error:
        refused = str(error)
    else:
        return
    assert "all settings have to be mentioned, run the line that it prints" in follower.step.words
    whole = re.search(r"^\ttailscale up .*$", refused, re.MULTILINE)
    assert whole, refused
    machine.type(f"sudo {whole[0].strip()}")


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
