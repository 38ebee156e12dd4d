"""What the stand-in Plex answers over HTTP."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest
import requests

from tests.fakes.plex import LARGE_PART, PART_BYTES, SMALL_PART, Plex, part_bytes, part_key
from tests.fakes.plex_pages import SUBTITLE
from tests.fakes_tests.talking import ask_raw

OWNER = {"X-Plex-Token": "demo-token"}
VIEWER = "203.0.113.9"


def get(http: requests.Session, plex: Plex, path: str, **headers: str) -> requests.Response:
    dashed = {name.replace("_", "-"): text for name, text in headers.items()}
    return http.get(plex.url + path, headers=dashed, timeout=10)


def own(http: requests.Session, plex: Plex, path: str, **headers: str) -> requests.Response:
    return http.get(plex.url + path, headers=OWNER | headers, timeout=10, allow_redirects=False)


def test_identity_needs_no_token_and_comes_as_xml(plex: Plex, http: requests.Session) -> None:
    answer = get(http, plex, "/identity")
    root = ET.fromstring(answer.text)  # our own answer
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert root.attrib == {
        "size": "0",
        "claimed": "1",
        "machineIdentifier": plex.machine_identifier,
        "version": plex.settings.version,
    }


def test_identity_comes_as_json_when_asked(plex: Plex, http: requests.Session) -> None:
    answer = get(http, plex, "/identity", Accept="application/json")
    assert answer.json()["MediaContainer"] == {
        "size": 0,
        "claimed": True,
        "machineIdentifier": plex.machine_identifier,
        "version": plex.settings.version,
    }


@pytest.mark.parametrize(
    ("path", "without_token", "guest", "owner"),
    [
        ("/identity", 200, 200, 200),
        ("/", 401, 200, 200),
        ("/web/index.html", 200, 200, 200),
        ("/:/prefs", 401, 403, 200),
        ("/:/prefs/get?id=RelayEnabled", 401, 403, 200),
        ("/status/sessions", 401, 403, 200),
        ("/myplex/account", 401, 403, 200),
        ("/library/sections", 401, 200, 200),
        ("/library/streams/7", 401, 200, 200),
        (part_key(SMALL_PART), 401, 200, 200),
        ("/library/parts/99/1/file.mkv", 401, 404, 404),
        ("/:/websockets/notifications", 401, 400, 400),
        ("/nothing-here", 401, 404, 404),
    ],
)
def test_each_page_answers_by_token(
    plex: Plex, http: requests.Session, path: str, without_token: int, guest: int, owner: int
) -> None:
    tokens: list[dict[str, str]] = [{}, {"X-Plex-Token": "guest-token"}, OWNER]
    answers = [http.get(plex.url + path, headers=token, timeout=10).status_code for token in tokens]
    assert answers == [without_token, guest, owner]


def test_the_token_may_come_in_the_query(plex: Plex, http: requests.Session) -> None:
    assert get(http, plex, "/?X-Plex-Token=demo-token").status_code == 200


def test_an_empty_token_header_is_seen_as_empty_and_hides_the_query_token(plex: Plex) -> None:
    reply = ask_raw(plex.port, b"GET /?X-Plex-Token=demo-token HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Plex-Token:\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 401 ")
    assert plex.seen[0].values("x-plex-token") == ("",)
    assert plex.seen[0].value("X-Plex-Product") is None


def test_the_front_page_tells_the_friendly_name(plex: Plex, http: requests.Session) -> None:
    root = ET.fromstring(own(http, plex, "/").text)
    assert root.attrib["friendlyName"] == "Living room"
    assert root.attrib["machineIdentifier"] == plex.machine_identifier


def test_an_unclaimed_server_lets_local_clients_in_by_address_but_not_by_name(
    plex: Plex, http: requests.Session
) -> None:
    plex.change(is_claimed=False)
    assert get(http, plex, "/").status_code == 200
    assert get(http, plex, "/", Host="plex.example.org").status_code == 401
    assert get(http, plex, "/", Origin="https://plex.example.org").status_code == 401
    assert get(http, plex, "/", X_Forwarded_For=VIEWER).status_code == 401


def test_allowed_networks_let_in_without_a_token_but_not_under_a_foreign_name(
    plex: Plex, http: requests.Session
) -> None:
    plex.prefer("allowedNetworks", "127.0.0.1")
    assert get(http, plex, "/").status_code == 200
    assert get(http, plex, "/", Host="plex.example.org").status_code == 401


def test_a_preference_is_changed_with_an_empty_html_answer(plex: Plex, http: requests.Session) -> None:
    url = f"{plex.url}/:/prefs?customConnections=https://plex.example.org:443&TreatWanIpAsLocal=0"
    answer = http.put(url, headers=OWNER, timeout=10)
    assert (answer.status_code, answer.text) == (200, "")
    assert answer.headers["Content-Type"].startswith("text/html")
    read = own(http, plex, "/:/prefs/get?id=customConnections", Accept="application/json").json()
    assert [row["value"] for row in read["MediaContainer"]["Setting"]] == ["https://plex.example.org:443"]
    assert plex.preferences["TreatWanIpAsLocal"] is False


def test_a_text_preference_can_be_cleared(plex: Plex, http: requests.Session) -> None:
    plex.prefer("customConnections", "https://old.example:443")
    http.put(f"{plex.url}/:/prefs?customConnections=", headers=OWNER, timeout=10)
    assert plex.preferences["customConnections"] == ""


@pytest.mark.parametrize(
    "query", ["NoSuchKey=1", "lanNetworksBandwidth=10.0.0.0/8", "secureConnections=high", "RelayEnabled=perhaps"]
)
def test_an_unknown_key_or_value_is_answered_200_and_changes_nothing(
    plex: Plex, http: requests.Session, query: str
) -> None:
    before = plex.preferences.as_dict()
    assert http.put(f"{plex.url}/:/prefs?{query}", headers=OWNER, timeout=10).status_code == 200
    assert plex.preferences.as_dict() == before


@pytest.mark.parametrize(("has_pass", "kept"), [(True, "10.0.0.0/8"), (False, "")])
def test_lan_networks_need_a_plex_pass(plex: Plex, http: requests.Session, has_pass: bool, kept: str) -> None:
    plex.change(has_plex_pass=has_pass)
    http.put(f"{plex.url}/:/prefs?LanNetworksBandwidth=10.0.0.0/8", headers=OWNER, timeout=10)
    assert plex.preferences["LanNetworksBandwidth"] == kept


def test_without_a_token_no_preference_changes(plex: Plex, http: requests.Session) -> None:
    assert http.put(f"{plex.url}/:/prefs?RelayEnabled=0", timeout=10).status_code == 401
    assert plex.preferences["RelayEnabled"] is True


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=65530-65545", 65530, 65546),
        ("bytes=1048570-", 1048570, 1 << 20),
        ("bytes=-5", (1 << 20) - 5, 1 << 20),
    ],
)
def test_a_range_is_answered_206_and_byte_exact(
    plex: Plex, http: requests.Session, asked: str, start: int, stop: int
) -> None:
    answer = own(http, plex, part_key(SMALL_PART), Range=asked)
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{1 << 20}"
    assert answer.content == part_bytes(SMALL_PART, start, stop)


def test_a_whole_part_is_the_sum_of_its_ranges(plex: Plex, http: requests.Session) -> None:
    answer = own(http, plex, part_key(SMALL_PART))
    assert (answer.status_code, len(answer.content)) == (200, PART_BYTES[SMALL_PART])
    assert answer.content[70_000:140_000] == part_bytes(SMALL_PART, 70_000, 140_000)


def test_a_range_beyond_the_end_is_answered_416(plex: Plex, http: requests.Session) -> None:
    answer = own(http, plex, part_key(SMALL_PART), Range="bytes=2000000-")
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{1 << 20}")


def test_the_large_part_has_its_full_length_and_an_end_that_can_be_read(plex: Plex, http: requests.Session) -> None:
    size = PART_BYTES[LARGE_PART]
    head = http.head(plex.url + part_key(LARGE_PART), headers=OWNER, timeout=10)
    assert head.headers["Content-Length"] == str(size)
    assert own(http, plex, part_key(LARGE_PART), Range="bytes=-9").content == part_bytes(LARGE_PART, size - 9, size)


def test_different_parts_and_places_hold_different_bytes() -> None:
    samples = {part_bytes(part, start, start + 32) for part in PART_BYTES for start in (0, 1 << 16, 1 << 17)}
    assert len(samples) == 9


def test_subtitles_carry_their_length_twice(plex: Plex) -> None:
    reply = ask_raw(plex.port, b"GET /library/streams/7?X-Plex-Token=demo-token HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    head, _, body = reply.partition(b"\r\n\r\n")
    assert head.count(b"\r\nContent-Length: %d" % len(SUBTITLE)) == 2
    assert body == SUBTITLE


def read_sessions(http: requests.Session, plex: Plex) -> list[dict[str, Any]]:
    container = own(http, plex, "/status/sessions", Accept="application/json").json()["MediaContainer"]
    streams: list[dict[str, Any]] = container.get("Metadata", [])
    assert container["size"] == len(streams)
    return streams


@pytest.mark.parametrize(
    ("forwarded", "address", "local", "public"),
    [
        ({}, "127.0.0.1", True, "198.51.100.77"),
        ({"X-Forwarded-For": VIEWER}, VIEWER, False, VIEWER),
        ({"X-Forwarded-For": "2001:db8::5"}, "127.0.0.1", True, "198.51.100.77"),
        ({"X-Forwarded-For": "198.51.100.77"}, "198.51.100.77", True, "198.51.100.77"),
    ],
)
def test_a_stream_that_is_read_shows_among_the_sessions(
    plex: Plex, http: requests.Session, forwarded: dict[str, str], address: str, local: bool, public: str
) -> None:
    headers = OWNER | forwarded | {"X-Plex-Session-Identifier": "s1", "X-Plex-Client-Identifier": "c1"}
    with http.get(plex.url + part_key(LARGE_PART), headers=headers, timeout=10, stream=True) as stream:
        stream.raw.read(10)
        (shown,) = read_sessions(http, plex)
    player = shown["Player"]
    assert (player["address"], player["local"], player["remotePublicAddress"]) == (address, local, public)
    assert (player["machineIdentifier"], player["relayed"], player["secure"]) == ("c1", False, False)
    assert shown["Session"] == {"id": "s1", "bandwidth": 8000, "location": "lan" if local else "wan"}
    assert shown["Media"][0]["Part"][0]["key"] == part_key(LARGE_PART)


def test_no_stream_shows_as_an_empty_container(plex: Plex, http: requests.Session) -> None:
    own(http, plex, part_key(SMALL_PART))
    assert read_sessions(http, plex) == []


def test_a_finished_stream_lingers_until_it_is_reported_stopped(plex: Plex, http: requests.Session) -> None:
    own(http, plex, part_key(SMALL_PART) + "?X-Plex-Client-Identifier=c1")
    assert [one["Session"]["id"] for one in read_sessions(http, plex)] == ["c1"]
    own(http, plex, "/:/timeline?state=stopped&X-Plex-Client-Identifier=c1")
    assert read_sessions(http, plex) == []


def test_a_finished_stream_is_gone_when_streams_do_not_linger(plex: Plex, http: requests.Session) -> None:
    plex.change(linger_seconds=-1)
    own(http, plex, part_key(SMALL_PART) + "?X-Plex-Session-Identifier=s1")
    assert read_sessions(http, plex) == []


def test_a_published_server_behind_cgnat_reports_its_port_as_unreachable(plex: Plex, http: requests.Session) -> None:
    assert own(http, plex, "/myplex/account", Accept="application/json").json()["MyPlex"]["mappingState"] == "unknown"
    plex.prefer("PublishServerOnPlexOnlineKey", True)
    account = own(http, plex, "/myplex/account", Accept="application/json").json()["MyPlex"]
    assert (account["mappingState"], account["mappingError"]) == ("mapped", "unreachable")
    assert account["publicAddress"] == "198.51.100.77"
