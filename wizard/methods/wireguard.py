"""Caddy on a rented machine that reaches home through WireGuard."""

from __future__ import annotations

from wizard.core.ranking import Bitrate, Need
from wizard.methods.shape import Challenge, Method, Rating, Record
from wizard.net.wireguard_watch import WATCH

METHOD = Method(
    key="wireguard",
    title="Your own VPS, over WireGuard",
    sentence="Caddy runs on a small rented server with a public address and reaches your home through WireGuard.",
    path=("Viewer", "Caddy on your VPS", "WireGuard", "Your server"),
    who_can_watch="Everybody you give the address to",
    speed="Your upload speed, with the VPS as the only detour",
    you_need="A VPS with a public address, and WireGuard on it and at home",
    # home is behind CGNAT and always dials out: keepalive of 25 s, no endpoint for home on the VPS
    watch_out="You keep two machines and their keys. Some providers slow UDP down. The VPS sees films unencrypted",
    tv_apps=Rating("All TV apps", 4),
    cost=Rating("A few euros or dollars a month for the VPS", 3),
    traffic_seen_by=Rating("You, on the VPS; its provider could look", 3),
    reasons=(
        "Works behind every kind of CGNAT, because home dials out.",
        "No company in between but the one you rent the machine from.",
        "Its private addresses suit Plex: the proxy counts as private, the viewer as Remote.",
    ),
    guide="routes#wireguard-vps",
    record=Record.A,
    dns_advice=(
        "At the DNS provider of {registrable}, point an A record for {domain} to {address}, the public address "
        "of the VPS."
    ),
    challenges=(Challenge.HTTP, Challenge.TLS_ALPN, Challenge.DNS),
    certificate_plan="Caddy on the VPS gets and renews the certificate by itself: its ports 80 and 443 are public.",
    bitrate=Bitrate(None, None, "your own upload, or the line of the VPS if that is slower"),
    speed_dots=3,
    terms="Those of the company you rent the VPS from; watch the traffic that its price includes",
    needs=frozenset({Need.VPS}),
    watch=WATCH,
    order=30,
)
