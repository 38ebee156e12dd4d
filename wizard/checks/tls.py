"""Is there a certificate for the external domain that viewers' apps trust?"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from wizard.checks.places import PAUSED, authority, is_public, public_port
from wizard.checks.tls_devices import judge_devices, needed, only_old, takes_only_old, told
from wizard.checks.tls_faults import judge_fault
from wizard.checks.words import HERE, left, remedy
from wizard.core.checks import Check, Hop, Scene, Skip
from wizard.core.faults import Fault
from wizard.core.verdicts import Level, Verdict
from wizard.net.door import Net
from wizard.net.protocols import Offer
from wizard.net.tls import Handshake, Trust

_SECONDS = 10.0
_OFFER_SECONDS = 4.0
_LOOKUP_SECONDS = 3.0
_NOBODY = {Fault.REFUSED, Fault.TIMED_OUT, Fault.UNREACHABLE}
_PAUSE_SECONDS = 0.2

# Caddy renews when a third of the lifetime is left; half of that gone means that renewing has failed for a while.
_SOON = 6


@dataclass(frozen=True, slots=True)
class Subject:
    """The public name and port, the way in, and the root of Caddy's own authority when Caddy told it."""

    domain: str
    port: int
    method: str
    roots_pem: str = ""
    own_addresses: tuple[str, ...] = ()  # public addresses of the network this machine is in, as far as known
    is_elsewhere: bool = False

    @property
    def authority(self) -> str:
        """Name and port as in an address."""
        return authority(self.domain, self.port)

    @property
    def is_localhost(self) -> bool:
        """True for names that only lead to this very machine (RFC 6761, section 6.3)."""
        return self.domain.endswith(".localhost")

    @property
    def patience_seconds(self) -> float:
        """How long to wait for a certificate that Caddy has only just been asked for.

        Its own authority takes an instant, a public one some seconds.
        """
        return 2.0 if self.is_localhost else 8.0


@dataclass(frozen=True, slots=True)
class Seen:
    """The handshake, when it was made (the age of a certificate is judged from that), and the versions taken."""

    handshake: Handshake
    looked_at: datetime
    offers: tuple[Offer, ...] = ()
    addresses: tuple[str, ...] = ()  # where was dialled, when nobody answered


def subject(scene: Scene) -> Subject | Skip:
    """Name, port, way in and Caddy's own root."""
    if scene.host.paused:
        return PAUSED
    own = tuple(one for one in (*scene.own_addresses, *scene.edge_addresses) if is_public(one))
    name, method = scene.host.domain.name, scene.host.method
    return Subject(name, public_port(scene), method, scene.roots_pem, own, scene.is_elsewhere)


def observe(net: Net, subject: Subject) -> Seen:
    """One verified handshake through the public name; on a failed one, what was shown.

    Where there is no certificate yet, asks again until patience ends: right after applying there is none.
    """
    ends_at = time.monotonic() + subject.patience_seconds
    while True:
        handshake = net.handshake(subject.domain, subject.port, roots_pem=subject.roots_pem, seconds=_SECONDS)
        if handshake.fault is not Fault.NO_CERTIFICATE or time.monotonic() > ends_at:
            return _look_further(net, subject, Seen(handshake, datetime.now(UTC)))
        time.sleep(_PAUSE_SECONDS)


def _look_further(net: Net, subject: Subject, seen: Seen) -> Seen:
    if seen.handshake.fault in _NOBODY:
        return replace(seen, addresses=net.addresses(subject.domain, seconds=_LOOKUP_SECONDS).values)
    if seen.handshake.fault is None or seen.handshake.fault is Fault.TLS_FAILED:
        return replace(seen, offers=net.offers(subject.domain, subject.port, seconds=_OFFER_SECONDS))
    return seen


def judge(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """What is wrong with the handshake; else who vouches for the certificate and how long."""
    handshake = seen.handshake
    if takes_only_old(seen):
        return (only_old(subject, seen),)
    if handshake.fault is not None:
        return (judge_fault(subject, seen),)
    span = handshake.certificate.not_after_at - seen.looked_at if handshake.certificate else None
    if handshake.trust is Trust.GIVEN:
        return _own_authority(subject, seen, span)
    found = judge_devices(subject, seen)
    if span is not None and _ends_soon(handshake, span):
        return (_expires_soon(subject, handshake, span), *found)
    return found or (_passed(subject, seen, span),)


def _ends_soon(handshake: Handshake, span: timedelta) -> bool:
    certificate = handshake.certificate
    return certificate is not None and span * _SOON < certificate.not_after_at - certificate.not_before_at


def _passed(subject: Subject, seen: Seen, span: timedelta | None) -> Verdict:
    return Verdict(
        "tls-ok",
        Level.OK,
        left(span) if span else f"Trusted for {subject.domain}",
        "" if subject.is_localhost else needed(seen.handshake),
        f"{describe(seen.handshake)} {told(seen)}".rstrip(),
    )


def _own_authority(subject: Subject, seen: Seen, span: timedelta | None) -> tuple[Verdict, ...]:
    if subject.is_localhost:
        note = Verdict(
            "tls-own-authority",
            Level.NOTE,
            "The certificate comes from Caddy's own authority, for this machine only",
            f"That is right for {subject.domain}. A name on the internet gets one from a public authority.",
        )
        return (_passed(subject, seen, span), note)
    return (
        Verdict(
            "tls-own-authority",
            Level.WARNING,
            f"The certificate of {subject.domain} comes from Caddy's own authority",
            "TV apps and most players refuse it, and browsers warn.",
            describe(seen.handshake),
            remedy(
                "tls-own-authority",
                "Let Caddy get a certificate from a public authority.",
                "Remove “tls internal” and “local_certs” from hand-written parts of Caddy's configuration.",
                f"Check that {subject.domain} leads to Caddy from outside on ports 80 and 443.",
                "Apply again, wait a minute, then check again.",
            ),
        ),
    )


def _expires_soon(subject: Subject, handshake: Handshake, span: timedelta) -> Verdict:
    return Verdict(
        "tls-expires-soon",
        Level.WARNING,
        f"{left(span)} on the certificate of {subject.domain}, and it was not renewed yet",
        "Caddy renews much earlier, so renewing must have failed. When it runs out, apps refuse to connect.",
        describe(handshake),
        remedy(
            "tls-expires-soon",
            "Find out why renewing fails.",
            "Look into Caddy's log for lines about obtaining or renewing a certificate.",
            "Check that ports 80 and 443 still lead to Caddy from outside.",
            "Restart Caddy: it tries again at once.",
        ),
    )


def describe(handshake: Handshake) -> str:
    """What was seen, for the folded detail."""
    certificate = handshake.certificate
    if certificate is None:
        return f"{HERE} {handshake.address} {handshake.detail}".rstrip()
    names = ", ".join(certificate.names) or "none"
    return (
        f"{HERE} {handshake.address} {handshake.protocol}, issued by {certificate.issuer} for {names}, "
        f"until {certificate.not_after_at:%Y-%m-%d %H:%M} UTC, {certificate.key or 'key unknown'}, "
        f"SHA-256 {certificate.sha256} {handshake.detail}"
    ).rstrip()


CHECK = Check(
    name="tls",
    title="Certificate is trusted",
    question="Is there a certificate for the external domain that apps trust?",
    hop=Hop.NAME,
    help="checks#tls",
    subject_type=Subject,
    seen_type=Seen,
    subject=subject,
    observe=observe,
    judge=judge,
    needs=("dns",),
    through_caddy=True,
    seconds=25.0,
    travels=True,
    order=30,
)
