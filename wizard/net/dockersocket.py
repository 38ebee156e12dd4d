"""The containers that Docker runs, read through its socket. Asks one question with GET and never anything else."""

from __future__ import annotations

import http.client
import json
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wizard.core.refusal import Refusal
from wizard.core.servers import USUAL_PORTS, Candidate, Source
from wizard.net.deadline import Deadline

QUESTION = "/containers/json"
_MOST_BYTES = 4 * 1024 * 1024
_EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 -- as Docker writes it; nothing listens here
_KINDS = ("plex", "jellyfin", "emby")


def parse_socket(text: str) -> str | Refusal:
    """The path of a socket that is there, such as /var/run/docker.sock; the empty text stands for none."""
    typed = text.strip().removeprefix("unix://")
    if not typed:
        return ""
    try:
        is_socket = typed.startswith("/") and stat.S_ISSOCK(Path(typed).stat().st_mode)
    except (OSError, ValueError):
        is_socket = False
    if not is_socket:
        return Refusal(f"There is no socket at {typed[:80]}. It is usually /var/run/docker.sock")
    return typed


def ask_docker(path: str, own: tuple[str, ...], deadline: Deadline) -> Iterator[Candidate]:
    """The media servers among the running containers; none when Docker does not answer or refuses.

    `own` are the addresses under which this machine's published ports are reached.
    """
    told = _ask(path, deadline) if path else None
    for container in told if isinstance(told, list) else ():
        if isinstance(container, dict):
            yield from read_container(container, own)


def read_container(container: dict[str, Any], own: tuple[str, ...]) -> tuple[Candidate, ...]:
    """Where one container listens: its published ports, else the host's when it uses that network, else its own."""
    names = container.get("Names")
    name = str(names[0]).lstrip("/") if isinstance(names, list) and names else ""
    words = f"{container.get('Image', '')} {name}".lower()
    kind = next((kind for kind in _KINDS if kind in words), "")
    if published := tuple(_published(container, own)):
        return tuple(Candidate(where, port, scheme, name, kind, Source.DOCKER) for where, port, scheme in published)
    if not kind:
        return ()
    networks = (container.get("NetworkSettings") or {}).get("Networks") or {}
    inner = [str(network.get("IPAddress") or "") for network in networks.values() if isinstance(network, dict)]
    port = 32400 if kind == "plex" else 8096
    return tuple(
        Candidate(address, port, "http", name, kind, Source.DOCKER)
        for address in (own if "host" in networks else inner)
        if address
    )


def _published(container: dict[str, Any], own: tuple[str, ...]) -> Iterator[tuple[str, int, str]]:
    for port in container.get("Ports") or ():
        inner, outer, bound = port.get("PrivatePort"), port.get("PublicPort"), str(port.get("IP") or "")
        if inner in USUAL_PORTS and isinstance(outer, int) and port.get("Type") == "tcp":
            for address in own if bound in _EVERYWHERE else (bound,):
                yield address, outer, USUAL_PORTS[inner]


class _SocketConnection(http.client.HTTPConnection):
    """HTTP over a unix socket. Docker minds no Host."""

    def __init__(self, path: str, deadline: Deadline) -> None:
        super().__init__("docker", timeout=deadline.left())
        self._path = path

    def connect(self) -> None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(self.timeout)
        self.sock = sock  # before connecting, so that closing finds it
        sock.connect(self._path)


def _ask(path: str, deadline: Deadline) -> Any:
    connection = _SocketConnection(path, deadline)
    try:
        connection.request("GET", QUESTION)
        answer = connection.getresponse()
        body = b""
        while len(body) < _MOST_BYTES and (piece := answer.read1(1 << 16)):
            body += piece
            deadline.left()
        return json.loads(body) if answer.status == http.client.OK else None
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        return None
    finally:
        connection.close()
