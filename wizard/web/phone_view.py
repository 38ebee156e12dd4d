"""A visit as its visitor sees it: short, and nothing that would tell about the home. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wizard.core.addresses import parse_address
from wizard.core.verdicts import Level, worst
from wizard.core.visit_places import is_public
from wizard.core.visit_words import in_mbit
from wizard.core.visits import Finding, Part, Seen, Visit

_TITLES = {
    Part.REACH: "Reached",
    Part.ADDRESS: "Your address",
    Part.CERTIFICATE: "Encryption",
    Part.SPEED: "Speed",
    Part.LIVE: "Live connection",
}
_STATES = {
    Level.OK: "good",
    Level.NOTE: "good",
    Level.UNKNOWN: "open",
    Level.WARNING: "careful",
    Level.FAILURE: "bad",
}
_WORDS = {
    "phone-works": "It opened on this phone",
    "phone-same-network": "It opened, from inside the home network",
    "phone-place-unknown": "It opened on this phone",
    "phone-address-lost": "It did not arrive",
    "phone-address-private": "Another address arrived in its place",
    "phone-address-changed": "Another address arrived in its place",
    "phone-certificate-trusted": "Encrypted, and you saw no warning",
    "phone-certificate-warned": "Your browser showed a warning",
    "phone-not-encrypted": "The other side is not told that it is encrypted",
    "phone-websocket-refused": "It was refused",
    "phone-not-measured": "Not measured",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the page. `state`: good, careful, bad, open (could not tell) or next (still to come)."""

    name: str
    title: str
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Ending:
    """What came of it, in large letters, and one sentence more."""

    state: str
    title: str
    text: str


def lines(visit: Visit, findings: Sequence[Finding]) -> list[Line]:
    """One line for each part; those without a result yet are still to come."""
    is_over = visit.finished_at is not None
    return [
        Line(
            one.part.value,
            _TITLES[one.part],
            _STATES[one.verdict.level] if is_over or visit.seen.has(one.part) else "next",
            _words(one, visit.seen) if is_over or visit.seen.has(one.part) else "Comes next",
        )
        for one in findings
    ]


def ending(findings: Sequence[Finding]) -> Ending:
    """The end in a few words."""
    if any(one.verdict.code == "phone-same-network" for one in findings):
        return Ending("open", "Wi-Fi was still on", "Switch it off, ask for a new link, and open it again.")
    match worst(one.verdict.level for one in findings):
        case Level.OK | Level.NOTE:
            return Ending("good", "It works from here", "The person who sent you the link sees this already.")
        case Level.UNKNOWN:
            return Ending("open", "It opens from here", "Some of it could not be told. The sender sees what.")
        case _:
            return Ending("careful", "It opens, and something is not right", "The sender sees what to do about it.")


def _words(finding: Finding, seen: Seen) -> str:
    match finding.verdict.code:
        case "phone-address-arrives" | "phone-ipv6":
            return _own_address(seen)
        case "phone-fast-enough" | "phone-slow" if seen.down is not None:
            other = f", {in_mbit(seen.up.mbps)} from it" if seen.up is not None else ""
            return f"{in_mbit(seen.down.mbps)} to this phone{other}"
        case "phone-websocket-held" if seen.live is not None:
            return f"It held for {seen.live.seconds:.0f} seconds"
        case "phone-websocket-cut":
            return f"It broke off after {seen.live.seconds if seen.live else 0:.0f} seconds"
        case code:
            return _WORDS.get(code, "It could not be told")


def _own_address(seen: Seen) -> str:
    """The visitor's own address is theirs to see; one from inside a home is not shown to the internet."""
    address = parse_address(seen.arrived.forwarded) if seen.arrived else None
    return f"It arrived: {address}" if address is not None and is_public(address) else "It arrived"
