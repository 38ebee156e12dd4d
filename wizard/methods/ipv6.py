"""IPv6 straight to Caddy at home: a way around CGNAT, which is only about IPv4."""

from __future__ import annotations

from wizard.core.ranking import Bitrate, Need
from wizard.methods.shape import Challenge, Method, Rating, Record

METHOD = Method(
    key="ipv6",
    title="IPv6",
    sentence="Viewers reach Caddy at home over IPv6, which CGNAT does not touch.",
    path=("Viewer with IPv6", "Your router's firewall", "Caddy", "Your server"),
    who_can_watch="Everybody whose own connection has IPv6",
    speed="Your own upload speed, with no detour",
    # routers drop unsolicited IPv6 by default (RFC 6092); some, Starlink's among them, have no rule to allow it
    you_need="An IPv6 connection at home and a router that can open ports 80 and 443 for IPv6",
    # X-Forwarded-For with an IPv6 address was seen to be ignored by Plex in reports of 2017 to 2020;
    # whether newer versions still do is not confirmed
    watch_out=(
        "Viewers without IPv6 are left out, and Plex has been seen to take IPv6 viewers for Local. "
        "The home prefix may change: keep the record up to date"
    ),
    tv_apps=Rating("TV apps on connections with IPv6", 2),
    cost=Rating("Free", 4),
    traffic_seen_by=Rating("Nobody but you", 4),
    reasons=(
        "It works behind CGNAT without any third party.",
        "Certificates work as usual: Let's Encrypt prefers IPv6 when the name has an AAAA record.",
        "It can stand beside another way in for the viewers without IPv6.",
    ),
    guide="routes#ipv6",
    record=Record.AAAA,
    dns_advice=(
        "At the DNS provider of {registrable}, point an AAAA record for {domain} to {address}. "
        "Take the lasting address of that machine, not a temporary one."
    ),
    # Let's Encrypt goes to the AAAA record first and falls back to IPv4 only when connecting times out
    challenges=(Challenge.HTTP, Challenge.TLS_ALPN, Challenge.DNS),
    certificate_plan="Caddy gets and renews the certificate by itself, once ports 80 and 443 are open for IPv6.",
    bitrate=Bitrate(None, None, "your own upload is the only limit"),
    speed_dots=4,
    terms="Nobody's but your provider's; some forbid servers at home",
    needs=frozenset({Need.IPV6_IN}),
    address_may_be_lost=True,
    order=20,
)
