"""Caddy's admin API over a unix socket or a URL: the only place here that opens a socket.

Speaks plain `http.client`, because nothing of the environment (proxies, .netrc) and no `Origin` or
`Sec-Fetch-*` header may come along: Caddy refuses those with 403, also on unix sockets (measured on
2.11.7). Every failure is a Trouble, never an exception.
"""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from wizard.caddy.authority import uses_own_authority
from wizard.caddy.document import Document
from wizard.caddy.refusals import caddy_down, conflict, refused
from wizard.caddy.version import WRITE_IDLE_QUESTION, Version, parse_version, version_in_stacks
from wizard.core.verdicts import Trouble

FALLBACK = "http://127.0.0.1:2019"  # Caddy's own default: where trap A moves the endpoint to
_RELOAD_GAP_SECONDS = 0.2
_GONE = (FileNotFoundError, ConnectionRefusedError)
_JSON = {"Content-Type": "application/json"}
_MUST_REVALIDATE = {"Cache-Control": "must-revalidate"}


@dataclass(frozen=True, slots=True)
class Running:
    """The running configuration and its ETag, "" when Caddy gave none. `config` is {} when nothing is loaded."""

    config: Document
    etag: str


@dataclass(frozen=True, slots=True)
class UpstreamLoad:
    """What one upstream is doing: requests in flight, and failures counted by passive checks."""

    address: str
    requests: int
    fails: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the admin API."""

    status: int
    body: bytes
    etag: str = ""

    @property
    def error(self) -> str:
        """Caddy's own words, from `{"error": …}` or as they are."""
        try:
            return str(json.loads(self.body)["error"])
        except (ValueError, KeyError, TypeError):
            return self.body.decode("utf-8", "replace").strip()


