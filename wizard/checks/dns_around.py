"""Findings beside the addresses themselves, part of the `dns` check: a leftover AAAA record, and CAA. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.caa_records import is_enough, what_is_forbidden
from wizard.checks.words import HERE, listed, reason, remedy
from wizard.core.addresses import parse_address
from wizard.core.caa import permission
from wizard.core.faults import Fault
from wizard.core.verdicts import Level, Verdict
from wizard.methods import Record

if TYPE_CHECKING:
    from wizard.checks.dns import Seen, Subject

_DEAD = {Fault.REFUSED, Fault.TIMED_OUT, Fault.UNREACHABLE, Fault.RESET}


def judge_around(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """What else is known to go wrong, although the addresses may be right."""
    return (*_stale(subject, seen), *_caa(subject, seen))


def _stale(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """An AAAA record whose address is none of the edge's and does not answer, while an A record's does."""
    if subject.way_in.record is Record.AAAA:
        return ()
    edge = {str(parse_address(one) or one) for one in subject.edge_addresses}
    works = tuple(one.address for one in seen.knocks if one.fault is None and ":" not in one.address)
    dead = tuple(one for one in seen.knocks if ":" in one.address and one.fault in _DEAD and one.address not in edge)
    if not works or not dead:
        return ()
    addresses = listed(tuple(one.address for one in dead))
    return (
        Verdict(
            "dns-stale-aaaa",
            Level.WARNING,
            f"The AAAA record of {subject.domain} leads to {addresses}, and nobody answers there "
            f"({reason(dead[0].fault)})",
            "Devices with IPv6 try it first and wait, or give up. Certificate authorities do so, too.",
            f"{HERE} {listed(works)} answers on port {subject.port}; {addresses}: {dead[0].detail}",
            remedy(
                "dns-stale-aaaa",
                f"Delete the AAAA record of {subject.domain}, or correct it.",
                f"At the DNS provider of {subject.registrable}, delete the AAAA record with {addresses}.",
                "If Caddy should answer over IPv6 as well, put its present IPv6 address there instead, "
                "and open ports 80 and 443 for it.",
                "Wait until the old answer has run out, often an hour, then check again.",
            ),
        ),
    )


def _caa(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    if seen.caa is None or not seen.caa.values:
        return ()
    name, given = seen.caa.name, permission(seen.caa.values)
    if is_enough(given):
        return ()
    return (
        Verdict(
            "dns-caa",
            Level.WARNING,
            what_is_forbidden(name, given),
            f"Let's Encrypt obeys it: the next certificate for {subject.domain} would be refused.",
            f"{HERE} {'; '.join(seen.caa.values)}",
            remedy(
                "dns-caa",
                f"Let the CAA record of {name} allow Let's Encrypt.",
                f"At the DNS provider of {subject.registrable}, add the record below at {name}.",
                "Or delete all CAA records: without any, every authority may issue.",
                "Wait a few minutes, then check again.",
                snippet=f'{name}. CAA 0 issue "letsencrypt.org"',
                caption="The record to add",
            ),
        ),
    )
