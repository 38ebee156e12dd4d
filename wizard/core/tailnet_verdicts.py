"""Findings about one machine of a tailnet, whoever told of it: its key, that it is offline or relayed. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from wizard.core.tailnet import Machine
from wizard.core.verdicts import Level, Remedy, Verdict

SOON = timedelta(days=30)
RELAYED_SPEED = "about 1 to 10 Mbit/s"


def key_verdicts(machine: Machine, at: datetime, who: str) -> Iterator[Verdict]:
    """That its key has ended, or ends soon."""
    if machine.is_expired:
        yield Verdict(
            "way-tailscale-key-expired",
            Level.FAILURE,
            f"{who}’s key has expired, so {machine.label} is no longer in the tailnet",
            "Nothing reaches it through Tailscale until somebody signs in there.",
            remedy=Remedy(
                f"Sign in again on {machine.label}, then disable its key expiry.",
                "troubleshooting#way-tailscale-key-expired",
                snippet="sudo tailscale up --force-reauth",
                snippet_caption=f"On {machine.label}, in a terminal",
            ),
        )
    elif machine.expires_at is not None and machine.expires_at - at < SOON:
        yield Verdict(
            "way-tailscale-key-expiring",
            Level.WARNING,
            f"{who}’s key expires on {machine.expires_at.day} {machine.expires_at:%B %Y}",
            f"On that day {machine.label} drops off the tailnet, and viewers reach nothing.",
            remedy=Remedy(
                f"Disable key expiry for {machine.label} on the page Machines of Tailscale's admin console.",
                "troubleshooting#way-tailscale-key-expiring",
            ),
        )


def offline(summary: str, level: Level = Level.FAILURE) -> Verdict:
    """The machine at the other end is not there."""
    return Verdict(
        "way-tailscale-peer-offline",
        level,
        summary,
        "It is the machine at the other end of this way in: viewers reach nothing without it.",
        remedy=Remedy(
            "See that it is switched on, has a connection, and is signed in to Tailscale.",
            "troubleshooting#way-tailscale-peer-offline",
            snippet="tailscale status",
            snippet_caption="On that machine, in a terminal",
        ),
    )


def relayed(summary: str, level: Level, region: str) -> Verdict:
    """A path that goes through the relay of a region."""
    return Verdict(
        "way-tailscale-relayed",
        level,
        summary,
        f"People report {RELAYED_SPEED} through a relay: standard definition, or one modest HD stream.",
        f"Every ping went through the relay {region}." if region else "",
        Remedy("Let one of the two machines be reached by UDP.", "troubleshooting#way-tailscale-relayed"),
    )
