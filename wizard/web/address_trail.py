"""The way of a viewer's address on the run page, from what the `headers` check saw. No request, no database."""

from __future__ import annotations

from typing import Any

import msgspec

from wizard.checks.headers_seen import Seen
from wizard.checks.headers_trail import Station, Step, first_lost, trail_of
from wizard.core.runs import State
from wizard.core.shapes import learn
from wizard.core.vantages import check_of, spoken, vantage_of
from wizard.store.runs import Result, Run

CHECK = "headers"
# the page's word for a state, and the words beside it
_STATES = {
    Step.KEPT: ("passed", "Keeps it"),
    Step.LOST: ("failed", "Loses it"),
    Step.AFTER: ("skipped", "Lost before"),
    Step.UNSEEN: ("unknown", "Not seen from here"),
}


learn(Seen)


def draw_trail(run: Run) -> dict[str, Any]:
    """Each hop with what it saw and passed on, and one sentence; without hops there is nothing to draw.

    Of several vantages the first from which the address gets lost is shown, else the one that is furthest outside.
    """
    seen = [(vantage_of(one.check), _trail(one)) for one in run.results if check_of(one.check) == CHECK]
    ways = [(vantage, stations) for vantage, stations in seen if stations]
    if not ways:
        return {"stops": []}
    vantage, stations = next((way for way in ways if first_lost(way[1])), ways[-1])
    lost = first_lost(stations)
    stops = [_stop(station, is_first=station is lost) for station in stations]
    stops[0]["name"] = f"{spoken(vantage)[:1].upper()}{spoken(vantage)[1:]}, as a viewer"
    text = f"The first hop that loses it: {lost.name}." if lost else "No hop that we can see from here loses it."
    return {"stops": stops, "text": text}


def _trail(result: Result) -> tuple[Station, ...]:
    if result.state is not State.DONE:
        return ()
    try:
        return trail_of(msgspec.convert(result.observed, Seen))
    except msgspec.ValidationError:
        return ()  # made by an older version


def _stop(station: Station, *, is_first: bool) -> dict[str, Any]:
    state, word = _STATES[station.step]
    return {
        "name": station.name,
        "state": state,
        "word": word,
        "saw": station.saw,
        "passed": station.passed,
        "note": station.note,
        "first": is_first,
    }
