"""A stand-in for cloudflared: `python -m tests.fakes.cloudflared [STAND-IN OPTIONS] tunnel … run --token-file FILE`.

Takes the real command line, answers `/ready` and `/metrics`, logs in cloudflared's format to standard error, and
ends at once with the documented line when the token is none. A token whose secret is `renewed` is one that Cloudflare
no longer knows: it goes on trying. What it forwards is told by the options before `tunnel`, because there is no
Cloudflare here to send the ingress rules. See facts/network.md, section 3.
"""

from __future__ import annotations

import argparse
import base64
import json
import signal
import sys
import threading
from contextlib import nullcontext
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.fakes.front import Front, cloudflare_rules

CONNECTIONS = 4
REFUSED_SECRET = "renewed"
_PLACES = ("fra01", "ams03")


def make_token(secret: str = "c2VjcmV0", tunnel: str = "6ff42ae2-765d-4adf-8112-31c55c1551ef") -> str:
    """A token in the shape Cloudflare gives out."""
    return base64.b64encode(json.dumps({"a": "a" * 32, "t": tunnel, "s": secret}).encode()).decode()


def write_program(path: Path, *options: str) -> Path:
    """A file to run in place of cloudflared, which runs this module."""
    root = Path(__file__).parents[2]
    words = " ".join(f'"{word}"' for word in (sys.executable, "-m", "tests.fakes.cloudflared", *options))
    path.write_text(f'#!/bin/sh\nexport PYTHONPATH="{root}"\nexec {words} "$@"\n')
    path.chmod(0o755)
    return path


def _say(level: str, text: str) -> None:
    sys.stderr.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {level} {text}\n")
    sys.stderr.flush()


def _read_token(path: str) -> dict[str, str]:
    try:
        found = json.loads(base64.b64decode(Path(path).read_text().strip(), validate=True))
        return {key: str(found[key]) for key in ("a", "t", "s")}
    except (OSError, ValueError, KeyError, TypeError):
        sys.stderr.write("Provided Tunnel token is not valid.\nSee 'cloudflared tunnel run --help'.\n")
        sys.exit(1)


class _Own(BaseHTTPRequestHandler):
    """Its own endpoint."""

    connections = 0

    def do_GET(self) -> None:
        """`/ready` and `/metrics`."""
        if self.path == "/ready":
            status = 200 if self.connections else 503
            document = {"status": status, "readyConnections": self.connections, "connectorId": "c0ffee"}
            self._answer(status, json.dumps(document))
        elif self.path == "/metrics":
            label = 'cloudflared_tunnel_server_locations{{connection_id="{}",edge_location="{}"}} 1'
            rows = (label.format(number, _PLACES[number % 2]) for number in range(self.connections))
            self._answer(200, "# TYPE cloudflared_tunnel_server_locations gauge\n" + "\n".join(rows) + "\n")
        else:
            self._answer(404, "")

    def _answer(self, status: int, text: str) -> None:
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 -- its own name
        """Nothing."""


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--stand-in-origin", default="")
    parser.add_argument("--stand-in-port", type=int, default=0)
    parser.add_argument("tunnel", choices=["tunnel"])
    parser.add_argument("--no-autoupdate", action="store_true")
    parser.add_argument("--metrics", default="127.0.0.1:0")
    parser.add_argument("run", choices=["run"])
    parser.add_argument("--token-file", required=True)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    """Run until a signal ends it."""
    asked = _parse(arguments)
    token = _read_token(asked.token_file)
    host, _, port = asked.metrics.rpartition(":")
    connections = _Own.connections = 0 if token["s"] == REFUSED_SECRET else CONNECTIONS
    server = ThreadingHTTPServer((host, int(port)), _Own)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _say("INF", f"Starting tunnel tunnelID={token['t']}")
    _say("INF", f"Starting metrics server on {host}:{server.server_address[1]}/metrics")
    if token["s"] == REFUSED_SECRET:
        _say("ERR", 'Register tunnel error from server side error="Unauthorized: Invalid tunnel secret" connIndex=0')
        _say("INF", "Retrying connection in up to 2s connIndex=0")
    for number in range(connections):
        _say("INF", f"Registered tunnel connection connIndex={number} location={_PLACES[number % 2]} protocol=quic")
    origin, _, origin_port = asked.stand_in_origin.rpartition(":")
    front = Front((origin, int(origin_port)), cloudflare_rules, port=asked.stand_in_port) if origin else nullcontext()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with front:
        ended.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
