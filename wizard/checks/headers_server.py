"""The findings about what the media server makes of an address that arrived, part of the `headers` check. Pure.

Jellyfin and Emby say it themselves. For Plex there are reports only: it ignores IPv6 addresses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.headers_address import is_public, public_ipv6
from wizard.checks.words import HERE, remedy
from wizard.core.verdicts import Level, Verdict
from wizard.media import MEDIA
from wizard.methods import METHODS
from wizard.methods.shape import Record

if TYPE_CHECKING:
    from wizard.checks.headers import Subject
    from wizard.checks.headers_seen import Echoed, Seen


def judge_server(subject: Subject, seen: Seen, echoed: Echoed) -> tuple[Verdict, ...]:
    """Nothing where addresses are not forwarded: then there is nothing to believe or to ignore."""
    if not subject.forward_client_ip:
        return ()
    value = (echoed.value("X-Forwarded-For") or "").strip()
    found = []
    if seen.endpoint is not None and seen.endpoint.is_in_network and is_public(value):
        found.append(_ignores(subject, value))
    came = public_ipv6((value, *seen.ipv6))
    if subject.media == "plex" and came:
        found.append(_ipv6(subject, came[0]))
    return tuple(found)


def _ignores(subject: Subject, value: str) -> Verdict:
    title = MEDIA[subject.media].title
    steps = (
        (
            "In Jellyfin, open the Dashboard, then Networking.",
            "Put the address from which Caddy asks Jellyfin into Known proxies, and save.",
            "Restart Jellyfin: it reads this setting when it starts.",
        )
        if subject.media == "jellyfin"
        else (
            "In Emby, open the Dashboard, then Network.",
            "Set Read proxy headers to determine client IP addresses to Yes, and save.",
            "Restart Emby.",
        )
    )
    return Verdict(
        "headers-server-ignores",
        Level.FAILURE,
        f"{title} takes {value} for an address at home: it does not believe what Caddy tells it",
        MEDIA[subject.media].counted_local,
        f"{HERE} X-Forwarded-For: {value} arrived, and {title} said IsInNetwork for the same way",
        remedy("headers-server-ignores", f"Let {title} believe Caddy.", *steps, "Check again."),
    )


def _ipv6(subject: Subject, address: str) -> Verdict:
    over_ipv6_only = METHODS[subject.method].record is Record.AAAA
    action = (
        "Play a film once from outside over IPv6, and look whether Plex calls it Remote."
        if over_ipv6_only
        else f"Delete the AAAA record of {subject.domain}, unless some viewers have IPv6 only."
    )
    return Verdict(
        "headers-ipv6",
        Level.WARNING,
        f"Viewers who come over IPv6 may count as Local: {subject.domain} is reached at {address}",
        "Plex was seen to ignore IPv6 addresses in X-Forwarded-For and to take Caddy's address instead. Limits for "
        "remote streams were then not applied. That was between 2017 and 2020; newer versions nobody has confirmed.",
        f"{HERE} {subject.domain} leads to {address}",
        remedy(
            "headers-ipv6",
            action,
            action,
            "In Plex's dashboard, Now Playing, look whether that viewer is Local or Remote.",
            "If it says Local, let viewers come over IPv4, for example through a rented server with WireGuard.",
        ),
    )
