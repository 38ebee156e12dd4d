"""Tokens appear in no log of a real Caddy: access, error, warning and debug lines, in any place and letter case."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.caddy.canned import answering
from tests.caddy.talk import DOMAIN, SECONDS, Stage, connect, receive, send
from tests.fakes.plex import LARGE_PART, part_key
from wizard.caddy.config import build
from wizard.core.hosts import ProxyHost, Upstream

HEADERS = (
    "X-Plex-Token",
    "x-plex-token",
    "X-PLEX-TOKEN",
    "X-Emby-Token",
    "x-emby-token",
    "X-MediaBrowser-Token",
    "x-mediabrowser-token",
    "X-Emby-Authorization",
    "Authorization",
    "AUTHORIZATION",
    "Proxy-Authorization",
    "Cookie",
    "Token",
    "ApiKey",
    "apikey",
    "api_key",
    "X-Api-Key",
)
PARAMETERS = (
    "X-Plex-Token",
    "x-plex-token",
    "X-PLEX-TOKEN",
    "X-Emby-Token",
    "X-MediaBrowser-Token",
    "X-Emby-Authorization",
    "Authorization",
    "api_key",
    "API_KEY",
    "ApiKey",
    "apikey",
    "token",
    "Token",
    "access_token",
)


def new_secret() -> str:
    return f"sEcReT{secrets.token_hex(8)}"


def requests_with(secret: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every way a token travels in a request: (target, headers)."""
    ways = [(f"/identity?header={name}", [(name, secret)]) for name in HEADERS]
    ways.append(("/identity?header=words", [("Authorization", f'MediaBrowser Client="x", Token="{secret}"')]))
    ways.append(("/identity?header=twice", [("X-Plex-Token", "first"), ("X-Plex-Token", secret)]))
    for name in PARAMETERS:
        ways.append((f"/identity?a=1&{name}={secret}&z=2", []))
        ways.append((f"/identity?{name}={secret}", []))
        ways.append((f"/identity?seen={name}", [("Referer", f"https://{DOMAIN}/web/?{name}={secret}#!/x")]))
    ways.append((f"/photo/:/transcode?url=%2Fl%2F1%3FX-Plex-Token%3D{secret}&width=1", []))
    ways.append((f"/photo/:/transcode?url=%252Fl%253Fx-plex-token%253D{secret}", []))
    ways.append((f"/identity?%zz=1;X-Plex-Token={secret};y", []))
    ways.append((f"/identity?X%2DPlex%2DToken={secret}", []))
    return ways + [(path, []) for path in one_time(secret)]


def one_time(secret: str) -> list[str]:
    """Our own addresses, by which a check or the browser of one visit is known."""
    echo = "/.well-known/porthole"
    return [f"{echo}/{secret}", f"{echo}/{secret}/ws", f"{echo}/visit/{secret}", f"{echo}/visiting/{secret}/page.js"]


def dead(stage: Stage) -> ProxyHost:
    return stage.host(upstream=Upstream("plex", "http", "127.0.0.1", 1))


def ask_all(stage: Stage, ways: Sequence[tuple[str, list[tuple[str, str]]]]) -> set[int]:
    statuses = set()
    for target, headers in ways:
        statuses.add(stage.ask(target, headers).status)
    return statuses


