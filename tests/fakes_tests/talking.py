"""Raw conversation with a server, for what HTTP libraries tidy away."""

from __future__ import annotations

import socket


def ask_raw(port: int, head: bytes, *, timeout_seconds: float = 10) -> bytes:
    """Send a request and read until the server closes; the write side is closed, so it will."""
    with socket.create_connection(("127.0.0.1", port), timeout_seconds) as connection:
        connection.sendall(head)
        connection.shutdown(socket.SHUT_WR)
        reply = b""
        while data := connection.recv(65536):
            reply += data
        return reply
