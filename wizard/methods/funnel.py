"""Tailscale Funnel: a public ts.net name that leads to this machine."""

from __future__ import annotations

from wizard.core.hosts import Listener
from wizard.core.ranking import Bitrate
from wizard.methods.shape import Method, Rating, Record
from wizard.net.tailnet_watch import WATCH

METHOD = Method(
    key="funnel",
    title="Tailscale Funnel",
    sentence="Tailscale gives your machine a public name under ts.net and passes viewers on to it.",
    path=("Viewer", "Tailscale's relay", "Tailscale on your machine", "Caddy", "Your server"),
    who_can_watch="Everybody you give the address to",
    # a limit exists, its size is unpublished and it cannot be changed
    speed="Limited by Tailscale; the limit is not published and cannot be raised",
    you_need="A Tailscale account with MagicDNS, HTTPS and Funnel enabled for the machine",
    # 443, 8443 and 10000 only, and only names below the tailnet's own ts.net name
    watch_out="Only the ts.net name works, never your own domain. Too slow for several viewers at once",
    tv_apps=Rating("All TV apps, at low quality", 3),
    cost=Rating("Free plan", 4),
    # TLS ends on the node itself
    traffic_seen_by=Rating("Nobody: it is encrypted up to your machine", 4),
    reasons=(
        "The quickest way to try things out: no domain, no router, no rented machine.",
        "Works behind every kind of CGNAT.",
    ),
    guide="routes#funnel",
    record=Record.NONE,
    dns_advice=(
        "Nothing to set: {domain} must be this machine's own ts.net name, and Tailscale publishes it. "
        "That can take up to 10 minutes."
    ),
    challenges=(),
    certificate_plan="Tailscale gets the certificate for the ts.net name. Caddy needs none on this way in.",
    # tailscaled ends TLS and connects from loopback, with a single X-Forwarded-For that it has overwritten
    listener=Listener(
        name="funnel",
        bind="127.0.0.1",
        port=7682,
        tls=False,
        trusted=("127.0.0.1/32", "::1/128"),
        client_ip_headers=("X-Forwarded-For",),
    ),
    ends_tls_elsewhere=True,
    points_at_edge=False,
    bitrate=Bitrate(None, None, "Tailscale does not publish how much"),
    speed_dots=1,
    terms="Those of Tailscale, which still calls Funnel beta",
    shares_carrier_space=True,
    is_limited=True,
    watch=WATCH,
    shares_setup="tailscale",
    order=60,
)
