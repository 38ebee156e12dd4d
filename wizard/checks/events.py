"""Do messages from the server arrive one by one, or does a hop hold them back?"""

from __future__ import annotations

from dataclasses import dataclass

from wizard.checks.events_findings import judge_events
from wizard.checks.places import PAUSED, authority, public_port
from wizard.core.checks import Check, Hop, Scene, Skip
from wizard.core.faults import Fault
from wizard.net.arrivals import Arrival
from wizard.net.door import Net

_SECONDS = 10.0
EVENTS = 8  # as many as our echo sends


@dataclass(frozen=True, slots=True)
class Subject:
    """The one-time address of our echo on the media domain."""

    domain: str
    port: int
    path: str
    mark: str
    roots_pem: str = ""

    @property
    def url(self) -> str:
        """Where to listen."""
        return f"https://{authority(self.domain, self.port)}{self.path}/events"


@dataclass(frozen=True, slots=True)
class Event:
    """One event of ours: when it was sent and when it came, each in seconds since the first one was sent or came."""

    sent_seconds: float
    came_seconds: float


@dataclass(frozen=True, slots=True)
class Seen:
    """The events with our mark, in the order they came."""

    status: int = 0
    server: str = ""
    via: str = ""
    media_type: str = ""
    events: tuple[Event, ...] = ()
    seconds: float = 0.0
    fault: Fault | None = None
    detail: str = ""


def subject(scene: Scene) -> Subject | Skip:
    """The echo's address; no token."""
    if scene.host.paused:
        return PAUSED
    if not scene.echoes:
        return Skip("This app could not make a test address")
    echo = scene.echoes[0]
    return Subject(scene.host.domain.name, public_port(scene), echo.path, echo.mark, scene.roots_pem)


def observe(net: Net, subject: Subject) -> Seen:
    """Listen until all events came."""
    stream = net.events(subject.url, enough=EVENTS, roots_pem=subject.roots_pem, seconds=_SECONDS)
    return Seen(
        stream.status,
        stream.header("server"),
        stream.header("via"),
        stream.header("content-type").partition(";")[0],
        _events(subject.mark, stream.arrivals),
        stream.seconds,
        stream.fault,
        stream.detail,
    )


def _events(mark: str, arrivals: tuple[Arrival, ...]) -> tuple[Event, ...]:
    """Those of our echo: `mark number milliseconds`."""
    found: list[Event] = []
    for arrival in arrivals:
        match arrival.data.split(" "):
            case [given, number, sent] if given == mark and number.isdigit() and sent.isdigit():
                found.append(Event(int(sent) / 1000, arrival.seconds - arrivals[0].seconds))
    return tuple(found)


CHECK = Check(
    name="events",
    title="Messages arrive at once",
    question="Do messages from the server arrive one by one, as they are sent?",
    hop=Hop.VIEWER,
    help="checks#events",
    subject_type=Subject,
    seen_type=Seen,
    subject=subject,
    observe=observe,
    judge=judge_events,
    needs=("identity",),
    through_caddy=True,
    travels=True,
    seconds=_SECONDS,
    tickets=1,
    order=65,
)
