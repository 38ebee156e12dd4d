"""The findings about server-sent events, part of the `events` check. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.echo_answers import could_not_look_through
from wizard.checks.words import HERE, reason, remedy, took
from wizard.core.verdicts import Level, Verdict

if TYPE_CHECKING:
    from wizard.checks.events import Seen, Subject

_ALL = 8
# Two that were sent 200 ms apart and come this close together were held back by somebody.
_TOGETHER_SECONDS = 0.04
# A busy machine may take in two or three at once; more than half of them no hop delivers together by chance.
_HELD_SHARE = 0.5


def judge_events(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """One verdict: ours at all, all of them, and one by one."""
    if blind := could_not_look_through("events-could-not-look", seen.status, seen.fault, seen.detail):
        return (blind,)
    if seen.status != 200 or not seen.events:
        return (_nothing(subject, seen),)
    if len(seen.events) < _ALL:
        return (_cut(seen),)
    held = _held_back(seen)
    if held > _HELD_SHARE * (_ALL - 1):
        return (_buffered(subject, seen, held),)
    last = seen.events[-1]
    summary = f"{_ALL} messages came one by one, over {took(last.came_seconds)}"
    return (Verdict("events-ok", Level.OK, summary, detail=_detail(seen)),)


def _held_back(seen: Seen) -> int:
    """How many events came together with the one before, although they were sent apart."""
    pairs = zip(seen.events, seen.events[1:], strict=False)
    return sum(
        1
        for before, after in pairs
        if after.came_seconds - before.came_seconds < _TOGETHER_SECONDS < after.sent_seconds - before.sent_seconds
    )


def _detail(seen: Seen) -> str:
    sent = ", ".join(f"{event.sent_seconds:.2f}" for event in seen.events)
    came = ", ".join(f"{event.came_seconds:.2f}" for event in seen.events)
    times = f" Sent after {sent} s; came after {came} s." if seen.events else ""
    server = f" Server: {seen.server or 'not named'}. Via: {seen.via or 'nobody'}."
    return f"{HERE} Status {seen.status}.{server}{times} {seen.detail}".rstrip()


def _nothing(subject: Subject, seen: Seen) -> Verdict:
    if seen.status == 200 and seen.media_type == "text/event-stream":
        summary = "The stream of messages opened, but not one of them came"
    elif not seen.status:
        summary = f"No message came: {reason(seen.fault)}"
    else:
        summary = f"The test address at {subject.domain} did not lead to this app (status {seen.status})"
    return Verdict(
        "events-none",
        Level.FAILURE,
        summary,
        "Either something on the way swallows messages, or something else answers for the name.",
        _detail(seen),
        remedy(
            "events-none",
            "Find the hop that keeps the messages.",
            "Apply again, so that Caddy runs the configuration of this proxy host.",
            f"Check that nothing in front of Caddy answers for {subject.domain}/.well-known/.",
            "If another proxy stands on the way, switch its response buffering off.",
            "Check again.",
        ),
    )


def _cut(seen: Seen) -> Verdict:
    return Verdict(
        "events-cut",
        Level.FAILURE,
        f"Only {len(seen.events)} of {_ALL} messages came, then the stream ended after {took(seen.seconds)}",
        "Live pages lose their connection again and again.",
        _detail(seen),
        remedy(
            "events-cut",
            "Find the hop that ends long answers early.",
            "If another proxy stands on the way, raise its time limits for reading and sending.",
            "If Caddy or this app was restarting, wait a moment.",
            "Check again.",
        ),
    )


def _buffered(subject: Subject, seen: Seen, held: int) -> Verdict:
    everything = held == _ALL - 1
    what = f"All {_ALL} messages came at once" if everything else f"{held} of {_ALL} messages came late, in one go"
    sent = seen.events[-1].sent_seconds
    return Verdict(
        "events-buffered",
        Level.FAILURE if everything else Level.WARNING,
        f"{what}, although they were sent over {took(sent)}: a hop holds answers back",
        "Live pages stand still and then jump. A film that is converted while it plays starts late, or not at all.",
        _detail(seen),
        remedy(
            "events-buffered",
            f"Switch response buffering off at the hop in front of {subject.domain}.",
            "In nginx, set proxy_buffering off for this name. In other proxies look for “buffering” or “cache”.",
            "If a security product opens the encryption on the way, take it out of the way of this name.",
            "In hand-written parts of Caddy's configuration, take out response_buffers.",
            "Check again.",
        ),
    )
