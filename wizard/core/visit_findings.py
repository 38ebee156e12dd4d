"""What a visit proves, one finding for each part. Pure.

What the phone could not tell is UNKNOWN with a sentence; only what it met is good or bad.
"""

from __future__ import annotations

from wizard.core.verdicts import Level, Verdict
from wizard.core.visit_address_findings import judge_address
from wizard.core.visit_places import Whereabouts, address_of, is_public, whereabouts
from wizard.core.visit_words import in_mbit, remedy, told
from wizard.core.visits import HOLD_SECONDS, Arrived, Finding, Part, Seen, Subject, Told

_ALMOST = 1.0  # seconds a clock may be off


def judge(subject: Subject, seen: Seen) -> tuple[Finding, ...]:
    """One finding for each part, in their order."""
    judged = (
        (Part.REACH, _judge_reach),
        (Part.ADDRESS, _judge_arrived),
        (Part.CERTIFICATE, _judge_certificate),
        (Part.SPEED, _judge_speed),
        (Part.LIVE, _judge_live),
    )
    return tuple(Finding(part, how(subject, seen)) for part, how in judged)


def _judge_reach(subject: Subject, seen: Seen) -> Verdict:
    arrived = seen.arrived
    if arrived is None:
        return _not_measured("The page was not opened")
    address = address_of(subject, arrived)
    match whereabouts(subject, arrived):
        case Whereabouts.OUTSIDE:
            return Verdict(
                "phone-works",
                Level.OK,
                f"{subject.domain} opened on a phone in another network than Caddy's, from {address}",
                "No third party took part: the phone asked your domain, and your own Caddy answered.",
                told(arrived),
            )
        case Whereabouts.HOME:
            return _same_network(subject, arrived)
        case _:
            return _place_unknown(subject, arrived)


def _same_network(subject: Subject, arrived: Arrived) -> Verdict:
    address = address_of(subject, arrived)
    where = "the public address of your home" if address and is_public(address) else "an address inside your home"
    summary = f"The phone came from {address}, {where}: its Wi-Fi was still on"
    if address is not None and address.is_loopback:
        summary = "The link was opened on the machine of Caddy itself, not on a phone elsewhere"
    return Verdict(
        "phone-same-network",
        Level.UNKNOWN,
        summary,
        "A visit from inside proves nothing about the way in from outside.",
        told(arrived),
        remedy(
            "phone-same-network",
            "Switch the phone's Wi-Fi off and make a new link.",
            "On the phone, switch Wi-Fi off, and any VPN that leads home.",
            "Make a new link here and open it.",
            "Wi-Fi was off? Then your phone and your home share one address at the same provider, or a hop puts its "
            "own address in place of the phone's. Send the link to a friend elsewhere.",
        ),
    )


def _place_unknown(subject: Subject, arrived: Arrived) -> Verdict:
    address = address_of(subject, arrived)
    if whereabouts(subject, arrived) is Whereabouts.HIDDEN or address is None:
        summary = f"{subject.domain} opened on a phone, and no address that arrived says where it was"
        action = "Correct the viewer's address first, then make a new link."
    else:
        summary = f"{subject.domain} opened on a phone from {address}, and we cannot tell whether that is outside"
        action = "Run the checks once, so that your home's public address is known, then make a new link."
    return Verdict(
        "phone-place-unknown",
        Level.UNKNOWN,
        summary,
        "If its Wi-Fi was off, the way in from outside works. Only you know.",
        told(arrived),
        remedy("phone-place-unknown", action),
    )


def _judge_arrived(subject: Subject, seen: Seen) -> Verdict:
    return _not_measured("The page was not opened") if seen.arrived is None else judge_address(subject, seen.arrived)


def _judge_certificate(subject: Subject, seen: Seen) -> Verdict:
    arrived = seen.arrived
    if arrived is None:
        return _not_measured("The page was not opened")
    if arrived.warned:
        return Verdict(
            "phone-certificate-warned",
            Level.FAILURE,
            f"The visitor's browser warned before it opened {subject.domain}",
            "A browser lets people go on. Apps of televisions and phones do not, and say nothing.",
            told(arrived),
            remedy(
                "phone-certificate-warned",
                "Get a certificate that the phone trusts.",
                "Look at the row “Certificate is trusted” of the checks and follow its card.",
                "If that row is green, look at the certificate on the phone: a company or school network may put its "
                "own in place of yours.",
                "Make a new link and open it on the phone.",
            ),
        )
    if arrived.scheme != "https":
        return Verdict(
            "phone-not-encrypted",
            Level.WARNING,
            f"{subject.media} is told that this viewer does not use https ({arrived.scheme or 'nothing'} arrives)",
            "Apps that were told to use secure connections only may be turned away.",
            told(arrived),
            remedy(
                "phone-not-encrypted",
                "Let the hop before Caddy redirect http to https, and say https in X-Forwarded-Proto.",
            ),
        )
    return Verdict(
        "phone-certificate-trusted",
        Level.OK,
        "The page opened encrypted, and the visitor saw no warning",
        detail=told(arrived),
    )


