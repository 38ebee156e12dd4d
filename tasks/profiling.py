"""Looking at the internet connection in the background. The page never waits for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tasks.queueing import send
from tasks.tailnet_api import last_told
from tasks.workplace import Workplace
from wizard.core.connection import Fact, State
from wizard.core.streams import ServerSettings
from wizard.core.tailnet import Tailnet
from wizard.core.tailnet_findings import SOCKET
from wizard.media import MEDIA
from wizard.media.live import ask_settings
from wizard.net.asking import Ask
from wizard.net.gather import gather
from wizard.net.tailnet_watch import look
from wizard.store import hosts, profiles
from wizard.store.clock import now

OLD_AFTER = timedelta(days=1)


def start_profile(place: Workplace, *, pcp: bool = False) -> None:
    """Have the connection looked at, unless that is going on already."""
    number = profiles.ask_profile(place.database, pcp=pcp)
    if number is not None:
        send("network_profile", number)


def start_profile_if_old(place: Workplace) -> None:
    """The same when there is no result, or only an old one. A result that got lost is asked for by hand."""
    last = profiles.load_profile(place.database)
    if last is None or (last.finished_at is not None and now() - last.finished_at > OLD_AFTER):
        start_profile(place)


def carry_out_profile(place: Workplace, number: int) -> None:
    """Look, and keep what was seen. Delivered twice, it looks once."""
    wanted = profiles.wanted_profile(place.database, number)
    if wanted is None:
        return
    settings = place.settings
    tailnet = look(str(place.way("tailscale").values.get(SOCKET, "")))
    ask = Ask(
        stun=settings.stun_servers,
        services=settings.address_services,
        pcp=wanted.pcp,
        tailnet=tailnet.me.addresses if tailnet.me else (),
    )
    facts = replace(gather(ask), plex=_ask_plex(place), peer=_home_in(place, tailnet))
    profiles.finish_profile(place.database, number, facts)


def _home_in(place: Workplace, tailnet: Tailnet) -> Fact[str]:
    """Where the tailnet reaches a media server of the owner directly: at the public address of its home.

    Where tailscaled does not tell, the machine may have told Tailscale's control API at which address it listens.
    """
    upstreams = [saved.host.upstream.address for saved in hosts.list_hosts(place.database)]
    told = last_told(place)
    for upstream in upstreams:
        if address := tailnet.seen_at(upstream):
            return Fact(address, State.MEASURED, "tailscaled", tailnet.at)
    for upstream in upstreams:
        if told is not None and told.counts(now()) and (address := told.home_of(upstream)):
            return Fact(address, State.MEASURED, "Tailscale’s API", told.at)
    return Fact("")


def _ask_plex(place: Workplace) -> Fact[str]:
    """The address under which plex.tv sees a Plex server of the owner, which is at home wherever Porthole runs."""
    plex = MEDIA["plex"]
    for saved in hosts.list_hosts(place.database):
        host = saved.host
        token = (
            place.vault.open(hosts.sealed_token(place.database, host.key)) if host.upstream.media == plex.key else ""
        )
        told = ask_settings(place.net, plex, host.upstream, token) if token else None
        if isinstance(told, ServerSettings) and told.around.wan_addresses:
            return Fact(told.around.wan_addresses[0], State.MEASURED, host.upstream.dial, now())
    return Fact("", note="Not asked, or not told: that needs the token of a Plex server")
