"""Does the media server answer at its home address, and is it the one that was chosen?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wizard.checks.upstream_certificate import CERTIFICATE_FAULTS, judge_certificate
from wizard.checks.words import HERE, could_not_look, remedy, took
from wizard.core.checks import Check, Hop, Scene, Skip
from wizard.core.faults import Fault
from wizard.core.hosts import Upstream, VerifyKind
from wizard.core.verdicts import Level, Verdict
from wizard.media import MEDIA, identify, identify_any
from wizard.media.shape import Identity, NotThis
from wizard.net.door import Net
from wizard.net.tls import Certificate

_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Subject:
    """The media server's kind and home address."""

    media: str
    upstream: Upstream

    @property
    def title(self) -> str:
        """The kind as people call it."""
        return MEDIA[self.media].title if self.media != "other" else "Your application"


@dataclass(frozen=True, slots=True)
class Seen:
    """Who answered, or what did instead; the certificate only when it could not be verified."""

    identity: Identity | None = None
    other: NotThis | None = None
    certificate: Certificate | None = None


def subject(scene: Scene) -> Subject | Skip:
    """Kind and home address, nothing else."""
    return Subject(scene.host.upstream.media, scene.host.upstream)


def observe(net: Net, subject: Subject) -> Seen:
    """Ask the server who it is. A kind that was not expected is recognised too."""
    found = identify(net, MEDIA[subject.media], subject.upstream, seconds=_SECONDS)
    if isinstance(found, NotThis) and found.fault is None and not found.is_closed:
        found = identify_any(net, subject.upstream, seconds=_SECONDS)
    if isinstance(found, Identity):
        return Seen(identity=found)
    if found.fault not in CERTIFICATE_FAULTS:
        return Seen(other=found)
    name = subject.upstream.verify.server_name or subject.upstream.address
    shown = net.certificate(subject.upstream.address, subject.upstream.port, name=name, seconds=_SECONDS)
    return Seen(other=found, certificate=shown.certificate)


