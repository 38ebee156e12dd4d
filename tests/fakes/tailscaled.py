"""A stand-in for tailscaled: its LocalAPI on a real unix socket, by the rules of `ipn/localapi`.

Any Host but its own, and any Origin or Referer, is refused with 403. Reading is for everybody, writing for root and
the operator, which a flag simulates. Pings go through a relay until a direct path is found.
"""

from __future__ import annotations

import json
import socketserver
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

HOST = "local-tailscaled.sock"
SIGN_IN = "https://login.tailscale.com/a/0123456789abcdef"
ZERO = "0001-01-01T00:00:00Z"
Document = dict[str, Any]


def machine(number: int, name: str, **changes: Any) -> Document:
    """One machine as `PeerStatus` is written: online, idle, its key good until 2030."""
    return {
        "ID": f"n{number}CNTRL",
        "NodeID": number,
        "PublicKey": f"nodekey:{number:04x}",
        "HostName": name,
        "DNSName": f"{name}.tail0a1b2c.ts.net.",
        "OS": "linux",
        "UserID": 501,
        "TailscaleIPs": [f"100.101.{number // 250 + 1}.{number % 250 + 1}", f"fd7a:115c:a1e0::{number + 1:x}"],
        "AllowedIPs": [f"100.101.{number // 250 + 1}.{number % 250 + 1}/32"],
        "Addrs": None,
        "CurAddr": "",
        "Relay": "fra",
        "PeerRelay": "",
        "RxBytes": 0,
        "TxBytes": 0,
        "Created": "2026-03-02T08:00:00Z",
        "LastWrite": ZERO,
        "LastSeen": ZERO,
        "LastHandshake": ZERO,
        "Online": True,
        "ExitNode": False,
        "ExitNodeOption": False,
        "Active": False,
        "PeerAPIURL": None,
        "TaildropTarget": 0,
        "NoFileSharingReason": "",
        "InNetworkMap": True,
        "InMagicSock": True,
        "InEngine": False,
        "KeyExpiry": "2030-01-02T08:00:00Z",
        **changes,
    }


DIRECT = {"Active": True, "CurAddr": "198.51.100.9:41641"}
RELAYED = {"Active": True}
OFFLINE = {"Online": False, "LastSeen": "2026-11-10T07:00:00Z"}
THREE = (
    machine(11, "livingroom", OS="android", **DIRECT),
    machine(12, "edge-vps", Tags=["tag:edge"], KeyExpiry=None),
    machine(13, "laptop", **OFFLINE),
)
_CAPABILITIES = {"https": None, "funnel": None, "https://tailscale.com/cap/funnel-ports?ports=443,8443,10000": None}


def status(*peers: Document, me: Document | None = None, **changes: Any) -> Document:
    """A whole status document. `me` changes fields of this machine, `changes` those of the document."""
    mine = {"Addrs": ["203.0.113.7:41641"], "CapMap": _CAPABILITIES, "InMagicSock": False, **(me or {})}
    return {
        "Version": "1.102.3-t0123abcd-g4567ef01",
        "TUN": True,
        "BackendState": "Running",
        "HaveNodeKey": True,
        "AuthURL": "",
        "TailscaleIPs": ["100.101.1.10", "fd7a:115c:a1e0::a01:10a"],
        "Self": machine(9, "mediabox", **mine),
        "ExitNodeStatus": None,
        "Health": [],
        "MagicDNSSuffix": "tail0a1b2c.ts.net",
        "CurrentTailnet": {
            "Name": "owner@example.com",
            "MagicDNSSuffix": "tail0a1b2c.ts.net",
            "MagicDNSEnabled": True,
        },
        "CertDomains": ["mediabox.tail0a1b2c.ts.net"],
        "ExtraRecords": None,
        "Peer": {peer["PublicKey"]: peer for peer in peers} or None,
        "User": {"501": {"ID": 501, "LoginName": "owner@example.com", "DisplayName": "Owner"}},
        "ClientVersion": {"RunningLatest": True},
        **changes,
    }


LOGGED_OUT = status(
    BackendState="NeedsLogin", Self=None, CertDomains=None, CurrentTailnet=None, TailscaleIPs=None, Health=None
)


