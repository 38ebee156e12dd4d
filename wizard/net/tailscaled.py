"""tailscaled's LocalAPI over its unix socket: the only place that speaks it. Must not know what the answers mean.

Not a stable interface, so answers are documents. The Host must be `local-tailscaled.sock`, and an Origin or Referer
header is refused with 403 (ts:ipn/localapi). Any local user may read; signing in needs root or the operator.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import stat
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from wizard.core.tailnet import Silence
from wizard.net.deadline import Deadline
from wizard.net.faults import words_of

SOCKETS = (
    "/var/run/tailscale/tailscaled.sock",
    "/run/tailscale/tailscaled.sock",
    "/var/run/tailscaled.socket",  # macOS
    "/var/packages/Tailscale/var/tailscaled.sock",  # Synology
    "/tmp/tailscale/tailscaled.sock",  # noqa: S108 -- where QNAP's package puts it
    "/tmp/tailscaled.sock",  # noqa: S108 -- where the container image puts it
)
_HOST = "local-tailscaled.sock"
_MOST_BYTES = 8 * 1024 * 1024
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `status` 0: no answer. `silence` says why it is of no use. `document` is None for no JSON."""

    status: int = 0
    document: Any = None
    silence: Silence | None = None
    detail: str = ""

    @property
    def is_good(self) -> bool:
        """True when it did what was asked."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Tailscaled:
    """One daemon, by the path of its socket. Every question has a deadline in seconds."""

    path: str

    def status(self, *, seconds: float = 4.0) -> Answer:
        """The status document with its peers."""
        return self._ask("GET", "status", Deadline(seconds))

    def prefs(self, *, seconds: float = 2.0) -> Answer:
        """The preferences."""
        return self._ask("GET", "prefs", Deadline(seconds))

    def cert_domains(self, *, seconds: float = 2.0) -> Answer:
        """The names for which it can get certificates, an array."""
        return self._ask("GET", "cert-domains", Deadline(seconds))

    def ping(self, address: str, *, seconds: float = 2.0) -> Answer:
        """One disco ping, which shows the path. The first ones often go through a relay."""
        return self._ask("POST", f"ping?{urlencode({'ip': address, 'type': 'disco'})}", Deadline(seconds))

    def sign_in(self, *, seconds: float = 4.0) -> Answer:
        """Begin an interactive sign-in; its link then stands in the status. 403 when we are not the operator."""
        return self._ask("POST", "login-interactive", Deadline(seconds))

    def _ask(self, method: str, path: str, deadline: Deadline) -> Answer:
        connection = _Connection(self.path, deadline)
        try:
            connection.request(method, f"/localapi/v0/{path}", headers={"Host": _HOST})
            response = connection.getresponse()
            body = _read(connection, response, deadline)
        except (FileNotFoundError, NotADirectoryError) as error:
            return Answer(silence=Silence.NOT_FOUND, detail=words_of(error))
        except ConnectionRefusedError as error:
            return Answer(silence=Silence.NOT_RUNNING, detail=words_of(error))
        except PermissionError as error:
            return Answer(silence=Silence.NOT_ALLOWED, detail=words_of(error))
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Answer(silence=Silence.NOT_UNDERSTOOD, detail=words_of(error))
        finally:
            connection.close()
        return _answer(response.status, body)


def find_socket(typed: str = "") -> str:
    """The typed path, else the first of the known places with a socket; empty when there is none."""
    return typed or next((path for path in SOCKETS if is_socket(path)), "")


def is_socket(path: str) -> bool:
    """Whether a socket lies there, and may be seen."""
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)  # noqa: PTH116 -- a Path refuses some names that may be typed
    except (OSError, ValueError):
        return False


class _Connection(http.client.HTTPConnection):
    """HTTP over a unix socket, without the headers of a browser."""

    def __init__(self, path: str, deadline: Deadline) -> None:
        super().__init__(_HOST)
        self._path, self._deadline = path, deadline

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._deadline.left())
        self.sock.connect(self._path)


def _read(connection: _Connection, response: http.client.HTTPResponse, deadline: Deadline) -> bytes:
    pieces, size = [], 0
    while piece := response.read1(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > _MOST_BYTES:
            raise http.client.HTTPException("the answer is larger than 8 MiB")
        left = deadline.left()
        if connection.sock is not None:
            connection.sock.settimeout(left)
    return b"".join(pieces)


def _answer(status: int, body: bytes) -> Answer:
    try:
        document = json.loads(body) if body.strip() else None
    except (ValueError, RecursionError):
        document = None
    if status == http.client.FORBIDDEN:
        words = body[:200].decode("utf-8", "replace").strip()
        return Answer(status, document, Silence.NOT_ALLOWED, words)
    if status not in (http.client.OK, http.client.NO_CONTENT):
        return Answer(status, document, Silence.NOT_UNDERSTOOD, f"It answered with status {status}.")
    return Answer(status, document)
