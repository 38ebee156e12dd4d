"""Looking at ways in: what their daemons say goes into the store, for pages that must not wait."""

from __future__ import annotations

import msgspec

from tasks.workplace import Workplace
from wizard.methods import METHODS
from wizard.store import hosts, ways


def look_at_way(place: Workplace, method: str) -> bool:
    """Observe one way in and keep what was seen; False when there is nothing to look at."""
    watch = METHODS[method].watch if method in METHODS else None
    if watch is None:
        return False
    seen = watch.observe(place.net, place.way(method))
    ways.note_seen(place.database, method, msgspec.to_builtins(seen))
    return True


def watched_ways(place: Workplace) -> list[str]:
    """The ways in to look at regularly: those that a proxy host uses, and those that were set up here."""
    used = {saved.host.method for saved in hosts.list_hosts(place.database)}
    return [
        key
        for key, method in METHODS.items()
        if method.watch and (key in used or ways.load_way(place.database, key).values)
    ]
