"""The findings about a stream that nobody read for a while, part of the `stall` check. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.echo_answers import could_not_look_through
from wizard.checks.words import HERE, reason, remedy
from wizard.core.faults import Fault
from wizard.core.verdicts import Level, Verdict

if TYPE_CHECKING:
    from wizard.checks.stall import Seen, Subject

# what buffers on the way may still hold of a stream that was cut (about 5 MB were seen), with room to spare
_SURE_BYTES = 12 << 20


def judge_stall(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """One verdict: did the stream outlive the pause, and were its bytes the right ones?"""
    if blind := could_not_look_through("stall-could-not-look", seen.status, seen.fault, seen.detail):
        return (blind,)
    if not seen.status:
        return (_cut_at_once(seen),)
    if seen.status != 200 or (seen.wrong_at is not None and not seen.bytes_before):
        return (_not_ours(subject, seen),)
    if seen.wrong_at is not None:
        return (_wrong_bytes(seen),)
    if not seen.bytes_before:
        return (_cut_at_once(seen),)
    if seen.bytes_after >= _SURE_BYTES and not _is_broken(seen):
        return (_passed(subject, seen),)
    if _is_broken(seen):
        return (_cut(subject, seen),)
    return (_too_slow(seen),)


def _is_broken(seen: Seen) -> bool:
    """The film is never read to its end, so an end is a cut, and so is a fault other than our own time limit."""
    return seen.is_ended or (seen.fault is not None and seen.fault is not Fault.TIMED_OUT)


def _detail(seen: Seen) -> str:
    return (
        f"{HERE} Asked our test address. {seen.bytes_before / 1e6:.1f} MB before the pause, "
        f"{seen.bytes_after / 1e6:.1f} MB after it. {seen.detail}".rstrip()
    )


def _passed(subject: Subject, seen: Seen) -> Verdict:
    return Verdict(
        "stall-ok",
        Level.OK,
        f"The film went on after a pause of {subject.pause_seconds:.0f} seconds, byte for byte",
        detail=_detail(seen),
    )


def _cut(subject: Subject, seen: Seen) -> Verdict:
    mode = (
        ("Edit this proxy host, switch on Plex Mode and apply: it tells Caddy to wait.",)
        if not subject.plex_mode
        else ("Apply again, so that Caddy runs the configuration of this proxy host.",)
    )
    return Verdict(
        "stall-cut",
        Level.FAILURE,
        f"A player that pauses for {subject.pause_seconds:.0f} seconds loses its stream",
        "Some televisions load a film as one long answer. After a pause they stop, or begin again from the start.",
        f"{_detail(seen)} Then: {reason(seen.fault)}",
        remedy(
            "stall-cut",
            "Switch off the limit of one minute at the hop that cuts.",
            *mode,
            "If this Caddy also serves sites of your own, set write_idle of that server to hours.",
            "If another proxy stands on the way, raise its time limit for sending to hours.",
            "Check again.",
        ),
    )


def _cut_at_once(seen: Seen) -> Verdict:
    return Verdict(
        "stall-cut",
        Level.FAILURE,
        f"The film broke off before we could pause: {reason(seen.fault)}",
        "A film does not begin, or stops in the middle.",
        _detail(seen),
        remedy("stall-cut", "Look at the check “Films pass” first, then check again."),
    )


def _wrong_bytes(seen: Seen) -> Verdict:
    return Verdict(
        "stall-wrong-bytes",
        Level.FAILURE,
        "Something on the way changes the film: other bytes came than belong there",
        "Pictures break up, or the player stops.",
        f"{_detail(seen)} The first wrong piece begins at byte {seen.wrong_at}",
        remedy(
            "stall-wrong-bytes",
            "Take the hop that rewrites answers out of the way of this name.",
            "If another proxy stands on the way, switch its caching and rewriting off for this name.",
            "Check again.",
        ),
    )


def _not_ours(subject: Subject, seen: Seen) -> Verdict:
    return Verdict(
        "stall-echo-not-ours",
        Level.FAILURE,
        f"The test address at {subject.domain} did not lead to this app (status {seen.status})",
        "Either Caddy does not run the configuration we gave it, or something else answers for the name.",
        f"{HERE} Server: {seen.server or 'not named'}",
        remedy(
            "stall-echo-not-ours",
            "Apply again, so that Caddy runs the configuration of this proxy host.",
            "Open the configuration of this proxy host and choose Apply again.",
            f"Check that nothing in front of Caddy answers for {subject.domain}/.well-known/.",
            "Check again.",
        ),
    )


def _too_slow(seen: Seen) -> Verdict:
    return Verdict(
        "stall-could-not-look",
        Level.UNKNOWN,
        f"The line is too slow to tell: {seen.bytes_after / 1e6:.1f} MB came after the pause",
        "What came may have lain in buffers on the way, so the stream may or may not have been cut.",
        _detail(seen),
        remedy("check-could-not-run", "Check again when nobody else uses the line."),
    )
