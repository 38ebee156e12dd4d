"""What a viewer does, as a program of its own: `python -m tests.lab.viewer URL TOKEN ROOT.pem [SECONDS]`.

Connects with python-plexapi, keeps its alert listener open, plays a stream meanwhile, and prints one JSON line of
what it learned. Knows nothing of Porthole.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any

import requests
from plexapi import server

from tests.fakes.plex_streams import MEDIUM_PART, PART_BYTES, part_bytes, part_key

PlexServer: Any = server.PlexServer  # the library is not typed
HOLD_SECONDS = "6"
_CHUNK = 1 << 16


def watch(url: str, token: str, root: str, hold: str = HOLD_SECONDS) -> dict[str, object]:
    """Connect, listen, play, and look at what the server calls this stream; listen on for some more seconds."""
    # the listener of plexapi takes its authorities from here
    os.environ["WEBSOCKET_CLIENT_CA_BUNDLE"] = root
    with requests.Session() as session:
        session.trust_env = False
        session.verify = root
        client = PlexServer(url, token, session=session, timeout=10)
        heard = threading.Event()
        errors: list[str] = []
        listener = client.startAlertListener(
            callback=lambda _: heard.set(), callbackError=lambda e: errors.append(str(e))
        )
        stream = session.get(
            url + part_key(MEDIUM_PART), headers={"X-Plex-Token": token, **client._headers()}, stream=True, timeout=10
        )
        size, right = 0, True
        for chunk in stream.iter_content(_CHUNK):
            right = right and chunk == part_bytes(MEDIUM_PART, size, size + len(chunk))
            size += len(chunk)
        sessions = [(item.player.address, bool(item.player.local)) for item in client.sessions()]
        time.sleep(float(hold))
        heard.clear()
        return {
            "identifier": client.machineIdentifier,
            "status": stream.status_code,
            "whole": right and size == PART_BYTES[MEDIUM_PART],
            "sessions": sessions,
            "still_hears": heard.wait(10) and listener.is_alive() and not errors,
        }


if __name__ == "__main__":
    print(json.dumps(watch(*sys.argv[1:5])), flush=True)
    os._exit(0)  # plexapi's listener thread would wait for another message
