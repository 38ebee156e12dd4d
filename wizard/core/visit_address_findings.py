"""What a visit proves about the viewer's address: lost, hidden, changed, or whole. Pure."""

from __future__ import annotations

from wizard.core.addresses import parse_address
from wizard.core.verdicts import Level, Verdict
from wizard.core.visit_places import Whereabouts, is_public, whereabouts
from wizard.core.visit_words import LIMITS, remedy, told
from wizard.core.visits import Arrived, Subject


def judge_address(subject: Subject, arrived: Arrived) -> Verdict:
    """The finding about what reached us of the phone's address, against what Caddy saw."""
    if not arrived.forwarded:
        return _address_lost(subject, arrived)
    forwarded, real, peer = (parse_address(text) for text in (arrived.forwarded, arrived.real, arrived.peer))
    is_peer = subject.has_hop or peer is None or peer == forwarded
    if forwarded is None or not is_peer or (real is not None and real != forwarded):
        return _address_changed(subject, arrived)
    if whereabouts(subject, arrived) is Whereabouts.HIDDEN:
        return _address_private(arrived)
    if forwarded.version == 6 and subject.is_plex and is_public(forwarded):
        return _address_ipv6(subject, arrived)
    whose = "as the hop before Caddy named it" if subject.has_hop else "the one that Caddy saw"
    return Verdict(
        "phone-address-arrives",
        Level.OK,
        f"{subject.media} learns the phone's own address, {forwarded}, {whose}",
        detail=told(arrived),
    )


def _address_lost(subject: Subject, arrived: Arrived) -> Verdict:
    if not subject.forward_client_ip:
        return Verdict(
            "phone-address-lost",
            Level.WARNING,
            f"The phone's address did not arrive: forwarding it is switched off, so {subject.media} sees Caddy's",
            LIMITS,
            told(arrived),
            remedy(
                "phone-address-lost",
                "Switch on “Forward client IP headers”, unless you want every viewer to count as Local.",
                "Edit this proxy host and open Media server settings.",
                "Tick “Forward client IP headers (recommended)” and apply.",
                "Make a new link and open it on the phone.",
            ),
        )
    return Verdict(
        "phone-address-lost",
        Level.FAILURE,
        f"The phone's address did not arrive: {subject.media} would see Caddy's address for everybody",
        LIMITS,
        told(arrived),
        remedy(
            "phone-address-lost",
            "Apply again, so that Caddy forwards viewers' addresses.",
            "Open the configuration of this proxy host and choose Apply again.",
            "If another proxy stands between Caddy and the media server, let it pass X-Forwarded-For on.",
            "Make a new link and open it on the phone.",
        ),
    )


def _address_changed(subject: Subject, arrived: Arrived) -> Verdict:
    return Verdict(
        "phone-address-changed",
        Level.FAILURE,
        f"Another address arrives than Caddy saw: {arrived.forwarded} instead of {arrived.peer or 'one address'}",
        f"Which viewer {subject.media} believes to see is not certain. {LIMITS}",
        told(arrived),
        remedy(
            "phone-address-changed",
            "Send exactly the address that Caddy saw.",
            "Open the configuration of this proxy host and choose Apply again.",
            "If hand-written parts of Caddy's configuration set trusted_proxies, take out every address that is no "
            "hop of yours.",
            "Make a new link and open it on the phone.",
        ),
    )


def _address_private(arrived: Arrived) -> Verdict:
    return Verdict(
        "phone-address-private",
        Level.FAILURE,
        f"A hop hides the phone: {arrived.forwarded} arrives, the address of something on your side",
        LIMITS,
        told(arrived),
        remedy(
            "phone-address-private",
            "Let the hop before Caddy tell the viewer's address.",
            "If Caddy runs in a container, give it host networking, or switch IPv6 on in Docker as well.",
            "If a tunnel stands before Caddy, see that it sends X-Forwarded-For or the PROXY protocol.",
            "Make a new link and open it on the phone.",
        ),
    )


def _address_ipv6(subject: Subject, arrived: Arrived) -> Verdict:
    return Verdict(
        "phone-ipv6",
        Level.WARNING,
        f"The phone's address arrives and is IPv6, {arrived.forwarded}, which {subject.media} may not take",
        "Reports from 2017 to 2020 show Plex ignoring an IPv6 address in X-Forwarded-For and counting that viewer as "
        "Local. Whether it still does is not known.",
        told(arrived),
        remedy(
            "phone-ipv6",
            "Publish only an IPv4 address for the name, if you rely on limits and your way in allows it.",
            f"Watch something on this phone and look whether Plex's dashboard shows {arrived.forwarded}.",
            f"If it shows Caddy's address, take the AAAA record of {subject.domain} away.",
            "If IPv6 is your only way in, set the quality limit in each person's player.",
        ),
    )
