"""The recommendation: who gets which way in first, what is ruled out and why, what is warned of before it hurts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.ranking import Answer, Need, Rent, Situation, Standing, Viewers, rank
from wizard.methods import METHODS

FACTS = tuple(method.facts for method in METHODS.values())
BEHIND_CGNAT = Situation(
    ipv4=Answer.NO, ipv6=Answer.NO, seen="Your router has 100.64.0.2, the internet sees 203.0.113.20."
)

situations = st.builds(
    Situation,
    ipv4=st.sampled_from(Answer),
    ipv6=st.sampled_from(Answer),
    carrier_uses_shared_space=st.booleans(),
    mapping_varies=st.booleans(),
    viewers=st.sampled_from(Viewers),
    rent=st.sampled_from(Rent),
    serves_plex=st.booleans(),
)


def recommended(situation: Situation) -> str:
    """The key of what is recommended, "" for nothing."""
    return next((way.key for way in rank(FACTS, situation) if way.standing is Standing.RECOMMENDED), "")


@pytest.mark.parametrize(
    ("situation", "key"),
    [
        (Situation(ipv4=Answer.YES, ipv6=Answer.YES), "direct"),
        (Situation(ipv4=Answer.YES, rent=Rent.HAVE), "direct"),
        (BEHIND_CGNAT, "wireguard"),
        (Situation(ipv4=Answer.NO, ipv6=Answer.YES), "wireguard"),  # half of the viewers have no IPv6
        (Situation(ipv4=Answer.NO, ipv6=Answer.YES, rent=Rent.NO), "ipv6"),
        (Situation(ipv4=Answer.NO, ipv6=Answer.NO, viewers=Viewers.FEW), "tailnet"),
        (Situation(ipv4=Answer.NO, ipv6=Answer.NO, viewers=Viewers.FEW, rent=Rent.NO), "tailnet"),
        (Situation(ipv4=Answer.NO, ipv6=Answer.NO, rent=Rent.NO), ""),  # only what is limited or restricted is left
        (Situation(), "wireguard"),  # works either way
    ],
)
def test_each_situation_has_its_recommendation(situation: Situation, key: str) -> None:
    assert recommended(situation) == key


def test_what_is_ruled_out_says_why_with_what_was_seen() -> None:
    direct = next(way for way in rank(FACTS, BEHIND_CGNAT) if way.key == "direct")
    assert direct.standing is Standing.RULED_OUT
    assert direct.why == ("Your router has 100.64.0.2, the internet sees 203.0.113.20.",)


def test_an_unknown_connection_rules_nothing_out_but_warns() -> None:
    direct = next(way for way in rank(FACTS, Situation()) if way.key == "direct")
    assert direct.standing is Standing.POSSIBLE
    assert "could not be told yet" in direct.warnings[0]


def test_a_carrier_with_tailscales_own_addresses_is_warned_about_before_tailscale_is_chosen() -> None:
    ranked = {way.key: way for way in rank(FACTS, Situation(ipv4=Answer.NO, carrier_uses_shared_space=True))}
    assert "100.64.0.0/10" in ranked["tailscale"].warnings[0]
    assert ranked["wireguard"].warnings == ()


def test_symmetric_translation_warns_of_the_relay_and_moves_tailscale_down() -> None:
    calm, hard = (
        [way.key for way in rank(FACTS, Situation(ipv4=Answer.NO, viewers=Viewers.FEW, mapping_varies=varies))]
        for varies in (False, True)
    )
    assert calm.index("tailnet") < calm.index("wireguard")
    assert hard.index("wireguard") < hard.index("tailnet")


@given(situations)
def test_every_way_that_can_be_chosen_has_exactly_one_place(situation: Situation) -> None:
    ranked = rank(FACTS, situation)
    assert sorted(way.key for way in ranked) == sorted(facts.key for facts in FACTS if facts.is_choosable)
    assert sum(way.standing is Standing.RECOMMENDED for way in ranked) <= 1
    standings = [way.standing for way in ranked]
    assert standings == sorted(standings, key=list(Standing).index)


@given(situations)
def test_nothing_is_recommended_that_cannot_work_or_that_terms_restrict(situation: Situation) -> None:
    key = recommended(situation)
    if key:
        facts = METHODS[key].facts
        assert not facts.video_is_restricted
        assert not facts.is_limited
        assert Need.PUBLIC_IPV4 not in facts.needs or situation.ipv4 is Answer.YES
        assert Need.IPV6_IN not in facts.needs or situation.ipv6 is Answer.YES
        assert Need.VPS not in facts.needs or situation.rent is not Rent.NO


@given(situations)
def test_every_place_but_the_middle_has_its_reason(situation: Situation) -> None:
    for way in rank(FACTS, situation):
        assert bool(way.why) == (way.standing is not Standing.POSSIBLE)
