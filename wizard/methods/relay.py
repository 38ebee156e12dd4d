"""Plex Relay: what viewers fall back to when no other way works. To get away from, not to choose."""

from __future__ import annotations

from wizard.core.ranking import Bitrate
from wizard.methods.shape import Method, Rating, Record

METHOD = Method(
    key="relay",
    title="Plex Relay",
    sentence="What Plex uses by itself when nothing else works: a slow detour through Plex's own servers.",
    path=("Viewer", "Plex's relay", "Your server"),
    who_can_watch="Everybody with access in Plex",
    # 1 Mbit/s without, 2 Mbit/s with Plex Pass
    speed="1 Mbit/s, or 2 Mbit/s with Plex Pass",
    you_need="Nothing: it is on unless you switch it off in Plex",
    watch_out="Plex shows “indirect connection”, and films are converted down to the relay's speed",
    tv_apps=Rating("All Plex apps, at low quality", 2),
    cost=Rating("Free", 4),
    traffic_seen_by=Rating("Passes through Plex's servers", 2),
    reasons=("Every other way in on this page is faster.",),
    guide="routes#plex-relay",
    record=Record.NONE,
    dns_advice="Nothing to set: the relay does not use {domain}.",
    challenges=(),
    certificate_plan="Plex uses its own certificate.",
    # relayed traffic was seen to enter Plex from loopback
    keeps_viewer_address=False,
    points_at_edge=False,
    is_choosable=False,
    bitrate=Bitrate(1, 2, "1 Mbit/s, or 2 Mbit/s with Plex Pass"),
    speed_dots=1,
    terms="Those of Plex",
    is_limited=True,
    order=90,
)
