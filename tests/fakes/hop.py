"""An intermediate hop that seeds one fault between a client and a server: `python -m tests.fakes.hop`.

Must not know who stands on either side.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Sequence
from enum import StrEnum
from fnmatch import fnmatch
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.fakes.authority import Leaf, issue_self_signed
from tests.fakes.listening import PEER_FAULTS, Listener, Stream, first_byte, open_stream, remember_server_name
from tests.fakes.plex_pages import router_answer
from tests.fakes.wire import Answer, read_request, write_answer

FORWARDING_HEADERS = ("X-Forwarded-*", "X-Real-IP", "Forwarded", "X-Plex-*")
OTHER_MACHINE = "f" * 40


class Fault(StrEnum):
    """What the hop does to a connection. From TERMINATE on it opens TLS, with the certificate it was given."""

    PASS = "pass"  # bytes go through untouched
    CLOSE = "close"  # accepted and closed at once
    BLACKHOLE = "blackhole"  # accepted and never answered
    CUT_AFTER = "cut-after"  # passed, then cut after some seconds
    TERMINATE = "terminate"  # passed, but with another certificate
    STRIP_UPGRADE = "strip-upgrade"  # without Upgrade and Connection: WebSockets fail
    STRIP_HEADERS = "strip-headers"  # without the headers named
    TUNNEL = "tunnel"  # TLS ends here, plain HTTP goes on, with the headers in `adds`
    NO_RANGE = "no-range"  # without Range: every answer is the whole
    CAP_UPLOAD = "cap-upload"  # answers 413 itself to a body that is larger than the cap
    BUFFER = "buffer"  # holds each answer back until so many bytes came, or its end
    GARBLE = "garble"  # one byte of each larger answer is another
    TRUNCATE = "truncate"  # each larger answer ends early, and the line with it
    REDIRECT = "redirect"  # sends everybody to the very address they asked for
    WRONG_SERVER = "wrong-server"  # answers /identity itself, as another Plex
    ROUTER_PAGE = "router-page"  # answers everything itself, as a home router


Change = Callable[[bytes], bytes]

_ANSWERS_ITSELF = {Fault.WRONG_SERVER, Fault.ROUTER_PAGE, Fault.REDIRECT}
_PASSES_BYTES = {Fault.PASS, Fault.CUT_AFTER}
_DROPS = {
    Fault.STRIP_UPGRADE: ("Upgrade",),
    Fault.NO_RANGE: ("Range", "If-Range"),
    Fault.CAP_UPLOAD: (),
    Fault.TUNNEL: (),
}
_READS_HEAD = {Fault.STRIP_UPGRADE, Fault.STRIP_HEADERS, Fault.NO_RANGE, Fault.CAP_UPLOAD, Fault.TUNNEL}
_TRUNCATED_BYTES = 40_000  # behind every short answer
_GARBLED_BYTE = 20_000  # behind every head, within a piece of a film


class Hop:
    """Listens and leads to `to`; a context manager. Port 0 takes a free one, known as `port` after the start.

    `source` is the local address to connect onward from, so that the next server sees another client. Where the
    client speaks TLS and the fault opens it, the way onward is TLS too, with the client's SNI and no verification;
    plain HTTP stays plain. `fault` may be changed while it runs and counts for new connections.
    """

    def __init__(
        self,
        to: tuple[str, int],
        fault: Fault = Fault.PASS,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        source: str | None = None,
        cut_after_seconds: float = 5.0,
        drops: Sequence[str] = FORWARDING_HEADERS,
        certificate: Leaf | None = None,
        machine_identifier: str = OTHER_MACHINE,
        most_bytes: int = 1 << 20,
        adds: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.to = to
        self.fault = fault
        self.source = source
        self.cut_after_seconds = cut_after_seconds
        self.drops = tuple(drops)
        self.adds = tuple(adds)
        self.machine_identifier = machine_identifier
        self.most_bytes = most_bytes  # the cap of CAP_UPLOAD, and what BUFFER holds back
        self.show(certificate if certificate is not None else issue_self_signed("hop.example"))
        self._listener = Listener(self._talk, host=host, port=port)

    def show(self, certificate: Leaf) -> None:
        """Show this certificate from now on, where the fault opens TLS."""
        self._tls = remember_server_name(certificate.server_context())

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Bind and pass on; raises OSError when the port is taken."""
        self._listener.start()
        return self

    def stop(self) -> None:
        """Close everything."""
        self._listener.stop()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._listener.port

    @property
    def address(self) -> tuple[str, int]:
        """Where to connect."""
        return self._listener.host, self.port

    async def _talk(self, accepted: socket.socket) -> None:
        fault = self.fault
        if fault is Fault.CLOSE:
            return
        if fault is Fault.BLACKHOLE:
            await _swallow(accepted)
            return
        opens_tls = fault not in _PASSES_BYTES and await first_byte(accepted) == b"\x16"
        stream = await open_stream(accepted, self._tls if opens_tls else None)
        try:
            if fault in _ANSWERS_ITSELF:
                await self._answer(stream, fault)
            else:
                await self._lead_on(stream, fault)
        finally:
            stream.abort()

    async def _lead_on(self, stream: Stream, fault: Fault) -> None:
        context = _trusting_context() if stream.is_tls and fault is not Fault.TUNNEL else None
        # without SNI from the client there is none onward: the ssl module wants a name only when it checks it
        reader, writer = await asyncio.open_connection(
            *self.to,
            local_addr=(self.source, 0) if self.source is not None else None,
            ssl=context,
            server_hostname=(stream.server_name or "") if context is not None else None,
            limit=256 * 1024,
        )
        onward = Stream(reader, writer, self.to, context is not None, None)
        try:
            if fault in _READS_HEAD:
                head = await stream.reader.readuntil(b"\r\n\r\n")
                if fault is Fault.CAP_UPLOAD and announced_bytes(head) > self.most_bytes:
                    await stream.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    await stream.close()
                    return
                added = self.adds if fault is Fault.TUNNEL else ()
                await onward.send(strip_headers(head, _DROPS.get(fault, self.drops), added))
            seconds = self.cut_after_seconds if fault is Fault.CUT_AFTER else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await _relay(stream, onward, self._changed(fault))
        finally:
            onward.abort()

    def _changed(self, fault: Fault) -> Change:
        match fault:
            case Fault.BUFFER:
                return _hold(self.most_bytes)
            case Fault.GARBLE:
                return _garble()
            case Fault.TRUNCATE:
                return _truncate()
            case _:
                return lambda data: data

    async def _answer(self, stream: Stream, fault: Fault) -> None:
        while (request := await read_request(stream)) is not None:
            match fault:
                case Fault.ROUTER_PAGE:
                    answer = router_answer()
                case Fault.REDIRECT:
                    place = f"https://{request.values('Host')[0]}{request.target}"
                    answer = Answer(301, (("Location", place),))
                case _:
                    answer = self._identity()
            if not await write_answer(stream, request, answer):
                break
        await stream.close()

    def _identity(self) -> Answer:
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<MediaContainer size="0" claimed="1" '
            f'machineIdentifier="{self.machine_identifier}" version="1.43.2.10687-stand-in"/>\n'
        )
        return Answer(200, (("Content-Type", "text/xml;charset=utf-8"),), body.encode())


