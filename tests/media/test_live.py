"""What a token is told: streams and settings of the stand-in Plex in both forms, and what Jellyfin writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.fakes.plex import Behaviour, Plex
from tests.media.watching import watching
from wizard.core.hosts import Upstream
from wizard.core.locality import Counted, Surroundings
from wizard.core.streams import LiveStream, ServerSettings, Silence, Silent
from wizard.media import MEDIA
from wizard.media.live import ask_settings, ask_streams, try_token
from wizard.net import HttpAnswer, Net

NET = Net()
AROUND = Surroundings()
VIEWER = "203.0.113.9"


@pytest.fixture
def plex() -> Iterator[Plex]:
    with Plex() as running:
        yield running


def upwatching(plex: Plex) -> Upstream:
    return Upstream("plex", "http", "127.0.0.1", plex.port)


@pytest.mark.parametrize("accept", ["application/json", "text/xml"])
def test_a_stream_is_read_in_both_forms(plex: Plex, accept: str) -> None:
    media = replace(MEDIA["plex"], accept=accept)
    with watching(plex, forwarded=VIEWER), watching(plex, device="TV"):
        found = ask_streams(NET, media, upwatching(plex), plex.token, AROUND)
    assert isinstance(found, tuple)
    phone, tv = sorted(found, key=lambda one: one.device)
    assert (phone.counted, phone.address, phone.label) == (Counted.REMOTE, VIEWER, "Phone, owner")
    assert (tv.counted, tv.address) == (Counted.LOCAL, "127.0.0.1")
    assert (phone.is_secure, phone.is_relayed, phone.is_converted, phone.kbps) == (False, False, False, 8000)


def test_addresses_in_ipv6_form_are_plain_and_a_missing_flag_is_taken_from_the_location(plex: Plex) -> None:
    plex.change(maps_addresses=True, omits_local=True)
    with watching(plex, forwarded=VIEWER):
        found = ask_streams(NET, MEDIA["plex"], upwatching(plex), plex.token, AROUND)
    assert isinstance(found, tuple)
    assert [(one.address, one.counted) for one in found] == [(VIEWER, Counted.REMOTE)]


def test_a_stream_of_which_nothing_is_said_is_unknown() -> None:
    video = '<Video title="x"><Player remotePublicAddress="203.0.113.9"/></Video>'
    body = f'<MediaContainer size="1">{video}</MediaContainer>'
    live = MEDIA["plex"].live
    assert live is not None
    assert live.read_streams(HttpAnswer("", 200, body=body), AROUND) == (LiveStream("0", title="x"),)


@pytest.mark.parametrize(
    "body", ["", "null", "[]", "{}", "<", "<html/>", '{"a":1,"b":2}', "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"]
)
def test_other_answers_are_no_list_of_streams(body: str) -> None:
    for kind in ("plex", "jellyfin", "emby"):
        live = MEDIA[kind].live
        assert live is not None
        found = live.read_streams(HttpAnswer("", 200, body=body), AROUND)
        assert found is None or (found == () and body == "[]")
        assert live.read_settings((HttpAnswer("", 200, body=body),)) is None


def test_the_settings_by_which_plex_sorts_are_read(plex: Plex) -> None:
    plex.prefer("LanNetworksBandwidth", "192.168.1.0/24,10.8.0.0/24")
    plex.prefer("TreatWanIpAsLocal", False)
    plex.prefer("WanPerStreamMaxUploadRate", 8000)
    plex.prefer("allowedNetworks", "192.168.1.7")
    plex.change(interfaces=("172.18.0.19",))
    assert ask_settings(NET, MEDIA["plex"], upwatching(plex), plex.token) == ServerSettings(
        Surroundings(
            lan_networks=("192.168.1.0/24", "10.8.0.0/24"),
            own_addresses=("172.18.0.19",),
            wan_addresses=("198.51.100.77",),
            wan_as_lan=False,
            is_read=True,
        ),
        8000,
        0,
        True,
        ("192.168.1.7",),
        ("Any", "eth0 (172.18.0.19)"),
    )


def test_each_silence_has_its_reason(plex: Plex) -> None:
    def why(token: str, where: Upstream | None = None) -> Silence | None:
        found = try_token(NET, MEDIA["plex"], where or upwatching(plex), token)
        return found.why if found else None

    assert why(plex.token) is None
    assert why("") is Silence.NO_TOKEN
    assert why("somebody-elses") is Silence.REFUSED
    assert why(plex.settings.guest_token) is Silence.NOT_ALLOWED
    assert why(plex.token, Upstream("plex", "http", "127.0.0.1", 9)) is Silence.UNREACHABLE
    plex.change(behaviour=Behaviour.OTHER_THING)
    assert why(plex.token) is Silence.NOT_UNDERSTOOD


@pytest.mark.parametrize("why", Silence)
def test_no_silence_tells_the_token(why: Silence) -> None:
    sentence = Silent(why, 401).sentence("Plex", "token")
    assert "Plex" in sentence or "token" in sentence
    assert not sentence.endswith(".")


SESSIONS = [
    {
        "Id": "s1", "UserName": "anna", "DeviceName": "Phone", "Client": "Jellyfin Web",
        "RemoteEndPoint": "203.0.113.9", "PlayState": {"PlayMethod": "Transcode", "IsPaused": False},
        "NowPlayingItem": {"Name": "One", "SeriesName": "Cards"}, "TranscodingInfo": {"Bitrate": 4100000},
    },
    {"Id": "s2", "UserName": "ben", "RemoteEndPoint": "192.168.1.30:51000", "NowPlayingItem": {"Name": "Two"}},
    {"Id": "s3", "UserName": "idle", "RemoteEndPoint": "192.168.1.31"},
]  # fmt: skip


def test_jellyfins_streams_are_placed_by_the_address_it_goes_by() -> None:
    live = MEDIA["jellyfin"].live
    assert live is not None
    assert not live.says
    first, second = live.read_streams(HttpAnswer("", 200, body=json.dumps(SESSIONS)), AROUND) or ()
    assert (first.counted, first.title, first.kbps, first.is_converted) == (Counted.REMOTE, "Cards: One", 4100, True)
    assert (second.counted, second.address, second.state) == (Counted.LOCAL, "192.168.1.30", "playing")


def test_jellyfins_settings_come_from_two_pages() -> None:
    live = MEDIA["jellyfin"].live
    assert live is not None
    network = {"LocalNetworkSubnets": ["10.0.0.0/8"], "KnownProxies": ["192.168.1.7"], "EnableIPv6": False}
    pages = (network, {"RemoteClientBitrateLimit": 8000000})
    answers = tuple(HttpAnswer("", 200, body=json.dumps(page)) for page in pages)
    around = Surroundings(("10.0.0.0/8",), known_proxies=("192.168.1.7",), has_ipv6=False, is_read=True)
    assert live.read_settings(answers) == ServerSettings(around, 8000)
