"""What is said of a row at another vantage when nothing could be seen from there. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from wizard.core.verdicts import Level, Remedy, Verdict

_WHY = "This says nothing about your set-up. What other places saw still counts."


def did_not_answer(vantage: str) -> Verdict:
    """The question was sent, and no answer came before the deadline."""
    return Verdict(
        "vantage-no-answer",
        Level.UNKNOWN,
        f"No answer came from {vantage} in time",
        _WHY,
        remedy=Remedy(
            f"See that “porthole vantage --name {vantage}” runs there, then check again.",
            "troubleshooting#vantage-no-answer",
        ),
    )


def is_quiet(vantage: str, since: str) -> Verdict:
    """Nobody was there to be asked. `since` ends the sentence: `for 3 hours`, `yet`; may be empty."""
    heard = f"{vantage} has not been heard of {since}".rstrip()
    return Verdict(
        "vantage-quiet",
        Level.UNKNOWN,
        f"Nothing was seen from {vantage}: {heard}",
        _WHY,
        remedy=Remedy(
            f"Start “porthole vantage --name {vantage}” there again, or remove it under Settings, Vantages.",
            "troubleshooting#vantage-quiet",
        ),
    )


def was_not_understood(vantage: str, detail: str) -> Verdict:
    """What came back has not the shape of an observation."""
    return Verdict(
        "vantage-not-understood",
        Level.UNKNOWN,
        f"The answer from {vantage} was not understood, so it was thrown away",
        _WHY,
        detail,
        Remedy(
            f"Install the same version of Porthole on {vantage} as here, then check again.",
            "troubleshooting#vantage-not-understood",
        ),
    )


def could_not_observe(vantage: str, detail: str) -> Verdict:
    """The worker elsewhere says that it could not look."""
    return Verdict(
        "check-could-not-run",
        Level.UNKNOWN,
        f"The checker on {vantage} stopped. This is our fault, not yours",
        _WHY,
        detail,
        Remedy(
            "Check again. If it stops again, report it with the details below.", "troubleshooting#check-could-not-run"
        ),
    )


_THIS_MACHINE = re.compile(r"\bthis machine\b(?! only\b)")  # "on this machine only" is advice for the one with Caddy


def told_from(vantage: str, verdict: Verdict) -> Verdict:
    """A verdict about what another vantage saw, in words that name it in place of this machine."""
    remedy = verdict.remedy
    if remedy is not None:
        action, *steps = (_THIS_MACHINE.sub(vantage, text) for text in (remedy.action, *remedy.steps))
        remedy = replace(remedy, action=action, steps=tuple(steps))
    summary, why, detail = (_renamed(vantage, text) for text in (verdict.summary, verdict.why, verdict.detail))
    return Verdict(verdict.code, verdict.level, summary, why, detail, remedy)


def _renamed(vantage: str, text: str) -> str:
    return text.replace("this machine", vantage).replace("from here", f"from {vantage}")
