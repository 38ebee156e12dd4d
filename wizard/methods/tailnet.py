"""Only devices with Tailscale: nothing is on the internet."""

from __future__ import annotations

from wizard.core.ranking import Bitrate, Need
from wizard.methods.shape import Challenge, Method, Rating, Record
from wizard.net.tailnet_watch import WATCH

METHOD = Method(
    key="tailnet",
    title="Only devices with Tailscale",
    sentence="Every viewer's device joins your tailnet; nothing is open to the internet.",
    path=("Viewer with Tailscale", "Tailscale", "Caddy", "Your server"),
    who_can_watch="People whose devices run Tailscale and who are in your tailnet",
    # relayed paths: users report about 1 to 10 Mbit/s, no published rate
    speed="Near your upload speed on a direct path; about 1 to 10 Mbit/s when Tailscale has to relay",
    you_need="A Tailscale account, and the app on every device that watches",
    # 100.64.0.0/10 is in nobody's default home networks: Plex and Jellyfin count such viewers as remote
    watch_out="Many TVs cannot run Tailscale, and viewers at home on Tailscale count as Remote",
    tv_apps=Rating("Few TVs: most cannot run Tailscale", 1),
    cost=Rating("Free plan", 4),
    traffic_seen_by=Rating("Nobody: encrypted from device to device", 4),
    reasons=(
        "The most private way: there is nothing to find from outside.",
        "Works behind every kind of CGNAT without a rented machine.",
    ),
    guide="routes#tailscale-viewers",
    record=Record.A,
    dns_advice=(
        "Point an A record for {domain} to the Tailscale address of the machine with Caddy, such as 100.101.1.10. "
        "Only devices in your tailnet can use it."
    ),
    # nobody outside can reach ports 80 and 443, so only DNS can prove the name
    challenges=(Challenge.DNS,),
    certificate_plan=(
        "Certificates for your own domain need the DNS challenge, so a Caddy built with your DNS provider's module. "
        "For the machine's own ts.net name Caddy fetches one from Tailscale when HTTPS is enabled in the tailnet."
    ),
    points_at_edge=False,
    bitrate=Bitrate(1, None, "about 1 to 10 Mbit/s while relayed, your own upload on a direct path"),
    speed_dots=3,
    terms="Those of Tailscale",
    needs=frozenset({Need.APP_ON_EVERY_DEVICE}),
    may_be_relayed=True,
    shares_carrier_space=True,
    watch=WATCH,
    shares_setup="tailscale",
    order=50,
)
