"""NAT-PMP (RFC 6886) and PCP (RFC 6887): asking a router over UDP which address it has on its internet side.

NAT-PMP has a question for that. PCP has none: only a mapping names the address, so one is made with the owner's leave
and taken away again. Knows the packets; must not know what an address means.
"""

from __future__ import annotations

import ipaddress
import secrets
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wizard.net.datagrams import receive, send
from wizard.net.deadline import Deadline

PORT = 5351
# RFC 6886, section 3.1: 250 ms, doubled each time
_FIRST_RETRY_SECONDS = 0.25
_MAP, _UDP = 1, 17
_LIFETIME_SECONDS = 120
_PCP_BYTES = 60


@dataclass(frozen=True, slots=True)
class Told:
    """What one router answered. `wan` is empty when it gave no address; `result` 0 is success."""

    gateway: str
    wan: str = ""
    result: int = 0


def ask_nat_pmp(gateways: Sequence[str], deadline: Deadline, *, port: int = PORT) -> tuple[Told, ...]:
    """The public address request (section 3.2) to every gateway; gives those that answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        return _ask(sock, dict.fromkeys(gateways, b"\0\0"), port, read_nat_pmp, deadline)


def read_nat_pmp(gateway: str, packet: bytes) -> Told | None:
    """The response of section 3.2: version 0, opcode 128, result, seconds, address. None for anything else.

    A PCP-only router answers with version 2 and its own error (RFC 6887, appendix A): that is no answer here.
    """
    if len(packet) < 8 or packet[0] != 0 or packet[1] != 128:
        return None
    result = int.from_bytes(packet[2:4])
    if result or len(packet) < 12:
        return Told(gateway, result=result or 1)
    return Told(gateway, _address(packet[8:12]))


def ask_pcp(gateways: Sequence[str], deadline: Deadline, *, port: int = PORT) -> tuple[Told, ...]:
    """Make a mapping for a UDP port that nothing uses, on every gateway, read the address, and delete it again.

    To be called only when the owner allowed it. The mapping would end by itself after two minutes.
    """
    found: list[Told] = []
    for gateway in gateways:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            try:
                sock.connect((gateway, port))  # so that the request names the address that the router will see
            except OSError:
                continue
            nonce = secrets.token_bytes(12)
            own, own_port = sock.getsockname()
            asked = build_pcp_map(own, own_port, nonce, _LIFETIME_SECONDS)
            told = _ask_connected(sock, gateway, asked, nonce, deadline)
            if told and not told.result:
                _take_back(sock, gateway, build_pcp_map(own, own_port, nonce, 0), nonce)
            found += [told] if told else []
    return tuple(found)


def build_pcp_map(own: str, own_port: int, nonce: bytes, lifetime_seconds: int) -> bytes:
    """A MAP request for UDP (sections 7.1 and 11.1); a lifetime of 0 deletes."""
    head = struct.pack("!BBHI16s", 2, _MAP, 0, lifetime_seconds, _mapped(own))
    # a deletion must suggest nothing (section 15)
    return head + struct.pack("!12sB3xHH16s", nonce, _UDP, own_port, 0, _mapped("0.0.0.0"))  # noqa: S104 -- "any", in the packet


def read_pcp_map(gateway: str, packet: bytes, nonce: bytes) -> Told | None:
    """The answer to a MAP request (sections 7.2 and 11.1). None for anything else."""
    if len(packet) < 24 or packet[0] != 2 or packet[1] != 0x80 | _MAP:
        return None
    result = packet[3]
    if result or len(packet) < _PCP_BYTES:
        return Told(gateway, result=result or 3)
    if packet[24:36] != nonce:
        return None
    return Told(gateway, _address(packet[44:60]))


def _take_back(sock: socket.socket, gateway: str, asked: bytes, nonce: bytes) -> None:
    _ask_connected(sock, gateway, asked, nonce, Deadline(2 * _FIRST_RETRY_SECONDS))


def _ask_connected(sock: socket.socket, gateway: str, asked: bytes, nonce: bytes, deadline: Deadline) -> Told | None:
    host, port = sock.getpeername()
    told = _ask(sock, {host: asked}, port, lambda _, packet: read_pcp_map(gateway, packet, nonce), deadline)
    return told[0] if told else None


def _ask(
    sock: socket.socket,
    questions: dict[str, bytes],
    port: int,
    read: Callable[[str, bytes], Told | None],
    deadline: Deadline,
) -> tuple[Told, ...]:
    found: dict[str, Told] = {}
    pause = _FIRST_RETRY_SECONDS
    while len(found) < len(questions):
        try:
            turn = deadline.within(pause)
        except TimeoutError:
            break
        pause *= 2
        for gateway, packet in questions.items():
            if gateway not in found:
                send(sock, packet, (gateway, port))
        for packet, sender in receive(sock, turn):
            told = read(sender, packet) if sender in questions else None
            if told is not None:
                found[sender] = told
            if len(found) == len(questions):
                break
    return tuple(found[gateway] for gateway in questions if gateway in found)


def _mapped(address: str) -> bytes:
    """An IPv4 address in the 16 bytes that PCP has for all (section 5)."""
    return bytes(10) + b"\xff\xff" + ipaddress.IPv4Address(address).packed


def _address(packed: bytes) -> str:
    address = ipaddress.ip_address(packed)
    return str(getattr(address, "ipv4_mapped", None) or address)
