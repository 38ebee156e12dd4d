"""Which address of a viewer will the media server see, and does everything else arrive as it was sent?"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from wizard.checks.headers_findings import judge_echo
from wizard.checks.headers_sent import sent_headers
from wizard.checks.places import PAUSED, authority, public_port
from wizard.core.checks import Check, Hop, Scene, Skip
from wizard.core.faults import Fault
from wizard.net.door import Net

_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Subject:
    """The one-time address of our echo on the media domain."""

    domain: str
    port: int
    path: str
    mark: str
    forward_client_ip: bool
    media: str
    roots_pem: str = ""

    @property
    def url(self) -> str:
        """Where to ask."""
        return f"https://{authority(self.domain, self.port)}{self.path}"


@dataclass(frozen=True, slots=True)
class Echoed:
    """What our echo says that arrived: the very headers that the media server would get."""

    mark: str = ""
    peer: str = ""
    scheme: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def value(self, name: str) -> str | None:
        """One header as it arrived, several lines joined with a comma; None when there is none."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ",".join(found) if found else None


@dataclass(frozen=True, slots=True)
class Seen:
    """The answer of the echo, and our own address on the connection that asked."""

    status: int = 0
    server: str = ""
    via: str = ""
    echoed: Echoed | None = None
    local_address: str = ""
    peer_address: str = ""
    fault: Fault | None = None
    detail: str = field(default="")


def subject(scene: Scene) -> Subject | Skip:
    """The echo's address and what this host forwards; no token."""
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
    )


def observe(net: Net, subject: Subject) -> Seen:
    """One GET of the echo through the public name."""
    answer = net.get(subject.url, headers=sent_headers(), roots_pem=subject.roots_pem, seconds=_SECONDS)
    return Seen(
        answer.status,
        answer.header("server"),
        answer.header("via"),
        _read(answer.body) if answer.status == 200 else None,
        answer.local_address,
        answer.peer_address,
        answer.fault,
        answer.detail,
    )


def _read(body: str) -> Echoed | None:
    try:
        return msgspec.json.decode(body.encode(), type=Echoed)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


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
    tickets=1,
    order=50,
)
