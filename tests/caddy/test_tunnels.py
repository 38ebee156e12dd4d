"""Cloudflare Tunnel and Funnel through a real Caddy: the server sees the viewer, and a forged address never wins."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.caddy.talk import SECONDS, Reply, Stage, receive, send
from tests.caddy_process import free_port
from tests.fakes.cloudflared import CONNECTIONS, make_token, write_program
from tests.fakes.front import Front, Rules, cloudflare_rules, funnel_rules
from tests.fakes.plex import SeenRequest
from tests.fakes.tunnel_front import Rule, Tunnel
from tests.processes import wait_until
from wizard.caddy.refusals import refused
from wizard.core.hosts import ProxyHost
from wizard.core.ways import WaySetup
from wizard.embedded.tunnel import command_of
from wizard.methods import METHODS
from wizard.methods.cloudflare import listener_of

VIEWER, STRANGER = "127.0.0.77", "127.0.0.66"  # neither is the hop that Caddy believes, 127.0.0.1
FORGED = (
    ("CF-Connecting-IP", "6.6.6.6"),
    ("X-Forwarded-For", "6.6.6.6, 127.0.0.1"),
    ("X-Real-IP", "6.6.6.6"),
    ("Forwarded", "for=6.6.6.6"),
    ("X-Forwarded-Proto", "http"),
    ("CF-Visitor", '{"scheme":"http"}'),
    ("True-Client-IP", "6.6.6.6"),
    ("Tailscale-Funnel-Request", "?0"),
)


@dataclass(frozen=True)
class Way:
    """A way in that is set up: its proxy host behind Caddy, and who answers in public."""

    stage: Stage
    host: ProxyHost
    front: Front

    def ask(self, *headers: tuple[str, str], port: int = 0, source: str = VIEWER, method: str = "GET") -> Reply:
        """One request from `source`, to the public side or to another port."""
        with socket.create_connection(("127.0.0.1", port or self.front.port), SECONDS, (source, 0)) as sock:
            send(sock, "/identity", [("Host", self.host.domain.name), ("Connection", "close"), *headers], method)
            return receive(sock, method)


def served(stage: Stage, key: str, rules: Rules) -> Iterator[Way]:
    listener = replace(METHODS[key].listener, port=free_port())
    host = stage.host("tunnel.localhost", method=key, listener=listener)
    stage.serve(host)
    with Front(("127.0.0.1", listener.port), rules) as front:
        yield Way(stage, host, front)


@pytest.fixture(params=["cloudflare", "funnel"])
def way(newest_stage: Stage, request: pytest.FixtureRequest) -> Iterator[Way]:
    """Each way in whose traffic a program on this machine hands over."""
    yield from served(
        newest_stage, request.param, {"cloudflare": cloudflare_rules, "funnel": funnel_rules}[request.param]
    )


def addresses(seen: SeenRequest) -> tuple[tuple[str, ...], ...]:
    return seen.values("X-Forwarded-For"), seen.values("X-Real-IP"), seen.values("Forwarded")


def test_the_media_server_sees_the_viewers_own_address(way: Way) -> None:
    assert way.ask().status == 200
    assert addresses(way.stage.arrived()) == ((VIEWER,), (VIEWER,), ())
    assert way.stage.arrived().values("Host") == ("tunnel.localhost",)


def test_what_a_viewer_claims_through_the_tunnel_never_wins(way: Way) -> None:
    assert way.ask(*FORGED).status == 200
    seen = way.stage.arrived()
    assert addresses(seen) == ((VIEWER,), (VIEWER,), ())
    assert seen.values("X-Forwarded-Proto") == ("https",)


def test_who_reaches_the_listener_past_the_tunnel_is_not_believed(way: Way) -> None:
    assert way.ask(*FORGED, port=way.host.listener.port, source=STRANGER).status == 200
    assert addresses(way.stage.arrived()) == ((STRANGER,), (STRANGER,), ())


def test_nobody_is_sent_in_circles(way: Way) -> None:
    reply = way.ask()
    assert (reply.status, reply.value("Location")) == (200, None)


def test_a_body_above_cloudflares_limit_never_reaches_home(newest_stage: Stage) -> None:
    for way in served(newest_stage, "cloudflare", cloudflare_rules):
        assert way.ask(("Content-Length", "100000001"), method="POST").status == 413
        assert way.stage.media.seen == ()


def test_the_stand_in_run_by_our_command_line_leads_home_as_cloudflared_does(
    newest_stage: Stage, tmp_path: Path
) -> None:
    for way in served(newest_stage, "cloudflare", cloudflare_rules):
        tunnel = Tunnel([Rule(way.host.domain.name, f"http://127.0.0.1:{way.host.listener.port}")])
        with Front(tunnel, cloudflare_rules) as front, connected(front, tunnel, tmp_path):
            assert way.ask(*FORGED, port=front.port).status == 200
            assert addresses(way.stage.arrived()) == ((VIEWER,), (VIEWER,), ())
        with Front(tunnel, cloudflare_rules) as front:
            assert way.ask(port=front.port).status == 530  # nobody dialled it


@contextmanager
def connected(front: Front, tunnel: Tunnel, folder: Path) -> Iterator[None]:
    """The stand-in for cloudflared, started by the command line we use, with all its lines up."""
    token, metrics = folder / "token", f"127.0.0.1:{free_port()}"
    program = write_program(folder / "cloudflared", f"127.0.0.1:{front.tunnel_port}")
    token.write_text(make_token())
    command = command_of({"program": str(program), "metrics": metrics, "token_file": str(token)})
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: tunnel.registered == CONNECTIONS, "its lines are up")
            yield
        finally:
            process.terminate()


def test_a_cloudflared_in_another_container_is_believed_by_its_own_address(newest_stage: Stage) -> None:
    setup = WaySetup("cloudflare", {"runs": "elsewhere", "peer": "127.0.0.55"})
    listener = replace(listener_of(setup), port=free_port())
    host = newest_stage.host("tunnel.localhost", method="cloudflare", listener=listener)
    newest_stage.serve(host)
    hop = (("CF-Connecting-IP", "203.0.113.9"), ("X-Forwarded-For", "6.6.6.6, 203.0.113.9"))
    with Front(("127.0.0.1", 1), cloudflare_rules) as unused:
        way = Way(newest_stage, host, unused)
        way.ask(*hop, port=listener.port, source="127.0.0.55")
        assert addresses(newest_stage.arrived()) == (("203.0.113.9",), ("203.0.113.9",), ())
        way.ask(*hop, port=listener.port, source="127.0.0.1")
        assert addresses(newest_stage.arrived()) == (("127.0.0.1",), ("127.0.0.1",), ())


@pytest.mark.parametrize("key", ["cloudflare", "funnel"])
def test_a_taken_port_of_a_tunnel_is_said_with_what_can_be_done(key: str) -> None:
    port = METHODS[key].listener.port
    trouble = refused(f"listening on 127.0.0.1:{port}: listen tcp 127.0.0.1:{port}: bind: address already in use")
    assert str(port) in trouble.summary
    assert trouble.remedy is not None
    assert "the port of the tunnel is fixed" in trouble.remedy.action
