"""Does a live connection outlive a minute of silence and a new configuration? Takes long, so only when asked for.

Caddy is given the configuration that it runs already once more, because that is what every apply does to live
connections. Nobody else's may be cut by that: it is left out while anybody is connected through Caddy, where a
hand-written site is served too, and where a proxy would not keep its live connections (`stream_close_delay`).
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from wizard.caddy.client import CaddyClient
from wizard.caddy.document import Document, has_foreign_servers
from wizard.checks.hold_findings import judge_hold
from wizard.checks.hold_seen import Reload, Seen
from wizard.checks.places import PAUSED, authority, public_port
from wizard.core.checks import Check, Hop, Scene, Skip
from wizard.core.hosts import Edge
from wizard.core.verdicts import Trouble
from wizard.net.door import Net

_IDLE_SECONDS = 75.0  # longer than the minute at which proxies usually end what says nothing
_RELOAD_AFTER_SECONDS = 2.0
_TALK_SECONDS = 10.0
_ADMIN_SECONDS = 3.0
_LEAST_DELAY_SECONDS = 120
_NANOSECONDS = 1_000_000_000
MESSAGE = "still here"


@dataclass(frozen=True, slots=True)
class Subject:
    """The one-time address of our echo, the Caddy to ask, and how long to say nothing."""

    domain: str
    port: int
    path: str
    mark: str
    edge: Edge
    roots_pem: str = ""
    idle_seconds: float = _IDLE_SECONDS

    @property
    def url(self) -> str:
        """The echo's socket, asked to wait as long."""
        wait = round(self.idle_seconds + _TALK_SECONDS)
        return f"wss://{authority(self.domain, self.port)}{self.path}/ws?hold={wait}"


def subject(scene: Scene) -> Subject | Skip:
    """The echo's address and the edge; no token."""
    host = scene.host
    if host.paused:
        return PAUSED
    if not host.websocket:
        return Skip("WebSocket support is switched off")
    if not scene.echoes:
        return Skip("This app could not make a test address")
    echo = scene.echoes[0]
    return Subject(host.domain.name, public_port(scene), echo.path, echo.mark, scene.edge, scene.roots_pem)


def observe(net: Net, subject: Subject) -> Seen:
    """Open, let Caddy load anew meanwhile, say nothing for long, then say something."""
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(_load_anew, subject)
        upgrade = net.upgrade(
            subject.url,
            roots_pem=subject.roots_pem,
            silent_seconds=subject.idle_seconds,
            send=MESSAGE,
            hold_seconds=_TALK_SECONDS / 2,
            seconds=subject.idle_seconds + _TALK_SECONDS,
        )
    return Seen(
        upgrade.status,
        upgrade.header("server"),
        upgrade.header("via"),
        f"{subject.mark} {MESSAGE}" in upgrade.frames,
        upgrade.close_code,
        upgrade.held_seconds,
        *loading.result(),
        upgrade.fault,
        upgrade.detail,
    )


def _load_anew(subject: Subject) -> tuple[Reload, float]:
    """What became of it, and how many seconds after the beginning."""
    started = time.monotonic()
    time.sleep(min(_RELOAD_AFTER_SECONDS, subject.idle_seconds / 2))
    client = CaddyClient(subject.edge.admin, fallback=None, deadline_seconds=_ADMIN_SECONDS, load_seconds=10.0)
    return _try_to_load(client, subject.edge), time.monotonic() - started


def _try_to_load(client: CaddyClient, edge: Edge) -> Reload:
    running = client.get_config()
    upstreams = client.upstreams()
    if isinstance(running, Trouble) or isinstance(upstreams, Trouble) or not running.etag:
        return Reload.UNKNOWN
    if has_foreign_servers(running.config):
        return Reload.SHARED
    if any(delay < _LEAST_DELAY_SECONDS for delay in _delays(running.config)):
        return Reload.NO_DELAY
    if any(upstream.requests for upstream in upstreams if upstream.address != edge.echo_dial):
        return Reload.BUSY
    trouble = client.post_config(running.config, running.etag, must_revalidate=True)
    return Reload.UNKNOWN if trouble is not None else Reload.DONE


def _delays(found: object) -> list[float]:
    """How many seconds each proxy keeps its live connections when Caddy loads anew."""
    if isinstance(found, list):
        return [delay for one in found for delay in _delays(one)]
    if not isinstance(found, dict):
        return []
    own = [_delay(found)] if found.get("handler") == "reverse_proxy" else []
    return own + [delay for one in found.values() for delay in _delays(one)]


def _delay(proxy: Document) -> float:
    value = proxy.get("stream_close_delay", 0)
    return value / _NANOSECONDS if isinstance(value, int) else 0.0


CHECK = Check(
    name="hold",
    title="Live connections stay open",
    question="Does a live connection outlive a minute of silence and a new configuration?",
    hop=Hop.VIEWER,
    help="checks#hold",
    subject_type=Subject,
    seen_type=Seen,
    subject=subject,
    observe=observe,
    judge=judge_hold,
    needs=("websocket",),
    through_caddy=True,
    deep=True,
    seconds=_IDLE_SECONDS + 2 * _TALK_SECONDS,
    tickets=1,
    order=62,
)
