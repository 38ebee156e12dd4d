"""The stand-in Plex Media Server: what tests import, and `python -m tests.fakes.plex`.

As a process it prints one JSON line when it listens and ends on SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.fakes.authority import Leaf
from tests.fakes.plex_control import Control
from tests.fakes.plex_rules import Access, AddressRule, LocalityRule
from tests.fakes.plex_seen import SeenRequest
from tests.fakes.plex_server import Plex
from tests.fakes.plex_settings import Behaviour, PlexSettings, Secure
from tests.fakes.plex_streams import LARGE_PART, MEDIUM_PART, PART_BYTES, SMALL_PART, part_bytes, part_key

__all__ = [
    "LARGE_PART",
    "MEDIUM_PART",
    "PART_BYTES",
    "SMALL_PART",
    "Access",
    "AddressRule",
    "Behaviour",
    "Control",
    "LocalityRule",
    "Plex",
    "PlexSettings",
    "Secure",
    "SeenRequest",
    "part_bytes",
    "part_key",
]


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line; ends the process with a usage message when it does not fit."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.plex", description="A stand-in Plex Media Server.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=32400, help="0 takes a free one")
    parser.add_argument("--control-port", type=int, help="JSON about what it saw, on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--name")
    parser.add_argument("--token")
    parser.add_argument("--machine-identifier")
    parser.add_argument("--unclaimed", action="store_true")
    parser.add_argument("--no-plex-pass", action="store_true")
    parser.add_argument("--own-subnet", action="append", help="the server's own subnet; may be repeated")
    parser.add_argument("--wan-address")
    parser.add_argument("--notify-seconds", type=float)
    parser.add_argument("--behaviour", choices=[str(one) for one in Behaviour])
    parser.add_argument("--refuse-upgrades", action="store_true")
    parser.add_argument("--secure", choices=[str(one) for one in Secure])
    parser.add_argument("--state", type=Path, help="file that keeps identity, preferences and certificate")
    parser.add_argument("--cert", type=Path, help="PEM chain to present instead of a throw-away plex.direct one")
    parser.add_argument("--key", type=Path)
    parsed = parser.parse_args(arguments)
    if (parsed.cert is None) != (parsed.key is None):
        parser.error("--cert and --key belong together")
    return parsed


def build_plex(parsed: argparse.Namespace) -> Plex:
    """A server as the command line describes it; what it names wins over a kept state."""
    chosen = {
        "name": parsed.name,
        "token": parsed.token,
        "machine_identifier": parsed.machine_identifier,
        "is_claimed": False if parsed.unclaimed else None,
        "has_plex_pass": False if parsed.no_plex_pass else None,
        "own_subnets": tuple(parsed.own_subnet) if parsed.own_subnet else None,
        "wan_address": parsed.wan_address,
        "notify_seconds": parsed.notify_seconds,
        "behaviour": Behaviour(parsed.behaviour) if parsed.behaviour else None,
        "refuses_upgrades": True if parsed.refuse_upgrades else None,
    }
    named = {key: value for key, value in chosen.items() if value is not None}
    certificate = Leaf(parsed.cert.read_text(), parsed.key.read_text()) if parsed.cert else None
    plex = Plex(
        replace(PlexSettings(), **named),
        host=parsed.host,
        port=parsed.port,
        secure=Secure(parsed.secure) if parsed.secure else None,
        certificate=certificate,
        state=parsed.state,
    )
    plex.change(**named)
    return plex


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to end."""
    parsed = parse_arguments(sys.argv[1:] if arguments is None else arguments)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with build_plex(parsed) as plex:
        control = Control(plex, port=parsed.control_port).start() if parsed.control_port is not None else None
        about = describe(plex) | {"control": control.url if control is not None else None}
        print(json.dumps(about), flush=True)
        ended.wait()
        if control is not None:
            control.stop()
    return 0


def describe(plex: Plex) -> dict[str, object]:
    """What somebody who started the process needs to know."""
    return {
        "url": plex.url,
        "https_url": plex.https_url,
        "port": plex.port,
        "name": plex.settings.name,
        "machine_identifier": plex.machine_identifier,
        "token": plex.token,
        "server_name": plex.server_name,
        "ca_pem": plex.ca_pem,
        "certificate_sha256": plex.certificate.fingerprint_sha256,
    }


if __name__ == "__main__":
    raise SystemExit(main())
