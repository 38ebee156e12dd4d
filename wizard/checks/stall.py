"""Does a player that pauses keep its stream? Takes more than a minute, so it is made only when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from wizard.checks.places import PAUSED, authority, public_port
from wizard.checks.stall_findings import judge_stall
from wizard.core.checks import Check, Hop, Scene, Skip
from wizard.core.faults import Fault
from wizard.core.film import read_film
from wizard.net.door import Net
from wizard.net.flows import Plan

# one minute is the limit of newer Caddys (measured on 2.11.7) and the usual one of other proxies
_PAUSE_SECONDS = 70.0
_AFTER_SECONDS = 20.0
_CONNECT_SECONDS = 10.0
# far more than the buffers on the way take in, so every hop feels the pause and no end can come from a buffer
_FILM_BYTES = 400 << 20
_BEFORE_BYTES = 64 << 10
_ENOUGH_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Subject:
    """The one-time address of our echo on the media domain, and how long to pause."""

    domain: str
    port: int
    path: str
    mark: str
    plex_mode: bool
    roots_pem: str = ""
    pause_seconds: float = _PAUSE_SECONDS

    @property
    def url(self) -> str:
        """The film to play."""
        return f"https://{authority(self.domain, self.port)}{self.path}/bytes?size={_FILM_BYTES}"


@dataclass(frozen=True, slots=True)
class Seen:
    """How much came before the pause and after it, and whether the stream was still alive at the end."""

    status: int = 0
    server: str = ""
    bytes_before: int = 0
    bytes_after: int = 0
    read_seconds: float = 0.0
    is_ended: bool = False
    wrong_at: int | None = None
    fault: Fault | None = None
    detail: str = ""


def subject(scene: Scene) -> Subject | Skip:
    """The echo's address; no token."""
    if scene.host.paused:
        return PAUSED
    if not scene.echoes:
        return Skip("This app could not make a test address")
    echo = scene.echoes[0]
    return Subject(
        scene.host.domain.name,
        public_port(scene),
        echo.path,
        echo.mark,
        scene.host.plex_mode,
        scene.roots_pem,
    )


def observe(net: Net, subject: Subject) -> Seen:
    """Begin to read, stop for the pause, then read on."""
    plan = Plan(
        expect=partial(read_film, subject.mark),
        most_bytes=_ENOUGH_BYTES,
        most_seconds=_AFTER_SECONDS,
        pause_after_bytes=_BEFORE_BYTES,
        pause_seconds=subject.pause_seconds,
    )
    limit = _CONNECT_SECONDS + subject.pause_seconds + _AFTER_SECONDS
    flow = net.flow(subject.url, plan, roots_pem=subject.roots_pem, seconds=limit)
    return Seen(
        flow.status,
        flow.header("server"),
        flow.bytes_before_pause,
        flow.bytes if flow.bytes_before_pause else 0,
        flow.read_seconds,
        flow.is_ended,
        flow.wrong_at,
        flow.fault,
        flow.detail,
    )


CHECK = Check(
    name="stall",
    title="A paused film goes on",
    question="Does a player that pauses for more than a minute keep its stream?",
    hop=Hop.VIEWER,
    help="checks#stall",
    subject_type=Subject,
    seen_type=Seen,
    subject=subject,
    observe=observe,
    judge=judge_stall,
    needs=("identity",),
    through_caddy=True,
    travels=True,
    deep=True,
    seconds=_CONNECT_SECONDS + _PAUSE_SECONDS + _AFTER_SECONDS,
    tickets=1,
    order=75,
)
