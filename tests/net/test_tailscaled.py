"""tailscaled's LocalAPI over a real unix socket: what is asked, what is refused, and paths that pings make sure."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from pathlib import Path as File

import pytest

from tests.checks.sets import host, scene
from tests.fakes import tailscaled as fake
from wizard.checks import CHECKS, run_check
from wizard.core.tailnet import Backend, Path, Silence
from wizard.core.tailnet_findings import judge
from wizard.core.verdicts import CheckResult, Level
from wizard.core.ways import WaySetup
from wizard.net import Net, tailnet_watch
from wizard.net.deadline import Deadline
from wizard.net.tailnet_watch import MOST_PINGS, look, observe, try_path
from wizard.net.tailscale_cli import netcheck
from wizard.net.tailscaled import Tailscaled, find_socket


@pytest.fixture
def daemon(tmp_path: File) -> Iterator[fake.Tailscaled]:
    with fake.Tailscaled(tmp_path / "tailscaled.sock") as running:
        yield running


def setup(daemon: fake.Tailscaled, peer: str = "") -> WaySetup:
    return WaySetup("tailscale", {"socket": str(daemon.path), "peer": peer})


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tailnet_watch, "_BETWEEN_SECONDS", 0.0)


def test_the_status_and_the_control_server_are_read(daemon: fake.Tailscaled) -> None:
    daemon.control = "https://headscale.example.com"
    seen = look(str(daemon.path))
    assert (seen.silence, seen.backend, seen.control) == (None, Backend.RUNNING, "headscale.example.com")
    assert seen.is_foreign
    assert len(seen.peers) == 3
    assert daemon.asked == ["GET /localapi/v0/status", "GET /localapi/v0/prefs"]


@pytest.mark.parametrize("headers", [{"Origin": "http://x"}, {"Referer": "http://x"}, {"Host": "example.com"}])
def test_the_stand_in_refuses_what_a_browser_would_send(daemon: fake.Tailscaled, headers: dict[str, str]) -> None:
    connection = http.client.HTTPConnection(fake.HOST)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(daemon.path))
    connection.request("GET", "/localapi/v0/status", headers=headers)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (403, b"invalid localapi request")
    connection.close()


def test_certificate_names_may_be_none_at_all(daemon: fake.Tailscaled) -> None:
    assert Tailscaled(str(daemon.path)).cert_domains().document == ["mediabox.tail0a1b2c.ts.net"]
    daemon.document = fake.LOGGED_OUT
    assert Tailscaled(str(daemon.path)).cert_domains().document is None


def test_signing_in_is_for_the_operator_only(daemon: fake.Tailscaled) -> None:
    ours = Tailscaled(str(daemon.path))
    answer = ours.sign_in()
    assert (answer.status, answer.silence, answer.is_good) == (403, Silence.NOT_ALLOWED, False)
    daemon.may_write = True
    assert ours.sign_in().is_good
    assert look(str(daemon.path)).sign_in_url == fake.SIGN_IN


def test_the_other_end_is_pinged_until_a_direct_path_is_found(daemon: fake.Tailscaled) -> None:
    peer = observe(None, setup(daemon, "edge-vps")).peer("edge-vps")
    assert peer is not None
    assert (peer.path, peer.via, peer.is_measured) == (Path.DIRECT, "198.51.100.9:41641", True)
    assert daemon.pings == {peer.addresses[0]: 4}


def test_a_path_is_called_relayed_only_after_many_pings(daemon: fake.Tailscaled) -> None:
    daemon.direct_after = None
    seen = observe(None, setup(daemon, "edge-vps"))
    assert [v.code for v in judge(setup(daemon, "edge-vps"), seen).verdicts] == ["way-tailscale-relayed"]
    assert list(daemon.pings.values()) == [MOST_PINGS]


def test_peers_that_nobody_uses_are_left_asleep(daemon: fake.Tailscaled) -> None:
    observe(None, setup(daemon))
    assert daemon.pings == {}
    daemon.document = fake.status(*fake.THREE, fake.machine(20, "tv", **fake.RELAYED))
    assert observe(None, setup(daemon)).peer("tv").path is Path.DIRECT  # type: ignore[union-attr]  # it is there


def test_a_peer_that_never_answers_stays_as_it_was(daemon: fake.Tailscaled) -> None:
    laptop = look(str(daemon.path)).peer("laptop")
    assert laptop is not None
    assert try_path(Tailscaled(str(daemon.path)), laptop, Deadline(5)) == laptop


def test_when_time_runs_out_nothing_is_called_sure(daemon: fake.Tailscaled) -> None:
    peer = look(str(daemon.path)).peer("edge-vps")
    assert peer is not None
    assert try_path(Tailscaled(str(daemon.path)), peer, Deadline(0)) == peer


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{}", b"<html>", b"\xff\xfe", b"[" * 100_000])
def test_nonsense_is_not_understood(daemon: fake.Tailscaled, raw: bytes) -> None:
    daemon.raw = raw
    assert look(str(daemon.path)).silence is Silence.NOT_UNDERSTOOD


def test_where_nobody_is_the_reason_is_told(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> None:
    assert look(str(tmp_path / "nothing.sock")).silence is Silence.NOT_FOUND
    left = tmp_path / "left.sock"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(left))
    assert look(str(left)).silence is Silence.NOT_RUNNING
    assert look("/" + "x" * 300).silence is Silence.NOT_UNDERSTOOD
    monkeypatch.setattr("wizard.net.tailscaled.SOCKETS", (str(tmp_path / "a"), str(left)))
    assert find_socket() == str(left)
    monkeypatch.setattr("wizard.net.tailscaled.SOCKETS", ())
    assert look().silence is Silence.NOT_FOUND


def test_a_daemon_that_never_answers_costs_no_more_than_its_deadline(tmp_path: File) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "mute.sock"))
        sock.listen()
        answer = Tailscaled(str(tmp_path / "mute.sock")).status(seconds=0.1)
    assert answer.silence is Silence.NOT_UNDERSTOOD
    assert "TimeoutError" in answer.detail


def test_netcheck_is_asked_of_the_command_line(tmp_path: File) -> None:
    program = tmp_path / "tailscale"
    program.write_text(
        "#!/bin/sh\necho '# not stable' >&2\n"
        'test "$*" = "--socket=/s netcheck --format=json" && echo \'{"UDP": false}\'\n'
    )
    program.chmod(0o755)
    report = netcheck(str(program), "/s")
    assert report is not None
    assert report.udp is False
    assert netcheck(str(program), "/other") is None
    assert netcheck(str(tmp_path / "none"), "/s") is None


def test_the_check_of_the_way_in_tells_the_same(daemon: fake.Tailscaled) -> None:
    daemon.direct_after = None
    relayed = setup(daemon, "edge-vps")
    found = run_check(CHECKS["way"], Net(), scene(host=host(method="tailscale"), way=relayed))
    assert isinstance(found, CheckResult)
    assert [(one.code, one.level) for one in found.verdicts] == [("way-tailscale-relayed", Level.WARNING)]
    daemon.direct_after = 0
    found = run_check(CHECKS["way"], Net(), scene(host=host(method="tailscale"), way=relayed))
    assert isinstance(found, CheckResult)
    assert [one.code for one in found.verdicts] == ["way-ok"]
