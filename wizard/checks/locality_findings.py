"""The findings about Local and Remote, part of the `locality` check. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from wizard.checks.words import day, listed, remedy
from wizard.core.arriving import is_from_outside, judge_streams
from wizard.core.locality import Counted
from wizard.core.mislabelled import Cause, Mistake, mistakes
from wizard.core.streams import LiveStream, Silence, Silent
from wizard.core.verdicts import Level, Remedy, Verdict
from wizard.media import MEDIA

if TYPE_CHECKING:
    from wizard.checks.locality import Seen, Subject

_LOCAL_WHY = "Limits for remote streams are not applied to it, and one viewer can use all your upload."
_REMOTE_WHY = "At home the quality is lowered, and apps may ask for a pass."


def judge_streams_seen(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """A verdict for each kind of mistake; without one the proof, or that it is still awaited."""
    if seen.silent:
        return (_not_told(subject, seen.silent),)
    words = replace(subject.words, settings=seen.settings or subject.words.settings)
    found = mistakes(judge_streams(seen.streams, words, subject.arrivals), words, forwards=subject.forwards)
    by_cause = {one.cause: one for one in reversed(found)}
    if by_cause:
        return tuple(_VERDICTS[cause](subject, seen, by_cause[cause]) for cause in Cause if cause in by_cause)
    remote = (one for one in seen.streams if one.counted is Counted.REMOTE and is_from_outside(one.address))
    proof = next(remote, None)
    return (_proven(subject, seen, proof) if proof or subject.words.remote else _waiting(subject, seen),)


def _server(subject: Subject) -> str:
    return MEDIA[subject.upstream.media].title


def _who(stream: LiveStream) -> str:
    name = stream.device or stream.app or "a viewer"
    return f"{name} at {stream.address}" if stream.address else name


def _detail(seen: Seen) -> str:
    rows = [f"{_who(one)}: {one.counted}{', relayed' if one.is_relayed else ''}" for one in seen.streams]
    return f"Asked the server itself, from this machine. {'; '.join(rows) or 'Nobody is watching'}."


def _not_told(subject: Subject, silent: Silent) -> Verdict:
    media = MEDIA[subject.upstream.media]
    is_key = silent.why in {Silence.REFUSED, Silence.NOT_ALLOWED, Silence.NO_TOKEN}
    action = f"Save a new {media.key_name}, the owner's." if is_key else "Look at the checks above, then check again."
    return Verdict(
        "locality-not-told",
        Level.UNKNOWN,
        silent.sentence(media.title, media.key_name),
        "Only the server itself can say whether it counts a stream as Local or Remote.",
        remedy=Remedy(action, "troubleshooting#locality-not-told"),
    )


def _waiting(subject: Subject, seen: Seen) -> Verdict:
    headers = "Caddy is set to pass viewers' addresses on. " if subject.forwards else ""
    return Verdict(
        "locality-waiting",
        Level.UNKNOWN,
        f"{headers}We wait for a first stream from outside to see what {_server(subject)} calls it",
        "Local or Remote can be seen only while somebody is watching.",
        _detail(seen),
        Remedy(
            "Play something on a phone with Wi-Fi off, and check again while it plays.",
            "troubleshooting#locality-waiting",
        ),
    )


def _proven(subject: Subject, seen: Seen, now: LiveStream | None) -> Verdict:
    server, remote = _server(subject), subject.words.remote
    if now is not None:
        summary = f"{server} counts {_who(now)} as Remote, as it should"
    elif remote is not None:
        when = f"{day(remote.at)}, {remote.at:%H:%M} UTC"
        summary = f"{server} counted {remote.device or 'a viewer'} at {remote.address} as Remote on {when}"
    else:
        raise ValueError("nothing proves anything")  # the caller asks only when one of both is there
    return Verdict("locality-ok", Level.OK, summary, detail=_detail(seen))


def _relayed(subject: Subject, seen: Seen, one: Mistake) -> Verdict:
    return Verdict(
        "locality-relayed",
        Level.FAILURE,
        f"{_who(one.judged.stream)} comes through the relay of {_server(subject)} and counts as Local",
        f"The relay is limited to 1 or 2 Mbit/s, and {subject.domain} is not used at all.",
        _detail(seen),
        remedy(
            "locality-relayed",
            f"Let this app use {subject.domain}.",
            "In Plex, open Settings, Network, and check Custom server access URLs.",
            "Close the app on the device and open it again.",
            "Check again.",
        ),
    )


def _headers_off(subject: Subject, seen: Seen, one: Mistake) -> Verdict:
    return Verdict(
        "locality-headers-off",
        Level.FAILURE,
        f"{_who(one.judged.stream)} is outside and counts as Local: client-IP headers for {subject.domain} are off",
        _LOCAL_WHY,
        _detail(seen),
        remedy(
            "locality-headers-off",
            "Switch Forward client IP headers on and apply.",
            "Open Edit, then Media server settings.",
            "Tick Forward client IP headers (recommended), continue, and apply.",
        ),
    )


def _lan_too_wide(subject: Subject, seen: Seen, one: Mistake) -> Verdict:
    lan = listed(seen.settings.around.lan_networks if seen.settings else ())
    return Verdict(
        "locality-lan-too-wide",
        Level.FAILURE,
        f"{_who(one.judged.stream)} is outside and counts as Local: {_server(subject)} has {lan} as home",
        _LOCAL_WHY,
        _detail(seen),
        remedy(
            "locality-lan-too-wide",
            f"Take {one.judged.stream.address} out of the home networks of {_server(subject)}.",
            "In Plex it is Settings, Network, LAN Networks; in Jellyfin Dashboard, Networking, LAN networks.",
            "Leave only the networks of your home.",
            "Check again while somebody watches from outside.",
        ),
    )


def _ipv6(subject: Subject, seen: Seen, one: Mistake) -> Verdict:
    return Verdict(
        "locality-ipv6",
        Level.FAILURE,
        f"{_server(subject)} ignores the IPv6 address {one.judged.arrived_as} of a viewer and counts them as Local",
        _LOCAL_WHY,
        _detail(seen),
        remedy("locality-ipv6", f"Publish only an A record (IPv4) for {subject.domain}."),
    )


def _header_lost(subject: Subject, seen: Seen, one: Mistake) -> Verdict:
    stream = one.judged.stream
    return Verdict(
        "locality-header-lost",
        Level.FAILURE,
        f"{_server(subject)} goes by {stream.address} for a viewer from {one.judged.arrived_as}, and says Local",
        _LOCAL_WHY,
        _detail(seen),
        remedy(
            "locality-header-lost",
            "Find what removes or hides the viewer's address between Caddy and the server.",
            "Look at the row Viewers' real addresses arrive.",
            "In Jellyfin, put the address of Caddy into Known proxies and restart it.",
            "If another proxy or a container network stands between them, let Caddy reach the server directly.",
        ),
    )


def _counted_local(subject: Subject, seen: Seen, one: Mistake) -> Verdict:
    return Verdict(
        "locality-counted-local",
        Level.FAILURE,
        f"{_who(one.judged.stream)} is outside, and {_server(subject)} counts it as Local",
        _LOCAL_WHY,
        _detail(seen),
        remedy(
            "locality-counted-local",
            f"Compare the home networks that are set in {_server(subject)} with this address.",
            "Open Traffic, then What would my server call this address?, and read the rule.",
        ),
    )


def _home_by_name(subject: Subject, seen: Seen, one: Mistake) -> Verdict:
    return Verdict(
        "locality-home-by-name",
        Level.FAILURE,
        f"{_who(one.judged.stream)} is at home, comes by your public address, and {_server(subject)} says Remote",
        _REMOTE_WHY,
        _detail(seen),
        remedy(
            "locality-home-by-name",
            "Let devices at home use the home address, or switch Treat WAN IP As LAN Bandwidth on.",
            "In Plex, open Settings, Network, Show Advanced.",
            "Tick Treat WAN IP As LAN Bandwidth and save.",
        ),
    )


def _lan_without_home(subject: Subject, seen: Seen, one: Mistake) -> Verdict:
    lan = listed(seen.settings.around.lan_networks if seen.settings else ())
    return Verdict(
        "locality-lan-without-home",
        Level.FAILURE,
        f"{_who(one.judged.stream)} is at home and counts as Remote: the home networks that are set are only {lan}",
        _REMOTE_WHY,
        _detail(seen),
        remedy(
            "locality-lan-without-home",
            f"Add the network of {one.judged.stream.address} to the home networks of {_server(subject)}.",
            "That list replaces the default, so every network of your home must stand in it.",
            "Check again while that device plays.",
        ),
    )


def _bridge(subject: Subject, seen: Seen, one: Mistake) -> Verdict:
    cards = listed(seen.settings.around.own_addresses if seen.settings else ())
    return Verdict(
        "locality-bridge",
        Level.FAILURE,
        f"{_who(one.judged.stream)} is at home and counts as Remote: {_server(subject)} knows only {cards}",
        _REMOTE_WHY,
        _detail(seen),
        remedy(
            "locality-bridge",
            f"Run the container of {_server(subject)} with host networking, or fill in LAN Networks.",
        ),
    )


def _home_remote(subject: Subject, seen: Seen, one: Mistake) -> Verdict:
    return Verdict(
        "locality-home-remote",
        Level.FAILURE,
        f"{_who(one.judged.stream)} is at home, and {_server(subject)} counts it as Remote",
        _REMOTE_WHY,
        _detail(seen),
        remedy(
            "locality-home-remote",
            f"Add the network of {one.judged.stream.address} to the home networks of {_server(subject)}.",
            "Write down every network of your home: the list replaces the default.",
        ),
    )


_VERDICTS: dict[Cause, Callable[[Subject, Seen, Mistake], Verdict]] = {
    Cause.RELAYED: _relayed,
    Cause.HEADERS_OFF: _headers_off,
    Cause.LAN_TOO_WIDE: _lan_too_wide,
    Cause.IPV6: _ipv6,
    Cause.HEADER_LOST: _header_lost,
    Cause.COUNTED_LOCAL: _counted_local,
    Cause.HOME_BY_NAME: _home_by_name,
    Cause.LAN_WITHOUT_HOME: _lan_without_home,
    Cause.BRIDGE: _bridge,
    Cause.HOME_REMOTE: _home_remote,
}
