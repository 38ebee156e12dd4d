"""Words that the findings of a visit share. Pure."""

from __future__ import annotations

from wizard.core.verdicts import Remedy
from wizard.core.visits import Arrived, Part

TITLES = {
    Part.REACH: "Reached from outside",
    Part.ADDRESS: "Viewer's address arrives",
    Part.CERTIFICATE: "Certificate is accepted",
    Part.SPEED: "Speed",
    Part.LIVE: "Live connection holds",
}
"""What the rows of a visit are called, for its owner."""

LIMITS = "Remote viewers can count as Local. Limits for remote streams are then not applied."


def in_mbit(mbps: float) -> str:
    """`8.4 Mbit/s`, without a fraction from 10 on."""
    return f"{mbps:.0f} Mbit/s" if mbps >= 10 else f"{mbps:.1f} Mbit/s"


def remedy(code: str, action: str, *steps: str) -> Remedy:
    """What to do, with the guide section of that very finding."""
    return Remedy(action, f"troubleshooting#{code}", steps)


def told(arrived: Arrived) -> str:
    """What arrived, for the folded part of a card."""
    caddy = f"Caddy was asked by {arrived.peer}. " if arrived.peer else ""
    return (
        f"Seen by a phone ({arrived.agent or 'an unnamed browser'}). {caddy}"
        f"X-Forwarded-For: {arrived.forwarded or 'not there'}. X-Real-IP: {arrived.real or 'not there'}. "
        f"X-Forwarded-Proto: {arrived.scheme or 'not there'}"
    )
