"""Caddy on a rented machine that reaches home through Tailscale."""

from __future__ import annotations

from wizard.core.ranking import Bitrate, Need
from wizard.methods.shape import Challenge, Method, Rating, Record
from wizard.net.tailnet_watch import WATCH

METHOD = Method(
    key="tailscale",
    title="Your own VPS, over Tailscale",
    sentence="Caddy runs on a small rented server with a public address and reaches your home through Tailscale.",
    path=("Viewer", "Caddy on your VPS", "Tailscale", "Your server"),
    who_can_watch="Everybody you give the address to",
    # relayed paths: users report about 1 to 10 Mbit/s, no published rate
    speed="Near your upload speed on a direct path; about 1 to 10 Mbit/s when Tailscale has to relay",
    you_need="A VPS with a public address, and a Tailscale account for it and for the home machine",
    # keys expire after 180 days by default; an expired machine drops off the tailnet
    watch_out="Disable key expiry on both machines and check that the path is direct. The VPS sees films unencrypted",
    tv_apps=Rating("All TV apps", 4),
    cost=Rating("A few euros or dollars a month for the VPS", 3),
    traffic_seen_by=Rating("You, on the VPS; its provider could look", 3),
    reasons=(
        "Works behind every kind of CGNAT, because home dials out.",
        "No keys to copy: Tailscale connects the two machines by itself.",
        "Caddy sees each viewer's own address, so limits work.",
    ),
    guide="routes#tailscale-edge",
    record=Record.A,
    dns_advice=(
        "At the DNS provider of {registrable}, point an A record for {domain} to {address}, the public address "
        "of the VPS. Not to a 100.x address: those exist only inside Tailscale."
    ),
    challenges=(Challenge.HTTP, Challenge.TLS_ALPN, Challenge.DNS),
    certificate_plan="Caddy on the VPS gets and renews the certificate by itself: its ports 80 and 443 are public.",
    bitrate=Bitrate(1, None, "about 1 to 10 Mbit/s while relayed, your own upload on a direct path"),
    speed_dots=3,
    terms="Those of Tailscale and of the company you rent the VPS from",
    needs=frozenset({Need.VPS}),
    may_be_relayed=True,
    shares_carrier_space=True,
    watch=WATCH,
    order=40,
)
