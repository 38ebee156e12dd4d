"""Making one check: subject, observation, judgement. A bug of ours becomes UNKNOWN, never the person's fault."""

from __future__ import annotations

import time
import traceback
from typing import Any

import msgspec

from wizard.core.checks import Check, Scene, Skip
from wizard.core.verdicts import CheckResult, Level, Remedy, Verdict
from wizard.net.door import Net


def run_check(check: Check[Any, Any], net: Net, scene: Scene) -> CheckResult | Skip:
    """Look and judge. Blocks for at most about `check.seconds`; never raises for anything the network does.

    `observed` is the JSON form of what was seen, so that `judge_again` gives the same verdicts from it.
    """
    started = time.monotonic()
    observed: dict[str, Any] = {}
    try:
        subject = check.subject(scene)
        if isinstance(subject, Skip):
            return subject
        seen = check.observe(net, subject)
        observed = msgspec.to_builtins(seen)
        verdicts = check.judge(subject, seen)
    except Exception as error:  # noqa: BLE001 -- one broken check must not take the run with it
        verdicts = (_our_fault(error),)
    return CheckResult(check.name, verdicts, observed, time.monotonic() - started)


def observe_only(check: Check[Any, Any], net: Net, subject: dict[str, Any]) -> dict[str, Any]:
    """The half that a machine elsewhere does: from a subject as JSON to what was seen, as JSON.

    Raises msgspec.ValidationError for a subject that this version does not know, and whatever a bug of ours raises.
    """
    seen = check.observe(net, msgspec.convert(subject, check.subject_type))
    found: dict[str, Any] = msgspec.to_builtins(seen)
    return found


def judge_seen(check: Check[Any, Any], subject: Any, seen: Any) -> tuple[Verdict, ...]:
    """The other half, for what was seen elsewhere: well shaped, but not to be trusted to make sense."""
    try:
        return check.judge(subject, seen)
    except Exception as error:  # noqa: BLE001 -- as in run_check
        return (_our_fault(error),)


def judge_again(check: Check[Any, Any], subject: Any, observed: dict[str, Any]) -> tuple[Verdict, ...]:
    """The verdicts for a stored observation, for example one from a bug report."""
    return check.judge(subject, msgspec.convert(observed, check.seen_type))


def what_broke(error: Exception) -> str:
    """The kind of an error and its place, and nothing of its text: that may hold a token."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {place.name}, line {place.lineno}"


def _our_fault(error: Exception) -> Verdict:
    return Verdict(
        "check-could-not-run",
        Level.UNKNOWN,
        "The checker stopped. This is our fault, not yours.",
        "This says nothing about your set-up.",
        what_broke(error),
        Remedy(
            "Check again. If it stops again, report it with the details below.", "troubleshooting#check-could-not-run"
        ),
    )
