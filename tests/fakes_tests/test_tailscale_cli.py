"""The stand-in of Tailscale's command, against the stand-in of its daemon."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.tailscale_cli import main
from tests.fakes.tailscaled import LOGGED_OUT, SIGN_IN, THREE, Tailscaled, status
from tests.processes import wait_until

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tailscaled.sock"


def test_up_prints_a_link_and_ends_when_somebody_has_signed_in(path: Path, tmp_path: Path) -> None:
    with Tailscaled(path, LOGGED_OUT, may_write=True) as daemon, (tmp_path / "out").open("w") as output:
        command = (sys.executable, "-m", "tests.fakes.tailscale_cli", "--socket", str(path), "up")
        running = subprocess.Popen(command, stdout=output, cwd=PROJECT)
        wait_until(lambda: SIGN_IN in (tmp_path / "out").read_text(), "the link is there")
        assert running.poll() is None
        daemon.document = status(*THREE)
        assert running.wait(10) == 0
    assert "Success." in (tmp_path / "out").read_text()


def test_a_machine_that_is_not_signed_in_says_so(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Tailscaled(path, LOGGED_OUT):
        assert main(["--socket", str(path), "ip", "-4"]) == 1
        assert main(["--socket", str(path), "up"]) == 1  # neither root nor the operator
    assert capsys.readouterr().err.splitlines() == ["Logged out.", "Access denied: login access denied"]
    assert main(["--socket", str(path), "status"]) == 1
    assert "failed to connect" in capsys.readouterr().err


def test_ping_ends_with_the_first_direct_pong_and_badly_without_one(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = "100.101.1.12"
    with Tailscaled(path, direct_after=2) as daemon:
        assert main(["--socket", str(path), "ping", address]) == 0
        pongs = capsys.readouterr().out.splitlines()
        assert [("DERP(fra)" in one) for one in pongs] == [True, True, False]
        daemon.direct_after, daemon.pings = None, {}
        assert main(["--socket", str(path), "ping", address]) == 1
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 10
    assert printed.err == "direct connection not established\n"


def test_tags_take_the_expiry_away_and_routes_are_remembered(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Tailscaled(path, may_write=True) as daemon:
        asked = ["--socket", str(path), "up", "--advertise-tags=tag:edge", "--advertise-routes=192.168.1.50/32"]
        assert main(asked) == 0
        assert main(["--socket", str(path), "set", "--accept-routes"]) == 0
        assert daemon.document["Self"]["KeyExpiry"] is None
        assert daemon.prefs == {
            "AdvertiseTags": ["tag:edge"],
            "AdvertiseRoutes": ["192.168.1.50/32"],
            "RouteAll": True,
        }
        capsys.readouterr()
        assert main(["--socket", str(path), "netcheck", "--format=json"]) == 0
    assert json.loads(capsys.readouterr().out)["UDP"] is True


def test_up_refuses_to_drop_a_setting_and_prints_the_whole_line(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Tailscaled(path, may_write=True) as daemon:
        assert main(["--socket", str(path), "set", "--accept-routes"]) == 0
        assert main(["--socket", str(path), "up", "--advertise-tags=tag:edge"]) == 1
        printed = capsys.readouterr().err
        assert daemon.prefs == {"RouteAll": True}
        assert printed.splitlines()[-1] == "\ttailscale up --advertise-tags=tag:edge --accept-routes"
        assert main(["--socket", str(path), *printed.split()[-3:]]) == 0
        assert daemon.prefs == {"RouteAll": True, "AdvertiseTags": ["tag:edge"]}
        assert main(["--socket", str(path), "up"]) == 0  # without a flag it only switches on