def strip_headers(head: bytes, drops: Sequence[str], adds: Sequence[tuple[str, str]] = ()) -> bytes:
    """A request head without the headers whose names match, with those to add and with `Connection: close`.

    One request for each connection: what follows on it is then only a body, never another head to change.
    """
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    patterns = [pattern.lower() for pattern in (*drops, "Connection")]
    kept = [line for line in lines if not any(fnmatch(line.partition(":")[0].lower(), one) for one in patterns)]
    added = [f"{name}: {value}" for name, value in adds]
    return "\r\n".join([first, *kept, *added, "Connection: close", "", ""]).encode("latin-1")


def announced_bytes(head: bytes) -> int:
    """The Content-Length of a request head; 0 when there is none."""
    found = re.search(rb"\r\ncontent-length: *(\d+)\r\n", head, re.IGNORECASE)
    return int(found[1]) if found else 0


def _hold(most_bytes: int) -> Change:
    """Gives nothing until so many bytes came, or the end, which is an empty piece; then passes everything."""
    held = bytearray()

    def change(data: bytes) -> bytes:
        held.extend(data)
        if data and len(held) < most_bytes:
            return b""
        given = bytes(held)
        held.clear()
        return given

    return change


def _garble() -> Change:
    passed = 0

    def change(data: bytes) -> bytes:
        nonlocal passed
        place, passed = _GARBLED_BYTE - passed, passed + len(data)
        if 0 <= place < len(data):
            return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        return data

    return change


