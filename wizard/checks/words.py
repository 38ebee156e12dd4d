"""Words that several checks share: times, places, remedies, and the verdict for "we could not look"."""

from __future__ import annotations

from datetime import datetime, timedelta

from wizard.core.faults import Fault
from wizard.core.verdicts import Level, Remedy, Verdict

HERE = "Looked at from this machine."

_REASONS = {
    Fault.RESOLVER_FAILED: "this machine's name server did not answer",
    Fault.NO_NETWORK: "this machine has no way to that network",
    Fault.NAME_NOT_FOUND: "the name was not found any more",
    Fault.NO_ADDRESS: "the name has no address any more",
    Fault.TIMED_OUT: "no answer came in time",
    Fault.UNREACHABLE: "nobody is at that address",
    Fault.REFUSED: "the connection was refused",
    Fault.RESET: "the connection was cut",
    Fault.CLOSED: "the connection was closed without an answer",
    Fault.NOT_TLS: "the answer was not encrypted",
    Fault.NO_CERTIFICATE: "no certificate was shown",
    Fault.NOT_HTTP: "the answer was not HTTP",
    Fault.TOO_LARGE: "the answer was too large",
}


def reason(fault: Fault | None) -> str:
    """A fault as the end of a sentence."""
    if fault in {Fault.EXPIRED, Fault.NOT_YET_VALID, Fault.NAME_MISMATCH, Fault.UNTRUSTED, Fault.TLS_FAILED}:
        return "the certificate could not be verified"
    return _REASONS.get(fault or Fault.OTHER, "the connection failed in a way we do not know")


def remedy(code: str, action: str, *steps: str, snippet: str = "", caption: str = "") -> Remedy:
    """What to do, with the guide section of that very finding."""
    return Remedy(action, f"troubleshooting#{code}", steps, snippet, caption)


def could_not_look(code: str, fault: Fault | None, detail: str = "") -> Verdict:
    """UNKNOWN: the fault is on our side, or belongs to another check, so nothing is known about this one."""
    ours = fault is None or fault.is_ours
    steps = (
        "Open any web page from this machine to see whether it has a connection.",
        "Check which name server it uses, for example in /etc/resolv.conf.",
        "Check again.",
    )
    action = "Check this machine's own network" if ours else "Look at the checks above this one"
    return Verdict(
        code,
        Level.UNKNOWN,
        f"We could not look: {reason(fault)}",
        "Nothing is known about this link of the chain until the check can run.",
        detail,
        Remedy(f"{action}, then check again.", "troubleshooting#check-could-not-run", steps if ours else ()),
    )


def took(seconds: float) -> str:
    """A short time: `14 ms`, `1.2 s`."""
    return f"{max(round(seconds * 1000), 1)} ms" if seconds < 1 else f"{seconds:.1f} s"


def left(span: timedelta) -> str:
    """What is left of something: `61 days left`, `7 hours left`."""
    return f"{_span(span)} left"


def ago(span: timedelta) -> str:
    """How long ago something was: `12 days ago`."""
    return f"{_span(span)} ago"


def day(moment: datetime) -> str:
    """A date in words: `3 May 2026`."""
    return f"{moment.day} {moment:%B %Y}"


def _span(span: timedelta) -> str:
    hours = max(int(span.total_seconds() // 3600), 0)
    if hours >= 48:
        return f"{hours // 24} days"
    if hours == 0:
        return "less than an hour"
    return "1 hour" if hours == 1 else f"{hours} hours"


def listed(values: tuple[str, ...], most: int = 4) -> str:
    """`a`, `a and b`, `a, b and c`; the rest as a number."""
    if len(values) > most:
        values = (*values[: most - 1], f"{len(values) - most + 1} more")
    if len(values) < 2:
        return "".join(values)
    return f"{', '.join(values[:-1])} and {values[-1]}"
