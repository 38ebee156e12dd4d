"""Judging what Caddy runs, as tables, and a real Caddy that somebody else changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.caddy_process import NEWEST, OLDER, free_port, start_caddy
from tests.checks.lab import Lab
from tests.checks.sets import EDGE, NAME, codes, host, scene
from wizard.caddy.config import build
from wizard.checks.drift import CHECK, Seen, Shared, Subject
from wizard.core.checks import Skip
from wizard.core.hosts import Listener
from wizard.core.verdicts import Trouble

SUBJECT = Subject(NAME, (host(),), EDGE)
GOOD = Seen("2.11.7", (2, 11, 7), is_served=True)


def shared(code: str) -> Seen:
    return replace(GOOD, shared=(Shared(code, "The server srv0 of your Caddy lacks something"),))


def test_the_subject_is_every_host_and_no_token() -> None:
    assert CHECK.subject(scene(token="secret")) == SUBJECT
    assert CHECK.tickets == 0
    assert isinstance(CHECK.subject(scene(hosts=())), Skip)
    assert isinstance(CHECK.subject(scene(host=host(paused=True))), Skip)


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (GOOD, ["drift-ok ok"]),
        (replace(GOOD, version="", number=()), ["drift-ok ok"]),
        (replace(GOOD, changes=("Sends a to b instead of c",)), ["drift-differs warning"]),
        (replace(GOOD, changes=(f"Adds {NAME}",), is_served=False), ["drift-differs failure"]),
        (replace(GOOD, version="2.6.2", number=(2, 6, 2)), ["drift-caddy-old warning"]),
        (replace(GOOD, version="2.12.0", number=(2, 12, 0)), ["drift-ok ok", "drift-caddy-new note"]),
        (shared("shared-stall-timeout"), ["drift-stall-option warning"]),
        (shared("shared-trusted-proxies"), ["drift-shared-option warning"]),
        (shared("listener-contradiction"), ["drift-shared-option warning"]),
        (shared("no-access-log"), ["drift-ok ok", "drift-shared-option note"]),
        (Seen(trouble="Caddy does not answer", detail="refused"), ["drift-caddy-down unknown"]),
        (
            replace(shared("shared-stall-timeout"), changes=("x",), is_served=False, number=(2, 10, 2)),
            ["drift-differs failure", "drift-caddy-old warning", "drift-stall-option warning"],
        ),
    ],
)
def test_what_caddy_runs_is_judged(what: Seen, expected: list[str]) -> None:
    assert codes(CHECK.judge(SUBJECT, what)) == expected


def test_the_row_says_what_an_apply_would_change() -> None:
    (verdict,) = CHECK.judge(SUBJECT, replace(GOOD, changes=("Removes a", "Removes b", "Removes c", "Removes d")))
    assert verdict.summary.endswith("Applying again: Removes a; Removes b; Removes c; and 1 more")
    assert "Removes d" in verdict.detail


# with a real Caddy


def test_what_was_loaded_is_what_runs(lab: Lab) -> None:
    (verdict,) = lab.run(CHECK).verdicts
    assert verdict.summary == f"Caddy {NEWEST} runs exactly what you saved, for 1 proxy host"


def test_looking_changes_nothing(lab: Lab) -> None:
    before = lab.client.get_config()
    lab.run(CHECK, lab.scene(CHECK, lab.host(websocket=False)))
    assert lab.client.get_config() == before


def _stop_forwarding(config: dict[str, Any]) -> None:
    for server in config["apps"]["http"]["servers"].values():
        for route in server["routes"]:
            for inner in route["handle"][0]["routes"]:
                for handler in inner["handle"]:
                    handler.pop("stream_close_delay", None)


def _lose_the_stall_option(config: dict[str, Any]) -> None:
    for server in config["apps"]["http"]["servers"].values():
        del server["write_idle_timeout"]


@pytest.mark.parametrize("change", [_stop_forwarding, _lose_the_stall_option])
def test_a_change_by_hand_is_named_and_green_after_applying_again(lab: Lab, change: Any) -> None:
    lab.serve(lab.host(), change=change)
    assert lab.codes(CHECK) == ["drift-differs warning"]
    lab.serve(lab.host())
    assert lab.codes(CHECK) == ["drift-ok ok"]


def test_a_host_that_is_saved_and_not_applied_is_named(lab: Lab) -> None:
    new = lab.host("second.localhost")
    scene = lab.scene(CHECK, new, hosts=(lab.host(), new))
    (verdict,) = lab.run(CHECK, scene).verdicts
    assert verdict.code == "drift-differs"
    assert verdict.summary == "Caddy does not serve second.localhost, although it is saved here"
    other = lab.scene(CHECK, hosts=(lab.host(), new))
    assert lab.run(CHECK, other).verdicts[0].summary.startswith("Caddy runs something else than you saved")


def test_nothing_of_the_configuration_itself_is_kept(lab: Lab) -> None:
    def add_a_secret(config: dict[str, Any]) -> None:
        config["apps"]["http"]["servers"]["theirs"] = {
            "listen": [f"127.0.0.1:{free_port()}"],
            "routes": [{"handle": [{"handler": "static_response", "body": "top-secret"}]}],
        }

    lab.serve(lab.host(websocket=False), change=add_a_secret)
    result = lab.run(CHECK)
    assert result.verdicts[0].code == "drift-differs"
    assert "top-secret" not in repr(result)


@pytest.fixture
def older(lab: Lab, tmp_path: Path) -> Iterator[Lab]:
    """The same with the older Caddy, which does not know the stall option and needs none."""
    caddy = start_caddy(tmp_path, OLDER)
    yield Lab(lab.system, caddy.edge(echo_dial=lab.edge.echo_dial), caddy.client())
    caddy.stop()


def test_a_caddy_that_needs_no_stall_option_is_not_blamed(older: Lab) -> None:
    older.serve(older.host())
    assert older.codes(CHECK) == ["drift-ok ok"]


def test_a_shared_caddy_without_the_stall_option_is_named(lab: Lab, tmp_path: Path) -> None:
    caddy = start_caddy(tmp_path)
    try:
        shared = Lab(lab.system, caddy.edge(echo_dial=lab.edge.echo_dial), caddy.client())
        theirs = {"listen": [f":{shared.edge.https_port}"], "routes": []}
        config = {"apps": {"http": {"servers": {"srv0": theirs}}}}
        version = shared.client.version()
        assert not isinstance(version, Trouble)
        assert shared.client.load(build((shared.host(),), shared.edge, version, config).config) is None
        found = shared.codes(CHECK)
        assert found == ["drift-stall-option warning", "drift-shared-option warning"]
        agreed = replace(shared.edge, consent=True)
        assert shared.client.load(build((shared.host(),), agreed, version, config).config) is None
        assert shared.codes(CHECK, shared.scene(CHECK, edge=agreed)) == ["drift-ok ok"]
    finally:
        caddy.stop()


def test_a_caddy_that_is_down_leaves_it_open(lab: Lab, tmp_path: Path) -> None:
    caddy = start_caddy(tmp_path)
    edge = caddy.edge()
    caddy.stop()
    assert lab.codes(CHECK, lab.scene(CHECK, edge=edge)) == ["drift-caddy-down unknown"]


def test_a_way_in_of_its_own_is_part_of_it(lab: Lab) -> None:
    tunnel = Listener("tunnel", "127.0.0.1", free_port(), False, ("127.0.0.1/32",), ("CF-Connecting-IP",))
    host = lab.host(listener=tunnel)
    lab.serve(host)
    assert lab.codes(CHECK, lab.scene(CHECK, host)) == ["drift-ok ok"]
    assert lab.codes(CHECK, lab.scene(CHECK, lab.host())) == ["drift-differs warning"]
