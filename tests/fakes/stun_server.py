"""A STUN server (RFC 8489) on one or more addresses: it answers with the address and port it saw.

python -m tests.fakes.stun_server --listen 203.0.113.5:3478 --listen 203.0.113.6:3478
"""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import struct
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from tests.fakes.serving import host_and_port, serve_until_ended
from tests.fakes.udp import UdpServer

COOKIE = 0x2112A442
Seen = Callable[[tuple[str, int]], tuple[str, int]]


def answer_binding(packet: bytes, seen: tuple[str, int], *, is_old: bool = False) -> bytes | None:
    """The binding success response; with `is_old` the plain MAPPED-ADDRESS of RFC 3489. None for no request."""
    if len(packet) < 20:
        return None
    kind, length, cookie = struct.unpack_from("!HHI", packet)
    if kind != 0x0001 or cookie != COOKIE or length != len(packet) - 20 or length % 4:
        return None
    transaction = packet[8:20]
    address, port = ipaddress.ip_address(seen[0]), seen[1]
    mask = struct.pack("!I", COOKIE) + transaction
    packed = address.packed
    if not is_old:
        port ^= COOKIE >> 16
        packed = bytes(one ^ two for one, two in zip(packed, mask, strict=False))
    value = struct.pack("!BBH", 0, 1 if address.version == 4 else 2, port) + packed
    kind = 0x0001 if is_old else 0x0020
    software = b"stand-in"
    attributes = struct.pack("!HH", 0x8022, len(software)) + software  # SOFTWARE stands first, as real servers do
    attributes += struct.pack("!HH", kind, len(value)) + value
    return struct.pack("!HHI", 0x0101, len(attributes), COOKIE) + transaction + attributes


class StunServer:
    """Answers on one address; `seen` may say another source than the real one. A context manager."""

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, seen: Seen | None = None, is_old: bool = False
    ) -> None:
        def answer(packet: bytes, sender: tuple[str, int]) -> bytes | None:
            return answer_binding(packet, seen(sender) if seen else sender, is_old=is_old)

        self._udp = UdpServer(answer, host=host, port=port)
        self.name = f"{host}:{self._udp.port}"

    def __enter__(self) -> Self:
        self._udp.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._udp.__exit__(kind, error, trace)


def main(arguments: Sequence[str] | None = None) -> None:
    """The server as a process."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.stun_server", description=__doc__)
    parser.add_argument("--listen", action="append", required=True, help="address:port; give two for two servers")
    typed = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        places = [host_and_port(text, 3478) for text in typed.listen]
        servers = [stack.enter_context(StunServer(host=host, port=port)) for host, port in places]
        serve_until_ended({"servers": [server.name for server in servers]})


if __name__ == "__main__":
    main()