@dataclass(frozen=True, slots=True)
class CaddyClient:
    """The admin API of one edge. `address` is `unix//path` or an http URL, as in `Edge.admin`.

    Deadlines in seconds: `deadline_seconds` for questions, `load_seconds` for anything that reloads.
    `fallback` is looked at when a unix socket is gone; None never looks.
    """

    address: str
    fallback: str | None = FALLBACK
    deadline_seconds: float = 5.0
    load_seconds: float = 60.0

    # reading

    def get_config(self) -> Running | Trouble:
        """The whole running configuration."""
        answer = self._call("GET", "/config/")
        if isinstance(answer, Trouble):
            return answer
        if answer.status != http.client.OK:
            return refused(answer.error)
        try:
            config = json.loads(answer.body)
        except ValueError as error:
            return caddy_down(self.address, f"no JSON came from /config/: {error}")
        if config is not None and not isinstance(config, dict):
            return caddy_down(self.address, "/config/ is no object")
        return Running(config or {}, answer.etag)

    def version(self) -> Version | Trouble:
        """Which Caddy answers here. Its stacks name the version; its adapter tells whether it knows `write_idle`."""
        stacks = self._call("GET", "/debug/pprof/goroutine?debug=1")
        if isinstance(stacks, Trouble):
            return stacks
        known = self._call("POST", "/adapt", WRITE_IDLE_QUESTION.encode(), {"Content-Type": "text/caddyfile"})
        if isinstance(known, Trouble):
            return known
        text = version_in_stacks(stacks.body.decode("utf-8", "replace"))
        if known.status == http.client.OK:
            return parse_version(text, write_idle=True)
        if "write_idle" in known.error:
            return parse_version(text, write_idle=False)
        return parse_version(text)  # no adapter in this build: the number has to do

    def upstreams(self) -> tuple[UpstreamLoad, ...] | Trouble:
        """What every upstream is doing right now."""
        answer = self._call("GET", "/reverse_proxy/upstreams")
        if isinstance(answer, Trouble):
            return answer
        if answer.status != http.client.OK:
            return refused(answer.error)
        try:
            rows = json.loads(answer.body) or []
            return tuple(UpstreamLoad(row["address"], row["num_requests"], row["fails"]) for row in rows)
        except (ValueError, KeyError, TypeError) as error:
            return caddy_down(self.address, f"unexpected answer from /reverse_proxy/upstreams: {error}")

    def local_root_pem(self) -> str | Trouble | None:
        """The root certificate of Caddy's own authority, None when no site uses it: asking would make one."""
        running = self.get_config()
        if isinstance(running, Trouble):
            return running
        if not uses_own_authority(running.config):
            return None
        answer = self._call("GET", "/pki/ca/local")
        if isinstance(answer, Trouble):
            return answer
        try:
            return str(json.loads(answer.body)["root_certificate"])
        except (ValueError, KeyError, TypeError):
            return None

    # writing

    def post_config(self, config: Document, etag: str, *, must_revalidate: bool = False) -> Trouble | None:
        """Replace the whole configuration, unless somebody changed it since `etag` was read (apply-conflict).

        `must_revalidate` loads it even when it is the same.
        """
        headers = {"If-Match": etag} if etag else {}
        return self._write("/config/", config, headers | (_MUST_REVALIDATE if must_revalidate else {}))

    def reload(self) -> Trouble | None:
        """Load what runs once more: whatever Caddy waits for, such as its next try at a certificate, begins anew."""
        running = self.get_config()
        if isinstance(running, Trouble):
            return running
        headers = {**_MUST_REVALIDATE, **({"If-Match": running.etag} if running.etag else {})}
        return self._write("/config/", running.config, headers)

    def load(self, config: Document, *, must_revalidate: bool = False) -> Trouble | None:
        """Replace the whole configuration whatever is there. `must_revalidate` loads it even when it is the same."""
        return self._write("/load", config, _MUST_REVALIDATE if must_revalidate else {})

    def _write(self, path: str, config: Document, headers: Mapping[str, str]) -> Trouble | None:
        answer = self._call("POST", path, json.dumps(config).encode(), {**_JSON, **headers}, self.load_seconds)
        if isinstance(answer, Trouble):
            return answer
        if answer.status == http.client.OK:
            return None
        return conflict(answer.error) if answer.status == http.client.PRECONDITION_FAILED else refused(answer.error)

    # the way there

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Answer | Trouble:
        def ask() -> Answer | Exception:
            return _exchange(self.address, method, path, body, headers or {}, seconds or self.deadline_seconds)

        answer = ask()
        if isinstance(answer, _GONE):
            time.sleep(_RELOAD_GAP_SECONDS)  # somebody's reload may be replacing the listener right now
            answer = ask()
        if isinstance(answer, (*_GONE, TimeoutError)) and self._recovers():
            answer = ask()
        return answer if isinstance(answer, Answer) else caddy_down(self.address, _words(answer))

    def _recovers(self) -> bool:
        """Bring an endpoint back that a failed load without `admin` moved away (trap A, measured on both versions).

        2.11.7 removes the socket; 2.11.4 leaves one behind that takes connections and never answers. Only a
        Caddy whose stored configuration claims our socket is ours to talk to there.
        """
        if self.fallback is None or not self.address.startswith("unix/"):
            return False
        found = _exchange(self.fallback, "GET", "/config/", None, {}, self.deadline_seconds)
        if not isinstance(found, Answer) or found.status != http.client.OK:
            return False
        try:
            config = json.loads(found.body)
            listen = str(config["admin"]["listen"])
        except (ValueError, KeyError, TypeError):
            return False
        if listen.partition("|")[0] != self.address.partition("|")[0]:
            return False
        again = _exchange(
            self.fallback, "POST", "/load", found.body, {**_JSON, **_MUST_REVALIDATE}, self.load_seconds
        )
        return isinstance(again, Answer) and again.status == http.client.OK


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket. The Host is Caddy's own name for it: any will do there."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("caddy", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _connection(address: str, seconds: float) -> http.client.HTTPConnection:
    if address.startswith("unix/"):
        return _UnixConnection(address.removeprefix("unix/").partition("|")[0], seconds)
    parts = urlsplit(address if "//" in address else f"http://{address}")
    if parts.scheme == "https":
        return http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=seconds)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)


def _exchange(
    address: str, method: str, path: str, body: bytes | None, headers: Mapping[str, str], seconds: float
) -> Answer | Exception:
    ends_at = time.monotonic() + seconds
    connection: http.client.HTTPConnection | None = None
    try:
        connection = _connection(address, seconds)
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        etag = response.headers.get("Etag", "")
        return Answer(response.status, _read(connection, response, ends_at), etag)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return error
    finally:
        if connection is not None:
            connection.close()


def _read(connection: http.client.HTTPConnection, response: http.client.HTTPResponse, ends_at: float) -> bytes:
    pieces = []
    while piece := response.read1(1 << 16):
        pieces.append(piece)
        left = ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        if connection.sock is not None:
            connection.sock.settimeout(left)
    return b"".join(pieces)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
