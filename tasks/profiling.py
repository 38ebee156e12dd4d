"""Looking at the internet connection in the background. The page never waits for it."""

from __future__ import annotations

from datetime import timedelta

from tasks.queueing import send
from tasks.workplace import Workplace
from wizard.net.asking import Ask
from wizard.net.gather import gather
from wizard.store import profiles
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
    facts = gather(Ask(stun=settings.stun_servers, services=settings.address_services, pcp=wanted.pcp))
    profiles.finish_profile(place.database, number, facts)
