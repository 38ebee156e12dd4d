"""The connection as pages show it: verdict, picture, evidence. Values in, plain values out; no request."""

from __future__ import annotations

from typing import Any

from wizard.core.addresses import Kind, is_routed, kind_of, parse_address
from wizard.core.connection import Fact, Facts, Place, State, joined_with
from wizard.core.nat import NatVerdict, judge
from wizard.core.nat_evidence import Bearing, Evidence
from wizard.core.nat_kinds import Confidence, Inbound
from wizard.core.nat_picture import Passage, Stop
from wizard.core.ranking import Answer, Situation
from wizard.store.profiles import Profile, Told

_HOW_SURE = {
    Confidence.CERTAIN: "Certain",
    Confidence.LIKELY: "Likely",
    Confidence.POSSIBLE: "Possible",
    Confidence.UNKNOWN: "Could not tell",
}
_TONES = {Inbound.OPEN: "passed", Inbound.AFTER_CHANGE: "passed", Inbound.CLOSED: "warning"}
_PASSAGES = {
    Passage.PASSES: ("passed", "Lets it in"),
    Passage.NEEDS_CHANGE: ("info", "Needs a port forward"),
    Passage.STOPS: ("failed", "Stops it"),
    Passage.UNREACHED: ("unreached", "Never reached"),
    Passage.UNKNOWN: ("unknown", "Not known"),
}
_BEARINGS = {
    # the weightiest first
    Bearing.BLOCKED: ("warning", "Not public"),
    Bearing.PUBLIC: ("passed", "Public"),
    Bearing.NEUTRAL: ("info", "Note"),
    Bearing.SILENT: ("skipped", "No answer"),
    Bearing.NOT_MEASURED: ("unknown", "Not measured"),
}


def facts_of(profile: Profile | None, told: Told, arrived_from: str) -> Facts:
    """Everything known: what was measured here or pasted from home, what was typed, where the browser came from."""
    measured = told.pasted or (profile.facts if profile else None) or Facts()
    facts = joined_with(measured, told.facts)
    if told.pasted is not None and not told.facts.place.is_known:
        facts = joined_with(facts, Facts(place=Fact(Place.HOME, State.MEASURED, "porthole doctor")))
    elif told.pasted is not None:
        # pasted facts are about the home, wherever Porthole itself stands
        facts = joined_with(facts, Facts(place=Fact(Place.HOME, State.MEASURED, told.facts.place.source)))
    address = parse_address(arrived_from)
    if address is not None and address.version == 4 and is_routed(address):
        facts = joined_with(facts, Facts(browser=Fact(str(address), State.MEASURED, "this page")))
    return facts


def draw_connection(profile: Profile | None, told: Told, arrived_from: str) -> dict[str, Any]:
    """What the part shows: the state of the look, and the verdict on everything known."""
    verdict = judge(facts_of(profile, told, arrived_from))
    names = dict.fromkeys(one.name for one in verdict.evidence)
    is_known = bool(told.pasted or told.facts.typed.is_known or (profile and profile.facts))
    return {
        "is_running": profile is not None and profile.is_running,
        "is_lost": profile is not None and profile.is_lost,
        "is_known": is_known,
        "measured_at": profile.finished_at if profile else None,
        "pasted_at": told.pasted_at,
        "verdict": verdict,
        "tag": ("unknown" if verdict.confidence is Confidence.UNKNOWN else "info", _HOW_SURE[verdict.confidence]),
        "state": _TONES.get(verdict.inbound4, "unknown"),
        "stops": [_stop(stop) for stop in verdict.picture],
        "evidence": [_witness(name, verdict.evidence) for name in names],
    }


def situation_of(verdict: NatVerdict) -> Situation:
    """What the ranking of the ways in needs of a verdict."""
    answers = {Inbound.OPEN: Answer.YES, Inbound.AFTER_CHANGE: Answer.YES, Inbound.CLOSED: Answer.NO}
    codes = {note.code for note in verdict.notes}
    wan = parse_address(verdict.wan)
    ipv6 = answers.get(verdict.inbound6, Answer.UNKNOWN)
    return Situation(
        ipv4=answers.get(verdict.inbound4, Answer.UNKNOWN),
        ipv6=ipv6,
        seen=verdict.sentence if verdict.inbound4 is Inbound.CLOSED else "",
        seen_6="This machine has no IPv6." if ipv6 is Answer.NO else "",
        carrier_uses_shared_space="same-numbers" in codes or bool(wan and kind_of(wan) is Kind.SHARED),
        mapping_varies=bool(verdict.varies),
    )


def _stop(stop: Stop) -> dict[str, Any]:
    state, word = _PASSAGES[stop.passage]
    if stop.key == "internet":
        state, word = "info", "Viewers are here"
    return {"name": stop.title, "state": state, "word": word, "addresses": stop.addresses}


def _witness(name: str, evidence: tuple[Evidence, ...]) -> dict[str, Any]:
    """All that one witness said, with the word that weighs most."""
    said = [one for one in evidence if one.name == name]
    heaviest = next(bearing for bearing in _BEARINGS if any(one.bearing is bearing for one in said))
    state, word = _BEARINGS[heaviest]
    return {
        "title": said[0].title,
        "lines": [one.words for one in said],
        "source": said[0].source,
        "at": said[0].at,
        "state": state,
        "word": word,
    }


def guessed_place(profile: Profile | None) -> Place:
    """Where Porthole probably runs: a machine that has a public IPv4 address itself is mostly a rented one."""
    own = parse_address(profile.facts.machine.value.four.address) if profile and profile.facts else None
    return Place.SERVER if own is not None and is_routed(own) else Place.HOME
