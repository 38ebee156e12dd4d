"""Cloudflare Tunnel: cloudflared at home dials out, Cloudflare answers in public."""

from __future__ import annotations

from wizard.core.hosts import Listener
from wizard.core.ranking import Bitrate
from wizard.methods.shape import Method, Rating, Record

METHOD = Method(
    key="cloudflare",
    title="Cloudflare Tunnel",
    sentence="A small program at home keeps a line open to Cloudflare, and Cloudflare answers for your domain.",
    path=("Viewer", "Cloudflare", "cloudflared at home", "Caddy", "Your server"),
    who_can_watch="Everybody you give the address to",
    speed="Your upload speed, as long as Cloudflare lets video pass",
    you_need="A domain whose DNS is at Cloudflare, and a Cloudflare account",
    watch_out=(
        "Cloudflare's terms restrict video on plans without a paid video product. Uploads stop at 100 MB. "
        "A login page by Cloudflare Access in front breaks TV apps"
    ),
    tv_apps=Rating("All TV apps, while Cloudflare allows it", 3),
    cost=Rating("Free", 4),
    traffic_seen_by=Rating("Cloudflare: it ends the encryption", 1),
    reasons=(
        "Works behind every kind of CGNAT without a rented machine.",
        "Good for pages around a media server, such as request tools.",
        "Nothing at home listens to the internet.",
    ),
    guide="routes#cloudflare-tunnel",
    record=Record.CNAME,
    dns_advice=(
        "In Cloudflare, add {domain} as a public hostname of the tunnel, with the service http://127.0.0.1:7681. "
        "Cloudflare then makes the DNS record by itself. Delete older A and AAAA records of that name."
    ),
    challenges=(),
    certificate_plan="Cloudflare shows its own certificate to viewers. Caddy needs none on this way in.",
    # the peer is cloudflared on this machine, not Cloudflare's ranges. CF-Connecting-IP holds one address;
    # X-Forwarded-For is appended to, so it only counts when the first is absent, and from the right
    listener=Listener(
        name="cloudflare",
        bind="127.0.0.1",
        port=7681,
        tls=False,
        trusted=("127.0.0.1/32", "::1/128"),
        client_ip_headers=("CF-Connecting-IP", "X-Forwarded-For"),
    ),
    ends_tls_elsewhere=True,
    points_at_edge=False,
    upload_cap_mb=100,
    consent=(
        "I know that Cloudflare's terms do not allow customers without an Enterprise plan to serve video or a "
        "disproportionate share of large files through its network, except with its paid products, and that "
        "Cloudflare may limit or disable my domain for it. The wording may have changed: I read the current terms."
    ),
    bitrate=Bitrate(None, None, "your own upload, as long as Cloudflare lets video pass"),
    speed_dots=3,
    terms="Below Enterprise, Cloudflare's terms allow video through its network only with its paid products for that",
    video_is_restricted=True,
    order=70,
)
