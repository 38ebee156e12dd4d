"""A player that stops reading for 70 s keeps its stream. Without our option the newest Caddy cuts it at 60 s."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.caddy.talk import DOMAIN, Stage, connect, send
from tests.caddy_process import VERSIONS, start_caddy
from tests.fakes.plex import LARGE_PART, PART_BYTES, Plex, part_key

STALL_SECONDS = 70


@pytest.fixture
def stages(tmp_path_factory: pytest.TempPathFactory, media: Plex, echo: Plex) -> Iterator[dict[str, Stage]]:
    """Both versions with our configuration, and the newest one without Plex Mode: the control."""
    made = {}
    for name, version in (*((version, version) for version in VERSIONS), ("without", VERSIONS[0])):
        made[name] = Stage(start_caddy(tmp_path_factory.mktemp(f"stall-{name}"), version), media, echo)
        made[name].serve(made[name].host(plex_mode=name != "without"))
    yield made
    for stage in made.values():
        stage.caddy.stop()


def bytes_after_a_stall(stage: Stage) -> int:
    """Asks for 400 MB, far more than any buffer on the way, stops reading, and then reads to the end."""
    received = 0
    with connect(stage.caddy) as sock:
        sock.settimeout(30)
        send(
            sock,
            part_key(LARGE_PART),
            [("Host", DOMAIN), ("X-Plex-Token", stage.media.token), ("Connection", "close")],
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(4096)
        assert head.startswith(b"HTTP/1.1 200")
        received += len(head.split(b"\r\n\r\n", 1)[1])
        time.sleep(STALL_SECONDS)
        try:
            while piece := sock.recv(1 << 18):
                received += len(piece)
        except OSError:
            return received
    return received


@pytest.mark.timeout(240)
def test_a_player_that_stops_reading_for_70_seconds_keeps_its_stream(stages: dict[str, Stage]) -> None:
    with ThreadPoolExecutor(len(stages)) as pool:
        received = dict(zip(stages, pool.map(bytes_after_a_stall, stages.values()), strict=True))
    for version in VERSIONS:
        assert received[version] == PART_BYTES[LARGE_PART], received
    assert received["without"] < PART_BYTES[LARGE_PART], received
