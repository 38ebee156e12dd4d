"""Faults of the media server and of what is saved about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.caddy_process import free_port
from tests.checks.faults.shape import Fault, Seed, World
from tests.fakes.plex import Behaviour, Plex, PlexSettings, Secure
from wizard.core.hosts import Upstream, Verify, VerifyKind
from wizard.core.verdicts import Level


def _behaving(behaviour: Behaviour) -> Seed:
    @contextmanager
    def seed(world: World) -> Iterator[None]:
        world.plex.change(behaviour=behaviour)
        try:
            yield
        finally:
            world.plex.change(behaviour=Behaviour.NORMAL)

    return seed


def _changed(**changes: object) -> Seed:
    @contextmanager
    def seed(world: World) -> Iterator[None]:
        before = {name: getattr(world.plex.settings, name) for name in changes}
        world.plex.change(**changes)
        try:
            yield
        finally:
            world.plex.change(**before)

    return seed


def _preferring(key: str, value: str) -> Seed:
    """One of Plex's own settings, looked at with a token."""

    @contextmanager
    def seed(world: World) -> Iterator[None]:
        world.save(world.host, token=world.plex.token)
        world.plex.prefer(key, value)
        try:
            yield
        finally:
            world.plex.prefer(key, "")

    return seed


def _upstream(**changes: object) -> Seed:
    @contextmanager
    def seed(world: World) -> Iterator[None]:
        upstream = replace(world.host.upstream, **changes)  # type: ignore[arg-type]  # fields of Upstream, by name
        with world.saved(replace(world.host, upstream=upstream)):
            yield

    return seed


@contextmanager
def _nobody_there(world: World) -> Iterator[None]:
    upstream = replace(world.host.upstream, port=free_port())
    with world.saved(replace(world.host, upstream=upstream)):
        yield


@contextmanager
def _requires_secure_connections(world: World) -> Iterator[None]:
    with Plex(secure=Secure.REQUIRED) as plex:
        upstream = Upstream("plex", "http", "127.0.0.1", plex.port)
        with world.saved(replace(world.host, upstream=upstream)):
            yield


@contextmanager
def _pinned_another(world: World) -> Iterator[None]:
    with Plex() as plex, Plex() as other:
        verify = Verify(VerifyKind.PINNED, plex.server_name, other.certificate.certificate_pem)
        upstream = Upstream("plex", "https", "127.0.0.1", plex.port, verify)
        with world.saved(replace(world.host, upstream=upstream)):
            yield


@contextmanager
def _wrong_token(world: World) -> Iterator[None]:
    world.save(world.host, token="not-the-token")
    try:
        yield
    finally:
        world.save(world.host)


@contextmanager
def _refuses_upgrades(world: World) -> Iterator[None]:
    with Plex(PlexSettings(refuses_upgrades=True, notify_seconds=0)) as plex:
        upstream = Upstream("plex", "http", "127.0.0.1", plex.port)
        with world.saved(replace(world.host, upstream=upstream), token=plex.token):
            yield


@contextmanager
def _headers_off(world: World) -> Iterator[None]:
    with world.saved(replace(world.host, forward_client_ip=False)):
        yield


@contextmanager
def _sockets_off(world: World) -> Iterator[None]:
    with world.saved(replace(world.host, websocket=False)):
        yield


@contextmanager
def _limit_above_the_line(world: World) -> Iterator[None]:
    with world.saved(replace(world.host, stream_limit_mbps=1e9)):
        yield


WARNING = Level.WARNING
WAY = ("upstream", "dns", "reach", "tls", "identity")

AT_HOME = (
    Fault("media server down", _nobody_there, "upstream", "upstream-refused", "127.0.0.1"),
    Fault("closes at once", _behaving(Behaviour.CLOSE), "upstream", "upstream-closed", "127.0.0.1"),
    Fault("another thing", _behaving(Behaviour.OTHER_THING), "upstream", "upstream-not-a-media-server", "127.0.0.1"),
    Fault("errors", _behaving(Behaviour.ERROR_500), "upstream", "upstream-not-a-media-server", "127.0.0.1"),
    Fault("stalled media server", _behaving(Behaviour.SILENT), "upstream", "upstream-timed-out", "127.0.0.1"),
    Fault("secure connections required", _requires_secure_connections, "upstream", "upstream-closed", "https"),
    Fault("https asked of http", _upstream(scheme="https"), "upstream", "upstream-certificate", "127.0.0.1"),
    Fault("another certificate pinned", _pinned_another, "upstream", "upstream-certificate", "127.0.0.1"),
    Fault("another kind of server", _upstream(media="jellyfin"), "upstream", "upstream-wrong-kind", "Jellyfin"),
    Fault("first set-up open", _changed(is_claimed=False), "upstream", "upstream-unclaimed", "Plex"),
    Fault(
        "Caddy needs no sign-in",
        _preferring("allowedNetworks", "127.0.0.1"),
        "exposure",
        "exposure-allowed-networks",
        "127.0.0.1",
        WARNING,
    ),
    Fault(
        "Caddy counts as home",
        _preferring("LanNetworksBandwidth", "127.0.0.1"),
        "exposure",
        "exposure-lan-networks",
        "127.0.0.1",
        WARNING,
    ),
    Fault(
        "token refused", _wrong_token, "websocket", "websocket-token-refused", "Plex", WARNING, rows=WAY, only=True
    ),
    Fault("upgrades refused by Plex", _refuses_upgrades, "websocket", "websocket-token-refused", "403", WARNING),
    Fault("client addresses off", _headers_off, "headers", "headers-off", "Plex", WARNING),
    Fault("WebSockets off", _sockets_off, "websocket", "websocket-off", "WebSocket", WARNING),
    Fault("limit above the line", _limit_above_the_line, "streaming", "streaming-slow", "limit", WARNING),
)
