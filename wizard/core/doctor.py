"""What `porthole doctor` prints, as text and as a JSON document, and the way back from a pasted document. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec

from wizard.core.connection import Fact, Facts, Place, State
from wizard.core.nat import NatVerdict
from wizard.core.nat_evidence import Bearing, Evidence
from wizard.core.nat_picture import Passage, Stop
from wizard.core.refusal import Refusal
from wizard.core.shapes import learn

VERSION = 1
MOST_CHARACTERS = 64 * 1024
_MOST_TEXT, _MOST_ENTRIES = 300, 64
_MARKS = {
    Bearing.PUBLIC: "✓",
    Bearing.BLOCKED: "✗",
    Bearing.NEUTRAL: "·",
    Bearing.SILENT: "–",
    Bearing.NOT_MEASURED: "–",
}
_PASSAGES = {
    Passage.PASSES: "passes",
    Passage.NEEDS_CHANGE: "passes once a port is forwarded here",
    Passage.STOPS: "stops a connection from outside",
    Passage.UNREACHED: "a connection from outside never gets here",
    Passage.UNKNOWN: "not known",
}


class _Document(msgspec.Struct):
    porthole_doctor: int
    facts: Facts


learn(_Document)


def document_of(facts: Facts, verdict: NatVerdict) -> dict[str, Any]:
    """Facts and verdict as JSON values; the facts alone are what is read back."""
    return {
        "porthole_doctor": VERSION,
        "facts": msgspec.to_builtins(facts),
        "verdict": msgspec.to_builtins(verdict),
    }


def read_document(text: str) -> Facts | Refusal:
    """The facts of a document that somebody pasted, as facts about the home; or why it is none.

    Only measured facts with printable texts of sensible length are let in.
    """
    start, end = text.find("{"), text.rfind("}")
    if len(text) > MOST_CHARACTERS or start < 0:
        return Refusal("That is not what porthole doctor --json prints. Paste all of it, from { to }")
    try:
        document = msgspec.json.decode(text[start : end + 1].encode(), type=_Document)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return Refusal("That is not what porthole doctor --json prints. Paste all of it, from { to }")
    if document.porthole_doctor != VERSION:
        return Refusal("It was printed by another version of Porthole. Use the same version at home")
    if not all(_is_sensible(value) for value in _values(msgspec.to_builtins(document.facts))):
        return Refusal("It holds texts that porthole doctor does not print. Run it again and paste all of it")
    return replace(document.facts, place=Fact(Place.HOME, State.MEASURED, "porthole doctor"))


def _values(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, dict):
        for one in value.values():
            yield from _values(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _values(one)


def _is_sensible(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= _MOST_TEXT and value.isprintable()
    return not isinstance(value, list | tuple) or len(value) <= _MOST_ENTRIES


def lines_of_evidence(evidence: tuple[Evidence, ...]) -> Iterator[str]:
    """One line for each piece of evidence."""
    for one in evidence:
        yield f"{_MARKS[one.bearing]} {one.title}: {one.words}"


def lines_of_verdict(verdict: NatVerdict) -> Iterator[str]:
    """The sentence, how sure it is, what would settle it, the notes, and the picture."""
    yield verdict.sentence
    yield f"How sure: {verdict.confidence}"
    if verdict.settle:
        yield f"To be surer: {verdict.settle.action}"
    for note in verdict.notes:
        yield f"Note: {note.sentence}"
    yield ""
    for stop in reversed(verdict.picture):
        yield from _lines_of_stop(stop)


def _lines_of_stop(stop: Stop) -> Iterator[str]:
    mark = {Passage.STOPS: "✗", Passage.UNREACHED: " ", Passage.UNKNOWN: "?"}.get(stop.passage, "↓")
    tail = "" if stop.key == "internet" else f"  ({_PASSAGES[stop.passage]})"
    yield f"  {mark} {stop.title}{tail}"
    for label, address in stop.addresses:
        yield f"      {label}: {address}"
