"""The traffic board of one proxy host as values: line one, the streams with both sides, what is wrong, what fits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from tasks.live import arrivals_of, load_snapshot
from wizard.checks.locality import CHECK, Seen, Subject
from wizard.core.arriving import CameIn, Judged, Match, judge_streams, sum_up, upload_percent, way_of
from wizard.core.locality import Counted
from wizard.core.streams import ServerWords, Silence, Snapshot
from wizard.core.traffic import WINDOWS
from wizard.core.verdicts import Level, Verdict
from wizard.media import MEDIA
from wizard.predicting import predictor
from wizard.store import server_words, traffic_queries
from wizard.store.clock import now
from wizard.store.hosts import SavedHost
from wizard.web.joined import joined
from wizard.web.traffic_charts import size_words

LATELY_SECONDS = 600
_FEW_DEVICES = 3
_MOST_ROWS = 40
_TUNNELS = {
    "wireguard": "Tunnel",
    "tailscale": "Tunnel",
    "cloudflare": "Cloudflare Tunnel",
    "funnel": "Tailscale Funnel",
}
_CAME_IN = {
    CameIn.HOME: "Home network",
    CameIn.HOME_BY_NAME: "Home, by the public name",
    CameIn.TAILSCALE: "Tailscale",
    CameIn.RELAY: "Plex's relay",
    CameIn.LOST: "Caddy, the address got lost",
    CameIn.UNKNOWN: "Not known",
}
_MATCHES = {
    Match.AS_IT_SHOULD: ("passed", "As it should be"),
    Match.COUNTED_LOCAL: ("failed", "Counted as Local: no limit"),
    Match.COUNTED_REMOTE: ("failed", "Counted as Remote at home"),
    Match.UNKNOWN: ("unknown", "Could not tell"),
}
COUNTED = {Counted.LOCAL: "Local", Counted.REMOTE: "Remote", Counted.UNKNOWN: "Not known"}


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that changes while somebody looks."""

    line: str
    rest: str
    rows: tuple[dict[str, Any], ...]
    findings: tuple[Verdict, ...]
    silence: str
    is_stale: bool
    lately: tuple[dict[str, Any], ...]
    lost: str


def load_board(saved: SavedHost, *, titles: bool = False) -> Board:
    """The board from the newest snapshot, what the server told before, and Caddy's log."""
    place, host = joined().place, saved.host
    words = server_words.load_words(place.database, host.key)
    snapshot = load_snapshot(place, host.key) if saved.has_token else None
    arrivals = arrivals_of(place, host.key)
    streams = snapshot.streams if snapshot else ()
    judged = judge_streams(streams, words, arrivals)
    line, rest = line_one(saved, snapshot)
    subject = Subject(host.upstream, host.domain.name, host.forward_client_ip, words, arrivals)
    verdicts = CHECK.judge(subject, Seen(streams, words.settings)) if streams else ()
    return Board(
        line,
        rest,
        tuple(_row(saved, words, one, titles=titles) for one in judged),
        tuple(one for one in verdicts if one.level is Level.FAILURE),
        _silence(saved, snapshot),
        bool(snapshot and snapshot.silent and snapshot.answered_at),
        lately(saved, words),
        lost_in_log(saved),
    )


def count_mistakes(saved: SavedHost, snapshot: Snapshot) -> int:
    """How many streams are counted otherwise than they came in."""
    words = server_words.load_words(joined().database, saved.host.key)
    judged = judge_streams(snapshot.streams, words, arrivals_of(joined().place, saved.host.key))
    return sum(one.match in {Match.COUNTED_LOCAL, Match.COUNTED_REMOTE} for one in judged)


def line_one(saved: SavedHost, snapshot: Snapshot | None) -> tuple[str, str]:
    """`3 streams, 14.2 Mbit/s` and `1 local (6.0), 2 remote (8.2). Upload in use 41 %.`"""
    if snapshot is None or (snapshot.silent and not snapshot.answered_at):
        return "", ""
    if not snapshot.streams:
        return "No one is watching", "Traffic appears here a few seconds after a stream starts."
    sums = sum_up(snapshot.streams)
    parts = [f"{sums.local} local ({_mbps(sums.local_kbps)})", f"{sums.remote} remote ({_mbps(sums.remote_kbps)})"]
    if sums.unknown:
        parts.append(f"{sums.unknown} not known")
    percent = upload_percent(sums.remote_kbps, saved.host.upload_mbps)
    use = f" Upload in use {percent} %." if percent is not None else ""
    word = "stream" if sums.streams == 1 else "streams"
    return f"{sums.streams} {word}, {_mbps(sums.kbps)} Mbit/s", f"{', '.join(parts)}.{use}"


