"""What viewers can reach of this web server through Caddy: the echo, once, and nothing else."""

from __future__ import annotations

import pytest

from tests.web.browsing import PARTS, Visitor, given_host, given_owner
from wizard.store import tickets

DOMAIN = "plex.example.com"


@pytest.fixture(autouse=True)
def host(owner: Visitor) -> str:
    return given_host(owner.place, DOMAIN).key


def test_a_ticket_is_good_once(stranger: Visitor) -> None:
    echo = tickets.issue_echo(stranger.place.database, DOMAIN)
    first = stranger.get(echo.path, headers={"Host": DOMAIN, "X-Real-IP": "203.0.113.9", "Cookie": "a=b"})
    assert first.json is not None
    assert first.json["mark"] == echo.mark
    assert ["X-Real-Ip", "203.0.113.9"] in first.json["headers"]
    assert not any(name in {"Cookie", "Authorization"} for name, _ in first.json["headers"])
    assert first.headers["Cache-Control"] == "no-store"
    second = stranger.get(echo.path, headers={"Host": DOMAIN})
    assert (second.status_code, second.data) == (404, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/login",
        "/claim",
        "/healthz",
        "/static/app.css",
        "/help/pictures/hops.svg",
        "/nothing",
        "/.well-known/porthole",
        "/.well-known/porthole/",
        "/.well-known/porthole/unknown",
        "/.well-known/porthole/unknown/ws",
        "/.well-known/porthole/../../login",
        "/.well-known/porthole/..%2f..%2flogin",
        "/.well-known/porthole//login",
        "/.well-known/porthole/%00",
    ],
)
@pytest.mark.parametrize("asked", [DOMAIN, f"{DOMAIN}:443", DOMAIN.upper(), f"{DOMAIN}."])
def test_a_media_domain_shows_nothing_of_this_app(owner: Visitor, path: str, asked: str) -> None:
    """Even to the owner's own browser."""
    answer = owner.get(path, headers={"Host": asked})
    assert answer.status_code in {400, 404}
    assert answer.data == b""
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_no_method_gets_more(owner: Visitor, method: str) -> None:
    answer = owner.client.open("/.well-known/porthole/unknown", method=method, headers={"Host": DOMAIN, **PARTS})
    assert answer.status_code in {404, 405}
    assert answer.data == b""


def test_a_stranger_s_host_under_the_echo_s_address_gets_nothing_either(stranger: Visitor) -> None:
    answer = stranger.get("/.well-known/porthole/unknown", headers={"Host": "anything.example.net"})
    assert (answer.status_code, answer.data) == (404, b"")


@pytest.mark.parametrize("asked", ["nas.lan", "192.168.1.5:7678", "[::1]:7678", "localhost", "", "[", "a b"])
def test_every_other_host_is_the_owner_s_own(stranger: Visitor, asked: str) -> None:
    given_owner(stranger.place)
    answer = stranger.get("/login", headers={"Host": asked})
    assert answer.status_code in {200, 400}
    assert asked == "" or asked not in answer.headers.get("Location", "")


def test_no_redirect_names_the_host_that_was_asked_for(stranger: Visitor) -> None:
    answer = stranger.get("/", headers={"Host": "evil.example.net"})
    assert answer.headers["Location"] == "/login?next=/"
