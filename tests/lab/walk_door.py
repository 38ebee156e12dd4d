"""Set-up A of the walkthrough, step by step: what a person does who does only what each step says."""

from __future__ import annotations

import re

from tests.lab.carried import CarriedPort
from tests.lab.follower import Follower
from tests.lab.internet import MOBILE, VPS
from tests.lab.person import PASSWORD
from tests.lab.stage import DOMAIN
from tests.lab.terminal import Terminal
from tests.lab.walk_stage import VALUES, Stage, follows
from tests.processes import wait_until

_SIGN_IN = re.compile(r"https://login\.tailscale\.com/\S+")


def join(stage: Stage, follower: Follower, name: str, machine: Terminal, lines: list[str]) -> None:
    """Tailscale's installer and `tailscale up` on one machine: the first needs the internet, the second a person."""
    installer, up = lines
    follower.stands_in(installer)
    stage.tailnet.install(name, machine)
    follower.takes(up)
    running = machine.leave_running(up)
    stage.ends.callback(running.stop)
    assert _SIGN_IN.search(running.shows("https://login.tailscale.com/"))
    stage.tailnet.sign_in(name)
    running.shows("Success")


@follows("install")
def install_at_home(stage: Stage, follower: Follower) -> None:
    """Three lines on the Plex machine; the last one prints the address."""
    *lines, address = follower.lines("At home, on the Plex machine")
    join(stage, follower, "mediabox", stage.home, lines)
    assert follower.runs(stage.home, address).split() == [VALUES["tailnet_address"]]
    assert VALUES["tailnet_address"] in follower.step.codes


@follows("edge-vps")
def connect_the_vps(stage: Stage, follower: Follower) -> None:
    """Exactly the ports that the guide names, three lines, and one question to Plex."""
    ports = [code.split() for code in follower.step.codes if re.fullmatch(r"(TCP|UDP) \d+", code)]
    assert len(ports) == 3
    opened = ", ".join(f"{protocol.lower()} . {port}" for protocol, port in ports)
    stage.vps.node.run("nft", "add", "element", "inet", "firewall", "open", f"{{ {opened} }}")
    *lines, ping, identity = follower.lines("On the VPS")
    join(stage, follower, "edge-vps", stage.vps, lines)
    pongs = follower.runs(stage.vps, ping).splitlines()
    assert all(line.startswith("pong") for line in pongs)
    assert "via DERP" in pongs[0]
    assert re.search(r"via [\d.]+:\d+", pongs[-1]), pongs
    assert "direct connection not established" in follower.step.words
    answer = follower.runs(stage.vps, identity)
    assert "machineIdentifier" in answer
    assert len(answer.strip().splitlines()) <= 2  # the line, and XML's own first one
    assert stage.plex.reads(follower.names("Secure connections")) == follower.names("Preferred")


@follows("edge-dns.1")
def add_the_record(stage: Stage, follower: Follower) -> None:
    """One A record."""
    name, address = follower.step.codes
    follower.stands_in("At your domain's provider")
    stage.authority.point(name, address)


@follows("edge-dns.2")
def remove_older_records(stage: Stage, follower: Follower) -> None:
    """There is none in the lab: the name has the one address."""
    asked = "import socket, sys; print(*{one[4][0] for one in socket.getaddrinfo(sys.argv[1], 443)})"
    assert stage.phone.type(f"python3 -c '{asked}' {DOMAIN}").split() == [VPS]


@follows("edge-dns.3")
def leave_out_aaaa(stage: Stage, follower: Follower) -> None:
    """Nothing was done about IPv6, so Plex learns IPv4 addresses only: the first stream shows it."""
    assert not follower.step.codes


@follows("edge-porthole")
def start_porthole(stage: Stage, follower: Follower) -> None:
    """`make run` on the VPS, and the port carried to one's own computer."""
    (line,) = follower.lines("On the VPS, in Porthole's folder")
    follower.takes(line)
    printed = stage.start_porthole(stage.vps, line).shows("Stop   Ctrl-C", 40)
    begins = next(code for code in follower.step.codes if code.startswith("http://"))
    link = re.search(rf"{re.escape(begins)}\S+", printed)
    assert link, printed
    assert "8080" not in printed  # root may use 80 and 443
    stage.noted["link"] = link[0]
    (carried,) = follower.lines("On your computer")
    follower.stands_in(carried)
    laptop = stage.topology.internet.viewer
    stage.ends.enter_context(CarriedPort(carried, laptop, {VPS: stage.vps.node}))


@follows("edge-porthole.1")
def open_the_link(stage: Stage, follower: Follower) -> None:
    """The whole link: the code needs no typing then."""
    stage.desk.open(stage.noted["link"])
    assert not stage.desk.does("sees", label="Set-up code")


@follows("edge-porthole.2")
def create_the_account(stage: Stage, follower: Follower) -> None:
    """A name and a password."""
    follower.fill(stage.desk, "User name", "admin")
    follower.fill(stage.desk, "Password", PASSWORD)
    follower.press(stage.desk, "Create account")


@follows("edge-wizard.1")
def name_the_server(stage: Stage, follower: Follower) -> None:
    """Plex, and its address in the tailnet."""
    follower.sees(stage.desk, "Your media server")
    follower.press(stage.desk, "Plex")
    follower.fill(stage.desk, "Home address")
    follower.press(stage.desk, "Test and continue")


