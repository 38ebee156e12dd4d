"""The Caddyfile to read and copy means what the JSON means, looks as `caddy fmt` wants it, and explains itself."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.caddy.combinations import LISTENERS, combinations, normalised, told_apart
from tests.caddy.talk import proxy_host
from tests.caddy_process import CaddyProcess, caddy_binary
from wizard.caddy.caddyfile import caddyfile
from wizard.caddy.config import build
from wizard.caddy.version import Version, parse_version
from wizard.core.hosts import Edge, ProxyHost, Upstream, Verify, VerifyKind

EDGE = Edge("here", "unix//run/porthole/caddy.sock", 8080, 8443, log_folder="/var/log/port hole")


def adapt(caddy: CaddyProcess, text: str) -> dict[str, Any]:
    """What Caddy's own adapter makes of a Caddyfile; {"error": …} when it does not like it."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(caddy.admin.removeprefix("unix/"))
        connection = http.client.HTTPConnection("caddy")
        connection.sock = sock
        connection.request("POST", "/adapt", text.encode(), {"Content-Type": "text/caddyfile"})
        answer = json.loads(connection.getresponse().read())
    assert isinstance(answer, dict)
    return answer


def version_of(caddy: CaddyProcess) -> Version:
    return parse_version(caddy.version)


def formatted(caddy: CaddyProcess, text: str, folder: Path) -> str:
    path = folder / "Caddyfile"
    path.write_text(text)
    return subprocess.run(
        [caddy_binary(caddy.version), "fmt", path], capture_output=True, text=True, check=False
    ).stdout


@pytest.mark.parametrize("where", LISTENERS)
def test_caddys_adapter_makes_our_json_of_every_combination_without_a_warning(
    caddy: CaddyProcess, where: str
) -> None:
    compared = 0
    for host in combinations(LISTENERS[where]):
        answer = adapt(caddy, caddyfile([host], EDGE, version_of(caddy)))
        assert not answer.get("error"), told_apart(host)
        assert not answer.get("warnings"), (told_apart(host), answer["warnings"])
        wanted = normalised(build([host], EDGE, version_of(caddy), None).config)
        assert normalised(answer["result"]) == wanted, told_apart(host)
        compared += 1
    assert compared == 6 * 3 * 8 + 3


@pytest.mark.parametrize("folder", ["", "/var/log/caddy", '/odd `quotes" {braces}'])
@pytest.mark.parametrize("admin", ["unix//run/caddy.sock", "http://127.0.0.1:2019", "unix//run/odd name.sock"])
def test_several_hosts_on_several_addresses_mean_the_same_too(caddy: CaddyProcess, folder: str, admin: str) -> None:
    edge = Edge("here", admin, log_folder=folder)
    hosts = [
        proxy_host(name=f"{word}.example.com", listener=listener, paused=word == "plain")
        for word, listener in zip(("b", "a", "tunnel", "plain", "tailnet"), LISTENERS.values(), strict=True)
    ]
    answer = adapt(caddy, caddyfile(hosts, edge, version_of(caddy)))
    assert not answer.get("error")
    assert normalised(answer["result"]) == normalised(build(hosts, edge, version_of(caddy), None).config)


def test_a_caddyfile_of_no_hosts_is_what_our_own_caddy_starts_with(caddy: CaddyProcess) -> None:
    answer = adapt(caddy, caddyfile([], EDGE, version_of(caddy)))
    assert normalised(answer["result"]) == normalised(build([], EDGE, version_of(caddy), None).config)


@pytest.mark.parametrize("where", LISTENERS)
def test_caddy_fmt_leaves_it_as_it_is(newest: CaddyProcess, where: str, tmp_path: Path) -> None:
    texts = [caddyfile([host], EDGE, version_of(newest)) for host in combinations(LISTENERS[where])]
    joined = "\n".join(texts)
    assert formatted(newest, joined, tmp_path) == joined


@pytest.mark.parametrize("where", LISTENERS)
def test_every_line_has_its_reason_above_it(where: str) -> None:
    for host in combinations(LISTENERS[where]):
        lines = [line.strip() for line in caddyfile([host], EDGE, parse_version("2.11.7")).splitlines()]
        for before, line in zip(["", *lines], lines, strict=False):
            if line and not line.startswith("#") and line != "}":
                assert before.startswith("# "), line
        assert max(map(len, lines)) <= 118 or host.upstream.verify.kind is VerifyKind.PINNED


def test_it_says_why_no_plex_header_is_set_and_sets_none() -> None:
    text = caddyfile([proxy_host()], EDGE, parse_version("2.11.7"))
    comments = " ".join(line.strip(" \t#") for line in text.splitlines() if line.strip().startswith("#"))
    assert "X-Plex-Client-Identifier, X-Plex-Token and all other X-Plex-* headers pass through untouched" in comments
    assert "Setting one from a header that is missing would send it empty" in comments
    directives = [line.strip() for line in text.splitlines() if not line.strip().startswith("#")]
    assert [line for line in directives if "X-Plex" in line] == [
        "request>headers>X-Plex-Token regexp .+ REDACTED",
        "resp_headers>X-Plex-Token regexp .+ REDACTED",
    ]


def test_the_stall_option_is_written_only_for_a_version_that_knows_it() -> None:
    assert "write_idle -1s" in caddyfile([proxy_host()], EDGE, parse_version("2.11.7"))
    assert "write_idle" not in caddyfile([proxy_host()], EDGE, parse_version("2.11.4"))


def test_a_name_for_the_certificate_that_is_no_name_never_gets_into_it() -> None:
    host: ProxyHost = proxy_host(
        upstream=Upstream("plex", "https", "fd00::1", 1, Verify(VerifyKind.SERVER_NAME, "{env.SECRET}\n}"))
    )
    assert "SECRET" not in caddyfile([host], EDGE, parse_version("2.11.7"))
