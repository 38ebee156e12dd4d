"""Settings → Ways in → Tailscale: every state of the daemon shows, on a real unix socket."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest

from tasks.ways import look_at_way, watched_ways
from tests.fakes import tailscaled as fake
from tests.web.browsing import Page, Visitor, given_host, refused, tailscale_words
from wizard.core.hosts import Upstream
from wizard.store import ways

PATH = "/settings/ways/tailscale"


STATES = [
    (fake.status(*fake.THREE), "mediabox is connected to tail0a1b2c.ts.net as 100.101.1.10, with 3 other machines"),
    (fake.status(), "with no other machine in the tailnet"),
    (fake.LOGGED_OUT, "This machine is not signed in"),
    (fake.status(BackendState="NeedsMachineAuth"), "mediabox waits for approval in the tailnet"),
    (fake.status(BackendState="Stopped"), "Tailscale is switched off on mediabox"),
    (fake.status(BackendState="Starting", Peer=None), "Tailscale is starting"),
    (fake.status(BackendState="NoState", Self=None, Peer=None, Health=None), "Tailscale is starting"),
    (fake.status(BackendState=7), "in a state that Porthole does not know"),
    (fake.status(BackendState="NeedsLogin", me={"Expired": True}), "has to sign in again: its key has expired"),
    (fake.status(TUN=False), "Tailscale runs in userspace mode here"),
    (fake.status(CertDomains=None), "None from Tailscale: HTTPS is off in this tailnet"),
    (fake.status(Health=["Some peers <b>hide</b>"]), "Tailscale itself says: Some peers <b>hide</b>"),
    ({"nonsense": []}, "is not understood"),
]


@pytest.mark.parametrize(("document", "says"), STATES)
def test_every_state_of_the_daemon_is_told(
    owner: Visitor, daemon: fake.Tailscaled, document: fake.Document, says: str
) -> None:
    daemon.document = document
    assert says in tailscale_words(owner)
    assert "Tailscale" in Page(owner.get("/settings/ways")).words


def test_peers_stand_with_their_path_and_what_it_means_for_video(owner: Visitor, daemon: fake.Tailscaled) -> None:
    daemon.document = fake.status(*fake.THREE, fake.machine(20, "tv", **fake.RELAYED))
    text = tailscale_words(owner)
    assert "livingroom livingroom.tail0a1b2c.ts.net 100.101.1.12" in text
    assert "Direct Video runs as fast as the slower of the two lines." in text
    assert "Relayed so far A direct path may still be found." in text
    assert "Last seen" in text.partition("laptop")[2]
    assert "Does not expire" in text


def test_a_path_is_tested_on_demand_and_kept(owner: Visitor, daemon: fake.Tailscaled) -> None:
    daemon.direct_after = None
    address = next(iter(fake.THREE[1]["TailscaleIPs"]))
    answer = owner.post(f"{PATH}/path", address=address)
    assert answer.headers["Location"] == f"{PATH}#machines"
    assert "edge-vps: Relayed. Expect about 1 to 10 Mbit/s" in tailscale_words(owner)
    assert owner.post(f"{PATH}/path", address="100.101.9.9").status_code == 404


def test_netcheck_is_offered_where_its_program_is(
    owner: Visitor, daemon: fake.Tailscaled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not Page(owner.get(PATH)).all("form", action=f"{PATH}/netcheck")
    program = tmp_path / "tailscale"
    program.write_text('#!/bin/sh\necho \'{"UDP": true, "MappingVariesByDestIP": true, "IPv6": false}\'\n')
    program.chmod(0o755)
    assert Page(owner.get(PATH)).all("form", action=f"{PATH}/netcheck")
    owner.post(f"{PATH}/netcheck")
    assert "This side has a strict translator" in tailscale_words(owner)


def test_without_a_daemon_the_page_says_how_to_let_porthole_see_it(
    owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.net.tailscaled.SOCKETS", ())
    text = tailscale_words(owner)
    assert "No Tailscale was found beside Porthole" in text
    assert "TS_USERSPACE" in text
    assert "/var/run/tailscale:/var/run/tailscale:ro" in text


def test_a_link_comes_for_the_operator_with_a_code_to_scan(owner: Visitor, daemon: fake.Tailscaled) -> None:
    daemon.document, daemon.may_write = fake.LOGGED_OUT, True
    assert owner.post(f"{PATH}/sign-in").headers["Location"] == f"{PATH}#tailnet-state"
    page = Page(owner.get(PATH))
    assert page.all("a", href=fake.SIGN_IN)
    assert page.all("div", role="img")[0]["aria-label"] == "QR code with the sign-in link"


def test_whoever_is_not_the_operator_is_told_what_to_run(owner: Visitor, daemon: fake.Tailscaled) -> None:
    daemon.document = fake.LOGGED_OUT
    owner.post(f"{PATH}/sign-in")
    text = tailscale_words(owner)
    assert "Tailscale gives a link only to root and to its operator." in text
    assert "sudo tailscale up" in text


def test_the_page_notices_a_sign_in_by_itself(owner: Visitor, daemon: fake.Tailscaled) -> None:
    daemon.document = fake.LOGGED_OUT
    assert Page(owner.get(PATH)).all("div", **{"data-live": f"{PATH}/stream"})
    answer = owner.client.get(f"{PATH}/stream", buffered=False)
    events = (str(piece, "utf-8") if isinstance(piece, bytes) else piece for piece in answer.response)
    first = next(islice((one for one in events if "data:" in one), 1))
    daemon.document = fake.status(*fake.THREE)
    second = next(islice((one for one in events if "data:" in one), 1))
    told = [json.loads(one.partition("data: ")[2]) for one in (first, second)]
    assert [one["done"] for one in told] == [False, True]
    assert "mediabox is connected" in told[1]["parts"]["tailnet-state"]
    answer.close()


def test_what_is_typed_serves_all_three_ways_in(owner: Visitor, daemon: fake.Tailscaled, tmp_path: Path) -> None:
    with fake.Tailscaled(tmp_path / "elsewhere.sock") as other:
        other.document = fake.status(fake.machine(30, "attic"))
        typed = f'TS_SOCKET="{other.path}"'
        assert owner.post(PATH, socket=typed, peer="attic.tail0a1b2c.ts.net.").status_code == 303
        place = owner.place
        assert place.way("funnel").values == {"socket": str(other.path), "peer": "attic.tail0a1b2c.ts.net"}
        assert watched_ways(place) == ["tailscale"]
        assert look_at_way(place, "tailscale")
        assert ways.load_way(place.database, "tailscale").seen is not None
        assert "attic attic.tail0a1b2c.ts.net" in tailscale_words(owner)
        assert "Direct" in tailscale_words(owner)
    assert owner.post(PATH, socket="", peer="").status_code == 303
    assert watched_ways(owner.place) == []


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("tailscaled.sock", "Path must begin with /, such as /var/run/tailscale/tailscaled.sock"),
        ("/" + "x" * 200, "Path must begin with /, such as /var/run/tailscale/tailscaled.sock"),
        ("/nowhere/at.sock", "There is no Tailscale at /nowhere/at.sock"),
        ("/etc/hostname", "/etc/hostname is a file, not a socket"),
    ],
)
def test_a_path_without_a_socket_is_refused(owner: Visitor, typed: str, says: str) -> None:
    assert refused(owner.post(PATH, socket=typed)) == [says]
    assert ways.load_way(owner.place.database, "tailscale").values == {}


def test_the_other_end_is_guessed_from_the_proxy_host(owner: Visitor, daemon: fake.Tailscaled) -> None:
    address = str(fake.THREE[1]["TailscaleIPs"][0])
    given_host(owner.place, method="tailscale", upstream=Upstream("plex", "http", address, 32400))
    assert Page(owner.get(PATH)).value("peer") == "edge-vps.tail0a1b2c.ts.net"


def test_250_machines_are_shown_in_part_and_can_be_searched(owner: Visitor, daemon: fake.Tailscaled) -> None:
    daemon.document = fake.status(*(fake.machine(number, f"box-{number}") for number in range(20, 270)))
    page = Page(owner.get(PATH))
    assert len(page.all("th", scope="row")) == 25
    assert "Show all 250" in page.words
    assert len(Page(owner.get(f"{PATH}?all=1")).all("th", scope="row")) == 250
    found = Page(owner.get(f"{PATH}?find=BOX-123"))
    assert len(found.all("th", scope="row")) == 1
    assert "No machine matches “zzz”." in tailscale_words(owner, "?find=zzz")


def test_a_stranger_sees_nothing_of_it(stranger: Visitor) -> None:
    assert stranger.get(PATH).status_code in {302, 303}
    assert stranger.get(f"{PATH}/stream").status_code in {302, 303, 401}
