"""Datagrams with a deadline: send without complaint, receive until time is up. Must not know any protocol."""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Iterator

from wizard.net.deadline import Deadline

_MOST = 8 * 1024


def send(sock: socket.socket, packet: bytes, where: tuple[str, int]) -> None:
    """Send one datagram; a network that does not take it is the same as one that does not answer."""
    with contextlib.suppress(OSError):
        sock.sendto(packet, where)


def receive(sock: socket.socket, deadline: Deadline) -> Iterator[tuple[bytes, str]]:
    """Every datagram with its sender's address, until the deadline. What ICMP says in between is passed over."""
    while True:
        try:
            left = deadline.left()
        except TimeoutError:
            return
        if not select.select([sock], [], [], left)[0]:
            return
        try:
            packet, sender = sock.recvfrom(_MOST, socket.MSG_DONTWAIT)
        except OSError:  # a port that is closed answers by ICMP
            continue
        yield packet, str(sender[0]).split("%", 1)[0]