def _mbps(kbps: int) -> str:
    return f"{kbps / 1000:.1f}"


def _row(saved: SavedHost, words: ServerWords, judged: Judged, *, titles: bool) -> dict[str, Any]:
    stream = judged.stream
    plays = f"{'Converted' if stream.is_converted else 'Direct'}, {_mbps(stream.kbps)}"
    state = f", {stream.state}" if stream.state and stream.state != "playing" else ""
    match, text = _MATCHES[judged.match]
    return {
        "viewer": stream.label,
        "address": stream.address,
        "plays": f"{plays}{state}",
        "title": stream.title if titles else "",
        "came_in": came_in_words(judged.came_in, saved.host.method),
        "arrived_as": judged.arrived_as if judged.arrived_as != stream.address else "",
        "counted": COUNTED[stream.counted],
        "expected": _expected(saved, words, judged),
        "limit": _limit(stream.counted, words),
        "match": match,
        "match_text": text,
    }


def _expected(saved: SavedHost, words: ServerWords, judged: Judged) -> str:
    """What we would have said, where the server says something else of a viewer who came through Caddy."""
    if not judged.through_proxy or judged.stream.counted is Counted.UNKNOWN:
        return ""
    predicted = predictor(saved.host, words)(judged.arrived_as).counted
    return COUNTED[predicted] if predicted not in {Counted.UNKNOWN, judged.stream.counted} else ""


def came_in_words(came_in: CameIn, method: str) -> str:
    """How a viewer came in, in words of the page."""
    return _TUNNELS.get(method, "Internet") if came_in is CameIn.INTERNET else _CAME_IN[came_in]


def _limit(counted: Counted, words: ServerWords) -> str:
    """What the server's own limit does to this stream."""
    limit = words.settings.stream_limit_kbps if words.settings else None
    match counted:
        case Counted.LOCAL:
            return "No"
        case Counted.REMOTE if limit:
            return f"{limit / 1000:g} Mbit/s"
        case Counted.REMOTE if limit == 0:
            return "None is set"
        case _:
            return "Not known"


def _silence(saved: SavedHost, snapshot: Snapshot | None) -> str:
    if snapshot is None or snapshot.silent is None or snapshot.silent.why is Silence.NO_TOKEN:
        return ""
    media = MEDIA[saved.host.upstream.media]
    since = f". No data since {snapshot.answered_at:%H:%M} UTC" if snapshot.answered_at else ""
    return f"{snapshot.silent.sentence(media.title, media.key_name)}{since}"


def lately(saved: SavedHost, words: ServerWords) -> tuple[dict[str, Any], ...]:
    """Who came through Caddy in the last minutes, and what the server will most likely call them."""
    predict = predictor(saved.host, words)
    seen = traffic_queries.viewers_since(joined().database, saved.host.key, now().timestamp() - LATELY_SECONDS)
    return tuple(
        {
            "viewer": one.viewer.name or "A viewer",
            "address": one.viewer.address,
            "came_in": came_in_words(way_of(one.viewer.address, words), saved.host.method),
            "predicted": COUNTED[predict(one.viewer.address).counted],
            "sent": size_words(one.sums.sent_bytes),
        }
        for one in seen[:_MOST_ROWS]
    )


def lost_in_log(saved: SavedHost) -> str:
    """`31 of 33 devices arrived as 100.101.1.12`: many devices behind one private address. Empty otherwise."""
    window = WINDOWS["24h"]
    devices: defaultdict[str, set[str]] = defaultdict(set)
    for one in traffic_queries.viewers(joined().database, saved.host.key, window, now().timestamp()):
        if one.viewer.name:
            devices[one.viewer.address].add(one.viewer.name)
    every = set().union(*devices.values()) if devices else set()
    for address, names in devices.items():
        is_inside = way_of(address, ServerWords()) in {CameIn.HOME, CameIn.TAILSCALE}
        if is_inside and len(names) >= _FEW_DEVICES and len(names) * 5 >= len(every) * 4:
            return f"{len(names)} of {len(every)} devices of the last 24 hours arrived as {address}"
    return ""
