"""The findings about a TLS handshake that failed, part of the `tls` check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.places import may_hide
from wizard.checks.tls_devices import missing_link
from wizard.checks.words import HERE, ago, could_not_look, day, listed, reason, remedy
from wizard.core.faults import Fault
from wizard.core.verdicts import Level, Verdict
from wizard.methods import METHODS
from wizard.net.tls import Certificate

if TYPE_CHECKING:
    from wizard.checks.tls import Seen, Subject

_HAIRPIN = (
    "Try from a phone with Wi-Fi off. If that works, only your router cannot lead you back in from your own network."
)


def judge_fault(subject: Subject, seen: Seen) -> Verdict:
    """The verdict for a handshake with a fault."""
    certificate = seen.handshake.certificate
    hides = all(may_hide(one, subject.method, subject.own_addresses) for one in seen.addresses)
    if seen.addresses and hides and not subject.is_elsewhere:
        return _hairpin(subject, seen)
    if seen.handshake.missing:
        return missing_link(subject, seen)
    match seen.handshake.fault:
        case Fault.REFUSED | Fault.RESET | Fault.CLOSED:
            return _refused(subject, seen)
        case Fault.TIMED_OUT | Fault.UNREACHABLE:
            return _timed_out(subject, seen)
        case Fault.NO_CERTIFICATE | Fault.NOT_TLS | Fault.TLS_FAILED:
            return _no_certificate(subject, seen)
        case Fault.EXPIRED | Fault.NOT_YET_VALID if certificate:
            return _out_of_date(subject, seen, certificate)
        case Fault.NAME_MISMATCH if certificate:
            return _name_mismatch(subject, seen, certificate)
        case Fault.EXPIRED | Fault.NOT_YET_VALID | Fault.NAME_MISMATCH | Fault.UNTRUSTED:
            return _untrusted(subject, seen, certificate)
        case fault:
            return could_not_look("tls-could-not-look", fault, seen.handshake.detail)


def _detail(seen: Seen) -> str:
    shown = seen.handshake.certificate
    extra = f" Issued by {shown.issuer}, SHA-256 {shown.sha256}" if shown else ""
    return f"{HERE} {seen.handshake.address} {seen.handshake.detail}{extra}".replace("  ", " ")


def _hairpin(subject: Subject, seen: Seen) -> Verdict:
    where = listed(seen.addresses)
    known = all(one in subject.own_addresses for one in seen.addresses)
    whose = "your own network's public address" if known else "probably your own network's public address"
    return Verdict(
        "tls-hairpin",
        Level.UNKNOWN,
        f"No certificate can be seen from here: nothing answers at {where}, {whose}",
        "Many routers do not lead you from inside back in. Viewers outside may get through all the same.",
        _detail(seen),
        remedy(
            "tls-hairpin",
            f"Open https://{subject.authority} on a phone with Wi-Fi off.",
            "If it opens there without a warning, viewers are fine.",
            f"If it does not, check that the router forwards port {subject.port} to Caddy.",
            "At home, let your name server answer with Caddy's home address: then the checks see it, too.",
            "Behind CGNAT port forwarding cannot work: choose another way in.",
        ),
    )


def _refused(subject: Subject, seen: Seen) -> Verdict:
    way_in = METHODS[subject.method]
    return Verdict(
        "tls-refused",
        Level.FAILURE,
        f"Nothing takes the connection at {subject.authority}: {reason(seen.handshake.fault)}",
        "Viewers get the same answer.",
        _detail(seen),
        remedy(
            "tls-refused",
            f"Check that Caddy runs and that port {subject.port} leads to it.",
            "Check that Caddy is running.",
            f"Check that the way in ({way_in.title}) leads port {subject.port} to Caddy.",
            _HAIRPIN,
        ),
    )


def _timed_out(subject: Subject, seen: Seen) -> Verdict:
    way_in = METHODS[subject.method]
    return Verdict(
        "tls-timed-out",
        Level.FAILURE,
        f"{subject.authority} does not answer from this machine",
        "Either viewers get no answer too, or your router cannot lead you back in from your own network.",
        _detail(seen),
        remedy(
            "tls-timed-out",
            f"Check that port {subject.port} is open up to Caddy.",
            _HAIRPIN,
            f"Check that the way in ({way_in.title}) leads port {subject.port} to Caddy.",
            "Check the firewall of the machine with Caddy.",
            "Behind CGNAT port forwarding cannot work: choose another way in.",
        ),
    )


def _no_certificate(subject: Subject, seen: Seen) -> Verdict:
    way_in = METHODS[subject.method]
    plain = seen.handshake.fault is Fault.NOT_TLS
    summary = (
        f"{subject.authority} answers without encryption"
        if plain
        else f"Caddy has no certificate for {subject.domain} yet"
    )
    steps = (
        (
            f"Port {subject.port} leads to something that does not speak https: check where it leads.",
            "It must lead to the https port of Caddy, not to its http port or to the media server.",
        )
        if plain
        else (
            "Wait a minute and check again: getting a certificate takes some seconds at best.",
            way_in.certificate_plan,
            f"A public authority must reach {subject.domain} on port 80 or 443 from outside.",
            "Look into Caddy's log for lines about obtaining a certificate.",
        )
    )
    return Verdict(
        "tls-no-certificate",
        Level.FAILURE,
        summary,
        "Without a certificate no app connects.",
        _detail(seen),
        remedy(
            "tls-no-certificate",
            "Lead the port to Caddy's https port." if plain else "Let Caddy get its certificate.",
            *steps,
        ),
    )


def _out_of_date(subject: Subject, seen: Seen, shown: Certificate) -> Verdict:
    early = seen.handshake.fault is Fault.NOT_YET_VALID
    summary = (
        f"The certificate of {subject.domain} begins only on {day(shown.not_before_at)}"
        if early
        else f"The certificate of {subject.domain} ran out {ago(seen.looked_at - shown.not_after_at)}, "
        f"on {day(shown.not_after_at)}"
    )
    steps = (
        (
            f"Check the clock of this machine. It says {seen.looked_at:%Y-%m-%d %H:%M} UTC.",
            "Check the clock of the machine with Caddy.",
        )
        if early
        else (
            "Look into Caddy's log for lines about renewing a certificate.",
            "Check that ports 80 and 443 still lead to Caddy from outside.",
            "Restart Caddy: it tries again at once.",
        )
    )
    return Verdict(
        "tls-expired",
        Level.FAILURE,
        summary,
        "Apps refuse to connect, often without a word.",
        _detail(seen),
        remedy("tls-expired", "Set the clocks right." if early else "Let Caddy renew the certificate.", *steps),
    )


def _name_mismatch(subject: Subject, seen: Seen, shown: Certificate) -> Verdict:
    names = listed(shown.names) or "no name at all"
    return Verdict(
        "tls-name-mismatch",
        Level.FAILURE,
        f"The certificate at {subject.authority} is for {names}, not for {subject.domain}",
        "Apps refuse to connect. Something other than your Caddy may be answering.",
        _detail(seen),
        remedy(
            "tls-name-mismatch",
            f"Find out who answers at {seen.handshake.address or subject.domain}.",
            f"If {names} is your router or another server, lead port {subject.port} to Caddy in its place.",
            f"If it is your Caddy, apply again so that it knows {subject.domain}.",
            f"Check that {subject.domain} leads to the right address.",
        ),
    )


def _untrusted(subject: Subject, seen: Seen, shown: Certificate | None) -> Verdict:
    if shown and shown.is_self_signed:
        by = "It signed itself, as routers and other devices do"
    else:
        by = f"It was issued by {shown.issuer}" if shown else "It could not be read"
    return Verdict(
        "tls-untrusted",
        Level.FAILURE,
        f"No public authority vouches for the certificate at {subject.authority}. {by}",
        "Apps refuse to connect, often without a word.",
        _detail(seen),
        remedy(
            "tls-untrusted",
            "Let Caddy answer with a certificate from a public authority.",
            f"If it is not your Caddy that answers, lead port {subject.port} to Caddy.",
            "If it is Caddy with its own or a test authority, remove “tls internal”, “local_certs” and a test "
            "“acme_ca” from hand-written parts of its configuration.",
            "If a hop in between opens the encryption, such as a security product, take it out of the way.",
            "Apply again, wait a minute, then check again.",
        ),
    )
