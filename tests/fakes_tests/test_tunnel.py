"""The stand-ins for Cloudflare and cloudflared: what goes down a line that was dialled from home."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from websockets.sync.client import connect

from tests.fakes.authority import Authority
from tests.fakes.cloudflared import CONNECTIONS, make_token, write_program
from tests.fakes.front import Front, cloudflare_rules
from tests.fakes.plex import LARGE_PART, MEDIUM_PART, Plex, part_bytes, part_key
from tests.fakes.plex_streams import PART_BYTES
from tests.fakes.tunnel_front import Rule, Tunnel
from tests.processes import wait_until

NAME, HEADERS = "plex.example.com", {"Host": "plex.example.com", "X-Plex-Token": "demo-token"}


@dataclass(frozen=True)
class Way:
    """A public side that is joined, and the process at home."""

    front: Front
    tunnel: Tunnel
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.front.port}"


@pytest.fixture
def way(plex: Plex, tmp_path: Path) -> Iterator[Way]:
    tunnel = Tunnel([Rule(NAME, f"http://127.0.0.1:{plex.port}"), Rule("slow.example.com", "http://127.0.0.1:1")])
    (tmp_path / "token").write_text(make_token())
    with Front(tunnel, cloudflare_rules, most_bytes=50_000, read_seconds=1) as front:
        program = str(write_program(tmp_path / "cloudflared", f"127.0.0.1:{front.tunnel_port}"))
        command = (program, "tunnel", "run", "--token-file", str(tmp_path / "token"))
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            wait_until(lambda: tunnel.registered == CONNECTIONS, "its lines are up")
            yield Way(front, tunnel, process)
            process.kill()


def test_a_large_answer_comes_whole_and_a_viewer_who_does_not_read_holds_up_nobody(
    way: Way, http: requests.Session
) -> None:
    lazy = [http.get(way.url + part_key(LARGE_PART), headers=HEADERS, stream=True, timeout=10) for _ in range(8)]
    answer = http.get(way.url + part_key(MEDIUM_PART), headers=HEADERS, timeout=20)
    assert answer.content == part_bytes(MEDIUM_PART, 0, PART_BYTES[MEDIUM_PART])
    assert (answer.headers["Server"], answer.headers["CF-Cache-Status"]) == ("cloudflare", "DYNAMIC")
    for one in lazy:
        one.close()


def test_a_websocket_passes_and_ends_with_the_process_at_home(way: Way, plex: Plex) -> None:
    address = f"ws://{NAME}:{way.front.port}/:/websockets/notifications?X-Plex-Token=demo-token"
    with socket.create_connection(("127.0.0.1", way.front.port), 10) as raw, connect(address, sock=raw) as listener:
        plex.notify()
        assert listener.recv(timeout=10)
        way.process.kill()
        with pytest.raises(Exception, match="close frame"):
            listener.recv(timeout=10)


def test_a_body_passes_up_to_the_limit_whether_it_was_announced_or_not(way: Way, http: requests.Session) -> None:
    def pieces(count: int) -> Iterator[bytes]:
        for _ in range(count):
            yield bytes(1000)

    statuses = [
        http.post(f"{way.url}/", data=bytes(size), headers=HEADERS, timeout=10).status_code
        for size in (40_000, 50_001)
    ]
    assert (statuses[0] != 413, statuses[1]) == (True, 413)
    assert http.post(f"{way.url}/", data=pieces(60), headers=HEADERS, timeout=10).status_code == 413


def test_a_name_without_a_rule_and_a_service_that_is_away_have_their_answers(
    way: Way, http: requests.Session
) -> None:
    for name, status in (("other.example.com", 404), ("slow.example.com", 502)):
        assert http.get(way.url, headers={"Host": name}, timeout=10).status_code == status


def test_an_origin_that_stays_silent_is_given_up(http: requests.Session) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        Front(silent.getsockname(), cloudflare_rules, read_seconds=0.2) as front,
    ):
        assert http.get(f"http://127.0.0.1:{front.port}/", timeout=10).status_code == 524


def test_once_the_process_at_home_is_gone_viewers_are_told(way: Way, http: requests.Session) -> None:
    way.process.kill()
    wait_until(lambda: http.get(way.url, headers=HEADERS, timeout=10).status_code == 530, "no line is left", 5)


def test_over_tls_the_scheme_is_told_and_beside_it_too(
    plex: Plex, authority: Authority, http: requests.Session, tmp_path: Path
) -> None:
    root = tmp_path / "root.pem"
    root.write_text(authority.certificate_pem)
    context = authority.issue("localhost").server_context()
    with Front(("127.0.0.1", plex.port), cloudflare_rules, tls=context, plain_port=0) as front:
        assert http.get(f"https://localhost:{front.port}/identity", verify=str(root), timeout=10).status_code == 200
        assert http.get(f"http://localhost:{front.plain_port}/identity", timeout=10).status_code == 200
    assert [seen.value("X-Forwarded-Proto") for seen in plex.seen] == ["https", "http"]
