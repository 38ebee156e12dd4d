"""Is the way in up? Asked of the way in itself: of its daemon, its handshakes, its own readiness."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from wizard.checks.words import HERE, remedy
from wizard.core.checks import Check, Hop, Scene, Skip
from wizard.core.hosts import ProxyHost
from wizard.core.shapes import learn
from wizard.core.verdicts import Level, Verdict
from wizard.core.ways import WaySetup, WayState, WayStatus
from wizard.methods import METHODS
from wizard.net.door import Net

learn(*(method.watch.seen_type for method in METHODS.values() if method.watch is not None))


@dataclass(frozen=True, slots=True)
class Subject:
    """The way in with what was typed for it."""

    setup: WaySetup

    @property
    def title(self) -> str:
        """Its name."""
        return METHODS[self.setup.method].title


@dataclass(frozen=True, slots=True)
class Seen:
    """What its watch saw, as JSON: every way in has a shape of its own."""

    document: dict[str, Any] = field(default_factory=dict)


def is_watched(host: ProxyHost) -> bool:
    """Whether the host's way in has anything of its own to ask."""
    method = METHODS.get(host.method)
    return method is not None and method.watch is not None


def subject(scene: Scene) -> Subject | Skip:
    """The setup of the host's own way in; of all media servers and machines only its own matter here."""
    method = METHODS.get(scene.host.method)
    if method is None or method.watch is None:
        return Skip("This way in has nothing of its own to watch")
    setup = scene.way or WaySetup(method.key)
    return Subject(replace(setup, known={**setup.known, "media": [scene.host.upstream.address], "whole": False}))


def observe(net: Net, subject: Subject) -> Seen:
    """Let the way in look at itself, and keep of it what the judgement needs."""
    watch = METHODS[subject.setup.method].watch
    if watch is None:
        return Seen({})
    seen = watch.observe(net, subject.setup)
    return Seen(msgspec.to_builtins(watch.cut(subject.setup, seen) if watch.cut else seen))


def status_of(setup: WaySetup, document: dict[str, Any]) -> WayStatus:
    """How a way in stands, from what was seen. Pure."""
    watch = METHODS[setup.method].watch
    if watch is None:
        return WayStatus(WayState.UNKNOWN, "This way in has nothing of its own to watch")
    return watch.judge(setup, msgspec.convert(document, watch.seen_type))


def judge(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """The findings of the way in. Their codes begin with `way-` and the way's key."""
    status = status_of(subject.setup, seen.document)
    if status.verdicts:
        return tuple(_labelled(verdict) for verdict in status.verdicts)
    match status.state:
        case WayState.CONNECTED:
            return (Verdict("way-ok", Level.OK, status.sentence),)
        case WayState.NOT_SET_UP:
            return (Verdict("way-not-set-up", Level.NOTE, status.sentence),)
        case _:
            return (_could_not_tell(subject, status),)


def _labelled(verdict: Verdict) -> Verdict:
    return replace(verdict, detail=f"{HERE} {verdict.detail}".strip())


def _could_not_tell(subject: Subject, status: WayStatus) -> Verdict:
    return Verdict(
        "way-could-not-tell",
        Level.UNKNOWN,
        status.sentence,
        "The other checks show whether viewers get through all the same.",
        HERE,
        remedy("way-could-not-tell", f"Open Ways in and look at {subject.title}."),
    )


CHECK = Check(
    name="way",
    title="The way in is up",
    question="Does the tunnel or network between the internet and your home say of itself that it works?",
    hop=Hop.WAY_IN,
    help="checks#way",
    subject_type=Subject,
    seen_type=Seen,
    subject=subject,
    observe=observe,
    judge=judge,
    applies=is_watched,
    seconds=15.0,
    order=22,
)
