"""Free ports for servers that must be told their port before they start."""

from __future__ import annotations

import socket


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port nobody listens on right now. Another process may take it meanwhile: prefer port 0."""
    with socket.create_server((host, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
