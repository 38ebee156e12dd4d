"""The findings about headers that arrived at our echo, part of the `headers` check. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wizard.checks.headers_address import is_ours, is_public
from wizard.checks.headers_seen import ARRIVED
from wizard.checks.headers_sent import FORGED_ADDRESS, FORGED_NAME, IDENTIFIER, IDENTIFIER_NAME
from wizard.checks.headers_server import judge_server
from wizard.checks.headers_trail import trail_words
from wizard.checks.words import HERE, could_not_look, remedy
from wizard.core.addresses import parse_address
from wizard.core.verdicts import Level, Verdict
from wizard.media import MEDIA

if TYPE_CHECKING:
    from wizard.checks.headers import Subject
    from wizard.checks.headers_seen import Echoed, Seen

_GATEWAY = {502, 503, 504}
_LIMITS = "Remote viewers can count as Local. Limits for remote streams are then not applied."


def judge_echo(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """Every finding, the forged ones first; else what was proven and what was not."""
    echoed = seen.echoed
    if echoed is None or echoed.mark != subject.mark:
        return (_not_ours(subject, seen),)
    found = [
        *_judge_forged(subject, echoed),
        *(_judge_address(subject, seen, echoed) if subject.forward_client_ip else (_off(subject, echoed),)),
        *_judge_plex(echoed),
        *_judge_origin(subject, echoed),
        *judge_server(subject, seen, echoed),
    ]
    words = trail_words(seen)
    told = [replace(verdict, detail=f"{verdict.detail}\n{words}") if words else verdict for verdict in found]
    return tuple(told) or (_passed(subject, seen, echoed),)


def _title(subject: Subject) -> str:
    return MEDIA[subject.media].title if subject.media != "other" else "The application"


def _not_ours(subject: Subject, seen: Seen) -> Verdict:
    if seen.status in _GATEWAY:
        return Verdict(
            "headers-could-not-look",
            Level.UNKNOWN,
            f"Caddy could not reach this app's own test address (status {seen.status})",
            "The test address stands in for the media server. Without it we cannot see what arrives.",
            HERE,
            remedy("check-could-not-run", "Check that Caddy can reach this app, then check again."),
        )
    if not seen.status:
        return could_not_look("headers-could-not-look", seen.fault, f"{HERE} {seen.detail}")
    return Verdict(
        "headers-echo-not-ours",
        Level.FAILURE,
        f"The test address at {subject.domain} did not lead to this app (status {seen.status})",
        "Either Caddy does not run the configuration we gave it, or something else answers for the name.",
        f"{HERE} Server: {seen.server or 'not named'}. Via: {seen.via or 'nobody'}",
        remedy(
            "headers-echo-not-ours",
            "Apply again, so that Caddy runs the configuration of this proxy host.",
            "Open the configuration of this proxy host and choose Apply again.",
            f"Check that nothing in front of Caddy answers for {subject.domain}/.well-known/.",
            "Check again.",
        ),
    )


def _judge_forged(subject: Subject, echoed: Echoed) -> tuple[Verdict, ...]:
    arrived = [
        f"{name}: {value}"
        for name, value in echoed.headers
        if name.lower() != ARRIVED.lower()
        and not name.lower().startswith("x-plex-")
        and (FORGED_ADDRESS in value or FORGED_NAME in value)
    ]
    if not arrived:
        return ()
    return (
        Verdict(
            "headers-forged-accepted",
            Level.FAILURE,
            f"{_title(subject)} would believe a viewer who lies about the own address",
            "We sent forged headers and they arrived. Anybody can then pass for a viewer at home.",
            f"{HERE} Arrived: {'; '.join(arrived)}",
            remedy(
                "headers-forged-accepted",
                "Let Caddy believe nobody but the last hop before it.",
                "Apply again, so that Caddy runs the configuration of this proxy host.",
                "If hand-written parts of Caddy's configuration set trusted_proxies, take wide ranges out of it.",
                "If another proxy stands between Caddy and the media server, let it pass Caddy's headers on.",
            ),
        ),
    )


def _off(subject: Subject, echoed: Echoed) -> Verdict:
    leaks = echoed.value("X-Forwarded-For")
    seen = f" Arrived all the same: {leaks}" if leaks else ""
    return Verdict(
        "headers-off",
        Level.WARNING,
        f"Forwarding of client addresses is switched off: {_title(subject)} sees Caddy's address for everybody",
        f"{_LIMITS} One remote viewer can use all your upload.",
        f"{HERE}{seen}",
        remedy(
            "headers-off",
            "Switch on “Forward client IP headers”, unless you want every viewer to count as Local.",
            "Edit this proxy host and open Media server settings.",
            "Tick “Forward client IP headers (recommended)” and apply.",
        ),
    )


def _judge_address(subject: Subject, seen: Seen, echoed: Echoed) -> tuple[Verdict, ...]:
    value = (echoed.value("X-Forwarded-For") or "").strip()
    if not value:
        return (_missing(subject),)
    real = (echoed.value("X-Real-IP") or "").strip()
    if "," in value or (real and parse_address(real) != parse_address(value)):
        return (_several(subject, value, real),)
    if is_ours(value, seen.local_address, seen.peer_address):
        return ()
    return (_hop(subject, seen, value),)


def _missing(subject: Subject) -> Verdict:
    return Verdict(
        "headers-missing",
        Level.FAILURE,
        f"No viewer's address arrives: {_title(subject)} would see Caddy's address for everybody",
        _LIMITS,
        f"{HERE} X-Forwarded-For did not arrive",
        remedy(
            "headers-missing",
            "Apply again, so that Caddy forwards viewers' addresses.",
            "Open the configuration of this proxy host and choose Apply again.",
            "If another proxy stands between Caddy and the media server, let it pass X-Forwarded-For on.",
        ),
    )


def _several(subject: Subject, value: str, real: str) -> Verdict:
    return Verdict(
        "headers-several-addresses",
        Level.FAILURE,
        f"More than one address arrives for one viewer: {value}" + (f" and {real}" if real not in value else ""),
        f"Which of them {_title(subject)} believes is not certain. {_LIMITS}",
        f"{HERE} X-Forwarded-For: {value}. X-Real-IP: {real or 'none'}",
        remedy(
            "headers-several-addresses",
            "Send exactly one address to the media server.",
            "Apply again, so that Caddy runs the configuration of this proxy host.",
            "If another proxy stands between Caddy and the media server, let it add nothing of its own.",
        ),
    )


def _hop(subject: Subject, seen: Seen, value: str) -> Verdict:
    far = is_public(seen.peer_address)
    router = " Your router may do that too, when it leads you back in from your own network." if far else ""
    return Verdict(
        "headers-hop-address",
        Level.WARNING if far else Level.FAILURE,
        f"{_title(subject)} would see {value}, an address on the way, not the viewer's",
        f"{_LIMITS}{router}",
        f"{HERE} Our own address was {seen.local_address}, Caddy was asked at {seen.peer_address}",
        remedy(
            "headers-hop-address",
            "Make the hop in front of Caddy keep the viewer's address.",
            f"Find out what has the address {value}: often it is a container network's gateway or a second proxy.",
            "If Caddy runs in a container, use host networking for it, or switch off the userland proxy.",
            "If a tunnel stands in front, choose it as the way in, so that Caddy trusts that one hop.",
            "Check from a phone with Wi-Fi off whether viewers outside are affected.",
        ),
    )


def _judge_plex(echoed: Echoed) -> tuple[Verdict, ...]:
    name = IDENTIFIER_NAME
    arrived = echoed.value(name)
    invented = [key for key, _ in echoed.headers if key.lower().startswith("x-plex-") and key.lower() != name.lower()]
    if arrived == IDENTIFIER and not invented:
        return ()
    what = (
        f"{', '.join(invented)} arrived although nobody sent it"
        if invented
        else f"{name} did not arrive as it was sent"
    )
    return (
        Verdict(
            "headers-plex-changed",
            Level.FAILURE,
            f"Something on the way changes Plex's own headers: {what}",
            "Plex tells devices apart and signs them in by these headers. An empty one can sign a viewer out.",
            f"{HERE} Sent {IDENTIFIER!r}, arrived {arrived!r}",
            remedy(
                "headers-plex-changed",
                "Let every X-Plex header pass untouched.",
                "Take header_up lines for X-Plex headers out of hand-written parts of Caddy's configuration.",
                "Apply again, so that Caddy runs the configuration of this proxy host.",
            ),
        ),
    )


def _judge_origin(subject: Subject, echoed: Echoed) -> tuple[Verdict, ...]:
    proto = (echoed.value("X-Forwarded-Proto") or echoed.scheme).lower()
    names = {
        name: value.rsplit(":", 1)[0] if not value.endswith("]") else value
        for name in ("Host", "X-Forwarded-Host")
        if (value := echoed.value(name)) is not None
    }
    wrong = {name: value for name, value in names.items() if value.lower() != subject.domain}
    if proto == "https" and not wrong:
        return ()
    summary = (
        f"{_title(subject)} would think that viewers come over {proto or 'an unknown scheme'}, not https"
        if proto != "https"
        else f"{_title(subject)} would think that viewers opened {next(iter(wrong.values()))}, not {subject.domain}"
    )
    return (
        Verdict(
            "headers-scheme-wrong",
            Level.WARNING,
            summary,
            "Links that it makes for viewers may then lead nowhere.",
            f"{HERE} X-Forwarded-Proto: {proto or 'none'}; {wrong or names}",
            remedy(
                "headers-scheme-wrong",
                "Choose the way in that you really use, so that Caddy knows where https ends.",
                "Edit this proxy host and check its way in.",
                "Apply again, then check again.",
            ),
        ),
    )


def _passed(subject: Subject, seen: Seen, echoed: Echoed) -> Verdict:
    value = echoed.value("X-Forwarded-For") or ""
    if is_public(value) and subject.is_elsewhere:
        rest = "That is a viewer's address from the internet, seen from this machine."
    elif is_public(value):
        rest = "That is the public address of this machine's network, as a viewer's would be."
    else:
        rest = "Not proven from here: a viewer from the internet has not been seen yet."
    return Verdict(
        "headers-ok",
        Level.OK,
        f"Exactly one viewer address arrives: {value}",
        f"Proven: forged addresses are thrown away, and Plex's own headers pass untouched. {rest}",
        f"{HERE} Our own address was {seen.local_address}, Caddy was asked at {seen.peer_address}",
    )
