"""A tunnel as Cloudflare sees it: lines that cloudflared dialled from home, and lanes back down them.

A connector says who it is in one line of JSON; it is told the rules that were made for the tunnel in Cloudflare's
pages, or why it is turned away. What follows are frames. Must not know HTTP beyond the name that is asked for.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from tests.fakes.listening import Stream, open_stream
from tests.fakes.tunnel_lines import Lane, Line

SECRET = "c2VjcmV0"
PLACES = ("fra01", "ams03")
UNAUTHORIZED = "Unauthorized: Invalid tunnel secret"
_HELLO_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Rule:
    """A public hostname of the tunnel, "" for all others, and the service it leads to, such as
    `http://127.0.0.1:7681` or `http_status:404`."""

    hostname: str
    service: str


NOTHING_ELSE = Rule("", "http_status:404")


class Tunnel:
    """One tunnel, known by its secret. `registered` counts every line there ever was."""

    def __init__(self, rules: Sequence[Rule] = (), secret: str = SECRET) -> None:
        self.rules, self.secret = (*rules, NOTHING_ELSE), secret
        self.registered = 0
        self._lines: list[Line] = []

    def open(self) -> Lane | None:
        """A lane back home; None while no line is up."""
        if not self._lines:
            return None
        self._lines.append(self._lines.pop(0))  # each line in turn
        return self._lines[-1].open()

    async def welcome(self, accepted: socket.socket) -> None:
        """Serve one connection of a connector to its end. Raises one of PEER_FAULTS."""
        stream = await open_stream(accepted)
        try:
            async with asyncio.timeout(_HELLO_SECONDS):
                secret, number = _read_hello(await stream.reader.readline())
                is_known = secret == self.secret
                await stream.send(self._answer(is_known=is_known, number=number))
            if is_known:
                await self._carry(stream)
        finally:
            await stream.close()

    def _answer(self, *, is_known: bool, number: int) -> bytes:
        rules = [{"hostname": rule.hostname, "service": rule.service} for rule in self.rules]
        good = {"location": PLACES[number % len(PLACES)], "ingress": rules}
        return json.dumps(good if is_known else {"error": UNAUTHORIZED}).encode() + b"\n"

    async def _carry(self, stream: Stream) -> None:
        line = Line(stream)
        self._lines.append(line)
        self.registered += 1
        try:
            await line.run()
        finally:
            self._lines.remove(line)


def _read_hello(line: bytes) -> tuple[str, int]:
    """The secret, and which of its connections this is. Raises ConnectionResetError for what is no such thing."""
    try:
        hello = json.loads(line)
        return str(hello["secret"]), int(hello["connection"])
    except (ValueError, TypeError, LookupError):
        raise ConnectionResetError("that is no connector") from None
