"""The players of the demonstration count as one at home and one outside."""

from __future__ import annotations

import threading
from dataclasses import replace

from tests.fakes.player import PLAYERS, play
from tests.fakes.plex import Plex, PlexSettings
from tests.processes import wait_until


def test_one_player_is_local_and_one_is_remote_and_both_say_demo() -> None:
    ended = threading.Event()
    with Plex(PlexSettings(notify_seconds=0)) as plex:
        threads = [
            threading.Thread(target=play, args=(replace(player, plays_seconds=20), plex.url, plex.token, ended))
            for player in PLAYERS
        ]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(plex.sessions) == len(PLAYERS), "both play")
        found = {one.device_name: one.judgement.is_local for one in plex.sessions}
        ended.set()
        for thread in threads:
            thread.join(10)
        assert found == {"Demo TV at home": True, "Demo phone outside": False}
        assert plex.sessions == ()


def test_a_server_that_is_away_ends_nothing() -> None:
    play(PLAYERS[0], "http://127.0.0.1:9", "demo-token", threading.Event())