def _truncate() -> Change:
    passed = 0

    def change(data: bytes) -> bytes:
        nonlocal passed
        left = max(0, _TRUNCATED_BYTES - passed)
        passed += len(data)
        if len(data) > left:
            raise ConnectionResetError  # as a hop that has had enough: the line is cut behind what it gave
        return data

    return change


async def _relay(near: Stream, far: Stream, change: Change) -> None:
    """Pass bytes both ways, what comes back through `change`, until both directions have ended or one broke."""
    async with asyncio.TaskGroup() as pumps:
        pumps.create_task(_pump(near, far, lambda data: data))
        pumps.create_task(_pump(far, near, change))


async def _pump(origin: Stream, target: Stream, change: Change) -> None:
    try:
        more = True
        while more:
            data = await origin.reader.read(65536)
            more = bool(data)
            if given := change(data):
                await target.send(given)
        if target.writer.can_write_eof():
            target.writer.write_eof()
        else:
            target.writer.close()  # TLS knows no half-closed connection
    except PEER_FAULTS:
        # one side is gone without a good-bye: let the other one feel the same
        origin.abort()
        target.abort()


async def _swallow(accepted: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while await loop.sock_recv(accepted, 65536):
        pass


def _trusting_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


def parse_endpoint(text: str) -> tuple[str, int]:
    """`host:port` or `[host]:port`. Raises ValueError."""
    found = re.fullmatch(r"\[?([^\]]+?)\]?:(\d+)", text)
    if found is None:
        raise ValueError(f"{text} is not host:port")
    return found[1], int(found[2])


def main(arguments: Sequence[str] | None = None) -> int:
    """Lead on until SIGTERM or SIGINT; one JSON line tells when it listens."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.hop", description="A hop that seeds one fault.")
    parser.add_argument("--listen", type=parse_endpoint, default=("127.0.0.1", 0), metavar="HOST:PORT")
    parser.add_argument("--to", type=parse_endpoint, required=True, metavar="HOST:PORT")
    parser.add_argument("--fault", type=Fault, choices=list(Fault), default=Fault.PASS)
    parser.add_argument("--source", help="local address to connect onward from")
    parser.add_argument("--seconds", type=float, default=5.0, help="for cut-after")
    parser.add_argument("--drop", action="append", metavar="NAME", help="for strip-headers; * stands for anything")
    parser.add_argument("--cert", type=Path, help="PEM chain to present where TLS is opened")
    parser.add_argument("--key", type=Path)
    parsed = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    if (parsed.cert is None) != (parsed.key is None):
        parser.error("--cert and --key belong together")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with Hop(
        parsed.to,
        parsed.fault,
        host=parsed.listen[0],
        port=parsed.listen[1],
        source=parsed.source,
        cut_after_seconds=parsed.seconds,
        drops=parsed.drop or FORWARDING_HEADERS,
        certificate=Leaf(parsed.cert.read_text(), parsed.key.read_text()) if parsed.cert else None,
    ) as hop:
        print(json.dumps({"host": hop.address[0], "port": hop.port, "fault": hop.fault}), flush=True)
        ended.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
