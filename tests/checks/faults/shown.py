"""Faults of the certificate that viewers get to see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.checks.faults.shape import Fault, Seed, World
from tests.fakes.authority import Leaf, issue_self_signed
from tests.fakes.hop import Fault as HopFault
from tests.whole_system import DOMAIN


def _showing(make: Callable[[World], Leaf]) -> Seed:
    @contextmanager
    def seed(world: World) -> Iterator[None]:
        world.hop.show(make(world))
        world.hop.fault = HopFault.TERMINATE
        try:
            yield
        finally:
            world.hop.fault = HopFault.PASS
            world.hop.show(world.authority.issue(DOMAIN))

    return seed


def _expired(world: World) -> Leaf:
    return world.authority.issue_expired(DOMAIN)


def _early(world: World) -> Leaf:
    return world.authority.issue_not_yet_valid(DOMAIN)


def _of_a_router(world: World) -> Leaf:
    return world.authority.issue("fritz.box")


def _self_signed(_world: World) -> Leaf:
    return issue_self_signed(DOMAIN)


SHOWN = (
    Fault("certificate expired", _showing(_expired), "tls", "tls-expired", DOMAIN),
    Fault("certificate from the future", _showing(_early), "tls", "tls-expired", DOMAIN),
    Fault("certificate of a router", _showing(_of_a_router), "tls", "tls-name-mismatch", "fritz.box"),
    Fault("certificate self-signed", _showing(_self_signed), "tls", "tls-untrusted", DOMAIN),
)
