"""The judge of a connection: whole worlds, any part of them, and any nonsense."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.worlds import (
    GATEWAY,
    LAN,
    OTHER_PUBLIC,
    PUBLIC,
    SIX,
    TAILSCALE,
    WORLDS,
    World,
    gateways,
    hops,
    known,
    machine,
    seen_as,
)
from wizard.core.connection import (
    NO_ADDRESS,
    Fact,
    Facts,
    Gateway,
    Hop,
    Interface,
    Machine,
    Outward,
    Place,
    Seen,
    State,
)
from wizard.core.nat import NatVerdict, judge
from wizard.core.nat_kinds import Confidence, Inbound, Kind
from wizard.core.nat_picture import Passage

NAMES = [field.name for field in fields(Facts)]


def subset(facts: Facts, names: set[str]) -> Facts:
    """The facts with these names alone. Where a machine stands is no measurement, so it always goes with them."""
    keep = names | ({"place"} if facts.place.is_known else set())
    return replace(Facts(), **{name: getattr(facts, name) for name in keep})


def thinned(fact: Fact[Any], keep: int) -> Fact[Any]:
    """A fact of which only some witnesses spoke."""
    return replace(fact, value=fact.value[:keep]) if isinstance(fact.value, tuple) else fact


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_a_whole_world_is_called_by_its_name(world: World) -> None:
    verdict = judge(world.facts)
    assert verdict.kind is world.best, verdict.sentence


@given(st.sampled_from(WORLDS), st.sets(st.sampled_from(NAMES)), st.integers(0, 3))
def test_whatever_is_certain_from_a_part_is_true(world: World, names: set[str], keep: int) -> None:
    """Any subset of facts gives a verdict; a certain one is never wrong in the whole world."""
    part = subset(world.facts, names)
    part = replace(part, **{name: thinned(getattr(part, name), keep) for name in ("upnp", "stun", "public4")})
    verdict = judge(part)
    assert verdict.sentence
    if verdict.confidence is Confidence.CERTAIN:
        assert verdict.kind in world.true, (world.name, verdict.sentence)


@given(st.sampled_from(WORLDS), st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_more_facts_never_make_a_certain_verdict_wrong(world: World, some: set[str], more: set[str]) -> None:
    before, after = (
        judge(subset(world.facts, some | {"machine"})),
        judge(subset(world.facts, some | more | {"machine"})),
    )
    if before.confidence is Confidence.CERTAIN and before.kind is not Kind.VPN:
        assert before.kind in world.true
        assert after.kind in world.true | {Kind.MULTI_WAN}, (before.sentence, after.sentence)


_TEXT = st.sampled_from(
    [PUBLIC, OTHER_PUBLIC, "100.64.0.2", "10.0.0.1", "192.0.0.2", GATEWAY, SIX, "", "-", "\u00fc", "300.1.1.1", "::"]
)
_TEXTS = st.lists(_TEXT, max_size=2).map(tuple)
_ROUTERS = st.lists(
    st.builds(Gateway, _TEXT, _TEXT, _TEXT, st.sampled_from([True, False, None]), st.integers(0, 13)), max_size=2
).map(tuple)
_SEEN = st.lists(st.builds(Seen, _TEXT, _TEXT, st.integers(0, 9)), max_size=2).map(tuple)
_OUTWARD = st.builds(Outward, _TEXT, _TEXT, _TEXTS)
_INTERFACES = st.lists(st.builds(Interface, _TEXT, _TEXTS, st.booleans()), max_size=2).map(tuple)
_WAY = _TEXTS.map(lambda texts: tuple(Hop(number, text, 1.0) for number, text in enumerate(texts, 1)))


def _fact(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(Fact, values, st.sampled_from(State))


# facts that fit no world at all
NONSENSE = st.builds(
    Facts,
    place=_fact(st.sampled_from(Place)),
    machine=_fact(st.builds(Machine, _INTERFACES, _OUTWARD, _OUTWARD, st.booleans())),
    **{name: _fact(_ROUTERS) for name in ("upnp", "nat_pmp", "pcp")},
    **{name: _fact(_SEEN) for name in ("stun", "public4", "public6")},
    **{name: _fact(_TEXT) for name in ("browser", "typed", "plex")},
    **{name: _fact(_TEXTS) for name in ("pages", "tailnet")},
    hops=_fact(_WAY),
)


@given(NONSENSE)
def test_no_facts_make_the_judge_stumble(facts: Facts) -> None:
    verdict = judge(facts)
    assert verdict.sentence.endswith(".")
    assert verdict.guide.startswith("cgnat#")
    assert verdict.picture[0].key == "home"
    assert verdict.picture[-1].key == "internet"
    assert (verdict.settle is None) <= (verdict.confidence is Confidence.CERTAIN)


def test_nothing_known_is_no_verdict_and_says_what_would_help() -> None:
    verdict = judge(Facts())
    assert (verdict.kind, verdict.confidence) == (Kind.UNKNOWN, Confidence.UNKNOWN)
    assert verdict.settle is not None
    assert verdict.settle.code == "typed-wan"
    assert verdict.inbound4 is Inbound.UNKNOWN


def test_a_tailnet_address_is_never_taken_for_a_carrier_s() -> None:
    own = TAILSCALE.addresses[0]
    beside = Facts(machine=machine(more=(TAILSCALE,)), typed=known(own), tailnet=known(TAILSCALE.addresses))
    assert judge(beside).kind is Kind.UNKNOWN
    netbird = Interface("wt0", ("100.90.1.2",), is_tunnel=True)
    through = Machine((netbird,), Outward("100.90.1.2", "wt0", (GATEWAY,)))
    verdict = judge(Facts(machine=known(through), hops=hops("100.90.0.1", "100.90.0.2")))
    assert (verdict.kind, [note.code for note in verdict.notes]) == (Kind.VPN, ["vpn"])


def test_a_vpn_does_not_hide_what_the_router_says_itself() -> None:
    vpn = Machine((Interface("wg0", ("10.9.0.2",), is_tunnel=True),), Outward("10.9.0.2", "wg0", (GATEWAY,)))
    verdict = judge(Facts(machine=known(vpn), **gateways("100.64.0.2"), **seen_as(OTHER_PUBLIC)))
    assert (verdict.kind, verdict.confidence) == (Kind.CGNAT, Confidence.CERTAIN)
    assert "vpn" in {note.code for note in verdict.notes}
    assert OTHER_PUBLIC not in verdict.public4


def test_an_exit_node_without_a_known_name_is_noticed_by_its_address() -> None:
    odd = Machine((Interface("net7", ("100.101.1.10",)),), Outward("100.101.1.10", "net7", (GATEWAY,)))
    assert judge(Facts(machine=known(odd), tailnet=known(("100.101.1.10",)))).kind is Kind.VPN


def test_equal_addresses_told_by_the_router_alone_are_likely_and_typed_ones_certain() -> None:
    told = Facts(machine=machine(), **gateways(PUBLIC), **seen_as(PUBLIC))
    assert judge(told).confidence is Confidence.LIKELY
    assert judge(replace(told, typed=known(PUBLIC))).confidence is Confidence.CERTAIN
    assert judge(replace(told, hops=hops(GATEWAY, "198.51.100.1"))).confidence is Confidence.CERTAIN


def test_a_router_that_shows_no_ipv4_address_on_an_ipv6_line_is_ds_lite() -> None:
    facts = Facts(machine=machine(six=SIX), typed=known(NO_ADDRESS), public6=known((Seen("one", SIX),)))
    verdict = judge(replace(facts, public4=known(())))
    assert (verdict.kind, verdict.confidence) == (Kind.DS_LITE, Confidence.LIKELY)
    assert verdict.inbound6 is Inbound.AFTER_CHANGE


def test_a_mapping_that_varies_is_told() -> None:
    verdict = judge(Facts(machine=machine(), **seen_as(PUBLIC, ports=(4000, 4001))))
    assert verdict.varies is True
    assert "mapping-varies" in {note.code for note in verdict.notes}
    assert judge(Facts(stun=known((Seen("one", PUBLIC, 1),)))).varies is None


def test_the_carrier_s_block_and_a_tailnet_on_one_machine_are_warned_of() -> None:
    verdict = judge(Facts(machine=machine(more=(TAILSCALE,)), **gateways("100.64.0.2")))
    assert "same-numbers" in {note.code for note in verdict.notes}


def test_on_a_rented_server_nothing_measured_there_is_taken_for_the_home() -> None:
    server = known(Machine((Interface("eth0", (OTHER_PUBLIC,)),), Outward(OTHER_PUBLIC, "eth0")))
    facts = Facts(place=known(Place.SERVER), machine=server, **{**seen_as(OTHER_PUBLIC), "browser": known(PUBLIC)})
    verdict = judge(facts)
    assert verdict.kind is Kind.UNKNOWN
    assert verdict.settle is not None
    assert verdict.settle.code == "doctor-at-home"
    assert judge(replace(facts, typed=known(PUBLIC))).kind is Kind.OPEN


def passages(verdict: NatVerdict) -> dict[str, Passage]:
    return {stop.key: stop.passage for stop in verdict.picture}


def test_the_picture_shows_where_a_connection_stops() -> None:
    blocked = judge(Facts(machine=machine(), **gateways("100.64.0.2"), **seen_as(PUBLIC)))
    assert passages(blocked) == {
        "home": Passage.UNREACHED,
        "router": Passage.UNREACHED,
        "carrier": Passage.STOPS,
        "internet": Passage.PASSES,
    }
    free = judge(Facts(machine=machine(), **gateways(PUBLIC), **seen_as(PUBLIC)))
    assert passages(free)["router"] is Passage.NEEDS_CHANGE
    assert [address for stop in free.picture for _, address in stop.addresses] == [LAN, GATEWAY, PUBLIC, PUBLIC]


def test_every_fact_is_in_the_evidence_measured_or_not() -> None:
    names = {one.name for one in judge(Facts()).evidence}
    assert names == set(NAMES) - {"place"}
