"""Talks to a Caddy as a viewer would, byte for byte, and loads hosts into it."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.caddy_process import CaddyProcess, free_port
from tests.fakes.plex import Plex, SeenRequest
from wizard.caddy.config import build
from wizard.caddy.version import Version
from wizard.core.domain import Domain
from wizard.core.hosts import Edge, Listener, ProxyHost, Upstream
from wizard.core.verdicts import Trouble

DOMAIN = "plex.localhost"
ECHO = "/.well-known/porthole/once"
SECONDS = 10.0


def domain(name: str) -> Domain:
    """A domain that is known to be one."""
    parsed = Domain.parse(name)
    assert isinstance(parsed, Domain)
    return parsed


def proxy_host(port: int = 32400, name: str = DOMAIN, **changes: Any) -> ProxyHost:
    """A proxy host for a media server on this machine."""
    return replace(ProxyHost(name, domain(name), Upstream("plex", "http", "127.0.0.1", port)), **changes)


def tunnel_listener() -> Listener:
    """Where cloudflared would come in: plain HTTP on the loopback, believed about who the viewer is."""
    return Listener("tunnel", "127.0.0.1", free_port(), False, ("127.0.0.1/32",), ("CF-Connecting-IP",))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as a viewer gets it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def value(self, name: str) -> str | None:
        """The first value of a header."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


def connect(
    caddy: CaddyProcess, name: str | None = DOMAIN, port: int = 0, protocol: str = "http/1.1"
) -> socket.socket:
    """A connection to Caddy: TLS with that SNI, or plain when `name` is None."""
    raw = socket.create_connection(("127.0.0.1", port or caddy.https_port), SECONDS)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if name is None:
        return raw
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    return context.wrap_socket(raw, server_hostname=name)


def send(sock: socket.socket, target: str, headers: Sequence[tuple[str, str]], method: str = "GET") -> None:
    """One request, headers exactly as given."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    sock.sendall("\r\n".join(lines).encode("latin-1"))


def receive(sock: socket.socket, method: str = "GET") -> Reply:
    """The next whole answer."""
    response = http.client.HTTPResponse(sock, method=method)
    response.begin()
    return Reply(response.status, tuple(response.getheaders()), b"" if response.status == 101 else response.read())


def wait_for_tls(caddy: CaddyProcess, name: str, port: int = 0) -> None:
    """Wait until Caddy has a certificate for this name; raises the last error after SECONDS."""
    ends_at = time.monotonic() + SECONDS
    while True:
        try:
            connect(caddy, name, port).close()
        except OSError:
            if time.monotonic() > ends_at:
                raise
            time.sleep(0.05)
        else:
            return


@dataclass(slots=True)
class Stage:
    """A viewer, a Caddy, a media server and an echo."""

    caddy: CaddyProcess
    media: Plex
    echo: Plex
    _versions: dict[str, Version] = field(default_factory=dict)

    @property
    def edge(self) -> Edge:
        """Our Caddy, leading to the stand-in echo."""
        return self.caddy.edge(echo_dial=f"127.0.0.1:{self.echo.port}")

    @property
    def version(self) -> Version:
        """What Caddy itself says it is."""
        found = self.caddy.client().version()
        assert not isinstance(found, Trouble)
        return found

    def host(self, name: str = DOMAIN, **changes: Any) -> ProxyHost:
        """A proxy host for the stand-in media server."""
        return proxy_host(self.media.port, name, **changes)

    def serve(self, *hosts: ProxyHost, edge: Edge | None = None) -> None:
        """Load exactly these hosts, and wait for their certificates."""
        built = build(hosts, edge or self.edge, self.version, None)
        trouble = self.caddy.client().load(built.config)
        assert trouble is None, trouble
        for host in hosts:
            if host.listener.tls:
                wait_for_tls(self.caddy, host.domain.name, host.listener.port)
        self.media.forget()
        self.echo.forget()

    def ask(
        self,
        target: str = "/identity",
        headers: Sequence[tuple[str, str]] = (),
        *,
        host: ProxyHost | None = None,
        method: str = "GET",
    ) -> Reply:
        """One request of a viewer, with the public name as Host, on a connection of its own."""
        host = host or self.host()
        name = host.domain.name
        with connect(self.caddy, name if host.listener.tls else None, host.listener.port) as sock:
            send(sock, target, [("Host", name), ("Connection", "close"), *headers], method)
            return receive(sock, method)

    def arrived(self, where: Plex | None = None) -> SeenRequest:
        """The last request that arrived at the media server (or the echo)."""
        return (where or self.media).seen[-1]