def wait_until(is_so: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < ends_at, "it did not become so in time"
        time.sleep(0.02)


def lines_about(stage: Stage, mark: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stage.caddy.access_log(DOMAIN).splitlines() if mark in line]


def is_anywhere(stage: Stage, secret: str) -> list[str]:
    """The files of this Caddy that hold the secret: logs, but also whatever else it wrote."""
    files = [path for path in stage.caddy.folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if secret.lower().encode() in path.read_bytes().lower()]


def finish(stage: Stage) -> str:
    """Send a last request and wait for its line, so that all lines before are written."""
    mark = f"last-{secrets.token_hex(4)}"
    stage.ask(f"/{mark}")
    wait_until(lambda: mark in stage.caddy.access_log(DOMAIN))
    return mark


def test_no_token_is_in_any_log_when_the_media_server_answers(stage: Stage) -> None:
    secret = new_secret()
    stage.serve(stage.host())
    ways = requests_with(secret)
    assert ask_all(stage, ways) <= {200, 400, 401, 404}
    mark = finish(stage)
    assert lines_about(stage, mark)
    assert "header=X-Plex-Token" in stage.caddy.access_log(DOMAIN)
    assert is_anywhere(stage, secret) == []


def test_no_token_is_in_any_log_when_the_media_server_is_down(stage: Stage) -> None:
    secret = new_secret()
    stage.serve(dead(stage))
    assert ask_all(stage, requests_with(secret)) == {401, 502}  # the echo is another server and answers
    mark = finish(stage)
    wait_until(lambda: f"/{mark}" in stage.caddy.logs())
    errors = [json.loads(line) for line in stage.caddy.logs().splitlines() if "http.log.error" in line]
    assert any("header=X-Plex-Token" in error["request"]["uri"] for error in errors)
    assert is_anywhere(stage, secret) == []


def test_no_token_is_in_debug_lines_either(stage: Stage) -> None:
    secret = new_secret()
    for host in (stage.host(), dead(stage)):
        config = build([host], stage.edge, stage.version, None).config
        config["logging"]["logs"]["default"]["level"] = "DEBUG"
        assert stage.caddy.client().load(config) is None
        ask_all(stage, requests_with(secret))
        finish(stage)
    assert "upstream roundtrip" in stage.caddy.logs()
    assert is_anywhere(stage, secret) == []


def test_no_token_is_in_the_warning_about_a_stream_that_broke_off(stage: Stage) -> None:
    secret = new_secret()
    stage.serve(stage.host())
    before = stage.caddy.logs().count("aborting with incomplete response")
    target = f"{part_key(LARGE_PART)}?X-Plex-Token={stage.media.token}&x-plex-TOKEN={secret}"
    with connect(stage.caddy) as sock:
        send(sock, target, [("Host", DOMAIN), ("Referer", f"https://{DOMAIN}/?token={secret}"), ("Token", secret)])
        sock.recv(65536)
    wait_until(lambda: stage.caddy.logs().count("aborting with incomplete response") > before)
    assert is_anywhere(stage, secret) == []


def test_no_token_is_in_the_line_of_a_websocket(stage: Stage) -> None:
    secret = new_secret()
    stage.serve(stage.host())
    stage.media.change(token=secret)
    try:
        with connect(stage.caddy) as sock:
            upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
            key = ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
            send(sock, f"/:/websockets/notifications?X-Plex-Token={secret}", [("Host", DOMAIN), *upgrade, key])
            assert receive(sock).status == 101
        wait_until(lambda: '"status":101' in stage.caddy.access_log(DOMAIN))
    finally:
        stage.media.change(token="demo-token")
    assert is_anywhere(stage, secret) == []


def test_a_redirect_that_repeats_the_address_is_redacted(stage: Stage) -> None:
    secret = new_secret()
    location = f"Location: /web?x-plex-token={secret}&ApiKey={secret}"
    redirect = f"HTTP/1.1 302 Found\r\n{location}\r\nX-Plex-Token: {secret}\r\nContent-Length: 0\r\n\r\n"
    with answering(redirect.encode()) as port:
        stage.serve(stage.host(upstream=Upstream("plex", "http", "127.0.0.1", port)))
        reply = stage.ask("/redirects")
        assert reply.value("Location") == f"/web?x-plex-token={secret}&ApiKey={secret}"
        finish(stage)
    assert "/web?x-plex-token=REDACTED&ApiKey=REDACTED" in stage.caddy.access_log(DOMAIN)
    assert is_anywhere(stage, secret) == []


def test_the_search_for_secrets_finds_what_is_there(newest_stage: Stage) -> None:
    """The control: without it, a search that finds nothing would prove nothing."""
    secret = new_secret()
    newest_stage.serve(dead(newest_stage))
    newest_stage.ask(f"/identity?no-secret-by-name={secret}")
    finish(newest_stage)
    assert len(is_anywhere(newest_stage, secret)) == 2  # the access log and the error log


@pytest.mark.parametrize("plex_mode", [True, False])
def test_what_is_no_secret_stays_readable(newest_stage: Stage, plex_mode: bool) -> None:
    newest_stage.serve(newest_stage.host(plex_mode=plex_mode))
    mark = secrets.token_hex(4)
    newest_stage.ask(f"/identity?mark={mark}&X-Plex-Token=abc&b=2", [("X-Plex-Client-Identifier", "device-1")])
    wait_until(lambda: bool(lines_about(newest_stage, mark)))
    (line,) = lines_about(newest_stage, mark)
    assert line["request"]["uri"] == f"/identity?mark={mark}&X-Plex-Token=REDACTED&b=2"
    assert line["request"]["headers"]["X-Plex-Client-Identifier"] == ["device-1"]
    assert line["request"]["client_ip"] == "127.0.0.1"


def test_a_redacted_header_keeps_its_shape(newest_stage: Stage) -> None:
    newest_stage.serve(newest_stage.host())
    mark = secrets.token_hex(4)
    newest_stage.ask(f"/identity?mark={mark}", [("X-Plex-Token", "abc"), ("Referer", "https://x/?api_key=1&b=2")])
    wait_until(lambda: bool(lines_about(newest_stage, mark)))
    headers = lines_about(newest_stage, mark)[0]["request"]["headers"]
    assert headers["X-Plex-Token"] == ["REDACTED"]
    assert headers["Referer"] == ["https://x/?api_key=REDACTED&b=2"]


def test_our_group_can_read_the_access_log(stage: Stage) -> None:
    stage.serve(stage.host())
    finish(stage)
    assert (stage.caddy.log_folder / f"access-{DOMAIN}.json").stat().st_mode & 0o777 == 0o640
