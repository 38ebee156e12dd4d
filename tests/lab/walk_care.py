"""What the walkthrough says about living with it: paths, keys, and Porthole's own page."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from tests.lab.follower import Follower
from tests.lab.walk_stage import Stage, follows
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
    open_page(stage)
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
    open_page(stage)
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
    # a look in the background may have met the expired key; saving looks anew
    stage.desk.does("press", label="Test and save")
    assert "has expired" not in stage.desk.words


def open_page(stage: Stage) -> None:
    """Porthole's page of Tailscale."""
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
        follower.press_in(desk, "mediabox", "Test the path")
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
