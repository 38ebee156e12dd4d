"""HTTP/1.1 as the stand-ins read and write it: raw headers in order, duplicates kept, framing under our control.

Must not know Plex. Every header goes out exactly as given, so that odd answers (two Content-Length) are possible.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

from tests.fakes.listening import Stream

Headers = tuple[tuple[str, str], ...]

_IDLE_SECONDS = 120.0
_BODY_LIMIT_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came over the wire."""

    method: str
    target: str  # as sent, with the query
    version: str
    headers: Headers
    body: bytes
    peer: tuple[str, int]
    is_tls: bool
    server_name: str | None

    @property
    def path(self) -> str:
        """Percent-decoded path without the query."""
        return unquote(self.target.partition("?")[0])

    @property
    def query(self) -> Headers:
        """Query arguments in order; empty values kept."""
        return tuple(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    def values(self, name: str) -> tuple[str, ...]:
        """Every value of a header, whatever its letter case, in order."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())

    def value(self, name: str) -> str | None:
        """The first value of a header; None when it was not sent, "" when it was sent empty."""
        return next(iter(self.values(name)), None)

    def argument(self, name: str) -> str | None:
        """A header, or the query argument of that name: Plex takes its X-Plex-* values from either."""
        header = self.value(name)
        if header is not None:
            return header
        return next((value for key, value in self.query if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send. A generator body goes out chunked unless the headers carry a Content-Length."""

    status: int
    headers: Headers = ()
    body: bytes | Callable[[], AsyncGenerator[bytes, None]] = b""
    ends_connection: bool = False


async def read_request(stream: Stream) -> Request | None:
    """The next request; None at the end of the connection or when what came is not HTTP."""
    try:
        async with asyncio.timeout(_IDLE_SECONDS):
            head = await stream.reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
        return None
    first, *lines = head.decode("latin-1")[:-4].split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        return None
    headers = tuple((name, value.strip(" \t")) for name, _, value in (line.partition(":") for line in lines))
    body = await _read_body(stream.reader, {name.lower(): value.lower() for name, value in headers})
    return Request(words[0], words[1], words[2], headers, body, stream.peer, stream.is_tls, stream.server_name)


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") == "chunked":
        kept = b""
        while size := _chunk_size(await reader.readline()):
            kept = (kept + await reader.readexactly(size))[:_BODY_LIMIT_BYTES]
            await reader.readexactly(2)
        await reader.readline()
        return kept
    length = headers.get("content-length", "0")
    return await reader.readexactly(min(int(length), _BODY_LIMIT_BYTES)) if length.isdigit() else b""


def _chunk_size(line: bytes) -> int:
    try:
        return int(line.split(b";")[0], 16)
    except ValueError:  # a peer's nonsense ends the connection, it is no fault of ours
        raise asyncio.IncompleteReadError(line, None) from None


async def write_answer(stream: Stream, request: Request, answer: Answer) -> bool:
    """Send an answer; true when the connection may carry another request."""
    names = {name.lower() for name, _ in answer.headers}
    keeps = not answer.ends_connection and _wants_more(request) and "connection" not in names
    headers = list(answer.headers)
    is_chunked = not isinstance(answer.body, bytes) and "content-length" not in names
    if is_chunked:
        headers.append(("Transfer-Encoding", "chunked"))
    elif isinstance(answer.body, bytes) and "content-length" not in names and answer.status not in {101, 204, 304}:
        headers.append(("Content-Length", str(len(answer.body))))
    if "connection" not in names:
        headers.append(("Connection", "keep-alive" if keeps else "close"))
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers]
    await stream.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    if request.method != "HEAD":
        await _write_body(stream, answer.body, is_chunked=is_chunked)
    return keeps


async def _write_body(
    stream: Stream, body: bytes | Callable[[], AsyncGenerator[bytes, None]], *, is_chunked: bool
) -> None:
    if isinstance(body, bytes):
        await stream.send(body)
        return
    async with contextlib.aclosing(body()) as pieces:
        async for piece in pieces:
            await stream.send(b"%x\r\n%s\r\n" % (len(piece), piece) if is_chunked else piece)
    if is_chunked:
        await stream.send(b"0\r\n\r\n")


def _wants_more(request: Request) -> bool:
    connection = (request.value("Connection") or "").lower()
    return "close" not in connection and (request.version != "HTTP/1.0" or "keep-alive" in connection)
