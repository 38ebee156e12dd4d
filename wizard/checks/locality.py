"""Do viewers from outside count as Remote, and those at home as Local? Asked of the media server itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from wizard.checks.locality_findings import judge_streams_seen
from wizard.checks.places import PAUSED
from wizard.core.arriving import Arrival
from wizard.core.checks import Check, Hop, Scene, Skip
from wizard.core.hosts import Upstream
from wizard.core.locality import Surroundings
from wizard.core.streams import LiveStream, ServerSettings, ServerWords, Silent
from wizard.media import MEDIA
from wizard.media.live import SECONDS, ask_settings, ask_streams
from wizard.net.door import Net


@dataclass(frozen=True, slots=True)
class Subject:
    """The server at home, the token it is asked with, and what it told before."""

    upstream: Upstream
    domain: str
    forwards: bool
    words: ServerWords = field(default=ServerWords())
    arrivals: tuple[Arrival, ...] = ()
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """Who is watching as the server tells it, and how it is set. Titles of films are not kept."""

    streams: tuple[LiveStream, ...] = ()
    settings: ServerSettings | None = None
    silent: Silent | None = None


def subject(scene: Scene) -> Subject | Skip:
    """The token goes to the media server at home and nowhere else."""
    host = scene.host
    if host.paused:
        return PAUSED
    media = MEDIA[host.upstream.media]
    if media.live is None:
        return Skip(f"How {media.title} sorts viewers is not known")
    if not scene.token:
        return Skip(f"No {media.key_name} is saved, so {media.title} cannot be asked who is watching")
    return Subject(host.upstream, host.domain.name, host.forward_client_ip, scene.words, scene.arrivals, scene.token)


def observe(net: Net, subject: Subject) -> Seen:
    """Read the settings, then the streams by them."""
    media = MEDIA[subject.upstream.media]
    told = ask_settings(net, media, subject.upstream, subject.token)
    settings = None if isinstance(told, Silent) else told
    around = settings.around if settings else Surroundings()
    streams = ask_streams(net, media, subject.upstream, subject.token, around)
    if isinstance(streams, Silent):
        return Seen(settings=settings, silent=streams)
    return Seen(tuple(_untitled(one) for one in streams), settings)


def _untitled(stream: LiveStream) -> LiveStream:
    return LiveStream(
        key=stream.key,
        device=stream.device,
        app=stream.app,
        address=stream.address,
        counted=stream.counted,
        is_secure=stream.is_secure,
        is_relayed=stream.is_relayed,
        is_converted=stream.is_converted,
        state=stream.state,
        kbps=stream.kbps,
    )


CHECK = Check(
    name="locality",
    title="Remote streams show as Remote",
    question="Does the media server count viewers the way they came in?",
    hop=Hop.SERVER,
    help="checks#locality",
    subject_type=Subject,
    seen_type=Seen,
    subject=subject,
    observe=observe,
    judge=judge_streams_seen,
    needs=("upstream",),
    seconds=4 * SECONDS + 2,
    order=55,
)
