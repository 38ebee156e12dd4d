"""Where nobody could see from here who answers at an address, part of the `reach` check. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.reach_answers import Answered
from wizard.checks.words import HERE, could_not_look, listed, remedy
from wizard.core.faults import Fault
from wizard.core.verdicts import Level, Remedy, Verdict

if TYPE_CHECKING:
    from wizard.checks.reach import Seen, Subject

UNCLEAR = frozenset({Fault.NO_CERTIFICATE, Fault.OTHER})
_GATEWAY = {502, 503, 504}


def told(answers: tuple[Answered, ...]) -> str:
    """What each address said, for the detail."""
    lines = [
        f"{one.address} port {one.port}: {one.status or one.detail or one.fault}"
        + (f", server {one.server}" if one.server else "")
        + (f", leads on to {one.location}" if one.location else "")
        for one in answers
    ]
    return f"{HERE} {'; '.join(lines)}"


def is_caddy_without_us(answered: Answered) -> bool:
    """A Caddy that cannot reach this app: whether it is the right one stays open."""
    return answered.status in _GATEWAY and answered.server.lower() == "caddy"


def judge_unseen(subject: Subject, seen: Seen, secure: tuple[Answered, ...]) -> tuple[Verdict, ...]:
    """One UNKNOWN for each reason why nobody could look from here."""
    rest = tuple(one for one in secure if not one.is_ours)
    bare = tuple(one for one in rest if one.fault is Fault.NO_CERTIFICATE)
    away = tuple(one for one in rest if one.fault is Fault.NO_NETWORK)
    odd = tuple(one for one in rest if one.fault is Fault.OTHER)
    mute = tuple(one for one in rest if is_caddy_without_us(one))
    return (
        *((_no_certificate(subject, bare),) if bare else ()),
        *((_no_network(away),) if away else ()),
        *((could_not_look("reach-could-not-look", Fault.OTHER, told(odd)),) if odd else ()),
        *((_caddy_without_us(mute),) if mute else ()),
        *((_more(subject, seen),) if seen.more_addresses else ()),
    )


def places(answers: tuple[Answered, ...]) -> str:
    """`port 443 at 203.0.113.9 and 2001:db8::9`. All of one call are on the same port."""
    return f"port {answers[0].port} at {listed(tuple(one.address for one in answers))}"


def _no_certificate(subject: Subject, answers: tuple[Answered, ...]) -> Verdict:
    return Verdict(
        "reach-could-not-look",
        Level.UNKNOWN,
        f"Something answers on {places(answers)}, but shows no certificate, so we cannot see who it is",
        "Without a certificate nobody can ask further.",
        told(answers),
        Remedy(
            f"Let Caddy get its certificate for {subject.domain} first, then check again.",
            "troubleshooting#tls-no-certificate",
        ),
    )


def _no_network(answers: tuple[Answered, ...]) -> Verdict:
    addresses = listed(tuple(one.address for one in answers))
    family = "IPv6" if ":" in answers[0].address else "IPv4"
    return Verdict(
        "reach-could-not-look",
        Level.UNKNOWN,
        f"We could not look at {addresses}: this machine has no {family}",
        f"Viewers with {family} may use that address, and nobody has seen from here whether it works.",
        told(answers),
        remedy("check-could-not-run", f"Look from a device with {family}, such as a phone with Wi-Fi off."),
    )


def _caddy_without_us(answers: tuple[Answered, ...]) -> Verdict:
    status = answers[0].status
    return Verdict(
        "reach-could-not-look",
        Level.UNKNOWN,
        f"A Caddy answers on {places(answers)}, but cannot reach this app's test address (status {status})",
        "Without the test address we cannot see whether it is the right Caddy.",
        told(answers),
        remedy("check-could-not-run", "Check that Caddy can reach this app, then check again."),
    )


def _more(subject: Subject, seen: Seen) -> Verdict:
    return Verdict(
        "reach-could-not-look",
        Level.UNKNOWN,
        f"{subject.domain} has {seen.more_addresses} more addresses than we look at",
        "Those were not tried.",
        HERE,
        remedy("check-could-not-run", f"Delete addresses of {subject.domain} that are not in use."),
    )
