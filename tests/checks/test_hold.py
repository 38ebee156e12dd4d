"""Judging live connections that say nothing, as tables, and short silences through a real Caddy that loads anew."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from tests.caddy_process import free_port
from tests.checks.lab import Lab
from tests.checks.sets import ECHO, EDGE, MARK, NAME, codes, host, scene
from tests.fakes.hop import Fault as HopFault
from tests.processes import wait_until
from wizard.checks.hold import CHECK, Subject
from wizard.checks.hold_seen import Reload, Seen
from wizard.core.checks import Check, Scene, Skip
from wizard.core.faults import Fault
from wizard.core.verdicts import Trouble
from wizard.net import Net

SUBJECT = Subject(NAME, 443, ECHO.path, MARK, EDGE)
GOOD = Seen(101, is_answered=True, held_seconds=75.2, reload=Reload.DONE, reload_seconds=2.1)


def patient_for(seconds: float) -> Check[Any, Any]:
    """The check with a shorter silence."""

    def subject(scene: Scene) -> Subject | Skip:
        found = CHECK.subject(scene)
        return replace(found, idle_seconds=seconds) if isinstance(found, Subject) else found

    return replace(CHECK, subject=subject)


def test_it_is_made_only_when_asked_for_and_waits_for_more_than_a_minute() -> None:
    assert CHECK.deep
    assert SUBJECT.idle_seconds == 75
    assert CHECK.subject(scene(token="secret")) == SUBJECT
    assert SUBJECT.url == f"wss://{NAME}{ECHO.path}/ws?hold=85"
    for skipped in (scene(echoes=()), scene(host=host(paused=True)), scene(host=host(websocket=False))):
        assert isinstance(CHECK.subject(skipped), Skip)


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (GOOD, "hold-ok ok"),
        (replace(GOOD, reload=Reload.BUSY), "hold-ok ok"),
        (replace(GOOD, reload=Reload.NO_DELAY), "hold-ok ok"),
        (replace(GOOD, is_answered=False, held_seconds=60.0, close_code=1006), "hold-cut warning"),
        (replace(GOOD, is_answered=False, held_seconds=10.0, close_code=1006), "hold-cut failure"),
        (replace(GOOD, is_answered=False, held_seconds=80.0), "hold-cut warning"),
        (replace(GOOD, is_answered=False, held_seconds=2.2, close_code=1001), "hold-reload warning"),
        (replace(GOOD, is_answered=False, held_seconds=2.2, reload=Reload.BUSY), "hold-cut failure"),
        (Seen(404), "hold-could-not-look unknown"),
        (Seen(502), "hold-could-not-look unknown"),
        (Seen(fault=Fault.TIMED_OUT), "hold-could-not-look unknown"),
        (Seen(fault=Fault.NO_NETWORK), "hold-could-not-look unknown"),
    ],
)
def test_what_was_seen_is_judged(what: Seen, expected: str) -> None:
    assert codes(CHECK.judge(SUBJECT, what)) == [expected]


def test_what_was_left_alone_is_said() -> None:
    for reload in Reload:
        (verdict,) = CHECK.judge(SUBJECT, replace(GOOD, reload=reload))
        assert ("across a new configuration" in verdict.summary) == (reload is Reload.DONE)
        assert ("was not tried" in verdict.why) == (reload is not Reload.DONE)


# with a real Caddy and our own web server


def observed(lab: Lab, check: Check[Any, Any], **changes: Any) -> tuple[list[str], str]:
    result = lab.run(check, lab.scene(check, **changes))
    return codes(result.verdicts), result.observed["reload"]


def test_a_live_connection_outlives_silence_and_a_new_configuration(lab: Lab) -> None:
    before = lab.client.get_config()
    assert observed(lab, patient_for(1.5)) == (["hold-ok ok"], "done")
    after = lab.client.get_config()
    assert not isinstance(before, Trouble)
    assert not isinstance(after, Trouble)
    assert after.config == before.config


def test_whoever_is_connected_is_left_alone(lab: Lab) -> None:
    query = f"X-Plex-Token={quote(lab.system.plex.token)}"
    url = f"wss://plex.localhost:{lab.edge.https_port}/:/websockets/notifications?{query}"
    root = lab.client.local_root_pem()
    assert isinstance(root, str)
    with ThreadPoolExecutor(1) as pool:
        viewer = pool.submit(Net().upgrade, url, roots_pem=root, enough=99, hold_seconds=6.0, seconds=8.0)
        wait_until(lambda: _is_busy(lab), "a viewer is connected")
        assert observed(lab, patient_for(1.5)) == (["hold-ok ok"], "busy")
        assert viewer.result().status == 101
        assert viewer.result().close_code is None


def _is_busy(lab: Lab) -> bool:
    loads = lab.client.upstreams()
    return not isinstance(loads, Trouble) and any(one.requests for one in loads if one.address != lab.edge.echo_dial)


def test_a_proxy_that_would_cut_is_not_made_to(lab: Lab) -> None:
    plain = lab.host(plex_mode=False)
    lab.serve(plain)
    check = patient_for(1.5)
    result = lab.run(check, lab.scene(check, plain))
    assert (codes(result.verdicts), result.observed["reload"]) == (["hold-ok ok"], "no-delay")


def test_a_caddy_with_sites_of_its_owner_is_left_alone(lab: Lab) -> None:
    def add_a_site(config: dict[str, Any]) -> None:
        blog = {"handle": [{"handler": "static_response", "body": "my blog"}]}
        config["apps"]["http"]["servers"]["by-hand"] = {"listen": [f"127.0.0.1:{free_port()}"], "routes": [blog]}

    lab.serve(lab.host(), change=add_a_site)
    assert observed(lab, patient_for(1.5)) == (["hold-ok ok"], "shared")


def test_a_hop_that_cuts_what_says_nothing_is_named_and_green_when_it_is_gone(lab: Lab) -> None:
    with lab.hop(HopFault.CUT_AFTER, cut_after_seconds=1.0) as (hop, changes):
        check = patient_for(2.0)
        assert lab.codes(check, lab.scene(check, **changes)) == ["hold-cut failure"]
        hop.fault = HopFault.TERMINATE
        assert lab.codes(check, lab.scene(check, **changes)) == ["hold-ok ok"]
