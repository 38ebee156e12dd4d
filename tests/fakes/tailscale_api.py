"""A stand-in for Tailscale's control API: tokens of OAuth clients, and the list of machines as it is documented.

A real HTTP server. It takes the access token, or a token that it made for the OAuth client; without the right scope
it refuses with 403. It can be told to answer anything else, late, or with a redirect.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.fakes.http_pages import HttpPages, send_text

Json = dict[str, Any]
BASE = "/api/v2"
_PREFIX = "tskey"  # apart from the rest, so that no scanner takes what is made up for a real key
TOKEN = f"{_PREFIX}-api-kAbCdEfCNTRL-Xx1yY2zZ3aA4bB5"
CLIENT_ID = "kGhIjKlCNTRL"
CLIENT_SECRET = f"{_PREFIX}-client-{CLIENT_ID}-Qq6wW7eE8rR9tT0"
SCOPE = "devices:core:read"
ZERO = "0001-01-01T00:00:00Z"


_CONNECTIVITY: Json = {
    "endpoints": ["198.51.100.9:41641", "192.168.1.20:41641"],
    "mappingVariesByDestIP": False,
    "latency": {"Frankfurt": {"preferred": True, "latencyMs": 11.6}, "New York City": {"latencyMs": 91.323811}},
    "clientSupports": {"hairPinning": None, "ipv6": False, "pcp": False, "pmp": False, "udp": True, "upnp": False},
}


def device(number: int, name: str, **changes: Any) -> Json:
    """One machine with every field of `fields=all`: online, approved, its key good until 2030."""
    return {
        "addresses": [f"100.101.{number // 250 + 1}.{number % 250 + 1}", f"fd7a:115c:a1e0::{number + 1:x}"],
        "id": f"{number}0053",
        "nodeId": f"n{number}CNTRL",
        "user": "owner@example.com",
        "name": f"{name}.tail0a1b2c.ts.net",
        "hostname": name,
        "clientVersion": "1.102.3-t0123abcd-g4567ef01",
        "updateAvailable": False,
        "os": "linux",
        "created": "2026-03-02T08:00:00Z",
        "connectedToControl": True,
        "keyExpiryDisabled": False,
        "expires": "2030-01-02T08:00:00Z",
        "authorized": True,
        "isExternal": False,
        "machineKey": f"mkey:{number:04x}",
        "nodeKey": f"nodekey:{number:04x}",
        "blocksIncomingConnections": False,
        "enabledRoutes": [],
        "advertisedRoutes": [],
        "clientConnectivity": _CONNECTIVITY,
        "tags": [],
        "tailnetLockError": "",
        "tailnetLockKey": f"nlpub:{number:04x}",
        "sshEnabled": False,
        "isEphemeral": False,
        "distro": {"name": "debian", "version": "12", "codeName": "bookworm"},
        **changes,
    }


OFFLINE = {"connectedToControl": False, "lastSeen": "2026-11-10T07:00:00Z"}
STRICT: Json = {"clientConnectivity": {**_CONNECTIVITY, "mappingVariesByDestIP": True}}
THREE = (
    device(9, "mediabox"),
    device(12, "edge-vps", tags=["tag:edge"], keyExpiryDisabled=True, expires="2026-09-01T17:10:27Z"),
    device(13, "laptop", **OFFLINE),
)


def external() -> Json:
    """A machine that somebody else shared: many fields are empty."""
    return device(
        50, "hello", isExternal=True, clientVersion="", created="", machineKey="", expires=ZERO, tags=None, user=""
    )


@dataclass(frozen=True)
class Said:
    """An answer in place of the real one."""

    status: int = 200
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


def refusal(status: int, message: str, headers: tuple[tuple[str, str], ...] = ()) -> Said:
    """An error in Tailscale's form."""
    return Said(status, json.dumps({"message": message}), headers)


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    authorization: str
    body: str


class ControlApi:
    """The API; a context manager. `instead` is answered in place of the list, `instead_of_token` of a token."""

    def __init__(self, *devices: Json) -> None:
        self.document: Any = {"devices": list(devices or THREE)}
        self.scopes: frozenset[str] = frozenset({SCOPE})
        self.instead: Said | None = None
        self.instead_of_token: Said | None = None
        self.is_slow = False
        self.asked: list[Asked] = []
        self._tokens: set[str] = {TOKEN}
        self._released = threading.Event()
        self._pages = HttpPages(self._answer)

    def __enter__(self) -> Self:
        self._pages.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        self._pages.__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        """Its base, as the setting names it."""
        return self._pages.url + BASE

    def _answer(self, asked: BaseHTTPRequestHandler) -> None:
        length = int(asked.headers.get("Content-Length") or 0)
        body = asked.rfile.read(length).decode()
        self.asked.append(Asked(asked.command, asked.path, asked.headers.get("Authorization", ""), body))
        if self.is_slow:
            self._released.wait(30)
        said = self._said(asked, body)
        if said.headers:
            asked.send_response(said.status)
            for name, value in (*said.headers, ("Content-Length", str(len(said.body)))):
                asked.send_header(name, value)
            asked.end_headers()
            asked.wfile.write(said.body.encode())
        else:
            send_text(asked, said.status, said.body, "application/json")

    def _said(self, asked: BaseHTTPRequestHandler, body: str) -> Said:
        parts = urlsplit(asked.path)
        match (asked.command, parts.path.removeprefix(BASE)):
            case ("POST", "/oauth/token"):
                return self.instead_of_token or self._make_token(asked, body)
            case ("GET", "/tailnet/-/devices"):
                return self.instead or self._list(asked.headers.get("Authorization", ""), parse_qs(parts.query))
        return refusal(404, "not found")

    def _make_token(self, asked: BaseHTTPRequestHandler, body: str) -> Said:
        form = {name: values[0] for name, values in parse_qs(body).items()}
        is_form = asked.headers.get_content_type() == "application/x-www-form-urlencoded"
        if not is_form or form.get("grant_type", "client_credentials") != "client_credentials":
            return refusal(400, "unsupported grant type")
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return refusal(401, "API token invalid")
        token = f"tskey-api-hour{len(self._tokens)}CNTRL-made"
        self._tokens.add(token)
        document = {"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": " ".join(self.scopes)}
        return Said(200, json.dumps(document))

    def _list(self, authorization: str, query: dict[str, list[str]]) -> Said:
        if authorization.removeprefix("Bearer ") not in self._tokens:
            return refusal(401, "API token invalid")
        if SCOPE not in self.scopes:
            return refusal(403, "calling actor does not have enough permissions to perform this function")
        document = self.document
        if query.get("fields") != ["all"] and isinstance(document, dict):
            extra = {"advertisedRoutes", "enabledRoutes", "clientConnectivity", "sshEnabled", "distro"}
            listed = [{key: one[key] for key in one.keys() - extra} for one in document.get("devices") or ()]
            document = {"devices": listed}
        return Said(200, json.dumps(document))
