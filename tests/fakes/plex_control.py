"""The control endpoint of the stand-in Plex: JSON over HTTP on a port of its own.

GET /seen[?since=N], DELETE /seen, GET /frames, GET and PATCH /settings, GET and PATCH /preferences, POST /notify,
DELETE /sessions and /listeners. Must not share a port with what is under test.
"""

from __future__ import annotations

import json
import socket
from dataclasses import asdict
from typing import Any, Self

from tests.fakes.listening import Listener, open_stream
from tests.fakes.plex_pages import to_json_answer
from tests.fakes.plex_server import Plex
from tests.fakes.wire import Answer, Request, read_request, write_answer


class Control:
    """Lets another process ask and change a running stand-in."""

    def __init__(self, plex: Plex, *, port: int = 0) -> None:
        self._plex = plex
        self._listener = Listener(self._talk, port=port)

    @property
    def url(self) -> str:
        """Base address, without a slash at the end."""
        return f"http://127.0.0.1:{self._listener.port}"

    def start(self) -> Self:
        """Listen."""
        self._listener.start()
        return self

    def stop(self) -> None:
        """Close."""
        self._listener.stop()

    async def _talk(self, accepted: socket.socket) -> None:
        stream = await open_stream(accepted)
        try:
            while (request := await read_request(stream)) is not None:
                if not await write_answer(stream, request, self._answer(request)):
                    break
            await stream.close()
        finally:
            stream.abort()

    def _answer(self, request: Request) -> Answer:
        try:
            body = json.loads(request.body or b"{}")
            return to_json_answer(self._do(request.method, request.path, dict(request.query), body))
        except (KeyError, TypeError, ValueError) as error:
            return to_json_answer({"error": f"{type(error).__name__}: {error}"}, 400)

    def _do(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> object:
        plex = self._plex
        match method, path:
            case "GET", "/seen":
                since = int(query.get("since", "0"))
                return [one.to_json() for one in plex.seen if one.number > since]
            case "GET", "/frames":
                return [one if isinstance(one, str) else one.decode("latin-1") for one in plex.frames]
            case "GET", "/settings" | "/preferences":
                pass
            case _:
                self._change(method, path, body)
        return plex.preferences.as_dict() if path == "/preferences" else asdict(plex.settings)

    def _change(self, method: str, path: str, body: dict[str, Any]) -> None:
        plex = self._plex
        match method, path:
            case "DELETE", "/seen":
                plex.forget()
            case "PATCH", "/settings":
                plex.change(**body)
            case "PATCH", "/preferences":
                for key, value in body.items():
                    plex.prefer(key, value)
            case "POST", "/notify":
                plex.notify(**body)
            case "DELETE", "/listeners":
                plex.hang_up()
            case "DELETE", "/sessions":
                plex.end_sessions()
            case _:
                raise KeyError(f"{method} {path}")
