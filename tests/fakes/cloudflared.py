"""A stand-in for cloudflared: `python -m tests.fakes.cloudflared --stand-in-edge HOST:PORT tunnel … run …`.

Takes the real command line, dials out four times to a `Tunnel` of tests/fakes/tunnel_front.py, hands on what comes
down by the rules it is given there, answers `/ready` and `/metrics`, and logs in cloudflared's format to standard
error. It ends at once with the documented line when the token is none, and goes on trying when it is turned away or
reaches nobody. See facts/network.md, section 3.

Its lines are TCP, not QUIC; how long it waits and what it says are QUIC's. It waits less between tries than the real
one, and ends at once when told to.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import re
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.hop import parse_endpoint
from tests.fakes.listening import PEER_FAULTS, Stream
from tests.fakes.tunnel_front import SECRET, Rule
from tests.fakes.tunnel_lines import IDLE_SECONDS, Lane, Line, dial, join

CONNECTIONS = 4
_ORIGIN_SECONDS, _LONGEST_PAUSE_SECONDS = 30.0, 4.0
_NO_ACTIVITY = "timeout: no recent network activity"


def make_token(secret: str = SECRET, tunnel: str = "6ff42ae2-765d-4adf-8112-31c55c1551ef") -> str:
    """A token in the shape Cloudflare gives out."""
    return base64.b64encode(json.dumps({"a": "a" * 32, "t": tunnel, "s": secret}).encode()).decode()


def write_program(path: Path, edge: str = "") -> Path:
    """A file to run in place of cloudflared, which runs this module and dials `edge`, `host:port`."""
    root = Path(__file__).parents[2]
    options = ("--stand-in-edge", edge) if edge else ()
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


class Connector:
    """The four connections. `places` has the location of each that is up."""

    def __init__(self, edge: tuple[str, int], token: dict[str, str]) -> None:
        self.places: dict[int, str] = {}
        self._edge, self._token = edge, token
        self._rules: tuple[Rule, ...] = ()

    async def run(self) -> None:
        """Keep all of them up."""
        async with asyncio.TaskGroup() as connections:
            for number in range(CONNECTIONS):
                connections.create_task(self._keep(number))

    async def _keep(self, number: int) -> None:
        pause = 1.0
        while True:
            if await self._connect(number):
                pause = 1.0
            _say("INF", f"Retrying connection in up to {pause:.0f}s connIndex={number}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _connect(self, number: int) -> bool:
        """One connection from its beginning to its end; False when there was none."""
        try:
            stream, answer = await self._greet(number)
        except (*PEER_FAULTS, ValueError):
            problem = (
                f'error="failed to dial to edge with quic: {_NO_ACTIVITY}" connIndex={number} ip={self._edge[0]}'
            )
            _say("ERR", f'Failed to dial a quic connection error="{problem}" connIndex={number}')
            return False
        if "error" in answer:
            stream.abort()
            _say("ERR", f'Register tunnel error from server side error="{answer["error"]}" connIndex={number}')
            return False
        self._rules = tuple(Rule(**rule) for rule in answer["ingress"])
        await self._carry(stream, number, answer["location"])
        return True

    async def _greet(self, number: int) -> tuple[Stream, dict[str, Any]]:
        """A connection, and what is said to our token on it."""
        stream = (await dial(*self._edge, IDLE_SECONDS)).stream
        hello = {"tunnel": self._token["t"], "secret": self._token["s"], "connection": number}
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await stream.send(json.dumps(hello).encode() + b"\n")
                return stream, dict(json.loads(await stream.reader.readline()))
        except BaseException:
            stream.abort()
            raise

    async def _carry(self, stream: Stream, number: int, place: str) -> None:
        line = Line(stream, self._hand_on)
        self.places[number] = place
        _say("INF", f"Registered tunnel connection connIndex={number} location={place} protocol=quic")
        try:
            await line.run()
        except PEER_FAULTS as problem:
            error = _NO_ACTIVITY if isinstance(problem, TimeoutError) else "Application error 0x0 (remote)"
            _say("WRN", f'Failed to serve tunnel connection error="{error}" connIndex={number}')
            _say("ERR", f'Serve tunnel error error="{error}" connIndex={number}')
        finally:
            del self.places[number]

    async def _hand_on(self, lane: Lane) -> None:
        """One request, to the service that its name leads to."""
        head = await lane.read_head()
        service = service_for(self._rules, _host_of(head))
        if service.startswith("http_status:"):
            await _answer(lane, f"{service.partition(':')[2]} By rule")
            return
        parts = urlsplit(service)
        try:
            origin = await dial(parts.hostname or "", parts.port or 80, _ORIGIN_SECONDS)
        except (OSError, TimeoutError) as problem:
            _say("ERR", f'error="Unable to reach the origin service: {problem}" originService={service}')
            await _answer(lane, "502 Bad Gateway")
            return
        await origin.send(head)
        await join(lane, origin)


def service_for(rules: Sequence[Rule], name: str) -> str:
    """The service of the first rule that fits; the last one is for everything else."""
    return next(rule.service for rule in rules if rule.hostname in {"", name})


def _host_of(head: bytes) -> str:
    found = re.search(rb"\r\nhost: *([^\r]*)", head, re.IGNORECASE)
    return found[1].decode("latin-1").partition(":")[0].strip().lower() if found else ""


async def _answer(lane: Lane, status: str) -> None:
    await lane.send(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
    await lane.finish()
    while await lane.read():
        pass


def _own_endpoint(places: dict[int, str]) -> type[BaseHTTPRequestHandler]:
    class Own(BaseHTTPRequestHandler):
        """`/ready` and `/metrics`."""

        def do_GET(self) -> None:
            connected = dict(places)
            if self.path == "/ready":
                status = 200 if connected else 503
                document = {"status": status, "readyConnections": len(connected), "connectorId": "c0ffee"}
                self._answer(status, json.dumps(document))
            elif self.path == "/metrics":
                label = 'cloudflared_tunnel_server_locations{{connection_id="{}",edge_location="{}"}} 1'
                rows = (label.format(number, place) for number, place in connected.items())
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

    return Own


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--stand-in-edge", type=parse_endpoint, required=True)
    parser.add_argument("tunnel", choices=["tunnel"])
    parser.add_argument("--no-autoupdate", action="store_true")
    parser.add_argument("--metrics", default="127.0.0.1:0")
    parser.add_argument("run", choices=["run"])
    parser.add_argument("--token-file", required=True)
    return parser.parse_args(arguments)


async def _run_until_ended(connector: Connector) -> None:
    running, loop = asyncio.ensure_future(connector.run()), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    await asyncio.wait([running])
    if not running.cancelled():
        running.result()


def main(arguments: list[str]) -> None:
    """Run until a signal ends it."""
    asked = _parse(arguments)
    token = _read_token(asked.token_file)
    connector = Connector(asked.stand_in_edge, token)
    host, _, port = asked.metrics.rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), _own_endpoint(connector.places))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _say("INF", f"Starting tunnel tunnelID={token['t']}")
    _say("INF", f"Starting metrics server on {host}:{server.server_address[1]}/metrics")
    asyncio.run(_run_until_ended(connector))


if __name__ == "__main__":
    main(sys.argv[1:])
