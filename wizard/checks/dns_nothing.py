"""The findings where no address came, part of the `dns` check. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.dns_views import View, until
from wizard.checks.words import HERE, remedy
from wizard.core.faults import Fault
from wizard.core.verdicts import Level, Remedy, Verdict
from wizard.net.questions import Outcome

if TYPE_CHECKING:
    from wizard.checks.dns import Seen, Subject
    from wizard.net.names import Records


def judge_nothing(subject: Subject, seen: Seen, view: View | None) -> Verdict:
    """Why there is no address: as the outside says, else as this machine's own resolver does."""
    if seen.doubled is not None and seen.doubled.values:
        return _doubled(subject, seen.doubled)
    if seen.is_cut_off:
        return could_not_ask(subject, seen)
    if view is not None:
        gone = view.outcome is Outcome.NO_SUCH_NAME
        return name_not_found(subject, seen, view) if gone else no_address(subject, seen, view)
    faults = {seen.v4.fault, seen.v6.fault}
    if Fault.NAME_NOT_FOUND in faults:  # counts for every kind of record
        return name_not_found(subject, seen, None)
    return no_address(subject, seen, None) if faults == {Fault.NO_ADDRESS} else could_not_ask(subject, seen)


def _wait(seen: Seen, view: View | None) -> str:
    """That there was nothing is remembered, too (RFC 2308): until when, as far as somebody said so."""
    told = (*seen.survey.resolvers, *(view.told if view else ()))
    remembered = [seen.v4.ttl_seconds, seen.v6.ttl_seconds]
    remembered += [reply.ttl_seconds for one in told for reply in (one.v4, one.v6) if not reply.values]
    if when := until(seen.looked_at, max(remembered)):
        return f"Whoever asked already remembers until {when} that there was nothing: check again after that."
    return "Wait a few minutes, then check again. A new name can take up to an hour."


def _said(seen: Seen, view: View | None) -> str:
    return view.detail if view else f"{HERE} {seen.v4.detail}"


def name_not_found(subject: Subject, seen: Seen, view: View | None) -> Verdict:
    """The name does not exist."""
    only_here = ", except on this machine's own name server" if view is not None and seen.addresses else ""
    return Verdict(
        "dns-name-not-found",
        Level.FAILURE,
        f"{subject.domain} is not in DNS{only_here}",
        "Nobody can find your server under this name.",
        _said(seen, view),
        remedy(
            "dns-name-not-found",
            f"Add the record for {subject.domain}.",
            subject.advice,
            "Check the spelling of the name there and here.",
            _wait(seen, view),
        ),
    )


def no_address(subject: Subject, seen: Seen, view: View | None) -> Verdict:
    """The name exists, without an address."""
    return Verdict(
        "dns-no-address",
        Level.FAILURE,
        f"{subject.domain} is in DNS, but has no address",
        "Nobody can reach your server under this name.",
        _said(seen, view),
        remedy(
            "dns-no-address",
            f"Add the missing record for {subject.domain}.",
            subject.advice,
            _wait(seen, view),
        ),
    )


def _doubled(subject: Subject, doubled: Records) -> Verdict:
    label = subject.domain.removesuffix(subject.registrable).rstrip(".") or "@"
    return Verdict(
        "dns-doubled",
        Level.FAILURE,
        f"The record is called {doubled.name}: the domain stands in it twice",
        f"{subject.domain} itself is not found. Most providers add {subject.registrable} to the name by themselves.",
        f"{HERE} {doubled.name} has {', '.join(doubled.values)}",
        remedy(
            "dns-doubled",
            f"At the DNS provider, rename the record to {label}.",
            f"Open the DNS page of {subject.registrable}.",
            f"Change the name of the record from {subject.domain} to {label}.",
            "Wait a few minutes, then check again.",
        ),
    )


def could_not_ask(subject: Subject, seen: Seen) -> Verdict:
    """Nobody answered this machine."""
    said = f"{seen.v4.detail} {seen.v6.detail}"
    how = "the name server of this machine answers with a failure (SERVFAIL)" if "SERVFAIL" in said else ""
    if seen.is_cut_off:
        how = "the name server of this machine knows no name of the internet"
    return Verdict(
        "dns-could-not-ask",
        Level.UNKNOWN,
        f"We could not ask for {subject.domain}: {how or 'no name server answered this machine'}",
        "This says nothing about your record.",
        seen.v4.detail or seen.v6.detail,
        Remedy(
            "Check which name server this machine uses, then check again.",
            "troubleshooting#dns-could-not-ask",
            (
                "Look into /etc/resolv.conf on this machine, or in this container.",
                f"Try another device: can it find {subject.domain}?",
                "Check again.",
            ),
        ),
    )