@follows("edge-wizard.2")
def choose_the_way_in(stage: Stage, follower: Follower) -> None:
    """Whatever is recommended, this way is there to choose."""
    follower.sees(stage.desk, "How people will reach it")
    follower.press(stage.desk, "Your own VPS, over Tailscale")
    follower.press(stage.desk, "Continue")


@follows("edge-wizard.3")
def type_the_domain(stage: Stage, follower: Follower) -> None:
    """The name that the record was made for."""
    follower.sees(stage.desk, "Your external domain")
    assert follower.step.typed("External domain") == DOMAIN
    follower.fill(stage.desk, "External domain")
    follower.press(stage.desk, "Continue")


@follows("edge-wizard.4")
def leave_the_switches_on(stage: Stage, follower: Follower) -> None:
    """Nothing to change; the address for Plex goes to the clipboard."""
    desk = stage.desk
    follower.sees(desk, "Media server settings")
    switches = "Enable Plex Mode", "Forward client IP headers (recommended)", "Enable WebSocket support"
    assert all(follower.is_on(desk, label) for label in switches)
    follower.press(desk, "Copy Plex custom URL")
    stage.noted["copied"] = desk.does("copied")
    follower.press(desk, "Continue")


@follows("edge-wizard.5")
def apply(stage: Stage, follower: Follower) -> None:
    """The last page of the wizard."""
    follower.sees(stage.desk, "Check your answers")
    follower.press(stage.desk, "Apply and run checks")


@follows("edge-wizard.after")
def wait_for_the_checks(stage: Stage, follower: Follower) -> None:
    """The page says in the end that it works; about half a minute was promised."""
    follower.sees(stage.desk, f"{DOMAIN} works, seen from this machine", seconds=60)


@follows("edge-plex.1")
def paste_the_address(stage: Stage, follower: Follower) -> None:
    """What was copied is what the guide says."""
    name = "Custom server access URLs"
    assert stage.noted["copied"] == follower.step.typed(name)
    stage.plex.change(follower.names(name), stage.noted["copied"])


@follows("edge-plex.2")
def prefer_secure_connections(stage: Stage, follower: Follower) -> None:
    """A choice that Plex has."""
    stage.plex.change(follower.names("Secure connections"), follower.names("Preferred"))


@follows("edge-plex.3")
def save(stage: Stage, follower: Follower) -> None:
    """The stand-in has no such button: it keeps every change at once."""
    follower.stands_in("Save Changes")
    assert stage.plex.reads("Custom server access URLs") == VALUES["custom_url"]


@follows("edge-plex.4")
def disable_remote_access(stage: Stage, follower: Follower) -> None:
    """Its page is Plex's own; the setting behind it is the stand-in's."""
    follower.stands_in("Open *Remote Access* and disable it")
    stage.plex.change("Remote access", "0")


@follows("edge-first-stream.1")
def play_a_film(stage: Stage, follower: Follower) -> None:
    """A phone on mobile data, by the address that Plex was told."""
    assert DOMAIN in stage.plex.reads("Custom server access URLs")
    learned = stage.watch(stage.phone.node, stage.plex.reads("Custom server access URLs"), seconds=2)
    assert (learned["status"], learned["whole"], learned["still_hears"]) == (200, True, True)


@follows("edge-first-stream.2")
def look_at_the_dashboard(stage: Stage, follower: Follower) -> None:
    """Plex itself counts the stream as Remote, and not as relayed."""
    follower.stands_in("Look at the dashboard of Plex")
    (stream,) = stage.plex.streams()
    player, session = stream["Player"], stream["Session"]
    assert (player["local"], player["relayed"], session["location"]) == (False, False, "wan"), stream
    stage.noted["edge"] = stage.plex.last_film()


@follows("edge-first-stream.3")
def look_at_the_board(stage: Stage, follower: Follower) -> None:
    """The viewer's own address stands on the traffic page, and what it will count as."""
    desk = stage.desk
    for label in ("Dashboard", DOMAIN, "Traffic"):
        follower.press(desk, label)
    wait_until(lambda: MOBILE in (desk.does("again") and desk.words), "the phone stands on the board", 20)
    follower.sees(desk, "Viewer", "Will count as", "Remote")
    assert re.search(rf"{re.escape(MOBILE)} \w+ Remote", desk.words), desk.words


@follows("edge-first-stream.4")
def let_plex_say_so(stage: Stage, follower: Follower) -> None:
    """With a token the stream itself stands there, counted by Plex."""
    desk = stage.desk
    follower.press(desk, "Add a token")
    follower.fill(desk, "Token", stage.plex.token)
    follower.press(desk, "Test and save")
    follower.press(desk, "Go to Traffic")
    follower.sees(desk, "Streams now", "Remote", seconds=20)
    assert "1 remote" in desk.words
    assert "As it should be" in desk.words


@follows("edge-first-stream.after")
def and_it_still_works(stage: Stage, follower: Follower) -> None:
    """Nothing to fix: the host stands as working on the dashboard."""
    stage.desk.does("press", label="Dashboard")
    assert "Working" in stage.desk.words
    assert VPS not in stage.plex.last_film()["client_address"]
