"""Which address of a viewer will the media server see, and does everything else arrive as it was sent?"""

from __future__ import annotations

from dataclasses import dataclass, field

from wizard.checks.headers_address import public_ipv6
from wizard.checks.headers_findings import judge_echo
from wizard.checks.headers_seen import Echoed, Endpoint, Seen, Way, read_echoed, read_endpoint
from wizard.checks.headers_sent import sent_headers
from wizard.checks.places import PAUSED, authority, public_port
from wizard.core.checks import Check, Hop, Scene, Skip
from wizard.media import MEDIA
from wizard.methods import METHODS
from wizard.net.door import Net

__all__ = ["CHECK", "Echoed", "Seen", "Subject"]

_SECONDS = 10.0
_ASKING_SECONDS = 5.0
_ENDPOINT = "/System/Endpoint"  # of Jellyfin and Emby: whether whoever asks is in the server's own network


@dataclass(frozen=True, slots=True)
class Subject:
    """The one-time address of our echo on the media domain, and the way that leads there.

    `token` goes to Jellyfin and Emby only, which say with it how they take whoever asks.
    """

    domain: str
    port: int
    path: str
    mark: str
    forward_client_ip: bool
    media: str
    roots_pem: str = ""
    method: str = "direct"
    base_path: str = ""
    token: str = field(default="", repr=False)
    is_elsewhere: bool = False

    @property
    def way(self) -> Way:
        """The hops as they are planned."""
        way_in = METHODS[self.method]
        return Way(way_in.path, self.media, self.forward_client_ip, bool(way_in.listener.trusted))

    @property
    def endpoint_url(self) -> str:
        """Where the media server says how it takes whoever asks; empty where it cannot be asked."""
        if not self.token or self.media not in {"jellyfin", "emby"}:
            return ""
        return f"https://{authority(self.domain, self.port)}{self.base_path}{_ENDPOINT}"

    @property
    def url(self) -> str:
        """Where to ask."""
        return f"https://{authority(self.domain, self.port)}{self.path}"


def subject(scene: Scene) -> Subject | Skip:
    """The echo's address and what this host forwards; a Plex token stays where it is."""
    host = scene.host
    if host.paused:
        return PAUSED
    if not scene.echoes:
        return Skip("This app could not make a test address")
    echo = scene.echoes[0]
    return Subject(
        host.domain.name,
        public_port(scene),
        echo.path,
        echo.mark,
        host.forward_client_ip,
        host.upstream.media,
        scene.roots_pem,
        host.method,
        host.upstream.base_path,
        scene.token if host.upstream.media in {"jellyfin", "emby"} else "",
        scene.is_elsewhere,
    )


def observe(net: Net, subject: Subject) -> Seen:
    """One GET of the echo through the public name, and what the server itself can tell."""
    answer = net.get(subject.url, headers=sent_headers(), roots_pem=subject.roots_pem, seconds=_SECONDS)
    return Seen(
        answer.status,
        answer.header("server"),
        answer.header("via"),
        read_echoed(answer.body) if answer.status == 200 else None,
        answer.local_address,
        answer.peer_address,
        answer.fault,
        answer.detail,
        subject.way,
        public_ipv6(net.addresses(subject.domain, seconds=_ASKING_SECONDS).values) if answer.status else (),
        _endpoint(net, subject) if answer.status == 200 else None,
    )


def _endpoint(net: Net, subject: Subject) -> Endpoint | None:
    media = MEDIA[subject.media]
    if not subject.endpoint_url or media.token_header is None:
        return None
    headers = (("Accept", "application/json"), media.token_header(subject.token))
    answer = net.get(subject.endpoint_url, headers=headers, roots_pem=subject.roots_pem, seconds=_ASKING_SECONDS)
    return read_endpoint(answer)


CHECK = Check(
    name="headers",
    title="Viewers' real addresses arrive",
    question="Which address of a viewer will the media server see?",
    hop=Hop.CADDY,
    help="checks#headers",
    subject_type=Subject,
    seen_type=Seen,
    subject=subject,
    observe=observe,
    judge=judge_echo,
    needs=("identity",),
    through_caddy=True,
    seconds=_SECONDS + 2 * _ASKING_SECONDS,
    travels=True,
    tickets=1,
    order=50,
)
