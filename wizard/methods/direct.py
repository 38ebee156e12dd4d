"""Port forwarding to Caddy at home: for connections with a public IPv4 address."""

from __future__ import annotations

from wizard.core.ranking import Bitrate, Need
from wizard.methods.shape import Challenge, Method, Rating, Record

METHOD = Method(
    key="direct",
    title="Port forwarding",
    sentence="Your router hands ports 80 and 443 to Caddy at home.",
    path=("Viewer", "Your router", "Caddy", "Your server"),
    who_can_watch="Everybody you give the address to",
    speed="Your own upload speed, with no detour",
    you_need="A public IPv4 address and a router that forwards ports 80 and 443",
    # carrier NAT: 100.64.0.0/10 on the router's outer side is sufficient proof, not necessary (RFC 6598)
    watch_out="It cannot work behind CGNAT, where the public address belongs to many customers",
    tv_apps=Rating("All TV apps", 4),
    cost=Rating("Free", 4),
    traffic_seen_by=Rating("Nobody but you", 4),
    reasons=(
        "The shortest way: no third party, no detour.",
        "Every app can use it, because the certificate comes from a public authority.",
        "Media servers see each viewer's own address.",
    ),
    guide="routes#direct",
    record=Record.A,
    dns_advice=(
        "At the DNS provider of {registrable}, point an A record for {domain} to {address}. "
        "If that address changes now and then, let the router or a dynamic DNS client keep the record up to date."
    ),
    challenges=(Challenge.HTTP, Challenge.TLS_ALPN, Challenge.DNS),
    certificate_plan="Caddy gets and renews the certificate by itself, once ports 80 and 443 lead to it.",
    bitrate=Bitrate(None, None, "your own upload is the only limit"),
    speed_dots=4,
    terms="Nobody's but your provider's; some forbid servers at home",
    needs=frozenset({Need.PUBLIC_IPV4}),
    order=10,
)
