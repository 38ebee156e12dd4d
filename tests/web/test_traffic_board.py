"""The traffic board: line one, both sides of every stream, what is wrong with it, its stream and its pause."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tasks.live import load_snapshot, note_looking, take_look
from tests.fakes.plex import Plex
from tests.media.watching import watching
from tests.web.browsing import Page, Visitor, given_host
from wizard.core.faults import Fault
from wizard.core.hosts import ProxyHost, Upstream
from wizard.core.locality import Counted, Surroundings
from wizard.core.streams import LiveStream, ServerSettings, Silence, Silent, Snapshot
from wizard.store import hosts, server_words
from wizard.store.clock import now

TOKEN = "demo-token"
TV = LiveStream("1", "anna", "TV, living room", address="192.168.1.30", counted=Counted.LOCAL, kbps=6000)
PHONE = LiveStream("2", "ben", "Phone", title="A film", address="203.0.113.9", counted=Counted.REMOTE, kbps=8200)
TABLET = LiveStream("3", "cleo", "Tablet", address="203.0.113.7", counted=Counted.LOCAL, kbps=22400)


@pytest.fixture
def host(owner: Visitor) -> ProxyHost:
    host = given_host(owner.place, upload_mbps=20.0)
    hosts.save_host(owner.place.database, host, sealed_token=owner.place.vault.seal(TOKEN))
    settings = ServerSettings(Surroundings(is_read=True), 8000)
    server_words.note_settings(owner.place.database, host.key, settings, reached_from="192.168.1.7")
    return host


def tell(owner: Visitor, host: ProxyHost, snapshot: Snapshot) -> None:
    owner.place.redis.set(f"porthole:streams:{host.key}", msgspec.json.encode(snapshot).decode())


def said(*streams: LiveStream) -> Snapshot:
    return Snapshot(now(), streams, answered_at=now())


def board(owner: Visitor, host: ProxyHost, query: str = "") -> Page:
    return Page(owner.get(f"/hosts/{host.key}/traffic{query}"))


def test_line_one_counts_streams_rates_and_the_share_of_the_upload(owner: Visitor, host: ProxyHost) -> None:
    tell(owner, host, said(TV, PHONE))
    words = board(owner, host).words
    assert "2 streams, 14.2 Mbit/s : 1 local (6.0), 1 remote (8.2). Upload in use 41 %." in words
    assert "TV, living room, anna" in words
    assert "Home network Local No" in words
    assert "Internet Remote 8 Mbit/s" in words
    assert words.count("As it should be") == 2


def test_a_viewer_who_is_counted_wrong_is_named_with_the_fix(owner: Visitor, host: ProxyHost) -> None:
    tell(owner, host, said(TABLET))
    words = board(owner, host).words
    assert "Counted as Local: no limit" in words
    assert "Tablet at 203.0.113.7 is outside, and Plex counts it as Local" in words
    assert "Compare the home networks that are set in Plex with this address." in words
    tell(owner, host, said(LiveStream("1", device="TV", address="192.168.9.3", counted=Counted.REMOTE)))
    assert "TV at 192.168.9.3 is at home, and Plex counts it as Remote" in board(owner, host).words


def test_titles_are_hidden_until_they_are_asked_for(owner: Visitor, host: ProxyHost) -> None:
    tell(owner, host, said(PHONE))
    assert "A film" not in board(owner, host).words
    assert "A film" in board(owner, host, "?titles=1").words


def test_nobody_watching_is_said_so(owner: Visitor, host: ProxyHost) -> None:
    tell(owner, host, said())
    assert "No one is watching" in board(owner, host).words


def test_a_server_that_fell_silent_keeps_its_last_answer(owner: Visitor, host: ProxyHost) -> None:
    before = now() - timedelta(minutes=2)
    silent = Silent(Silence.UNREACHABLE, fault=Fault.REFUSED)
    tell(owner, host, Snapshot(now(), (PHONE,), silent, before))
    words = board(owner, host).words
    assert f"Plex did not answer (refused). No data since {before:%H:%M} UTC" in words
    assert "Phone, ben" in words


def test_without_a_token_the_page_says_what_it_can_show(owner: Visitor) -> None:
    host = given_host(owner.place)
    page = board(owner, host)
    assert "Add a token to see who is counted as Remote" in page.words
    assert "Through Caddy in the last 10 minutes" in page.words
    assert not page.all("a", href=f"/hosts/{host.key}/traffic?paused=1")


def test_a_paused_page_has_no_stream(owner: Visitor, host: ProxyHost) -> None:
    address = f"/hosts/{host.key}/traffic/stream"
    assert any(attributes.get("data-live") == address for _, attributes in board(owner, host).tags)
    paused = board(owner, host, "?paused=1")
    assert not any("data-live" in attributes for _, attributes in paused.tags)
    assert "Go on with live updates" in paused.words


def test_the_stream_shows_a_new_stream_and_says_a_new_finding_once(
    owner: Visitor, host: ProxyHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.web.traffic.LOOK_SECONDS", 0.01)
    tell(owner, host, said(PHONE))
    answer = owner.client.get(f"/hosts/{host.key}/traffic/stream", buffered=False)
    assert answer.headers["X-Accel-Buffering"] == "no"
    events = (_read(event.decode()) for event in answer.iter_encoded() if event.startswith(b"id:"))
    first = next(events)
    assert set(first["parts"]) >= {"traffic-line", "traffic-streams", "traffic-findings", "traffic-lately"}
    assert first["say"] is None
    tell(owner, host, said(PHONE, TABLET))
    second = next(events)
    assert "2 streams, 30.6 Mbit/s" in second["parts"]["traffic-line"]
    assert second["say"] == "Tablet at 203.0.113.7 is outside, and Plex counts it as Local"
    assert "traffic-lately" not in second["parts"]
    answer.close()


def _read(event: str) -> dict[str, Any]:
    return dict(json.loads(event.split("data: ", 1)[1]))


def test_a_look_asks_the_server_and_keeps_no_token(owner: Visitor, plex: Plex) -> None:
    upstream = Upstream("plex", "http", "127.0.0.1", plex.port)
    host = given_host(owner.place, upstream=upstream)
    hosts.save_host(owner.place.database, host, sealed_token=owner.place.vault.seal(plex.token))
    assert note_looking(owner.place, host.key)
    assert not note_looking(owner.place, host.key)
    with watching(plex, forwarded="203.0.113.9"):
        take_look(owner.place, host.key)
    snapshot = load_snapshot(owner.place, host.key)
    assert snapshot is not None
    assert [(one.address, one.counted) for one in snapshot.streams] == [("203.0.113.9", Counted.REMOTE)]
    words = server_words.load_words(owner.place.database, host.key)
    assert words.reached_from == "127.0.0.1"
    assert words.remote is not None
    kept = "".join(str(owner.place.redis.get(key)) for key in owner.place.redis.keys(f"porthole:*{host.key}"))
    assert plex.token not in kept
    assert take_look(owner.place, "gone") is None
