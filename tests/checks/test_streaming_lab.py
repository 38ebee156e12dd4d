"""Films and uploads through a real Caddy and our own web server, with every fault that the check names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.lab import Lab
from tests.fakes.hop import Fault as HopFault
from wizard.checks.streaming import CHECK


def test_a_film_passes_whole_in_parts_and_the_other_way(lab: Lab) -> None:
    result = lab.run(CHECK)
    assert [verdict.code for verdict in result.verdicts] == ["streaming-ok"]
    assert result.observed["upload"]["is_right"]
    assert [part["status"] for part in result.observed["parts"]] == [206, 206, 206, 206, 416]


def test_a_run_that_is_made_by_itself_moves_less_than_two_megabytes(lab: Lab) -> None:
    result = lab.run(CHECK, lab.scene(CHECK, light=True))
    assert [verdict.code for verdict in result.verdicts] == ["streaming-ok"]
    assert "at least" in result.verdicts[0].summary
    upload, speed = result.observed["upload"], result.observed["speed"]
    assert upload["is_right"]
    moved = upload["size"] + speed["bytes"] + sum(part["bytes"] for part in result.observed["parts"])
    assert moved < 2_000_000


def test_a_run_that_is_made_by_itself_still_finds_a_small_cap(lab: Lab) -> None:
    with lab.hop(HopFault.CAP_UPLOAD) as (_, changes):
        assert lab.codes(CHECK, lab.scene(CHECK, light=True, **changes)) == ["streaming-upload-refused warning"]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (HopFault.NO_RANGE, ["streaming-no-range failure"]),
        (HopFault.CAP_UPLOAD, ["streaming-upload-refused warning"]),
        (HopFault.GARBLE, ["streaming-wrong-bytes failure"]),
        (HopFault.ROUTER_PAGE, ["streaming-echo-not-ours failure"]),
        (HopFault.CLOSE, ["streaming-cut failure"]),
    ],
)
def test_a_fault_on_the_way_is_named_and_green_when_it_is_gone(
    lab: Lab, fault: HopFault, expected: list[str]
) -> None:
    with lab.hop(fault) as (hop, changes):
        assert lab.codes(CHECK, lab.scene(CHECK, **changes)) == expected
        hop.fault = HopFault.TERMINATE
        assert lab.codes(CHECK, lab.scene(CHECK, **changes)) == ["streaming-ok ok"]


def test_a_limit_for_bodies_in_caddy_is_named(lab: Lab) -> None:
    def cap(config: dict[str, Any]) -> None:
        for server in config["apps"]["http"]["servers"].values():
            server["routes"].insert(0, {"handle": [{"handler": "request_body", "max_size": 1_000_000}]})

    lab.serve(lab.host(), change=cap)
    (verdict,) = lab.run(CHECK).verdicts
    assert verdict.code == "streaming-upload-refused"
    assert "(status 413)" in verdict.summary


def test_a_limit_that_no_line_can_keep_warns(lab: Lab) -> None:
    host = lab.host(stream_limit_mbps=1e9)
    assert lab.codes(CHECK, lab.scene(CHECK, host)) == ["streaming-slow warning"]


def test_a_web_server_that_is_down_is_our_fault(lab: Lab) -> None:
    lab.system.parts["web"].stop()
    try:
        assert lab.codes(CHECK) == ["streaming-could-not-look unknown"]
    finally:
        lab.system.start("web")
