"""Faults of Caddy: stopped, changed by hand, or serving something else than was saved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from tests.caddy_process import free_port
from tests.checks.chain import Change, proxies_of
from tests.checks.faults.shape import Fault, Seed, World, wait_for_caddy
from tests.fakes.plex import Plex
from wizard.core.hosts import Upstream
from wizard.core.verdicts import Level
from wizard.net import Net
from wizard.net.exchange import HttpAnswer
from wizard.net.names import Addresses

WARNING = Level.WARNING
OUTSIDE = "203.0.113.9"


def _by_hand(change: Change) -> Seed:
    return lambda world: world.spoilt(change)


def _servers(config: dict[str, Any]) -> list[dict[str, Any]]:
    return list(config["apps"]["http"]["servers"].values())


def _rules(config: dict[str, Any]) -> list[dict[str, Any]]:
    return [proxy["headers"]["request"] for proxy in proxies_of(config)]


def _trust_everybody(config: dict[str, Any]) -> None:
    for server in _servers(config):
        server["trusted_proxies"] = {"source": "static", "ranges": ["0.0.0.0/0"]}
        server.pop("trusted_proxies_strict", None)


def _copy_a_plex_header(config: dict[str, Any]) -> None:
    for rules in _rules(config):
        rules["set"]["X-Plex-Token"] = ["{http.request.header.X-Plex-Token}"]


def _two_addresses(config: dict[str, Any]) -> None:
    for rules in _rules(config):
        rules["set"]["X-Forwarded-For"] = ["198.51.100.7, {http.vars.client_ip}"]


def _forget_the_viewer(config: dict[str, Any]) -> None:
    for rules in _rules(config):
        del rules["set"]["X-Forwarded-For"], rules["set"]["X-Real-Ip"]
        rules["delete"] = ["X-Forwarded-For", "X-Real-Ip", "Forwarded"]


def _let_forwarded_through(config: dict[str, Any]) -> None:
    for rules in _rules(config):
        rules.pop("delete")


def _say_http(config: dict[str, Any]) -> None:
    for rules in _rules(config):
        rules["set"]["X-Forwarded-Proto"] = ["http"]


def _cap_bodies(config: dict[str, Any]) -> None:
    for server in _servers(config):
        server["routes"].insert(0, {"handle": [{"handler": "request_body", "max_size": 1_000_000}]})


def _wait_less(config: dict[str, Any]) -> None:
    for proxy in proxies_of(config):
        proxy["stream_close_delay"] = 1_000_000_000


def _cut_after_a_moment(config: dict[str, Any]) -> None:
    """As Caddy 2.11.7 does after a minute where nobody told it otherwise."""
    for server in _servers(config):
        server["write_idle_timeout"] = 1_000_000_000


def _answer_everything(config: dict[str, Any]) -> None:
    for server in _servers(config):
        server["routes"].insert(0, {"handle": [{"handler": "static_response", "status_code": 200, "body": "hello"}]})


def _redirect_in_circles(config: dict[str, Any]) -> None:
    circle = {"Location": ["https://{http.request.hostport}{http.request.uri}"]}
    for server in _servers(config):
        answer = {"handler": "static_response", "status_code": 301, "headers": circle}
        server["routes"].insert(0, {"handle": [answer]})


@contextmanager
def _another_server(world: World) -> Iterator[None]:
    with Plex() as other:
        world.serve(replace(world.host, upstream=Upstream("plex", "http", "127.0.0.1", other.port)))
        try:
            yield
        finally:
            world.serve()


@contextmanager
def _dead_port(world: World) -> Iterator[None]:
    world.serve(replace(world.host, upstream=replace(world.host.upstream, port=free_port())))
    try:
        yield
    finally:
        world.serve()


@contextmanager
def _another_name(world: World) -> Iterator[None]:
    world.serve(world.lab.host("plx.localhost"))
    try:
        yield
    finally:
        world.serve()


@contextmanager
def _still_paused(world: World) -> Iterator[None]:
    world.serve(replace(world.host, paused=True))
    try:
        yield
    finally:
        world.serve()


@contextmanager
def _sockets_still_off(world: World) -> Iterator[None]:
    world.serve(replace(world.host, websocket=False))
    try:
        yield
    finally:
        world.serve()


@contextmanager
def _stopped(world: World) -> Iterator[None]:
    caddy = world.lab.system.parts["caddy"]
    caddy.stop()
    try:
        yield
    finally:
        caddy.start()
        wait_for_caddy(world)
        world.serve()


@contextmanager
def _strangers_pass_for_home(world: World) -> Iterator[None]:
    """As hand-written configurations do that pretend to be local."""

    def hide_the_name(config: dict[str, Any]) -> None:
        for proxy in proxies_of(config):
            proxy["headers"]["request"]["set"]["Host"] = [f"127.0.0.1:{world.plex.port}"]

    world.plex.prefer("allowedNetworks", "127.0.0.1")
    try:
        with world.spoilt(hide_the_name):
            yield
    finally:
        world.plex.prefer("allowedNetworks", "")


@contextmanager
def _orders_from_outside(world: World) -> Iterator[None]:
    """Caddy takes orders at a port that FarNet finds at the public address."""
    from tests.checks.test_exposure_lab import _caddy_with_tcp_admin  # noqa: PLC0415 -- only this fault needs it

    with _caddy_with_tcp_admin(world.lab.system.settings.data, FarNet.admin_port()):
        yield


_admin_ports: list[int] = []


@dataclass(frozen=True, slots=True)
class FarNet(Net):
    """A door behind which the external domain is at a public address, whose admin port is a real one here."""

    @staticmethod
    def admin_port() -> int:
        """One port for all."""
        if not _admin_ports:
            _admin_ports.append(free_port())
        return _admin_ports[0]

    def addresses(self, name: str, *, seconds: float = 5.0) -> Addresses:
        """The domain is far away."""
        found = Net.addresses(self, name, seconds=seconds)
        return Addresses(name, (OUTSIDE,)) if name.endswith(".localhost") else found

    def get(self, url: str, **options: Any) -> HttpAnswer:
        """What is far away answers here."""
        if f"{OUTSIDE}:2019" in url:
            return Net.get(self, url.replace(f"{OUTSIDE}:2019", f"127.0.0.1:{self.admin_port()}"), **options)
        return Net.get(self, url, **options)


IN_CADDY = (
    Fault("Caddy stopped", _stopped, "reach", "reach-refused", "127.0.0.1"),
    Fault("another server behind the name", _another_server, "identity", "identity-other-server", "Plex"),
    Fault("route for a misspelled name", _another_name, "drift", "drift-differs", "plex.localhost"),
    Fault("Caddy still paused", _still_paused, "identity", "identity-bad-gateway", "503", leads="drift"),
    Fault("Caddy asks a dead port", _dead_port, "identity", "identity-bad-gateway", "502"),
    Fault("drifted configuration", _by_hand(_wait_less), "drift", "drift-differs", "Applying again", WARNING),
    Fault("forged address believed", _by_hand(_trust_everybody), "headers", "headers-forged-accepted", "Plex"),
    Fault("Plex header invented", _by_hand(_copy_a_plex_header), "headers", "headers-plex-changed", "X-Plex-Token"),
    Fault("two addresses sent", _by_hand(_two_addresses), "headers", "headers-several-addresses", "198.51.100.7"),
    Fault("no address sent", _by_hand(_forget_the_viewer), "headers", "headers-missing", "Plex"),
    Fault("Forwarded let through", _by_hand(_let_forwarded_through), "headers", "headers-forged-accepted", "Plex"),
    Fault("http told for https", _by_hand(_say_http), "headers", "headers-scheme-wrong", "http", WARNING),
    Fault(
        "something answers everything",
        _by_hand(_answer_everything),
        "identity",
        "identity-other-thing",
        "200",
        leads="reach",
    ),
    Fault(
        "redirect in circles by Caddy",
        _by_hand(_redirect_in_circles),
        "identity",
        "identity-circle",
        "301",
        leads="reach",
    ),
    Fault(
        "bodies capped",
        _by_hand(_cap_bodies),
        "streaming",
        "streaming-upload-refused",
        "upload",
        WARNING,
    ),
    Fault("one-minute cutter", _by_hand(_cut_after_a_moment), "stall", "stall-cut", "loses its stream"),
    Fault("WebSockets still off", _sockets_still_off, "websocket", "websocket-refused", "403"),
    Fault("strangers let in", _strangers_pass_for_home, "exposure", "exposure-open", "plex.localhost"),
    Fault(
        "admin API open", _orders_from_outside, "exposure", "exposure-admin", f"{OUTSIDE}:2019", only=True, net=FarNet
    ),
)
