"""Settings → Ways in → WireGuard: one address typed, both files made, secrets kept close."""

from __future__ import annotations

import json
import re

import pytest

from tests.fakes.plex import Plex
from tests.web.browsing import Page, Visitor, go_to, refused, send_step
from wizard.core.ways import WaySetup
from wizard.store import ways
from wizard.store.wireguard_keys import keys_of

PATH = "/settings/ways/wireguard"
FIELDS = {"vps": "203.0.113.10", "port": "51820", "network": "10.77.0.0/24", "mtu": "1280", "porthole": "home"}


def kept(owner: Visitor) -> WaySetup:
    """What was set up, opened."""
    return owner.place.way("wireguard")


def test_both_files_are_made_with_the_persons_values(owner: Visitor) -> None:
    assert "Make both files" in owner.get(PATH).text
    assert owner.post(PATH, **FIELDS).headers["Location"] == PATH
    keys = keys_of(kept(owner).secret)
    assert keys
    answer = owner.get(PATH)
    assert answer.headers["Cache-Control"] == "no-store"
    words = Page(answer).words
    for line in (
        "Endpoint = 203.0.113.10:51820",
        "MTU = 1280",
        f"PublicKey = {keys.vps_public}",
        "http://10.77.0.1:2019",
    ):
        assert line in words
    assert keys.home_private not in words
    assert keys.home_private in answer.text  # what Copy copies
    assert re.search(r"10\.77\.0\.2:\d+ Copy", words)
    assert "QR code of the file at home" in answer.text


def test_in_the_database_no_key_lies_open(owner: Visitor) -> None:
    owner.post(PATH, **FIELDS)
    saved = ways.load_way(owner.place.database, "wireguard")
    keys = keys_of(kept(owner).secret)
    assert keys
    assert saved.values["home_public"] == keys.home_public
    for secret in (keys.home_private, keys.vps_private, keys.shared):
        assert secret not in json.dumps(saved.values) + saved.sealed


def test_a_file_can_be_downloaded_by_the_owner_alone(owner: Visitor, stranger: Visitor) -> None:
    assert owner.get(f"{PATH}/home.conf").status_code == 404
    owner.post(PATH, **FIELDS)
    answer = owner.get(f"{PATH}/home.conf")
    keys = keys_of(kept(owner).secret)
    assert keys
    assert keys.home_private in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == "attachment; filename=porthole.conf"
    assert owner.get(f"{PATH}/moon.conf").status_code == 404
    assert stranger.get(f"{PATH}/home.conf").status_code == 303


def test_a_changed_address_keeps_the_keys_and_new_keys_are_made_when_asked(owner: Visitor) -> None:
    owner.post(PATH, **FIELDS)
    before = kept(owner).secret
    owner.post(PATH, **{**FIELDS, "vps": "vps.example.org"})
    assert (kept(owner).values["vps"], kept(owner).secret) == ("vps.example.org", before)
    owner.post(f"{PATH}/keys")
    assert keys_of(kept(owner).secret) not in {None, keys_of(before)}
    owner.post(f"{PATH}/forget")
    assert kept(owner) == WaySetup("wireguard")
    assert owner.post(f"{PATH}/keys").status_code == 404


def test_what_does_not_hold_stands_at_its_field(owner: Visitor) -> None:
    says = refused(owner.post(PATH, **{**FIELDS, "vps": "10.0.0.4", "network": "8.8.8.0/24"}))
    assert [sentence.partition(" is not")[0] for sentence in says] == ["10.0.0.4", "8.8.8.0/24"]
    assert kept(owner) == WaySetup("wireguard")


def test_the_page_says_how_the_tunnel_stands(owner: Visitor) -> None:
    owner.post(PATH, **FIELDS)
    assert "Not looked at yet" in Page(owner.get(PATH)).words
    ways.note_seen(owner.place.database, "wireguard", {"at": 1000.0, "is_up": True, "interface": "porthole"})
    words = Page(owner.get(PATH)).words
    assert "The tunnel is up here, and the other end on the VPS was never heard" in words
    assert "Open UDP 51820 in the VPS's own firewall" in words.replace("’", "'")
    assert f'data-live="{PATH}/stream"' in owner.get(PATH).text


def test_the_card_is_drawn_anew_with_every_look(owner: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.web.way_stream.LOOK_SECONDS", 0.01)
    owner.post(PATH, **FIELDS)
    answer = owner.client.get(f"{PATH}/stream", buffered=False)
    try:
        events = (
            json.loads(one.decode().partition("data: ")[2]) for one in answer.iter_encoded() if one[:2] == b"id"
        )
        first = next(events)
        assert "Not looked at yet" in first["parts"]["way-state"]
        assert not first["say"]
        ways.note_seen(owner.place.database, "wireguard", {"at": 1.0, "is_up": True, "answered": 2019})
        second = next(events)
        assert "10.77.0.1 answers through the tunnel" in second["parts"]["way-state"]
        assert second["say"] == "Your own VPS, over WireGuard: Connected"
    finally:
        answer.close()


def test_there_is_no_stream_for_what_cannot_be_watched(owner: Visitor) -> None:
    assert owner.get("/settings/ways/direct/stream").status_code == 404
    assert owner.get("/settings/ways/moon/stream").status_code == 404


def test_the_third_step_leads_there(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "route", plex.url)
    for method, path, words in (
        ("wireguard", PATH, "set up and watched"),
        ("direct", "/settings/ways/direct", "set up"),
    ):
        send_step(owner, "route", method=method)
        assert f'It is {words} on <a href="{path}">' in owner.get("/hosts/new/connect").text
