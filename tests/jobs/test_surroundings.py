"""What checks may know of the network this machine is in: a home's public address, and never a rented machine's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tasks.surroundings import home_addresses
from tests.core.worlds import PUBLIC, gateways, known, machine
from wizard.core.connection import Facts, Place, Seen

SEEN = known((Seen("one", PUBLIC, 4000), Seen("two", PUBLIC, 4000)))
HOME = Facts(machine=machine(), stun=SEEN, **gateways(PUBLIC))


@pytest.mark.parametrize(
    ("facts", "addresses"),
    [
        (Facts(), ()),
        (HOME, (PUBLIC,)),
        (replace(HOME, place=known(Place.SERVER)), ()),
        # a rented machine behind its provider's own translation: no router that speaks as those at home do
        (Facts(machine=machine(), stun=SEEN), ()),
        (Facts(machine=machine(), stun=SEEN, place=known(Place.HOME)), (PUBLIC,)),
    ],
)
def test_only_a_home_has_an_address_that_counts_as_its_own(facts: Facts, addresses: tuple[str, ...]) -> None:
    assert home_addresses(facts) == addresses
