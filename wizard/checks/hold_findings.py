"""The findings about a live connection that said nothing for long, part of the `hold` check. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.echo_answers import could_not_look_through
from wizard.checks.hold_seen import Reload, Seen
from wizard.checks.words import HERE, remedy, took
from wizard.core.verdicts import Level, Verdict

if TYPE_CHECKING:
    from wizard.checks.hold import Subject

_SOON_SECONDS = 5.0  # what is cut so soon after a new configuration was cut by it
_SHORT_SECONDS = 30.0  # most apps say something at least this often
_UNTRIED = {
    Reload.BUSY: "A new configuration was not tried, because somebody was connected.",
    Reload.SHARED: "A new configuration was not tried, because this Caddy also serves sites of your own.",
    Reload.NO_DELAY: "A new configuration was not tried: it would cut live connections, as Plex Mode is off.",
    Reload.UNKNOWN: "A new configuration was not tried, because Caddy did not take it.",
}


def judge_hold(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """One verdict: alive at the end, cut by the new configuration, or cut by the silence."""
    if blind := could_not_look_through("hold-could-not-look", seen.status, seen.fault, seen.detail):
        return (blind,)
    if seen.status != 101:
        return (_not_open(seen),)
    if seen.is_answered:
        return (_passed(subject, seen),)
    after = seen.held_seconds - seen.reload_seconds
    if seen.reload is Reload.DONE and -1.0 < after < _SOON_SECONDS < subject.idle_seconds:
        return (_cut_by_reload(seen),)
    return (_cut_by_silence(subject, seen),)


def _detail(seen: Seen) -> str:
    code = f" Close code {seen.close_code}." if seen.close_code is not None else ""
    load = (
        f" Caddy loaded anew after {seen.reload_seconds:.0f} s."
        if seen.reload is Reload.DONE
        else f" {_UNTRIED[seen.reload]}"
    )
    return f"{HERE} Asked our test address. Held for {took(seen.held_seconds)}.{code}{load} {seen.detail}".rstrip()


def _passed(subject: Subject, seen: Seen) -> Verdict:
    across = " and across a new configuration" if seen.reload is Reload.DONE else ""
    return Verdict(
        "hold-ok",
        Level.OK,
        f"Stayed open for {subject.idle_seconds:.0f} seconds without a word{across}",
        "" if across else _UNTRIED[seen.reload],
        _detail(seen),
    )


def _not_open(seen: Seen) -> Verdict:
    return Verdict(
        "hold-could-not-look",
        Level.UNKNOWN,
        f"The live connection did not open (status {seen.status})",
        "How long one stays open shows only when one opens.",
        _detail(seen),
        remedy("check-could-not-run", "Look at “Live connection passes” first, then check again."),
    )


def _cut_by_reload(seen: Seen) -> Verdict:
    return Verdict(
        "hold-reload",
        Level.WARNING,
        "Every new configuration cuts live connections at once",
        "Whoever watches together or controls a player remotely is thrown out each time you apply.",
        _detail(seen),
        remedy(
            "hold-reload",
            "Let Caddy keep live connections when it gets a new configuration.",
            "Edit this proxy host, switch on Plex Mode and apply.",
            "The next apply still cuts, because the configuration that is replaced counts. The one after does not.",
            "Check again.",
        ),
    )


def _cut_by_silence(subject: Subject, seen: Seen) -> Verdict:
    is_short = seen.held_seconds < _SHORT_SECONDS
    return Verdict(
        "hold-cut",
        Level.FAILURE if is_short else Level.WARNING,
        f"A live connection to {subject.domain} on which nobody speaks is cut after {took(seen.held_seconds)}",
        "Apps have to connect again and again, and miss what happens in between."
        if is_short
        else "Apps that speak more seldom have to connect again, and miss what happens in between.",
        _detail(seen),
        remedy(
            "hold-cut",
            "Raise the time limit for quiet connections at the hop that cuts.",
            "In nginx, set proxy_read_timeout and proxy_send_timeout for this name to an hour.",
            "If a router or a tunnel stands on the way, look for an idle timeout for TCP connections.",
            "In hand-written parts of Caddy's configuration, look for stream_timeout.",
            "Check again.",
        ),
    )
