"""Two players for the demonstration: one at home, one that comes as if through a proxy from outside. Both say "Demo".

`python -m tests.fakes.player --plex http://127.0.0.1:32400` plays now and then until SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import signal
import threading
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass

from tests.fakes.plex_streams import LARGE_PART, part_key

BYTES_A_SECOND = 1_000_000  # what the stand-in says of itself: 8 Mbit/s
_PIECE = 50_000


@dataclass(frozen=True, slots=True)
class Player:
    """Who plays. `forwarded` is the address that a proxy in front would have passed on, "" without one."""

    device: str
    forwarded: str = ""
    plays_seconds: float = 25.0
    rests_seconds: float = 20.0


PLAYERS = (Player("Demo TV at home"), Player("Demo phone outside", "203.0.113.9", 35.0, 15.0))


def play(player: Player, plex_url: str, token: str, ended: threading.Event) -> None:
    """Watch for a while, in real time, then say that it stopped. A server that is away is tried again later."""
    headers = {
        "X-Plex-Token": token,
        "X-Plex-Client-Identifier": player.device,
        "X-Plex-Device-Name": player.device,
        "X-Plex-Product": "Porthole demo",
    }
    if player.forwarded:
        headers["X-Forwarded-For"] = player.forwarded
    try:
        request = urllib.request.Request(plex_url + part_key(LARGE_PART), headers=headers)
        with urllib.request.urlopen(request, timeout=10) as film:
            until = time.monotonic() + player.plays_seconds
            while time.monotonic() < until and film.read(_PIECE) and not ended.wait(_PIECE / BYTES_A_SECOND):
                pass
        stop = urllib.request.Request(f"{plex_url}/:/timeline?state=stopped", headers=headers)
        urllib.request.urlopen(stop, timeout=10).close()
    except OSError:
        return


def go_on(player: Player, plex_url: str, token: str, ended: threading.Event) -> None:
    """Play and rest until the end."""
    while not ended.is_set():
        play(player, plex_url, token, ended)
        ended.wait(player.rests_seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Play until told to end."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.player", description="Players for the demo.")
    parser.add_argument("--plex", required=True)
    parser.add_argument("--token", default="demo-token")
    chosen = parser.parse_args(arguments)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    threads = [
        threading.Thread(target=go_on, args=(player, chosen.plex, chosen.token, ended), daemon=True)
        for player in PLAYERS
    ]
    for thread in threads:
        thread.start()
    ended.wait()
    for thread in threads:
        thread.join(2)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
