"""What several checks say when our test address did not answer as it does: not ours, or nobody could look. Pure."""

from __future__ import annotations

from wizard.checks.words import HERE, could_not_look, remedy
from wizard.core.faults import Fault
from wizard.core.verdicts import Level, Verdict

_GATEWAY = {502, 503, 504}


def could_not_look_through(code: str, status: int, fault: Fault | None, detail: str = "") -> Verdict | None:
    """UNKNOWN where the test address says nothing about the question, None where it does.

    No answer at all belongs to the checks above, unless a line that opened was cut. A gateway's complaint means that
    Caddy could not reach this app.
    """
    if status in _GATEWAY:
        return Verdict(
            code,
            Level.UNKNOWN,
            f"Caddy could not reach this app's own test address (status {status})",
            "The test address stands in for the media server. Without it we cannot see what passes.",
            f"{HERE} {detail}".rstrip(),
            remedy("check-could-not-run", "Check that Caddy can reach this app, then check again."),
        )
    if not status and fault not in {Fault.CLOSED, Fault.RESET}:
        return could_not_look(code, fault, f"{HERE} {detail}".rstrip())
    return None
