"""What checks may know of the network this machine is in, from the last look at the connection."""

from __future__ import annotations

from tasks.workplace import Workplace
from wizard.core.connection import Facts, Place, joined_with
from wizard.core.nat import judge
from wizard.store import profiles


def own_addresses(place: Workplace) -> tuple[str, ...]:
    """The public IPv4 address of the home that this machine stands in, as far as it was seen; else nothing.

    A rented machine often has a translated address too, and its address is no home's. So this is told only where the
    owner said that Porthole runs at home, or where a router answered that speaks as home routers do.
    """
    profile, told = profiles.load_profile(place.database), profiles.load_told(place.database)
    if profile is None or profile.facts is None or told.pasted is not None:
        return ()
    facts = joined_with(profile.facts, told.facts)
    return home_addresses(facts)


def home_addresses(facts: Facts) -> tuple[str, ...]:
    """The same, from facts alone. Pure."""
    where = facts.place.value
    has_home_router = bool(facts.upnp.value or facts.nat_pmp.value)
    if where is Place.SERVER or (where is not Place.HOME and not has_home_router):
        return ()
    public = judge(facts).public4
    own = {address for one in facts.machine.value.interfaces for address in one.addresses}
    return (public,) if public and public not in own else ()
