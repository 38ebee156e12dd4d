"""The findings about a WebSocket handshake, part of the `websocket` check. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.words import HERE, could_not_look, reason, remedy, took
from wizard.core.faults import Fault
from wizard.core.verdicts import Level, Verdict
from wizard.media import MEDIA

if TYPE_CHECKING:
    from wizard.checks.websocket import Seen, Subject

# What servers say to a request that has lost its Upgrade header on the way.
_STRIPPED = {200, 204, 400, 404, 405, 426}
_BREAKS = "Remote control, watching together, live dashboards and Tautulli stop working, while pages still load."


def judge_upgrade(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """One verdict; the row says whether the media server itself answered or our echo."""
    if seen.fault is not None and (seen.fault.is_ours or seen.fault in {Fault.NAME_NOT_FOUND, Fault.NO_ADDRESS}):
        return (could_not_look("websocket-could-not-look", seen.fault, seen.detail),)
    if not subject.is_on:
        return (_off(subject, seen),)
    if seen.status == 101 and seen.fault is not Fault.NOT_HTTP:
        return (_judge_open(subject, seen),)
    if not subject.uses_echo and seen.status == 401:
        return (_token_refused(subject, seen),)
    if not subject.uses_echo and seen.status == 403 and not _is_caddys_own(seen):
        return (_token_refused(subject, seen),)
    if seen.status in _STRIPPED or seen.fault is Fault.NOT_HTTP:
        return (_stripped(subject, seen),)
    return (_refused(subject, seen),)


def _who(subject: Subject) -> str:
    return "our test address" if subject.uses_echo else f"{_title(subject)} itself on {subject.path}"


def _title(subject: Subject) -> str:
    return MEDIA[subject.media].title if subject.media != "other" else "the application"


def _is_caddys_own(seen: Seen) -> bool:
    """Caddy signs its own answers with Server, and answers that it passes on with Via."""
    return "caddy" in seen.server.lower() and not seen.via


def _detail(subject: Subject, seen: Seen) -> str:
    parts = [HERE, f"Asked {_who(subject)}.", f"Status {seen.status or 'none'}."]
    if seen.server or seen.via:
        parts.append(f"Server: {seen.server or 'not named'}. Via: {seen.via or 'nobody'}.")
    return " ".join([*parts, seen.detail]).rstrip()


def _judge_open(subject: Subject, seen: Seen) -> Verdict:
    if seen.close_code is not None or seen.fault is not None:
        return _closed_early(subject, seen)
    if subject.uses_echo and not seen.is_answered:
        return _closed_early(subject, seen) if not seen.frames else _refused(subject, seen)
    if subject.uses_echo:
        fact = f"Opened by {_who(subject)}; our message came back in {took(seen.seconds)}"
    else:
        after = "a message came after" if seen.frames else "stayed open for"
        fact = f"Opened by {_who(subject)}; {after} {took(seen.held_seconds)}"
    return Verdict("websocket-ok", Level.OK, fact, detail=_detail(subject, seen))


def _off(subject: Subject, seen: Seen) -> Verdict:
    if seen.status == 403:
        state = "Upgrades are refused with 403, as you chose."
    else:
        state = f"Upgrades should get 403, but the answer was {seen.status or reason(seen.fault)}: apply again."
    return Verdict(
        "websocket-off",
        Level.WARNING,
        "WebSocket support is switched off",
        f"{_BREAKS} {state}",
        _detail(subject, seen),
        remedy(
            "websocket-off",
            "Switch on “Enable WebSocket support”, unless you want to do without.",
            "Edit this proxy host and open Media server settings.",
            "Tick “Enable WebSocket support” and apply.",
        ),
    )


def _token_refused(subject: Subject, seen: Seen) -> Verdict:
    return Verdict(
        "websocket-token-refused",
        Level.WARNING,
        f"{_title(subject)} refused our token (status {seen.status}), so nothing is known about live connections",
        "The refusal came through the public name, so the way itself works. Only the handshake is not proven.",
        _detail(subject, seen),
        remedy(
            "websocket-token-refused",
            f"Give the app a new token for {_title(subject)}, or remove the old one.",
            "Edit this proxy host and open Media server settings.",
            "Replace or remove the token. Without one, our own test address is used.",
            "Check again.",
        ),
    )


def _stripped(subject: Subject, seen: Seen) -> Verdict:
    return Verdict(
        "websocket-stripped",
        Level.FAILURE,
        f"The upgrade got lost on the way: the answer was {seen.status}, not 101",
        _BREAKS,
        _detail(subject, seen),
        remedy(
            "websocket-stripped",
            "Let every hop pass the Upgrade and Connection headers on.",
            "If another proxy stands in front of Caddy or behind it, switch WebSockets on there.",
            "At Cloudflare, check under Network that WebSockets are on.",
            "Apply again, then check again.",
        ),
    )


def _refused(subject: Subject, seen: Seen) -> Verdict:
    if seen.status == 101:
        summary = "The connection opened, but the answer did not come from our test address"
    elif seen.status:
        summary = f"The upgrade was refused with status {seen.status}"
    else:
        summary = f"The upgrade got no answer: {reason(seen.fault)}"
    return Verdict(
        "websocket-refused",
        Level.FAILURE,
        summary,
        _BREAKS,
        _detail(subject, seen),
        remedy(
            "websocket-refused",
            "Find the hop that refuses upgrades.",
            "Apply again: Caddy may still run a configuration with WebSocket support switched off."
            if seen.status == 403
            else "If the media server does not answer at all, look at the checks above first.",
            "If another proxy, a firewall or a login page stands in front of Caddy, let upgrades pass there.",
            "Check again.",
        ),
    )


def _closed_early(subject: Subject, seen: Seen) -> Verdict:
    silent = seen.close_code is None and seen.fault is None
    summary = (
        "The connection opened, but our message did not come back"
        if silent
        else f"The connection opened and was closed again after {took(seen.held_seconds)}"
    )
    code = f" Close code {seen.close_code}." if seen.close_code is not None else ""
    return Verdict(
        "websocket-closed-early",
        Level.FAILURE,
        summary,
        _BREAKS,
        f"{_detail(subject, seen)}{code}",
        remedy(
            "websocket-closed-early",
            "Find the hop that does not keep live connections open.",
            "If another proxy stands on the way, raise its time limits and switch its buffering off.",
            "If the media server was restarting, wait until it is up.",
            "Check again.",
        ),
    )
