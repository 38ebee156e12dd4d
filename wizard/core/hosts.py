"""What Caddy is built from: Verify, Upstream, Edge, Listener, ProxyHost. Frozen values, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from wizard.core.domain import Domain

HTTPS_PORT = 443
HERE = "here"  # the edge that the settings describe


class VerifyKind(StrEnum):
    """How the certificate of an https upstream is verified."""

    SYSTEM = "system"  # public authorities, for the upstream's own name
    SERVER_NAME = "server-name"  # public authorities, for another name (Plex: <label>.<hash>.plex.direct)
    PINNED = "pinned"  # exactly this certificate
    OFF = "off"  # not at all: the last choice, and a warning


@dataclass(frozen=True, slots=True)
class Verify:
    """Verification of an https upstream. `server_name` for SERVER_NAME and PINNED, `certificate_pem` for PINNED."""

    kind: VerifyKind = VerifyKind.SYSTEM
    server_name: str = ""
    certificate_pem: str = ""


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the media server listens. `address` is an IPv4, an IPv6 without brackets, or a DNS name."""

    media: str
    scheme: str
    address: str
    port: int
    verify: Verify = Verify()
    base_path: str = ""  # "" or "/jellyfin": only asked when identifying the server; Caddy keeps paths as they are

    @property
    def dial(self) -> str:
        """`host:port` with brackets around IPv6."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    @property
    def url(self) -> str:
        """`http://192.168.1.20:32400`, with the base path when there is one."""
        return f"{self.scheme}://{self.dial}{self.base_path}"


@dataclass(frozen=True, slots=True)
class Edge:
    """One Caddy that we drive.

    `admin` is `unix//path` or an http URL, `address` where its listeners are dialled from here.
    `http_port`/`https_port` are where it listens,
    `public_https_port` is what a viewer dials. `echo_dial` is our own web server as that Caddy
    reaches it. `consent` says that the owner lets us change options of a whole server object of a
    Caddy that also serves hand-written sites. `acme_ca` is the directory of the certificate authority
    that Caddy asks, "" for Caddy's own default; `acme_root` the path, as that Caddy sees it, of a PEM
    file with which the directory's own TLS is verified, "" for public authorities. `public_addresses` are those
    that lead to it from the internet, as far as they are known.
    """

    name: str
    admin: str
    http_port: int = 80
    https_port: int = HTTPS_PORT
    public_https_port: int = HTTPS_PORT
    echo_dial: str = "127.0.0.1:7678"
    log_folder: str = ""
    consent: bool = False
    address: str = "127.0.0.1"
    acme_ca: str = ""
    acme_root: str = ""
    public_addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listener:
    """How traffic of one way in enters Caddy, and whom Caddy believes there.

    `port` 0 means the edge's own https port. `tls` False means that TLS ended earlier: plain HTTP,
    no certificate, no redirect. `trusted` are the exact hops (CIDR) whose `client_ip_headers` count.
    """

    name: str = "main"
    bind: str = ""
    port: int = 0
    tls: bool = True
    trusted: tuple[str, ...] = ()
    client_ip_headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProxyHost:
    """One public domain that Caddy serves for one media server. Mbit/s for both limits, None for "not given"."""

    key: str
    domain: Domain
    upstream: Upstream
    method: str = "direct"
    edge: str = HERE
    plex_mode: bool = True
    forward_client_ip: bool = True
    websocket: bool = True
    paused: bool = False
    upload_mbps: float | None = None
    stream_limit_mbps: float | None = None
    listener: Listener = field(default=Listener())

    def public_port(self, edge: Edge) -> int:
        """The port viewers dial: the edge's own, or 443 where somebody else answers for us and ends TLS."""
        return edge.public_https_port if self.listener.tls else HTTPS_PORT

    def public_url(self, edge: Edge) -> str:
        """The address people open: no port when it is 443."""
        number = self.public_port(edge)
        port = "" if number == HTTPS_PORT else f":{number}"
        return f"https://{self.domain}{port}"

    def custom_server_access_url(self, edge: Edge) -> str:
        """What goes into Plex Settings → Network → Custom server access URLs.

        The port is always spelled out: without it Plex assumes 32400.
        """
        return f"https://{self.domain}:{self.public_port(edge)}"
