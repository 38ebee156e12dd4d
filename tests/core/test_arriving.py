"""How a viewer came in against how the server counts them, and what line one says."""

from __future__ import annotations

import pytest

from wizard.core.arriving import Arrival, CameIn, Match, judge_streams, sum_up, upload_percent
from wizard.core.locality import Counted, Surroundings
from wizard.core.streams import LiveStream, ServerSettings, ServerWords

WORDS = ServerWords(ServerSettings(Surroundings(wan_addresses=("198.51.100.77",))), reached_from="192.168.1.7")


def stream(address: str, counted: str, device: str = "TV", *, relayed: bool = False, kbps: int = 0) -> LiveStream:
    return LiveStream("1", device=device, address=address, counted=Counted(counted), is_relayed=relayed, kbps=kbps)


@pytest.mark.parametrize(
    ("one", "arrivals", "came_in", "match"),
    [
        (stream("192.168.1.30", "local"), (), CameIn.HOME, Match.AS_IT_SHOULD),
        (stream("192.168.1.30", "remote"), (), CameIn.HOME, Match.COUNTED_REMOTE),
        (stream("198.51.100.77", "remote"), (), CameIn.HOME_BY_NAME, Match.COUNTED_REMOTE),
        (stream("198.51.100.77", "local"), (), CameIn.HOME_BY_NAME, Match.AS_IT_SHOULD),
        (stream("203.0.113.9", "remote"), (), CameIn.INTERNET, Match.AS_IT_SHOULD),
        (stream("203.0.113.9", "local"), (), CameIn.INTERNET, Match.COUNTED_LOCAL),
        (stream("100.101.1.12", "remote"), (), CameIn.TAILSCALE, Match.AS_IT_SHOULD),
        (stream("127.0.0.1", "local", relayed=True), (), CameIn.RELAY, Match.COUNTED_LOCAL),
        (stream("192.168.1.7", "local"), (), CameIn.LOST, Match.UNKNOWN),
        (stream("", "local"), (), CameIn.UNKNOWN, Match.UNKNOWN),
        (stream("203.0.113.9", "unknown"), (), CameIn.INTERNET, Match.UNKNOWN),
        # the proxy knows who stands behind its own address
        (stream("192.168.1.7", "local"), (Arrival("203.0.113.9", "TV"),), CameIn.INTERNET, Match.COUNTED_LOCAL),
        (stream("192.168.1.7", "local"), (Arrival("203.0.113.9", "TV"), Arrival("203.0.113.8", "TV")), CameIn.LOST,
         Match.UNKNOWN),
        (stream("192.168.1.7", "local"), (Arrival("192.168.1.30", "TV"),), CameIn.HOME, Match.AS_IT_SHOULD),
    ],
)  # fmt: skip
def test_each_viewer_is_held_against_the_way_they_came_in(
    one: LiveStream, arrivals: tuple[Arrival, ...], came_in: CameIn, match: Match
) -> None:
    (judged,) = judge_streams([one], WORDS, arrivals)
    assert (judged.came_in, judged.match) == (came_in, match)


def test_line_one_sums_up_by_what_the_server_says() -> None:
    streams = [
        stream("", "local", kbps=6000),
        stream("", "remote", kbps=4100),
        stream("", "remote", kbps=4100),
        stream("", "unknown", kbps=100),
    ]
    sums = sum_up(streams)
    assert (sums.streams, sums.kbps, sums.local_kbps, sums.remote_kbps, sums.unknown) == (4, 14300, 6000, 8200, 1)
    assert upload_percent(sums.remote_kbps, 20) == 41
    assert upload_percent(sums.remote_kbps, None) is None