@dataclass
class Tailscaled:
    """The daemon. `direct_after` pings to one address a direct path is found, None for never."""

    path: Path
    document: Document = field(default_factory=lambda: status(*THREE))
    may_write: bool = False
    direct_after: int | None = 3
    control: str = "https://controlplane.tailscale.com"
    raw: bytes | None = None  # answered in place of the status, to see what nonsense does
    line: Document = field(default_factory=lambda: {"UDP": True, "MappingVariesByDestIP": False})
    prefs: Document = field(default_factory=dict)  # what was changed of them
    pair: str = ""  # key and certificate for this machine's own name, PEM
    asked: list[str] = field(default_factory=list)
    pings: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def ping(self, address: str) -> Document:
        """One pong, through a relay until the direct path is found."""
        known = {
            one: peer for peer in (self.document.get("Peer") or {}).values() for one in peer["TailscaleIPs"] or ()
        }
        if address not in known:
            return {"IP": address, "Err": "no matching peer"}
        peer = known[address]
        if not peer["Online"]:
            return {"IP": address, "NodeIP": address, "NodeName": peer["HostName"], "Err": "timeout"}
        self.pings[address] = self.pings.get(address, 0) + 1
        is_direct = self.direct_after is not None and self.pings[address] > self.direct_after
        return {
            "IP": address,
            "NodeIP": address,
            "NodeName": peer["HostName"],
            "Err": "",
            "LatencySeconds": 0.01 if is_direct else 0.08,
            "Endpoint": "198.51.100.9:41641" if is_direct else "",
            "PeerRelay": "",
            "DERPRegionID": 0 if is_direct else 4,
            "DERPRegionCode": "" if is_direct else "fra",
        }


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, daemon: Tailscaled) -> None:
        self.daemon = daemon
        daemon.path.unlink(missing_ok=True)
        super().__init__(str(daemon.path), _Answering)


class _Answering(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Reading is for everybody."""
        daemon = self.server.daemon
        if self._is_refused():
            return
        match urlsplit(self.path).path:
            case "/localapi/v0/status":
                self._send(200, daemon.raw if daemon.raw is not None else _json(daemon.document))
            case "/localapi/v0/prefs":
                self._send(200, _json({"ControlURL": daemon.control, "WantRunning": True, **daemon.prefs}))
            case path if path.startswith("/localapi/v0/cert/") and daemon.may_write:
                is_mine = path.rpartition("/")[2] in (daemon.document.get("CertDomains") or ())
                self._send(200 if is_mine and daemon.pair else 500, daemon.pair.encode())
            case "/localapi/v0/stand-in-netcheck":
                self._send(200, _json(daemon.line))  # the real command measures by itself; ours asks here
            case "/localapi/v0/cert-domains":
                self._send(200, _json(daemon.document.get("CertDomains")))
            case _:
                self._send(404, b"not found")

    def do_POST(self) -> None:
        """A ping is for everybody, signing in for root and the operator."""
        daemon, parts = self.server.daemon, urlsplit(self.path)
        if self._is_refused():
            return
        match parts.path:
            case "/localapi/v0/ping":
                self._send(200, _json(daemon.ping(parse_qs(parts.query)["ip"][0])))
            case "/localapi/v0/login-interactive" if daemon.may_write:
                daemon.document = {**daemon.document, "AuthURL": SIGN_IN}
                self._send(204, b"")
            case "/localapi/v0/login-interactive":
                self._send(403, b"login access denied")
            case _:
                self._send(404, b"not found")

    def do_PATCH(self) -> None:
        """Preferences, for root and the operator. A machine with a tag has no expiry from then on."""
        daemon, length = self.server.daemon, int(self.headers.get("Content-Length", "0"))
        changes = json.loads(self.rfile.read(length) or b"{}")
        if self._is_refused():
            return
        if not daemon.may_write:
            self._send(403, b"prefs write access denied")
            return
        # a masked document: each value counts only with its own "…Set" beside it (ipn.MaskedPrefs)
        daemon.prefs |= {name: value for name, value in changes.items() if changes.get(f"{name}Set")}
        if tags := daemon.prefs.get("AdvertiseTags"):
            daemon.document = {
                **daemon.document,
                "Self": {**daemon.document["Self"], "Tags": tags, "KeyExpiry": None},
            }
        self._send(200, _json(daemon.prefs))

    def _is_refused(self) -> bool:
        self.server.daemon.asked.append(f"{self.command} {self.path}")
        is_foreign = self.headers.get("Host", "") not in {"", HOST}
        if is_foreign or "Origin" in self.headers or "Referer" in self.headers:
            self._send(403, b"invalid localapi request")
            return True
        return False

    def _send(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Tailscale-Version", "1.102.3")
        if code != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on the console."""

    def address_string(self) -> str:
        """A unix peer has no address."""
        return "unix"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
