"""STUN binding requests (RFC 8489) to several servers from one socket: the same port or not tells how a NAT maps.

Knows the packets; must not know what a mapping that varies means.
"""

from __future__ import annotations

import ipaddress
import secrets
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from wizard.net.datagrams import receive, send
from wizard.net.deadline import Deadline

PORT = 3478
COOKIE = 0x2112A442
BINDING_REQUEST = 0x0001
BINDING_SUCCESS = 0x0101
MAPPED_ADDRESS = 0x0001
XOR_MAPPED_ADDRESS = 0x0020
_HEADER = struct.Struct("!HHI12s")
# section 6.2.1 begins at 500 ms; ours is shorter, because a person waits
_RETRY_SECONDS = 0.4
_FAMILIES = {1: 4, 2: 16}


@dataclass(frozen=True, slots=True)
class Mapped:
    """The address and port that one server saw. `server` is what was asked, as it was named."""

    server: str
    address: str
    port: int


def build_request(transaction: bytes) -> bytes:
    """A binding request without attributes; `transaction` has 12 bytes."""
    return _HEADER.pack(BINDING_REQUEST, 0, COOKIE, transaction)


def read_response(packet: bytes) -> tuple[bytes, str, int] | None:
    """The transaction, address and port of a binding success response; None for anything else, whatever it holds."""
    if len(packet) < _HEADER.size:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(packet)
    if kind != BINDING_SUCCESS or cookie != COOKIE or len(packet) < _HEADER.size + length:
        return None
    found = dict(_attributes(packet[_HEADER.size : _HEADER.size + length]))
    value = found.get(XOR_MAPPED_ADDRESS)
    if value is not None:
        return _mapped(transaction, value, struct.pack("!I", COOKIE) + transaction)
    value = found.get(MAPPED_ADDRESS)  # servers of RFC 3489
    return None if value is None else _mapped(transaction, value, bytes(16))


def _attributes(body: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at + 4 <= len(body):
        kind, length = struct.unpack_from("!HH", body, at)
        found.append((kind, body[at + 4 : at + 4 + length]))
        at += 4 + length + (-length) % 4
    return found[::-1]  # the first of a kind counts, so it goes into the mapping last


def _mapped(transaction: bytes, value: bytes, mask: bytes) -> tuple[bytes, str, int] | None:
    """Section 14.2: the port is masked with the cookie's first two bytes, the address with cookie and transaction."""
    size = _FAMILIES.get(value[1] if len(value) > 1 else 0)
    if size is None or len(value) < 4 + size:
        return None
    port = int.from_bytes(value[2:4]) ^ int.from_bytes(mask[:2])
    address = bytes(one ^ two for one, two in zip(value[4 : 4 + size], mask, strict=False))
    return transaction, str(ipaddress.ip_address(address)), port


def ask_all(servers: Sequence[tuple[str, str, int]], deadline: Deadline) -> tuple[Mapped, ...]:
    """Ask (name, IPv4 address, port) servers from one socket; gives those that answered before the deadline."""
    waiting = {secrets.token_bytes(12): server for server in servers}
    found: list[Mapped] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        while waiting:
            try:
                turn = deadline.within(_RETRY_SECONDS)
            except TimeoutError:
                break
            for transaction, (_, address, port) in waiting.items():
                send(sock, build_request(transaction), (address, port))
            for packet, sender in receive(sock, turn):
                answer = read_response(packet)
                if answer and answer[0] in waiting and waiting[answer[0]][1] == sender:
                    found.append(Mapped(waiting.pop(answer[0])[0], answer[1], answer[2]))
                if not waiting:
                    break
    order = [name for name, _, _ in servers]
    return tuple(sorted(found, key=lambda one: order.index(one.server)))
