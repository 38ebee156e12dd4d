"""One HTTP GET over our own socket: a chosen address may be dialled while Host and SNI are the public name."""

from __future__ import annotations

import http.client
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from wizard.core.addresses import parse_address
from wizard.core.faults import Fault
from wizard.core.hosts import Verify
from wizard.net.deadline import Deadline
from wizard.net.faults import NETWORK_ERRORS, fault_of, words_of
from wizard.net.streams import Stream, dial
from wizard.net.tls import secure_as

MAX_BYTES = 64 * 1024
USER_AGENT = "Porthole"
_PIECE = 8 * 1024
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of a URL that a conversation needs. `shown` has no query, because queries carry tokens."""

    scheme: str
    host: str
    port: int
    resource: str
    shown: str

    @staticmethod
    def parse(url: str) -> Target:
        """Raises ValueError for anything that is no http, https, ws or wss URL: a bug of the caller."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("not a URL that can be dialled")
        port = parts.port or _PORTS[parts.scheme]
        path = parts.path or "/"
        resource = f"{path}?{parts.query}" if parts.query else path
        return Target(parts.scheme, parts.hostname, port, resource, f"{parts.scheme}://{parts.netloc}{path}")

    @property
    def is_secure(self) -> bool:
        """True for https and wss."""
        return self.scheme in {"https", "wss"}

    @property
    def host_header(self) -> str:
        """The Host header: brackets around IPv6, no port when it is the scheme's own (RFC 9110, section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back. `status` 0 means that no answer came; then `fault` says why.

    A fault beside a status means that the body broke off. `url` is without its query.
    """

    url: str
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: str = field(default="", repr=False)
    is_truncated: bool = False
    local_address: str = ""
    peer_address: str = ""
    seconds: float = 0.0
    fault: Fault | None = None
    detail: str = ""

    def header(self, name: str) -> str:
        """The values of one response header joined with a comma; empty when it is absent."""
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())


@dataclass(frozen=True, slots=True)
class Terms:
    """How to talk to a server: which certificates count, and how many bytes are enough."""

    verify: Verify = field(default=Verify())
    roots_pem: str = ""
    server_name: str = ""
    max_bytes: int = MAX_BYTES


def open_stream(target: Target, addresses: tuple[str, ...], terms: Terms, deadline: Deadline) -> Stream:
    """A TCP or TLS stream to a target. Raises what dialling or the handshake raises."""
    stream = dial(addresses, target.port, deadline)
    if not target.is_secure:
        return stream
    name = terms.server_name or target.host
    return secure_as(stream, terms.verify, name=name, roots_pem=terms.roots_pem)


def get(
    url: str,
    addresses: tuple[str, ...],
    headers: tuple[tuple[str, str], ...],
    terms: Terms,
    deadline: Deadline,
) -> HttpAnswer:
    """GET a URL from the first address that answers. Redirects are reported, not followed."""
    target = Target.parse(url)
    try:
        stream = open_stream(target, addresses, terms, deadline)
    except NETWORK_ERRORS as error:
        return HttpAnswer(target.shown, seconds=deadline.spent(), fault=fault_of(error), detail=words_of(error))
    try:
        return _ask(target, stream, headers, terms.max_bytes)
    finally:
        stream.close()


def get_bytes(url: str, addresses: tuple[str, ...], max_bytes: int, deadline: Deadline) -> bytes:
    """The body of a plain GET as it came; empty for any fault, for any status but 200, and when it is larger."""
    target = Target.parse(url)
    try:
        stream = open_stream(target, addresses, Terms(), deadline)
    except NETWORK_ERRORS:
        return b""
    try:
        response = send_head(target, stream, ()).getresponse()
        body, is_truncated, broken = _read(response, max_bytes)
    except NETWORK_ERRORS:
        return b""
    finally:
        stream.close()
    return b"" if broken or is_truncated or response.status != 200 else body


def _ask(target: Target, stream: Stream, headers: tuple[tuple[str, str], ...], max_bytes: int) -> HttpAnswer:
    local, peer = stream.local_address, stream.peer_address
    try:
        response = send_head(target, stream, headers).getresponse()
    except NETWORK_ERRORS as error:
        seconds = stream.deadline.spent()
        fault, detail = fault_of(error), words_of(error)
        return HttpAnswer(
            target.shown, local_address=local, peer_address=peer, seconds=seconds, fault=fault, detail=detail
        )
    body, is_truncated, broken = _read(response, max_bytes)
    return HttpAnswer(
        target.shown,
        response.status,
        tuple(response.getheaders()),
        _text(body, response.headers.get_content_charset("utf-8")),
        is_truncated,
        local,
        peer,
        stream.deadline.spent(),
        fault_of(broken) if broken else None,
        words_of(broken) if broken else "",
    )


class _Lent:
    """A stream as `http.client` needs it. It closes its socket while the body is still to be read; this one stays."""

    def __init__(self, stream: Stream) -> None:
        self.sendall = stream.sendall
        self.makefile = stream.makefile

    def close(self) -> None:
        """Leave it open: whoever opened the stream closes it."""


def send_head(
    target: Target, stream: Stream, headers: tuple[tuple[str, str], ...], method: str = "GET"
) -> http.client.HTTPConnection:
    """Send the head of one request; what is given back takes a body or has the answer. Raises what sending raises."""
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.auto_open = 0
    connection.sock = _Lent(stream)
    given = {name.lower() for name, _ in headers}
    connection.putrequest(method, target.resource, skip_host=True, skip_accept_encoding=True)
    for name, value in (("Host", target.host_header), ("User-Agent", USER_AGENT), ("Connection", "close")):
        if name.lower() not in given:
            connection.putheader(name, value)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    return connection


def _read(response: http.client.HTTPResponse, max_bytes: int) -> tuple[bytes, bool, BaseException | None]:
    body = bytearray()
    try:
        while len(body) <= max_bytes and (piece := response.read1(_PIECE)):
            body += piece
    except NETWORK_ERRORS as error:
        return bytes(body[:max_bytes]), len(body) > max_bytes, error
    return bytes(body[:max_bytes]), len(body) > max_bytes, None


def _text(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset, "replace")
    except LookupError:  # a charset that nobody knows
        return body.decode("utf-8", "replace")


def address_host(address: str, port: int) -> str:
    """`address:port` as a Host header, for servers that look askance at names."""
    parsed = parse_address(address)
    return f"[{parsed}]:{port}" if parsed and parsed.version == 6 else f"{address}:{port}"
