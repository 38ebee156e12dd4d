"""A stand-in for Tailscale's command: `python -m tests.fakes.tailscale_cli up|set|ip|ping|status|netcheck …`.

Talks to the stand-in daemon over its socket. Which question it asks, what it prints and when it ends badly follow
`cmd/tailscale/cli`, as far as a guide relies on it; the sentences are shorter, and it waits less between pings.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from tests.fakes.tailscaled import HOST

SOCKET = "/var/run/tailscale/tailscaled.sock"
Document = dict[str, Any]
_FLAGS = {
    "AdvertiseTags": "--advertise-tags={}",
    "AdvertiseRoutes": "--advertise-routes={}",
    "RouteAll": "--accept-routes",
}
_PINGS, _BETWEEN_SECONDS = 10, 0.1
_SIGN_IN_SECONDS, _ANSWER_SECONDS = 60.0, 10.0


class _Daemon(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__(HOST, timeout=_ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_ANSWER_SECONDS)
        self.sock.connect(self._path)


class _FailedError(RuntimeError):
    """What the command says when it ends badly."""


def _ask(path: str, method: str, question: str, body: Document | None = None) -> Document:
    daemon = _Daemon(path)
    try:
        daemon.request(method, f"/localapi/v0/{question}", json.dumps(body) if body else None, {"Host": HOST})
        answer = daemon.getresponse()
        text = answer.read()
    except OSError as error:
        raise _FailedError(f"failed to connect to local tailscaled: {error}") from error
    finally:
        daemon.close()
    if answer.status == http.client.FORBIDDEN:
        raise _FailedError(f"Access denied: {text.decode()}")
    if answer.status not in {http.client.OK, http.client.NO_CONTENT}:
        raise _FailedError(f"status {answer.status}: {text.decode()}")
    return dict(json.loads(text)) if text else {}


def up(asked: argparse.Namespace) -> None:
    """Sign in by a link where that is needed, and wait until somebody has. Tags and routes are asked for first."""
    changes = _changes(asked)
    if changes or asked.force_reauth:
        _refuse_to_drop(_ask(asked.socket, "GET", "prefs"), changes)
    if changes:
        _ask(asked.socket, "PATCH", "prefs", changes)
    state = _ask(asked.socket, "GET", "status")
    if state["BackendState"] == "Running" and not asked.force_reauth:
        return
    _ask(asked.socket, "POST", "login-interactive")
    link = _ask(asked.socket, "GET", "status")["AuthURL"]
    print(f"\nTo authenticate, visit:\n\n\t{link}\n", flush=True)
    ends_at = time.monotonic() + _SIGN_IN_SECONDS
    while time.monotonic() < ends_at:
        state = _ask(asked.socket, "GET", "status")
        if state["BackendState"] == "Running" and not state["AuthURL"]:
            print("Success.", flush=True)
            return
        time.sleep(_BETWEEN_SECONDS)
    raise _FailedError("nobody signed in")


def set_(asked: argparse.Namespace) -> None:
    """Change what is mentioned and nothing else. Tags are not among it."""
    _ask(asked.socket, "PATCH", "prefs", _changes(asked))


def _changes(asked: argparse.Namespace) -> Document:
    changes: Document = {}
    if getattr(asked, "advertise_tags", ""):
        changes |= {"AdvertiseTags": asked.advertise_tags.split(","), "AdvertiseTagsSet": True}
    if asked.advertise_routes:
        changes |= {"AdvertiseRoutes": asked.advertise_routes.split(","), "AdvertiseRoutesSet": True}
    if asked.accept_routes:
        changes |= {"RouteAll": True, "RouteAllSet": True}
    return changes


def _refuse_to_drop(prefs: Document, changes: Document) -> None:
    """`up` with a flag wants every setting that is not the default: it prints the whole line and does nothing."""
    kept = {name: changes.get(name) or prefs.get(name) for name in _FLAGS}
    if any(prefs.get(name) and name not in changes for name in _FLAGS):
        whole = [
            _FLAGS[name].format(",".join(value) if value is not True else "") for name, value in kept.items() if value
        ]
        raise _FailedError(
            f"Error: 'tailscale up' requires mentioning all settings:\n\n\ttailscale up {' '.join(whole)}"
        )


def ip(asked: argparse.Namespace) -> None:
    """The addresses of this machine."""
    state = _running(asked.socket)
    for address in state["TailscaleIPs"] or ():
        if not asked.v4 or "." in address:
            print(address)


def ping(asked: argparse.Namespace) -> None:
    """Up to ten pings, until one took a direct path."""
    _running(asked.socket)
    for _ in range(_PINGS):
        pong = _ask(asked.socket, "POST", f"ping?{urlencode({'ip': asked.address, 'type': 'disco'})}")
        if pong["Err"]:
            raise _FailedError(pong["Err"])
        via = f"DERP({pong['DERPRegionCode']})" if pong["DERPRegionID"] else pong["Endpoint"]
        print(f"pong from {pong['NodeName']} ({pong['NodeIP']}) via {via} in {pong['LatencySeconds'] * 1000:.0f}ms")
        if pong["Endpoint"]:
            return
        time.sleep(_BETWEEN_SECONDS)
    raise _FailedError("direct connection not established")


def status(asked: argparse.Namespace) -> None:
    """This machine and the others, one a line."""
    state = _running(asked.socket)
    for one in (state["Self"], *(state["Peer"] or {}).values()):
        how = "offline" if not one["Online"] else "-"
        if one["Active"]:
            how = f"active; direct {one['CurAddr']}" if one["CurAddr"] else f'active; relay "{one["Relay"]}"'
        print(f"{one['TailscaleIPs'][0]:15} {one['HostName']:20} {one['OS']:7} {how}")


def netcheck(asked: argparse.Namespace) -> None:
    """A report of the line. The real one asks Tailscale's servers; this one is told, by the daemon's test."""
    report = _ask(asked.socket, "GET", "stand-in-netcheck")
    if asked.format == "json":
        print(json.dumps(report))
        return
    print("\nReport:")
    for name in ("UDP", "MappingVariesByDestIP"):
        print(f"\t* {name}: {str(report[name]).lower()}")


def _running(path: str) -> Document:
    state = _ask(path, "GET", "status")
    if state["BackendState"] != "Running":
        words = {"NeedsLogin": "Logged out.", "Stopped": "Tailscale is stopped."}
        raise _FailedError(words.get(state["BackendState"], f"unexpected state: {state['BackendState']}"))
    return state


def main(arguments: Sequence[str]) -> int:
    """Run one command; gives its exit code."""
    parser = argparse.ArgumentParser(prog="tailscale")
    parser.add_argument("--socket", default=SOCKET)
    commands = parser.add_subparsers(required=True)

    def command(does: Callable[[argparse.Namespace], None]) -> argparse.ArgumentParser:
        made = commands.add_parser(does.__name__.rstrip("_"))
        made.set_defaults(does=does)
        return made

    signing = command(up)
    signing.add_argument("--advertise-tags", default="")
    for one in (signing, command(set_)):
        one.add_argument("--advertise-routes", default="")
        one.add_argument("--accept-routes", action="store_true")
    signing.add_argument("--force-reauth", action="store_true")
    command(ip).add_argument("-4", dest="v4", action="store_true")
    command(ping).add_argument("address")
    command(status)
    command(netcheck).add_argument("--format", default="")
    asked = parser.parse_args(arguments)
    try:
        asked.does(asked)
    except _FailedError as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
