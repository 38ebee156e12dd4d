"""Somebody who answers in public and hands each request to an origin at home, with headers by documented rules.

`cloudflare_rules` follow facts/network.md section 3, `funnel_rules` section 2.4. Speaks plain HTTP on both sides:
what TLS there is in the world ends before it. Must not know who the origin is.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Headers = list[tuple[str, str]]
Rules = Callable[[Headers, str], Headers]

CLOUDFLARE_MOST_BYTES = 100 * 1000 * 1000
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "proxy-connection"}


def cloudflare_rules(headers: Headers, viewer: str) -> Headers:
    """CF-Connecting-IP is one address and ours alone; X-Forwarded-For is appended to; the scheme is overwritten."""
    claimed = [value for name, value in headers if name.lower() == "x-forwarded-for"]
    dropped = ("cf-", "cdn-loop", "x-forwarded-for", "x-forwarded-proto", "accept-encoding")
    kept = [(name, value) for name, value in headers if not name.lower().startswith(dropped)]
    return [
        *kept,
        ("Accept-Encoding", "gzip, br"),
        ("CF-Connecting-IP", viewer),
        ("X-Forwarded-For", ", ".join([*claimed, viewer])),
        ("X-Forwarded-Proto", "https"),
        ("CF-Visitor", '{"scheme":"https"}'),
        ("CF-Ray", "8a1b2c3d4e5f6071-FRA"),
        ("CF-IPCountry", "XX"),
        ("CDN-Loop", "cloudflare; loops=1"),
    ]


def funnel_rules(headers: Headers, viewer: str) -> Headers:
    """tailscaled overwrites X-Forwarded-For with one address, and removes headers that only it may set."""
    host = next((value for name, value in headers if name.lower() == "host"), "")
    dropped = ("tailscale-", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host")
    kept = [(name, value) for name, value in headers if not name.lower().startswith(dropped)]
    return [
        *kept,
        ("X-Forwarded-For", viewer),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", host),
        ("Tailscale-Funnel-Request", "?1"),
    ]


class Front:
    """Listens on `port` (0: a free one) and forwards to `origin`; a context manager.

    The viewer is whoever connects. A body above `most_bytes` is answered with 413, an origin that is away with 502.
    """

    def __init__(
        self, origin: tuple[str, int], rules: Rules, *, port: int = 0, most_bytes: int = CLOUDFLARE_MOST_BYTES
    ) -> None:
        self.origin = origin
        self.rules = rules
        self.most_bytes = most_bytes
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(front: Front) -> type[BaseHTTPRequestHandler]:
    class Forwarding(BaseHTTPRequestHandler):
        """One request, forwarded."""

        protocol_version = "HTTP/1.1"

        def _forward(self) -> None:
            self.close_connection = True
            length = int(self.headers.get("Content-Length") or 0)
            if length > front.most_bytes:
                self._answer(413, [], b"")
                return
            headers = [(name, value) for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP]
            headers = front.rules(headers, str(self.client_address[0]))
            self._answer(*_ask(front.origin, self.command, self.path, headers, self.rfile.read(length)))

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = do_OPTIONS = _forward  # noqa: N815 -- its own names

        def _answer(self, status: int, headers: Headers, body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in {*_HOP_BY_HOP, "content-length"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 -- its own name
            """Nothing: a test looks at what arrives."""

    return Forwarding


def _ask(
    origin: tuple[str, int], method: str, path: str, headers: Headers, body: bytes
) -> tuple[int, Headers, bytes]:
    connection = http.client.HTTPConnection(*origin, timeout=10)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders(body or None)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    except (OSError, http.client.HTTPException):
        return 502, [], b""
    finally:
        connection.close()
