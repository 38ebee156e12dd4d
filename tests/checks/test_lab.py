"""Everything at once: with a real Caddy and our own web server every check of a usual run is green."""

from __future__ import annotations

from tests.checks.lab import Lab
from wizard.checks import CHECKS
from wizard.core.vantages import HERE
from wizard.core.verdicts import Level


def test_a_whole_set_up_is_green_in_every_usual_check(lab: Lab) -> None:
    usual = [check for check in CHECKS.values() if not check.deep and check.vantage == HERE]
    scenes = {check: lab.scene(check, token=lab.system.plex.token) for check in usual}
    results = {check.name: lab.run(check, made) for check, made in scenes.items() if check.applies(made.host)}
    waiting = results.pop("locality")  # nobody has watched from outside yet
    assert [verdict.code for verdict in waiting.verdicts] == ["locality-waiting"]
    assert {name: result.verdicts for name, result in results.items() if result.level.rank > Level.NOTE.rank} == {}
