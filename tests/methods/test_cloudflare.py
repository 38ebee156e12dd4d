"""What cloudflared says of itself becomes one state, with the finding that explains it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.caddy_process import free_port
from tests.fakes.cloudflared import make_token, write_program
from tests.fakes.front import Front, cloudflare_rules
from tests.fakes.tunnel_front import SECRET, Tunnel
from tests.processes import wait_until
from wizard.core.cloudflared import MARK, TunnelSeen, count_starts, judge, latest_lines, read_places, read_ready
from wizard.core.ways import WaySetup, WayState
from wizard.embedded import tunnel
from wizard.embedded.tunnel import command_of
from wizard.methods.cloudflare import LISTENER, find_program, listener_of, observe
from wizard.net.door import Net

READY = "http://127.0.0.1:20241"
OURS = WaySetup("cloudflare", {"runs": "here", "ready": READY})
THEIRS = WaySetup("cloudflare", {"runs": "elsewhere", "ready": READY})
BLOCKED = 'WRN Failed to dial a quic connection error="failed to dial to edge with quic: timeout" connIndex=1'
REFUSED = 'ERR Register tunnel error from server side error="Unauthorized: Invalid tunnel secret" connIndex=0'


@pytest.mark.parametrize(
    ("setup", "seen", "state", "code"),
    [
        (WaySetup("cloudflare"), TunnelSeen(), WayState.NOT_SET_UP, ""),
        (OURS, TunnelSeen("/c", 200, 4), WayState.CONNECTED, ""),
        (OURS, TunnelSeen("/c"), WayState.WAITING, ""),
        (OURS, TunnelSeen("/c", 503, lines=("INF Starting tunnel",)), WayState.WAITING, ""),
        (OURS, TunnelSeen(), WayState.TROUBLE, "no-program"),
        (OURS, TunnelSeen("/c", lines=("flag provided but not defined: -token-file",)), WayState.TROUBLE, "too-old"),
        (OURS, TunnelSeen("/c", lines=("Provided Tunnel token is not valid.",)), WayState.TROUBLE, "token-refused"),
        (OURS, TunnelSeen("/c", 503, lines=(REFUSED,)), WayState.TROUBLE, "token-refused"),
        (OURS, TunnelSeen("/c", 503, lines=(BLOCKED,)), WayState.TROUBLE, "blocked"),
        (OURS, TunnelSeen("/c", starts=2), WayState.WAITING, ""),
        (OURS, TunnelSeen("/c", starts=3), WayState.TROUBLE, "ends"),
        (OURS, TunnelSeen("/c", lines=("cannot open shared object file",), starts=3), WayState.TROUBLE, "ends"),
        (
            OURS,
            TunnelSeen("/c", lines=("Provided Tunnel token is not valid.",), starts=9),
            WayState.TROUBLE,
            "token-refused",
        ),
        (OURS, TunnelSeen("/c", 503, lines=("INF Starting tunnel",), starts=3), WayState.WAITING, ""),
        (OURS, TunnelSeen("/c", lines=("INF Registered tunnel connection",)), WayState.TROUBLE, "not-ready"),
        (THEIRS, TunnelSeen("", 503), WayState.TROUBLE, "not-ready"),
        (THEIRS, TunnelSeen("", 200, 0), WayState.TROUBLE, "not-ready"),
        (THEIRS, TunnelSeen(), WayState.UNKNOWN, "unknown"),
        (THEIRS, TunnelSeen("", 200, 1), WayState.CONNECTED, ""),
    ],
)
def test_each_thing_seen_has_its_state_and_finding(
    setup: WaySetup, seen: TunnelSeen, state: WayState, code: str
) -> None:
    status = judge(setup, seen)
    assert status.state is state
    assert [verdict.code for verdict in status.verdicts] == ([f"way-cloudflare-{code}"] if code else [])


def test_its_answers_are_read() -> None:
    assert read_ready('{"status":200,"readyConnections":4,"connectorId":"x"}') == 4
    assert [read_ready(odd) for odd in ("", "[]", '{"readyConnections":"4"}', '{"readyConnections":-1}')] == [0] * 4
    rows = 'cloudflared_tunnel_server_locations{connection_id="%d",edge_location="%s"} %d'
    metrics = "\n".join(rows % row for row in ((0, "fra01", 1), (1, "fra01", 1), (2, "ams03", 1), (3, "lhr02", 0)))
    assert read_places(metrics) == ("ams03", "fra01")


def test_what_was_logged_before_the_latest_start_no_longer_counts() -> None:
    log = f"{MARK}\n{REFUSED}\n{MARK}\nINF Starting tunnel --token {make_token()}\n"
    assert latest_lines(log) == ("INF Starting tunnel --token (token)",)


def test_starts_are_counted_by_their_times() -> None:
    now = datetime(2026, 11, 26, 12, tzinfo=UTC)
    times = ("2026-11-26T11:58:00Z", "2026-11-26T11:59:30Z", "2026-11-26T11:59:59Z", "2026-11-26T12:30:00Z", "?")
    log = "".join(f"{MARK} at {one}\n" for one in times)
    assert (count_starts(log, now), latest_lines(log), count_starts("", now)) == (2, (), 0)


def test_each_start_leaves_its_time_in_the_log(tmp_path: Path) -> None:
    (tmp_path / "wish.json").write_text("{}")
    command = (sys.executable, "-I", "-S", tunnel.__file__, str(tmp_path / "wish.json"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert count_starts(done.stdout, datetime.now(UTC)) == 1
    assert latest_lines(done.stdout) == ("ERR cloudflared does not start: 'program'",)


def test_only_an_address_that_was_given_moves_the_trust() -> None:
    assert listener_of(OURS) == LISTENER == listener_of(WaySetup("cloudflare"))
    assert listener_of(WaySetup("cloudflare", {"runs": "elsewhere", "peer": "nonsense"})) == LISTENER
    moved = listener_of(WaySetup("cloudflare", {"runs": "elsewhere", "peer": "172.28.0.5"}))
    assert (moved.bind, moved.trusted) == ("", ("172.28.0.5/32",))


@pytest.fixture(params=[SECRET, "renewed"])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, WaySetup]]:
    """The stand-in, started by the command line we use, with the token's secret."""
    token, log, metrics = tmp_path / "token", tmp_path / "log", f"127.0.0.1:{free_port()}"
    token.write_text(make_token(request.param))
    with Front(Tunnel(), cloudflare_rules) as front:
        program = str(write_program(tmp_path / "cloudflared", f"127.0.0.1:{front.tunnel_port}"))
        command = command_of({"program": program, "metrics": metrics, "token_file": str(token)})
        values = {"runs": "here", "program": program, "ready": f"http://{metrics}", "log": str(log)}
        with log.open("wb") as output, subprocess.Popen(command, stderr=output) as process:
            yield request.param, WaySetup("cloudflare", values)
            process.terminate()


def test_the_program_itself_is_asked(running: tuple[str, WaySetup]) -> None:
    secret, setup = running
    signs = ("Registered", 4) if secret == SECRET else ("Register tunnel error", 1)
    wait_until(lambda: "\n".join(observe(Net(), setup).lines).count(signs[0]) >= signs[1], "it said how it fares")
    status = judge(setup, observe(Net(), setup))
    if secret != SECRET:
        assert status.sentence == "Cloudflare does not know this token. Copy it again"
        assert "Invalid tunnel secret" in status.verdicts[0].detail
    else:
        assert (status.state, status.sentence) == (WayState.CONNECTED, "4 connections to Cloudflare, ams03, fra01")


def test_a_program_that_cannot_be_run_is_none(tmp_path: Path) -> None:
    (tmp_path / "cloudflared").write_text("")
    assert find_program(str(tmp_path / "cloudflared")) == find_program(str(tmp_path)) == ""
    assert find_program("/bin/sh") == ""
    other = str(write_program(tmp_path / "cloudflared-2026.7"))
    assert find_program(other) == other
