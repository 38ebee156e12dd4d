"""Do live connections pass, with a real WebSocket handshake through the public name?"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from wizard.checks.places import PAUSED, authority, public_port
from wizard.checks.websocket_findings import judge_upgrade
from wizard.core.checks import Check, Hop, Scene, Skip
from wizard.core.faults import Fault
from wizard.media import MEDIA
from wizard.net.door import Net
from wizard.net.upgrades import Upgrade

_SECONDS = 12.0
_HOLD_SECONDS = 3.0
_DEVICE = "porthole-check"
MESSAGE = "hello from the checker"


@dataclass(frozen=True, slots=True)
class Subject:
    """Where to shake hands: the media server's own socket when there is a token, else our echo."""

    domain: str
    port: int
    path: str
    media: str
    is_on: bool
    mark: str = ""  # of our echo; empty when the media server's own socket is used
    token: str = field(default="", repr=False)
    roots_pem: str = ""

    @property
    def uses_echo(self) -> bool:
        """True when our echo answers in place of the media server."""
        return bool(self.mark)

    @property
    def url(self) -> str:
        """The address with the token in it. Must not be shown or stored."""
        address = f"wss://{authority(self.domain, self.port)}{self.path}"
        if not self.token:
            return address
        media = MEDIA[self.media]
        device = f"&deviceId={_DEVICE}" if media.key in {"jellyfin", "emby"} else ""
        return f"{address}?{media.token_query}={quote(self.token, safe='')}{device}"


@dataclass(frozen=True, slots=True)
class Seen:
    """How the handshake went. Holds nothing of the request, and of the answer only what cannot repeat a token."""

    status: int = 0
    server: str = ""
    via: str = ""
    frames: int = 0
    is_answered: bool = False  # our own message came back with the mark
    is_ponged: bool = False
    close_code: int | None = None
    held_seconds: float = 0.0
    seconds: float = 0.0
    fault: Fault | None = None
    detail: str = ""


def subject(scene: Scene) -> Subject | Skip:
    """With a token the media server's own socket, else the echo. The token goes nowhere else."""
    host = scene.host
    if host.paused:
        return PAUSED
    media = MEDIA[host.upstream.media]
    place = (host.domain.name, public_port(scene))
    if scene.token and media.websocket_path and media.token_query and host.websocket:
        path = host.upstream.base_path + media.websocket_path
        return Subject(*place, path, media.key, is_on=True, token=scene.token, roots_pem=scene.roots_pem)
    if not scene.echoes:
        return Skip("This app could not make a test address")
    echo = scene.echoes[0]
    return Subject(
        *place, f"{echo.path}/ws", media.key, is_on=host.websocket, mark=echo.mark, roots_pem=scene.roots_pem
    )


def observe(net: Net, subject: Subject) -> Seen:
    """One handshake; then a message to the echo, or silence with a ping on the media server's socket."""
    upgrade = net.upgrade(
        subject.url,
        roots_pem=subject.roots_pem,
        send=MESSAGE if subject.uses_echo else None,
        enough=1,
        hold_seconds=_HOLD_SECONDS,
        seconds=_SECONDS,
    )
    return _without_secrets(subject, upgrade)


def _without_secrets(subject: Subject, upgrade: Upgrade) -> Seen:
    answer = f"{subject.mark} {MESSAGE}"
    return Seen(
        upgrade.status,
        upgrade.header("server"),
        upgrade.header("via"),
        len(upgrade.frames),
        subject.uses_echo and answer in upgrade.frames,
        upgrade.is_ponged,
        upgrade.close_code,
        upgrade.held_seconds,
        upgrade.seconds,
        upgrade.fault,
        upgrade.detail if not subject.token or subject.token not in upgrade.detail else "",
    )


CHECK = Check(
    name="websocket",
    title="Live connection passes",
    question="Do live connections (WebSockets) pass through the public name?",
    hop=Hop.VIEWER,
    help="checks#websocket",
    subject_type=Subject,
    seen_type=Seen,
    subject=subject,
    observe=observe,
    judge=judge_upgrade,
    needs=("identity",),
    through_caddy=True,
    travels=True,
    tickets=1,
    order=60,
)
