"""What televisions and consoles make of a handshake that a computer is content with, part of the `tls` check. Pure.

Only what was read at its source: letsencrypt.org/docs/certificate-compatibility, letsencrypt.org/2025/11/24/
gen-y-hierarchy and RFC 8996. What a device does that is not named there is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.words import HERE, listed, remedy
from wizard.core.verdicts import Level, Verdict
from wizard.net.protocols import Offer, Version
from wizard.net.tls import Handshake

if TYPE_CHECKING:
    from wizard.checks.tls import Seen, Subject

# the first versions that know a root by themselves
KNOWN_SINCE = {"ISRG Root X1": "Android 7.1.1, iOS 10, macOS 10.12.1 and Java 8u141"}
# roots that are sent along with a signature by ISRG Root X1 above them, because many devices do not know them yet
YOUNG = frozenset({"ISRG Root X2", "ISRG Root YE", "ISRG Root YR", "Root YE", "Root YR"})


def offer(seen: Seen, version: Version) -> Offer | None:
    """What was seen about one version; None when it was not asked."""
    return next((one for one in seen.offers if one.version is version), None)


def takes_only_old(seen: Seen) -> bool:
    """True when the server answers in versions that were given up, and in no other."""
    old, newer = offer(seen, Version.OLD), (offer(seen, Version.TLS_1_2), offer(seen, Version.TLS_1_3))
    return old is not None and old.is_taken and all(one is not None and one.is_turned_away for one in newer)


def judge_devices(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """What older devices trip over, although the certificate is trusted here."""
    found = []
    second, third = offer(seen, Version.TLS_1_2), offer(seen, Version.TLS_1_3)
    if second is not None and second.is_turned_away and third is not None and third.is_taken:
        found.append(_only_newest(subject, seen))
    if seen.handshake.anchor in YOUNG:
        found.append(_young_root(subject, seen))
    return tuple(found)


def needed(handshake: Handshake) -> str:
    """What a device has to know, in one or two sentences."""
    anchor = handshake.anchor
    since = KNOWN_SINCE.get(anchor, "")
    root = f"and the root {anchor}" if anchor else "and the authority's root"
    first = f"A television has to know TLS 1.2 {root}"
    return f"{first}, as {since} do." if since else f"{first}. Which devices do is not known here."


def told(seen: Seen) -> str:
    """The versions that were asked for, for the folded detail."""
    words = [f"{one.version}: {'taken' if one.is_taken else one.detail or one.fault}" for one in seen.offers]
    return "; ".join(words)


def _only_newest(subject: Subject, seen: Seen) -> Verdict:
    return Verdict(
        "tls-only-newest",
        Level.WARNING,
        f"{subject.authority} takes TLS 1.3 only",
        "Devices whose newest version is TLS 1.2 are turned away. Android uses 1.3 by itself only since version 10.",
        f"{HERE} {told(seen)}",
        remedy(
            "tls-only-newest",
            "Let TLS 1.2 in as well.",
            "In hand-written parts of Caddy's configuration, look for a “protocols tls1.3” line and remove it.",
            "If something else in front of Caddy answers, allow TLS 1.2 there.",
            "Apply again, then check again.",
        ),
    )


def only_old(subject: Subject, seen: Seen) -> Verdict:
    """Nothing but versions that were given up."""
    return Verdict(
        "tls-only-old",
        Level.FAILURE,
        f"{subject.authority} answers in TLS 1.0 or 1.1 only",
        "These versions were given up in 2021 (RFC 8996). Browsers and apps refuse them.",
        f"{HERE} {told(seen)}",
        remedy(
            "tls-only-old",
            "Let TLS 1.2 and 1.3 in.",
            f"Caddy always offers both: find out who else answers on port {subject.port}, such as an old router.",
            "Lead the port to Caddy, or update what stands in front of it.",
        ),
    )


def _young_root(subject: Subject, seen: Seen) -> Verdict:
    anchor = seen.handshake.anchor
    return Verdict(
        "tls-young-root",
        Level.WARNING,
        f"The chain that {subject.domain} sends ends at {anchor}, a root that many devices do not know yet",
        "Let's Encrypt sends one more link, signed by ISRG Root X1, for older devices. It is missing here.",
        f"{HERE} {seen.handshake.address}, {len(seen.handshake.chain_pem)} certificates were sent",
        remedy(
            "tls-young-root",
            "Send the chain that Let's Encrypt gives by default.",
            "In hand-written parts of Caddy's configuration, look for “preferred_chains” and remove it.",
            "If you copy certificate files by hand, copy the whole chain file.",
            "Let Caddy get the certificate anew, then check again.",
        ),
    )


def missing_link(subject: Subject, seen: Seen) -> Verdict:
    """The chain would be trusted with a link that was not sent."""
    missing = listed(seen.handshake.missing)
    return Verdict(
        "tls-missing-intermediate",
        Level.FAILURE,
        f"{subject.authority} does not send the whole chain: {missing} is missing",
        "Many browsers fetch it by themselves, so it may look fine there. Televisions and players refuse.",
        f"{HERE} {seen.handshake.address} sent {len(seen.handshake.chain_pem)}; with {missing} it is trusted. "
        f"{seen.handshake.detail}",
        remedy(
            "tls-missing-intermediate",
            f"Let {subject.domain} send its certificate together with {missing}.",
            "Caddy does so for every certificate it gets itself: remove a hand-written “tls” line with files.",
            "If you need files of your own, use the one with the full chain (fullchain.pem).",
            "If something else in front of Caddy answers, install the full chain there.",
            "Apply again, then check again.",
        ),
    )
