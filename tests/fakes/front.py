"""Somebody who answers in public and hands each request to an origin at home, with headers by documented rules.

`cloudflare_rules` follow facts/network.md section 3, `funnel_rules` section 2.4. The origin is an address, or a
`Tunnel`: then the request goes down a line that cloudflared dialled from home. Bodies and WebSockets pass as they
come, nothing is held back. One request for each connection.

As a process in the lab it speaks TLS: `python -m tests.fakes.front --listen ADDRESS --cert FILE --key FILE --public
NAME=SERVICE`, on ports 443, 80 and 7844. Not played: the cache, HTTP/2, Access. Must not know who the origin is.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import re
import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.fakes.listening import PEER_FAULTS, Listener, Stream, open_stream
from tests.fakes.serving import serve_until_ended
from tests.fakes.tunnel_front import SECRET, Rule, Tunnel
from tests.fakes.tunnel_lines import End, Wire, dial, pump

Headers = list[tuple[str, str]]
Rules = Callable[[Headers, str], Headers]

CLOUDFLARE_MOST_BYTES = 100 * 1000 * 1000
CLOUDFLARE_READ_SECONDS = 100.0
TUNNEL_PORT = 7844
_CONNECT_SECONDS, _LINGER_SECONDS = 19.0, 1.0
_HOP_BY_HOP = {"keep-alive", "te", "trailer", "proxy-connection"}
_PHRASES = {413: "Payload Too Large", 502: "Bad Gateway", 524: "A timeout occurred", 530: "Origin unreachable"}
_rays = itertools.count(0x8A1B2C3D4E5F6071)


def cloudflare_rules(headers: Headers, viewer: str, scheme: str = "https") -> Headers:
    """CF-Connecting-IP is one address and ours alone; X-Forwarded-For is appended to; the scheme is overwritten."""
    claimed = [value for name, value in headers if name.lower() == "x-forwarded-for"]
    dropped = ("cf-", "cdn-loop", "x-forwarded-for", "x-forwarded-proto", "accept-encoding")
    kept = [(name, value) for name, value in headers if not name.lower().startswith(dropped) and "." not in name]
    return [
        *kept,
        ("Accept-Encoding", "gzip, br"),
        ("CF-Connecting-IP", viewer),
        ("X-Forwarded-For", ", ".join([*claimed, viewer])),
        ("X-Forwarded-Proto", scheme),
        ("CF-Visitor", f'{{"scheme":"{scheme}"}}'),
        ("CF-Ray", f"{next(_rays):x}-FRA"),
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
    """Listens on `port` (0: a free one) and hands on to `origin`; a context manager.

    The viewer is whoever connects. A body above `most_bytes` is answered with 413, an origin that is away with 502, a
    tunnel without a line with 530 (Cloudflare's own), and an origin silent for `read_seconds` with 524. With `tls`
    the port speaks it, and `plain_port` answers beside it without. A Tunnel is joined on `tunnel_port`.
    """

    def __init__(
        self,
        origin: tuple[str, int] | Tunnel,
        rules: Rules,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        plain_port: int | None = None,
        tunnel_port: int = 0,
        most_bytes: int = CLOUDFLARE_MOST_BYTES,
        read_seconds: float = CLOUDFLARE_READ_SECONDS,
    ) -> None:
        self.origin, self.rules = origin, rules
        self.most_bytes, self.read_seconds = most_bytes, read_seconds
        self.tunnel_port = tunnel_port
        self.plain_port, self._tls = plain_port, tls
        self._listener = Listener(self._talk, host=host, port=port)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._listener.port

    def __enter__(self) -> Self:
        if isinstance(self.origin, Tunnel):
            self.tunnel_port = self._listener.add_door(self.tunnel_port, self.origin.welcome)
        if self.plain_port is not None:
            self.plain_port = self._listener.add_door(self.plain_port, self._talk_plainly)
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.stop()

    async def _talk(self, accepted: socket.socket) -> None:
        await self._serve(await open_stream(accepted, self._tls), self.rules)

    async def _talk_plainly(self, accepted: socket.socket) -> None:
        rules = partial(cloudflare_rules, scheme="http") if self.rules is cloudflare_rules else self.rules
        await self._serve(await open_stream(accepted), rules)

    async def _serve(self, stream: Stream, rules: Rules) -> None:
        viewer = Wire(stream)
        try:
            first, headers = _parse(await viewer.read_head())
            if _announced(headers) > self.most_bytes:
                await self._refuse(stream, 413)
                await _let_finish(viewer)
                return
            onward = await self._reach()
            if isinstance(onward, int):
                await self._refuse(stream, onward)
                return
            try:
                await onward.send(_head(first, rules(headers, stream.peer[0])))
                await self._carry(stream, viewer, onward)
            finally:
                onward.abort()
        finally:
            await stream.close()

    async def _reach(self) -> End | int:
        """An end of the way to the origin, or the status that stands for its absence."""
        if isinstance(self.origin, Tunnel):
            return self.origin.open() or 530
        try:
            return await dial(*self.origin, _CONNECT_SECONDS)
        except (OSError, TimeoutError):
            return 502

    async def _carry(self, stream: Stream, viewer: Wire, onward: End) -> None:
        too_much = asyncio.Event()
        upward = asyncio.create_task(self._carry_body(viewer, onward, too_much))
        try:
            first, headers = await self._answer_of(viewer, onward)
        except TimeoutError:
            await self._refuse(stream, 524)
        except PEER_FAULTS:
            await self._refuse(stream, 413 if too_much.is_set() else 502)
        else:
            await viewer.send(_head(first, self._shown(headers)))
            await pump(onward, viewer)
        finally:
            upward.cancel()

    async def _answer_of(self, viewer: Wire, onward: End) -> tuple[str, Headers]:
        """The head of the origin's answer; what it says meanwhile, such as 100, is passed on."""
        while True:
            async with asyncio.timeout(self.read_seconds):
                first, headers = _parse(await onward.read_head())
            if not re.match(r"HTTP/1\.1 10[02] ", first):
                return first, headers
            await viewer.send(_head(first, headers))

    async def _carry_body(self, viewer: Wire, onward: End, too_much: asyncio.Event) -> None:
        """Pass on what the viewer sends. A body whose length was not announced is counted."""
        passed = 0
        try:
            while data := await viewer.read():
                passed += len(data)
                if passed > self.most_bytes:
                    too_much.set()
                    onward.abort()
                    return
                await onward.send(data)
            await onward.finish()
        except PEER_FAULTS:
            onward.abort()

    async def _refuse(self, stream: Stream, status: int) -> None:
        body = (
            f"error code: {'1033' if status == 530 else status}".encode()
        )  # 1033: Cloudflare's word for "no tunnel"
        headers = self._shown([("Content-Length", str(len(body)))])
        await stream.send(_head(f"HTTP/1.1 {status} {_PHRASES[status]}", headers) + body)

    def _shown(self, headers: Headers) -> Headers:
        if self.rules is not cloudflare_rules:
            return headers
        kept = [(name, value) for name, value in headers if name.lower() != "server"]
        return [*kept, ("Server", "cloudflare"), ("CF-RAY", f"{next(_rays):x}-FRA"), ("CF-Cache-Status", "DYNAMIC")]


def _parse(head: bytes) -> tuple[str, Headers]:
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    return first, [(name, value.strip(" \t")) for name, _, value in (line.partition(":") for line in lines)]


def _head(first: str, headers: Headers) -> bytes:
    """A head to pass on: one request for each connection, unless it becomes a WebSocket."""
    is_upgrade = any(name.lower() == "upgrade" for name, _ in headers)
    kept = [(name, value) for name, value in headers if name.lower() not in {*_HOP_BY_HOP, "connection"}]
    lines = [f"{name}: {value}" for name, value in [*kept, ("Connection", "Upgrade" if is_upgrade else "close")]]
    return "\r\n".join([first, *lines, "", ""]).encode("latin-1")


def _announced(headers: Headers) -> int:
    found = next((value for name, value in headers if name.lower() == "content-length"), "0")
    return int(found) if found.isdigit() else 0


async def _let_finish(viewer: Wire) -> None:
    """Throw away what is still on its way: closing at once would take back the answer."""
    with suppress(*PEER_FAULTS):
        async with asyncio.timeout(_LINGER_SECONDS):
            while await viewer.read():
                pass


def main(arguments: list[str]) -> None:
    """Answer for the public names of one tunnel until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.front", description="A Cloudflare in the lab.")
    parser.add_argument("--listen", required=True, metavar="ADDRESS")
    parser.add_argument("--cert", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--public", action="append", required=True, metavar="NAME=SERVICE")
    parser.add_argument("--secret", default=SECRET)
    asked = parser.parse_args(arguments)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.set_alpn_protocols(["http/1.1"])
    tls.load_cert_chain(asked.cert, asked.key)
    rules = [Rule(*text.split("=", 1)) for text in asked.public]
    tunnel = Tunnel(rules, asked.secret)
    ports = {"port": 443, "plain_port": 80, "tunnel_port": TUNNEL_PORT}
    with Front(tunnel, cloudflare_rules, host=asked.listen, tls=tls, **ports):
        serve_until_ended({"host": asked.listen, **ports})


if __name__ == "__main__":
    main(sys.argv[1:])
