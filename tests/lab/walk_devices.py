"""Set-up B of the walkthrough and subnet routers: viewers who have Tailscale, and machines that have none."""

from __future__ import annotations

import re

from tests.lab.desk import Desk
from tests.lab.follower import Follower
from tests.lab.internet import HOME, HOME_ROUTER, MOBILE
from tests.lab.person import PASSWORD
from tests.lab.walk_stage import TS_NAME, VALUES, Stage, follows
from tests.processes import wait_until


@follows("viewers.1")
def the_app_on_the_phone(stage: Stage, follower: Follower) -> None:
    """The app's own pages are the outside world's; what it does is the same."""
    follower.stands_in("Install the Tailscale app")
    stage.tailnet.install("phone", stage.phone)
    stage.tailnet.sign_in("phone")


@follows("viewers.2")
def one_more_address(stage: Stage, follower: Follower) -> None:
    """After a comma, because the address of set-up A stands there."""
    name = follower.names("Custom server access URLs")
    stage.plex.change(name, f"{stage.plex.reads(name)},{follower.step.typed(name)}")


@follows("viewers.3")
def leave_it_on_preferred(stage: Stage, follower: Follower) -> None:
    """It is so already."""
    follower.stands_in("Save Changes")
    assert stage.plex.reads(follower.names("Secure connections")) == follower.names("Preferred")


@follows("viewers.4")
def play_over_the_tailnet(stage: Stage, follower: Follower) -> None:
    """Straight to Plex, which sees the phone's own 100.x address and says Remote."""
    follower.stands_in("switch Wi-Fi off and Tailscale on")
    url = stage.plex.reads("Custom server access URLs").split(",")[-1]
    assert stage.watch(stage.phone.node, url)["whole"]
    stage.noted["device"] = seen = stage.plex.last_film()
    assert seen["peer_address"] == stage.tailnet.members["phone"].address


@follows("viewers-certificate.1")
def switch_certificates_on(stage: Stage, follower: Follower) -> None:
    """From now on the daemon gives out a certificate for the machine's name, and the name has an address."""
    follower.stands_in("Tailscale's admin console")
    leaf = stage.ts_authority.issue(TS_NAME)
    stage.tailnet.members["mediabox"].daemon.pair = leaf.key_pem + leaf.certificate_pem
    stage.authority.point(TS_NAME, VALUES["tailnet_address"])


@follows("viewers-certificate.2")
def let_caddy_fetch(stage: Stage, follower: Follower) -> None:
    """Everything in the lab is root, which the step leaves out."""
    follower.stands_in("unless that is root")
    assert stage.tailnet.members["mediabox"].daemon.may_write


@follows("viewers-certificate.3")
def porthole_beside_plex(stage: Stage, follower: Follower) -> None:
    """A second Porthole, on the Plex machine, in a browser there."""
    running = stage.noted["beside plex"] = stage.start_porthole(stage.home, "make run")
    link = re.search(r"http://\S+claim\S+", running.shows("Stop   Ctrl-C", 40))
    assert link
    desk = stage.ends.enter_context(Desk(stage.home.node, stage.folder))
    desk.open(link[0])
    desk.does("fill", label="User name", text="admin")
    desk.does("fill", label="Password", text=PASSWORD)
    desk.does("press", label="Create account")
    desk.does("press", label="Plex")
    follower.fill(desk, "Home address")
    desk.does("press", label="Test and continue")
    follower.press(desk, "Only devices with Tailscale")
    desk.does("press", label="Continue")
    follower.fill(desk, "External domain", TS_NAME)
    for button in ("Continue", "Continue", "Apply and run checks"):
        desk.does("press", label=button)
    wait_until(lambda: f"{TS_NAME} works" in desk.words, "the checks at home have ended", 60)
    assert f"Leads to {VALUES['tailnet_address']}, inside your tailnet" in desk.words


@follows("viewers-certificate.4")
def play_with_the_certificate(stage: Stage, follower: Follower) -> None:
    """The phone has Tailscale, so the name leads to the Plex machine, and Caddy there has the certificate."""
    name = "Custom server access URLs"
    url = follower.step.typed(follower.names(name))
    stage.plex.change(name, f"{stage.plex.reads(name)},{url}")
    seen = stage.play(stage.phone, url)
    assert (seen["peer_address"], seen["client_address"]) == ("127.0.0.1", stage.tailnet.members["phone"].address)
    stage.noted["beside plex"].process.terminate()  # no later step needs it


@follows("subnet-router.1")
def lead_to_plex(stage: Stage, follower: Follower) -> None:
    """On another Linux machine at home; Tailscale is installed there as the linked section says."""
    forward, advertise = follower.lines("On the subnet router")
    stage.tailnet.install("beside", stage.beside)
    stage.tailnet.sign_in("beside")
    follower.runs(stage.beside, forward)
    follower.runs(stage.beside, advertise)
    assert stage.tailnet.members["beside"].daemon.prefs["AdvertiseRoutes"] == [f"{HOME}/32"]


@follows("subnet-router.2")
def approve_the_route(stage: Stage, follower: Follower) -> None:
    """Before that, nothing leads to Plex's address at home."""
    follower.stands_in("In Tailscale's admin console")
    assert not stage.vps_reaches(HOME)
    stage.tailnet.approve("beside")


@follows("subnet-router.3")
def accept_the_route(stage: Stage, follower: Follower) -> None:
    """A Linux machine has to be told so."""
    (accept,) = follower.lines("On the VPS")
    assert not stage.vps_reaches(HOME)
    follower.runs(stage.vps, accept)
    stage.tailnet.accept_routes("edge-vps")


@follows("subnet-router.4")
def play_through_the_router(stage: Stage, follower: Follower) -> None:
    """Plex is there, and sees the router's address in the place of the viewer's."""
    (url,) = follower.step.codes
    stage.noted["router"] = seen = stage.play(stage.vps, url)
    assert seen["peer_address"] == HOME_ROUTER


@follows("counted-as")
def what_plex_said(stage: Stage, follower: Follower) -> None:
    """Every row of the table, against what Plex said in this walk."""
    # in userspace mode tailscaled itself connects, from the machine's own loopback
    stage.noted["userspace"] = stage.play(stage.home, stage.plex.url)
    rows = re.findall(r"\| ([^|]+) \| ([^|]+) \| (Remote|Local) \|", follower.step.words)
    ways = {
        "straight to Plex": "device",
        "VPS with Caddy": "edge",
        "subnet router": "router",
        "userspace": "userspace",
    }
    assert len(rows) == len(ways)
    for (how, sees, says), (words, way) in zip(rows, ways.items(), strict=True):
        seen = stage.noted[way]
        assert words in how
        assert ("Local" if seen["is_local"] else "Remote") == says, how
        assert way != "userspace" or seen["client_address"] in sees
    assert stage.noted["edge"]["client_address"] in {stage.tailnet.members["edge-vps"].address, MOBILE}
