"""Stands where our own web server's echo is: tells back what arrived, as a WSGI server would see it.

Must not know Caddy, nor what a check makes of the answer.
"""

from __future__ import annotations

import json
import threading
from http import HTTPStatus
from types import TracebackType
from typing import Self

from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

MARK = "mark-that-nobody-else-knows"
PATH = "/.well-known/porthole/once"


class Echo:
    """Listens on a free loopback port; a context manager. `mark` may be changed while it runs."""

    def __init__(self) -> None:
        self.mark = MARK
        self._server: Server = serve(self._talk, "127.0.0.1", 0, process_request=self._answer)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join(10)

    @property
    def dial(self) -> str:
        """`host:port` for `Edge.echo_dial`."""
        host, port = self._server.socket.getsockname()[:2]
        return f"{host}:{port}"

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.path == f"{PATH}/ws":
            if "websocket" in request.headers.get("Upgrade", "").lower():
                return None
            return connection.respond(HTTPStatus.NOT_FOUND, "not here\n")
        if request.path != PATH:
            return connection.respond(HTTPStatus.NOT_FOUND, "not here\n")
        joined: dict[str, str] = {}
        for name, value in request.headers.raw_items():
            key = name.title()
            joined[key] = f"{joined[key]},{value}" if key in joined else value
        body = json.dumps(
            {
                "mark": self.mark,
                "peer": str(connection.remote_address[0]),
                "scheme": joined.get("X-Forwarded-Proto", ""),
                "headers": list(joined.items()),
            }
        ).encode()
        headers = Headers({"Content-Type": "application/json", "Content-Length": str(len(body))})
        return Response(200, "OK", headers, body)

    def _talk(self, connection: ServerConnection) -> None:
        for frame in connection:
            connection.send(f"{self.mark} {frame!s}")
