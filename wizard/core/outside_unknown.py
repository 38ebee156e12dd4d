"""What public probes could not tell us, in words: UNKNOWN, never a finding about the person's set-up. Pure."""

from __future__ import annotations

from datetime import datetime

from wizard.core.outside import Answer, Question, Seen, Unasked, Why
from wizard.core.outside_kinds import listed, places
from wizard.core.verdicts import Level, Remedy, Verdict

_REASONS = {
    Why.RATE_LIMITED: "allows no more questions for now",
    Why.REFUSED: "did not take the question",
    Why.NO_PROBES: "has no machine free for it",
    Why.DOWN: "has a fault of its own",
    Why.UNREACHABLE: "could not be reached from this machine",
    Why.TOO_SLOW: "was not done in time",
    Why.NOT_UNDERSTOOD: "answered in a way we do not know",
}


def could_not_ask(question: Question, seen: Seen, detail: str, ip_version: int = 0) -> Verdict:
    """Nobody could look, because of faults at the services or their probes. `ip_version` 0 means not at all."""
    said = listed(_reason(one) for one in seen.unasked if not ip_version or one.ip_version in {0, ip_version})
    over = f" over IPv{ip_version}" if ip_version else ""
    wait = _wait(seen.unasked)
    return Verdict(
        "outside-could-not-ask",
        Level.UNKNOWN,
        f"We could not look at {question.domain}{over} from outside: {said or 'the probes had faults of their own'}",
        "This says nothing about your set-up.",
        detail,
        Remedy(
            f"Check again {wait}, or look with a phone whose Wi-Fi is off.",
            "troubleshooting#outside-could-not-ask",
        ),
    )


def _reason(one: Unasked) -> str:
    return f"{one.service} {_REASONS[one.why]}"


def _wait(unasked: tuple[Unasked, ...]) -> str:
    seconds = max((one.retry_after_seconds for one in unasked), default=0)
    minutes = -(-seconds // 60)
    if not minutes:
        return "later"
    return "in 1 minute" if minutes == 1 else f"in {minutes} minutes"


def was_not_asked(reason: str) -> Verdict:
    """Something about the question keeps it from being sent."""
    return Verdict(
        "outside-not-asked",
        Level.UNKNOWN,
        f"Public probes were not asked: {reason[:1].lower()}{reason[1:]}",
        "This says nothing about your set-up, and nothing was sent.",
        remedy=Remedy("Look with a phone whose Wi-Fi is off.", "troubleshooting#outside-not-asked"),
    )


def was_kept(asked_at: datetime, again_at: datetime) -> Verdict:
    """The answer is not new. The services are free and shared, so they are not asked more often."""
    return Verdict(
        "outside-kept",
        Level.NOTE,
        f"This answer is from {asked_at:%H:%M} UTC. Public probes can be asked again from {again_at:%H:%M} UTC on",
    )


def not_proven(question: Question, answers: tuple[Answer, ...], detail: str) -> Verdict:
    """Something answers, and nothing says whose it is."""
    if any(answer.answerer is None for answer in answers):
        reason = "this service does not pass on who it is, nor the certificate"
    elif not question.expected_id:
        reason = f"we know no id of your {question.title} to compare with"
    else:
        reason = "the answer carried no id that we can compare"
    return Verdict(
        "outside-not-proven",
        Level.UNKNOWN,
        f"Something answers at {question.authority} in {places(answers)}, but {reason}",
        "The way in from outside works. Whether it ends at the right server is not shown by this.",
        detail,
        Remedy(
            "Look with a phone whose Wi-Fi is off, or check again later.",
            "troubleshooting#outside-not-proven",
        ),
    )
