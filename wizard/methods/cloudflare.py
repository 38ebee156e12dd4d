"""Cloudflare Tunnel: cloudflared at home dials out, Cloudflare answers in public."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from wizard.core.addresses import parse_address
from wizard.core.cloudflared import (
    HERE,
    TunnelSeen,
    count_starts,
    judge,
    latest_lines,
    read_places,
    read_ready,
    ready_url,
)
from wizard.core.hosts import Listener
from wizard.core.ranking import Bitrate
from wizard.core.ways import Watch, WaySetup
from wizard.methods.shape import Method, Rating, Record
from wizard.net.door import Net

SERVICE = "http://127.0.0.1:7681"  # what the tunnel's public hostname leads to
_LOG_END = 64_000  # bytes of the log that are looked at
_PLACES = ("/usr/local/bin/cloudflared", "/usr/bin/cloudflared", "/opt/homebrew/bin/cloudflared")


def find_program(typed: str = "") -> str:
    """The cloudflared to run: the one that was typed, else one on the PATH or where packages put it; "" for none."""
    candidates = (typed,) if typed else (shutil.which("cloudflared") or "", *_PLACES)
    return next((one for one in candidates if _is_cloudflared(Path(one))), "")


def _is_cloudflared(path: Path) -> bool:
    # the name counts too: whoever got hold of a session must not be able to have any program run
    return path.name.startswith("cloudflared") and path.is_file() and os.access(path, os.X_OK)


def observe(net: Net, setup: WaySetup) -> TunnelSeen:
    """Ask cloudflared's own endpoint, and read the end of its log where Porthole runs it."""
    runs_here = setup.values.get("runs") == HERE
    program = find_program(str(setup.values.get("program", ""))) if runs_here else ""
    log = _end_of(Path(str(setup.values.get("log", "")))) if runs_here else ""
    lines, starts = latest_lines(log), count_starts(log, datetime.now(UTC))
    if not (where := ready_url(setup.values)):
        return TunnelSeen(program, lines=lines, starts=starts)
    ready = net.get(f"{where}/ready", seconds=3.0)
    connections = read_ready(ready.body) if not ready.fault else 0
    metrics = net.get(f"{where}/metrics", seconds=3.0) if connections else None
    places = read_places(metrics.body) if metrics and not metrics.fault else ()
    return TunnelSeen(program, ready.status, connections, places, lines, starts)


def listener_of(setup: WaySetup) -> Listener:
    """Where cloudflared enters. One in another container or machine comes from its own address: exactly that is
    believed, and the listener has to be reachable from there."""
    peer = parse_address(str(setup.values.get("peer", "")))
    if setup.values.get("runs") in {None, HERE} or peer is None or str(peer) in {"127.0.0.1", "::1"}:
        return LISTENER
    return replace(LISTENER, bind="", trusted=(f"{peer}/{peer.max_prefixlen}",))


def _end_of(path: Path) -> str:
    with suppress(OSError), path.open("rb") as file:
        file.seek(max(path.stat().st_size - _LOG_END, 0))
        return file.read().decode(errors="replace")
    return ""


# the peer is cloudflared on this machine, not Cloudflare's ranges. CF-Connecting-IP holds one address;
# X-Forwarded-For is appended to, so it only counts when the first is absent, and from the right
LISTENER = Listener(
    name="cloudflare",
    bind="127.0.0.1",
    port=7681,
    tls=False,
    trusted=("127.0.0.1/32", "::1/128"),
    client_ip_headers=("CF-Connecting-IP", "X-Forwarded-For"),
)

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
    listener=LISTENER,
    listener_of=listener_of,
    watch=Watch(TunnelSeen, observe, judge),
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
