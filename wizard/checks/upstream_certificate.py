"""The findings about the certificate of an https upstream, part of the `upstream` check."""

from __future__ import annotations

from wizard.checks.words import HERE, day, listed, remedy
from wizard.core.faults import Fault
from wizard.core.hosts import Upstream, VerifyKind
from wizard.core.verdicts import Level, Verdict
from wizard.media.shape import NotThis
from wizard.net.tls import Certificate

CERTIFICATE_FAULTS = {
    Fault.EXPIRED,
    Fault.NOT_YET_VALID,
    Fault.NAME_MISMATCH,
    Fault.UNTRUSTED,
    Fault.NO_CERTIFICATE,
    Fault.TLS_FAILED,
    Fault.NOT_TLS,
}


def judge_certificate(place: Upstream, other: NotThis, shown: Certificate | None) -> Verdict:
    """What is wrong with the certificate of an https upstream, and which verification would fit it."""
    name = place.verify.server_name or place.address
    return Verdict(
        "upstream-certificate",
        Level.FAILURE,
        _words(place, name, other.fault, shown),
        "Caddy verifies the same way and would answer 502.",
        f"{HERE} {other.detail}" + (f" SHA-256 {shown.sha256}" if shown else ""),
        remedy("upstream-certificate", *_steps(place, other.fault, shown)),
    )


def _words(place: Upstream, name: str, fault: Fault | None, shown: Certificate | None) -> str:
    match fault:
        case Fault.NOT_TLS:
            return f"{place.dial} answers without https"
        case Fault.EXPIRED if shown:
            return f"The certificate of {place.dial} ran out on {day(shown.not_after_at)}"
        case Fault.NOT_YET_VALID if shown:
            return f"The certificate of {place.dial} begins on {day(shown.not_before_at)}. One clock is wrong"
        case Fault.NAME_MISMATCH if shown:
            names = listed(shown.names) or "no name at all"
            return f"The certificate of {place.dial} is for {names}, not for {name}"
        case Fault.UNTRUSTED if place.verify.kind is VerifyKind.PINNED:
            return f"{place.dial} shows another certificate than the one you trusted"
        case Fault.UNTRUSTED:
            by = f", issued by {shown.issuer}" if shown and not shown.is_self_signed else ""
            return f"{place.dial} shows a certificate that no public authority vouches for{by}"
        case _:
            return f"{place.dial} could not agree with us on an encrypted connection"


def _steps(place: Upstream, fault: Fault | None, shown: Certificate | None) -> tuple[str, ...]:
    if fault is Fault.NOT_TLS:
        return ("Use http:// in the home address.", f"Change the home address to http://{place.dial}.")
    plex = next((name for name in (shown.names if shown else ()) if name.endswith(".plex.direct")), "")
    if plex:
        name = plex.replace("*", place.address.replace(".", "-").replace(":", "-"), 1)
        return (
            "Verify by server name.",
            f"Edit this proxy host, choose verification by server name, and enter {name}.",
        )
    if fault is Fault.EXPIRED:
        return ("Renew the certificate of the media server.", "Renew it there, or use http:// inside your home.")
    return (
        "Trust this certificate by its fingerprint.",
        "Edit this proxy host and look at the certificate that the server shows.",
        "Compare its fingerprint with the one on the server, then choose to trust exactly this certificate.",
        "Or use http:// inside your home.",
    )
