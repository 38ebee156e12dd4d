"""The address of Caddy that a media server has to know, in the instructions and in the guides."""

from __future__ import annotations

import re

import pytest

from tests.web.browsing import Visitor, given_host
from wizard.core.hosts import Upstream
from wizard.web import caddy_seen


@pytest.fixture(autouse=True)
def _at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caddy_seen, "own_networks", lambda: {"192.168.1.10": "192.168.1.0/24"})


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize(("server", "caddy"), [("192.168.1.20", "192.168.1.10"), ("127.0.0.1", "127.0.0.1")])
def test_jellyfin_gets_it_to_copy_into_known_proxies(owner: Visitor, server: str, caddy: str) -> None:
    host = given_host(owner.place, upstream=Upstream("jellyfin", "http", server, 8096))
    assert f"the remote limit is not applied. {caddy} Save" in words(owner.get(f"/hosts/{host.key}").text)
    assert f'<span class="value">{caddy}</span>' in owner.get("/help/media-servers").text


def test_where_only_the_routes_know_the_guide_keeps_its_example(owner: Visitor) -> None:
    given_host(owner.place, upstream=Upstream("jellyfin", "http", "172.16.9.9", 8096))
    assert '<span class="value value-example">192.168.1.10' in owner.get("/help/media-servers").text


def test_of_a_caddy_elsewhere_nothing_is_claimed(owner: Visitor) -> None:
    given_host(owner.place, edge="vps", upstream=Upstream("jellyfin", "http", "192.168.1.20", 8096))
    assert '<span class="value value-example">192.168.1.10' in owner.get("/help/media-servers").text