def _judge_speed(subject: Subject, seen: Seen) -> Verdict:
    if seen.down is None:
        return _not_measured(f"The speed was not measured: {_why_not(seen)}")
    other = f" and {in_mbit(seen.up.mbps)} from it" if seen.up is not None else ""
    summary = f"{in_mbit(seen.down.mbps)} to the phone{other}"
    limit = subject.stream_limit_mbps
    detail = f"Seen by a phone. {seen.down.bytes / 1e6:.1f} MB in {seen.down.seconds:.1f} s to it."
    if limit is not None and seen.down.mbps < limit:
        return Verdict(
            "phone-slow",
            Level.WARNING,
            f"{summary}, less than your limit of {in_mbit(limit)} for each stream",
            "A stream at your limit would stop to buffer for this viewer.",
            detail,
            remedy(
                "phone-slow",
                f"Lower the limit for each stream to less than {in_mbit(seen.down.mbps)}, or find a faster way in.",
                "Make the visit again from another place: a weak mobile signal looks the same.",
                "Check that nobody else used your line in that moment.",
                "Edit this proxy host, open Media server settings and lower the limit for each stream.",
            ),
        )
    fits = f". Your limit for each stream is {in_mbit(limit)}" if limit is not None else ""
    return Verdict("phone-fast-enough", Level.OK, f"{summary}{fits}", detail=detail)


def _judge_live(subject: Subject, seen: Seen) -> Verdict:
    held = seen.live.seconds if seen.live is not None else 0.0
    if seen.live is not None and held >= HOLD_SECONDS - _ALMOST:
        summary = f"A WebSocket stayed open for {held:.0f} seconds and answered all the time"
        detail = f"Seen by a phone. {seen.live.beats} messages each way."
        return Verdict("phone-websocket-held", Level.OK, summary, detail=detail)
    if seen.told is Told.REFUSED and seen.live is None:
        return _live_refused(subject)
    if seen.told is not Told.CUT:
        return _not_measured(f"The live connection was not tested: {_why_not(seen)}")
    return Verdict(
        "phone-websocket-cut",
        Level.FAILURE,
        f"A WebSocket opened and broke off after {held:.0f} seconds",
        "Live updates, remote control and Watch Together break off again and again.",
        f"Seen by a phone. It was to stay open for {HOLD_SECONDS:.0f} seconds.",
        remedy(
            "phone-websocket-cut",
            "Find the hop that cuts connections which say little.",
            "Was a configuration applied in that moment, or did the phone go to sleep? Make a new link, try again.",
            "If another proxy or a tunnel stands on the way, raise its limit for idle connections above a minute.",
        ),
    )


def _live_refused(subject: Subject) -> Verdict:
    if not subject.websocket:
        return Verdict(
            "phone-websocket-refused",
            Level.WARNING,
            "A WebSocket was refused: WebSocket support is switched off for this host",
            "Films play. Live updates, remote control and tools such as Tautulli do not work.",
            "Seen by a phone.",
            remedy(
                "phone-websocket-refused",
                "Switch on “Enable WebSocket support”, unless you want it off.",
                "Edit this proxy host and open Media server settings.",
                "Tick “Enable WebSocket support” and apply.",
                "Make a new link and open it on the phone.",
            ),
        )
    return Verdict(
        "phone-websocket-refused",
        Level.FAILURE,
        "Pages open, but a WebSocket from the phone did not",
        "Films may play. Live updates, remote control and tools such as Tautulli do not work.",
        "Seen by a phone. The request to open one did not reach us.",
        remedy(
            "phone-websocket-refused",
            "Find the hop that does not pass WebSockets on.",
            "Look at the row “Live connection passes” of the checks. If it is red, follow its card.",
            "If it is green, the phone's own network may refuse them: try another one.",
            "If another proxy or a tunnel stands on the way, switch WebSockets on there.",
        ),
    )


def _why_not(seen: Seen) -> str:
    if seen.arrived is not None and not seen.arrived.script:
        return "the phone's browser ran no script"
    if seen.told is Told.LEFT:
        return "the page was in the background for a while"
    if not seen.is_over:
        return "the page was closed before it was done"
    return "the phone gave up on it"


def _not_measured(summary: str) -> Verdict:
    return Verdict(
        "phone-not-measured",
        Level.UNKNOWN,
        summary,
        "Nothing is known about this part.",
        "",
        remedy(
            "phone-not-measured",
            "Make a new link, and keep the page open on the phone until it says that it is done.",
        ),
    )