def judge(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """The first thing that is wrong; else who answered and how fast."""
    if seen.identity is None:
        return (_judge_other(subject, seen, seen.other or NotThis()),)
    if subject.media not in {"other", seen.identity.kind}:
        return (_wrong_kind(subject, seen.identity),)
    if seen.identity.is_set_up is False:
        return (_unclaimed(subject, seen.identity),)
    return (_passed(subject, seen.identity), *_not_verified(subject))


def _passed(subject: Subject, identity: Identity) -> Verdict:
    label = f" {identity.label}" if identity.label else ""
    return Verdict(
        "upstream-ok",
        Level.OK,
        f"{subject.title}{label} answered in {took(identity.seconds)}",
        detail=f"{HERE} {subject.upstream.url}, id {identity.id or 'none'}",
    )


def _not_verified(subject: Subject) -> tuple[Verdict, ...]:
    if subject.upstream.scheme != "https" or subject.upstream.verify.kind is not VerifyKind.OFF:
        return ()
    return (
        Verdict(
            "upstream-not-verified",
            Level.NOTE,
            f"The certificate of {subject.upstream.dial} is not verified, as you chose",
            "Anybody inside your network who takes over that address could pass for the media server.",
        ),
    )


def _judge_other(subject: Subject, seen: Seen, other: NotThis) -> Verdict:
    if other.is_closed:
        return _tells_nothing(subject, other)
    if other.fault is None:
        return _not_a_media_server(subject, other)
    if other.fault in CERTIFICATE_FAULTS:
        return judge_certificate(subject.upstream, other, seen.certificate)
    words = _BY_FAULT.get(other.fault or Fault.OTHER)
    return words(subject, other) if words else could_not_look("upstream-could-not-look", other.fault, other.detail)


def _refused(subject: Subject, other: NotThis) -> Verdict:
    place = subject.upstream
    return Verdict(
        "upstream-refused",
        Level.FAILURE,
        f"Nothing answers on port {place.port} at {place.address}",
        "Every way in ends at this address. No answer at home means none outside.",
        f"{HERE} {other.detail}",
        remedy(
            "upstream-refused",
            f"Start {subject.title}, or correct the home address.",
            f"Check that {subject.title} is running on {place.address}.",
            f"Open {place.url} in a browser at home.",
            "If that works only on the machine itself, its firewall or its bind address keeps others out.",
            "If the port is another one, change the home address of this proxy host.",
        ),
    )


def _timed_out(subject: Subject, other: NotThis) -> Verdict:
    place = subject.upstream
    return Verdict(
        "upstream-timed-out",
        Level.FAILURE,
        f"{place.address} did not answer within {_SECONDS:.0f} seconds on port {place.port}",
        "Every way in ends at this address. No answer at home means none outside.",
        f"{HERE} {other.detail}",
        remedy(
            "upstream-timed-out",
            f"Check the address of {subject.title} and the firewall of that machine.",
            f"Check that the machine with {subject.title} is switched on and still has the address {place.address}.",
            f"Allow TCP port {place.port} in its firewall.",
            "If this app runs in a container, check that the container may reach your home network.",
        ),
    )


def _name_not_found(subject: Subject, other: NotThis) -> Verdict:
    place = subject.upstream
    return Verdict(
        "upstream-name-not-found",
        Level.FAILURE,
        f"There is no machine called {place.address} from here",
        f"Caddy has to find {subject.title} by this name too.",
        f"{HERE} {other.detail}",
        remedy(
            "upstream-name-not-found",
            f"Enter the IP address of {subject.title} in place of {place.address}.",
            "Look the address up in your router's list of devices, or on the machine itself.",
            "In your router, give that machine a fixed address, so that it stays.",
            "Change the home address of this proxy host.",
        ),
    )


def _closed(subject: Subject, other: NotThis) -> Verdict:
    place = subject.upstream
    plex = subject.media == "plex" and place.scheme == "http"
    steps = (
        (
            "In Plex, open Settings, your server, Network, and set Secure connections to Preferred.",
            f"Or change the home address to https://{place.dial} and choose how its certificate is verified.",
        )
        if plex
        else (
            f"Try the home address with {'https' if place.scheme == 'http' else 'http'}:// in front.",
            "Check that no other program uses that port.",
        )
    )
    cause = ". Plex does that when Secure connections is set to Required" if plex else ""
    return Verdict(
        "upstream-closed",
        Level.FAILURE,
        f"{place.dial} takes the connection and closes it without an answer{cause}",
        "Caddy would get no answer either, and viewers would see 502.",
        f"{HERE} {other.detail}",
        remedy(
            "upstream-closed",
            "Set Secure connections to Preferred in Plex." if plex else f"Check how {place.dial} wants to be asked.",
            *steps,
        ),
    )


def _not_http(subject: Subject, other: NotThis) -> Verdict:
    return _not_a_media_server(subject, other)


_BY_FAULT: dict[Fault, Callable[[Subject, NotThis], Verdict]] = {
    Fault.REFUSED: _refused,
    Fault.TIMED_OUT: _timed_out,
    Fault.UNREACHABLE: _timed_out,
    Fault.NAME_NOT_FOUND: _name_not_found,
    Fault.NO_ADDRESS: _name_not_found,
    Fault.CLOSED: _closed,
    Fault.RESET: _closed,
    Fault.NOT_HTTP: _not_http,
    Fault.TOO_LARGE: _not_http,
}


def _not_a_media_server(subject: Subject, other: NotThis) -> Verdict:
    place = subject.upstream
    called = f'. It calls itself "{other.called}"' if other.called else ""
    status = f"It answered with status {other.status}." if other.status else "It did not answer in HTTP."
    tls_only = other.status == 400 and place.scheme == "http"
    hint = (f"Try https://{place.dial}: status 400 is what a port for https often says to http.",) if tls_only else ()
    return Verdict(
        "upstream-not-a-media-server",
        Level.FAILURE,
        f"Something answers at {place.dial}, but it is not {subject.title}{called}",
        "Viewers would reach that in place of your media server.",
        f"{HERE} {status} {other.detail}".rstrip(),
        remedy(
            "upstream-not-a-media-server",
            f"Enter the address and port of {subject.title}.",
            *hint,
            f"Open {place.url} in a browser at home and see what it is.",
            f"{subject.title} usually listens on port {MEDIA[subject.media].default_port}.",
            "Change the home address of this proxy host.",
        ),
    )


def _wrong_kind(subject: Subject, identity: Identity) -> Verdict:
    found = MEDIA[identity.kind].title
    return Verdict(
        "upstream-wrong-kind",
        Level.FAILURE,
        f"{found} answers at {subject.upstream.dial}, you chose {subject.title}",
        "The settings for one are not right for the other.",
        f"{HERE} {identity.label}, id {identity.id}",
        remedy(
            "upstream-wrong-kind",
            f"Choose {found} for this proxy host, or enter the address of {subject.title}.",
            "Edit this proxy host and open the first step.",
            f"Choose {found}, or correct the home address.",
        ),
    )


def _unclaimed(subject: Subject, identity: Identity) -> Verdict:
    return Verdict(
        "upstream-unclaimed",
        Level.FAILURE,
        f"{subject.title}'s own first set-up is still open",
        "Anyone who finds it on the internet could take it over.",
        f"{HERE} {subject.upstream.url}, {identity.label}".rstrip(", "),
        remedy(
            "upstream-unclaimed",
            MEDIA[identity.kind].set_up_first,
            f"Open {subject.upstream.url}{'/web' if identity.kind == 'plex' else ''} in a browser at home.",
            MEDIA[identity.kind].set_up_first,
        ),
    )


def _tells_nothing(subject: Subject, other: NotThis) -> Verdict:
    return Verdict(
        "upstream-closed",
        Level.UNKNOWN,
        f"{subject.upstream.dial} tells nobody who it is without a login (status {other.status})",
        "Without that we cannot prove that the public name leads to this very server.",
        HERE,
        remedy(
            "upstream-closed",
            f"Check in a browser that {subject.upstream.url} is your {subject.title}.",
        ),
    )


CHECK = Check(
    name="upstream",
    title="Media server answers at home",
    question="Does the media server answer at its home address, and is it the one you chose?",
    hop=Hop.SERVER,
    help="checks#upstream",
    subject_type=Subject,
    seen_type=Seen,
    subject=subject,
    observe=observe,
    judge=judge,
    order=10,
)
