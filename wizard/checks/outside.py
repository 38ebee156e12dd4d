"""Do public probe networks reach the media server from several places? Only after the owner has agreed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from wizard.checks.outside_reading import question_of, reader_for_probes
from wizard.checks.places import PAUSED
from wizard.core import outside_findings
from wizard.core.checks import Check, Hop, Scene, Skip
from wizard.core.faults import Fault
from wizard.core.outside import Question, Seen, Services
from wizard.core.outside_privacy import Consent, refuse, what_is_sent
from wizard.core.outside_unknown import was_kept, was_not_asked
from wizard.core.refusal import Refusal
from wizard.core.vantages import PROBES
from wizard.core.verdicts import Level, Verdict
from wizard.media import MEDIA
from wizard.net.door import Net
from wizard.net.probes import KEEP_NOTHING_SECONDS, KEEP_SECONDS

_LOOKUP_SECONDS = 2.0
_CERTIFICATE_SECONDS = 5.0
_ASKING_SECONDS = 20.0
_PAUSE_SECONDS = 0.2
_FRESH_SECONDS = 1.0
_AGREE = "Nobody has agreed to ask public probes. Settings, Vantages shows what would be sent"


@dataclass(frozen=True, slots=True)
class Subject:
    """What to ask, and whom. `caddy` is where Caddy is dialled from here, to see whether it has a certificate yet."""

    question: Question
    services: Services
    media: str
    caddy: str = ""
    caddy_port: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What the probes said, and the addresses that the name had here. `refusal` says why nobody was asked."""

    seen: Seen = field(default=Seen())  # frozen
    v4: tuple[str, ...] = ()
    v6: tuple[str, ...] = ()
    refusal: str = ""
    is_kept: bool = False


def subject(scene: Scene) -> Subject | Skip:
    """A question without anything secret; a Skip where nobody has agreed, or where it must not be asked."""
    host = scene.host
    if host.paused:
        return PAUSED
    if scene.probes is None or not scene.probes.hosts:
        return Skip(_AGREE)
    question = question_of(host, scene.edge, scene.server_id)
    if refusal := refuse(question):
        return Skip(refusal.message)
    own = (scene.edge.address, scene.edge.https_port) if host.listener.tls else ("", 0)
    return Subject(question, scene.probes, host.upstream.media, *own)


def observe(net: Net, subject: Subject) -> Asked:
    """Look the name up, wait for Caddy's first certificate, then ask."""
    name = subject.question.domain
    v4 = net.resolve(name, "A", seconds=_LOOKUP_SECONDS).values
    v6 = net.resolve(name, "AAAA", seconds=_LOOKUP_SECONDS).values
    _await_certificate(net, subject)
    question = _with_addresses(subject.question, v4, v6)
    began_at = datetime.now(UTC)
    # the owner agreed to what is sent for every proxy host; these are the very words for this one
    consent = Consent(what_is_sent(question, subject.services))
    reader = reader_for_probes(MEDIA[subject.media])
    seen = net.ask_outside(question, subject.services, consent, reader, seconds=_ASKING_SECONDS)
    if isinstance(seen, Refusal):
        return Asked(v4=v4, v6=v6, refusal=seen.message)
    is_kept = seen.asked_at is not None and seen.asked_at < began_at - timedelta(seconds=_FRESH_SECONDS)
    return Asked(seen, v4, v6, is_kept=is_kept)


def _await_certificate(net: Net, subject: Subject) -> None:
    """Right after applying there is none yet, and an answer about that would be kept for ten minutes."""
    if not subject.caddy:
        return
    ends_at = time.monotonic() + _CERTIFICATE_SECONDS
    where = net.addresses(subject.caddy, seconds=_LOOKUP_SECONDS).values
    while where and time.monotonic() < ends_at:
        shown = net.handshake(subject.question.domain, subject.caddy_port, address=where[0], seconds=_LOOKUP_SECONDS)
        if shown.fault is not Fault.NO_CERTIFICATE:
            return
        time.sleep(_PAUSE_SECONDS)


def _with_addresses(question: Question, v4: tuple[str, ...], v6: tuple[str, ...]) -> Question:
    return replace(question, has_ipv4=bool(v4), has_ipv6=bool(v6), addresses=(*v4, *v6))


def judge(subject: Subject, asked: Asked) -> tuple[Verdict, ...]:
    """What the probes saw; when that is not new, from when on they can be asked again."""
    if asked.refusal:
        return (was_not_asked(asked.refusal),)
    found = outside_findings.judge(_with_addresses(subject.question, asked.v4, asked.v6), asked.seen)
    if not asked.is_kept or asked.seen.asked_at is None:
        return found
    could_look = any(verdict.level is not Level.UNKNOWN for verdict in found)
    kept = timedelta(seconds=KEEP_SECONDS if could_look else KEEP_NOTHING_SECONDS)
    return (*found, was_kept(asked.seen.asked_at, asked.seen.asked_at + kept))


CHECK = Check(
    name="outside",
    title="Reached by public probes",
    question="Do machines of a public probe network reach the media server?",
    hop=Hop.VIEWER,
    help="checks#outside",
    subject_type=Subject,
    seen_type=Asked,
    subject=subject,
    observe=observe,
    judge=judge,
    through_caddy=True,
    vantage=PROBES,
    seconds=30.0,
    order=95,
)
