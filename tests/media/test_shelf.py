"""Every media server on the shelf is whole, and the folder is the registry."""

from __future__ import annotations

from pathlib import Path

import pytest

import wizard.media
from wizard.core.domain import Domain
from wizard.core.hosts import Edge, ProxyHost, Upstream
from wizard.media import MEDIA, Identity, Media, NotThis, Place, redacted_names
from wizard.net import HttpAnswer

SERVERS = list(MEDIA.values())


def place(media: Media, **changes: object) -> Place:
    host = ProxyHost("1", Domain("plex.example.com"), Upstream(media.key, "http", "192.168.1.20", media.default_port))
    return Place(host, Edge("here", "unix//run/caddy.sock"), "192.168.1.7")


def test_the_folder_is_the_registry() -> None:
    files = {path.stem for path in Path(wizard.media.__file__).parent.glob("*.py")}
    assert set(MEDIA) == {name for name in files if "_" not in name} - {"shape", "asking", "live"}
    assert [*MEDIA] == ["plex", "jellyfin", "emby", "other"]


@pytest.mark.parametrize("media", SERVERS, ids=lambda media: media.key)
def test_each_kind_is_whole(media: Media) -> None:
    assert media.title
    assert media.sentence.endswith(".")
    assert 1 <= media.default_port <= 65535
    assert all(path.startswith("/") for path in media.paths)
    assert media.set_up_first.endswith(".")
    assert bool(media.websocket_path) == bool(media.token_query) == (media.token_header is not None)
    assert media.has_plex_mode == (media.key == "plex")


@pytest.mark.parametrize("media", SERVERS, ids=lambda media: media.key)
def test_every_name_that_carries_a_token_is_redacted(media: Media) -> None:
    if media.token_header is not None:
        assert media.token_header("secret")[0] in media.redacted
        assert media.token_query in media.redacted
    assert set(media.redacted) <= set(redacted_names())


@pytest.mark.parametrize("media", SERVERS, ids=lambda media: media.key)
def test_instructions_are_sentences_with_the_persons_own_values(media: Media) -> None:
    steps = media.instructions(place(media))
    assert steps
    assert all(step.text.endswith(".") for step in steps)
    assert all(step.caption for step in steps if step.snippet)
    assert any("plex.example.com" in f"{step.text} {step.snippet}" for step in steps)


@pytest.mark.parametrize("media", SERVERS, ids=lambda media: media.key)
@pytest.mark.parametrize(
    "body", ["", "null", "[]", '"x"', "{}", "<", "<MediaContainer", '{"MediaContainer": []}', "\0"]
)
def test_no_answer_makes_a_kind_raise(media: Media, body: str) -> None:
    for status in (200, 204, 301, 401, 404, 500, 502):
        found = media.read(HttpAnswer("http://x/", status, body=body))
        assert isinstance(found, Identity | NotThis)
        if media.key != "other":
            assert isinstance(found, NotThis)
        if media.read_name is not None:
            assert media.read_name(HttpAnswer("http://x/", status, body=body)) == ""


def test_plex_gets_the_custom_url_with_its_port_and_preferred() -> None:
    steps = MEDIA["plex"].instructions(place(MEDIA["plex"]))
    assert "https://plex.example.com:443" in [step.snippet for step in steps]
    text = " ".join(step.text for step in steps)
    for part in ("Custom server access URLs", "Secure connections to Preferred", "LAN Networks", "may stay red"):
        assert part in text


def test_jellyfin_gets_the_address_of_caddy_as_known_proxy() -> None:
    steps = MEDIA["jellyfin"].instructions(place(MEDIA["jellyfin"]))
    assert "192.168.1.7" in [step.snippet for step in steps]
    assert "restart Jellyfin" in " ".join(step.text for step in steps)
