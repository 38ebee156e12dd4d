"""The findings about the addresses of the external domain, part of the `dns` check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.words import HERE, listed, remedy
from wizard.core.addresses import Address, Kind, is_documentation, kind_of, parse_address
from wizard.core.verdicts import Level, Verdict
from wizard.methods import Record

if TYPE_CHECKING:
    from wizard.checks.dns import Seen, Subject

_ONLY_THERE = {
    Kind.LOOPBACK: "which every machine calls itself",
    Kind.PRIVATE: "which exists only inside a home network",
    Kind.LINK_LOCAL: "which exists only on one cable",
    Kind.TAILNET: "which exists only inside a tailnet",
}
_TAILNET_KINDS = {Kind.SHARED, Kind.TAILNET, Kind.PRIVATE}


def judge_addresses(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """What the addresses are worth, from the worst mistake to the best answer."""
    if subject.is_localhost:
        return (_passed(f"{subject.domain} always leads to this machine"),)
    if subject.method == "tailnet":
        return _judge_tailnet(subject, seen)
    odd = tuple(one for one in seen.addresses if not _is_public(one))
    if odd:
        return (_not_public(subject, seen, odd[0]),)
    if subject.way_in.record is Record.AAAA and not seen.v6.values:
        return (_no_v6(subject, seen),)
    return _compare(subject, seen)


def _compare(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    known = {str(parse_address(one) or one) for one in subject.edge_addresses}
    found = tuple(str(parse_address(one) or one) for one in seen.addresses)
    if not subject.way_in.points_at_edge or not known:
        return (_passed(f"Leads to {listed(found)}", "Which addresses it should have is not known here."),)
    wrong = tuple(one for one in found if one not in known and _same_family_known(one, known))
    if not wrong:
        return (_passed(f"Leads to {listed(found)}"),)
    return (_wrong(subject, found, wrong),)


def _same_family_known(address: str, known: set[str]) -> bool:
    """An address can only be called wrong where we know what would be right in its family."""
    return any((":" in address) == (":" in one) for one in known)


def _passed(summary: str, remark: str = "") -> Verdict:
    return Verdict("dns-ok", Level.OK, summary, detail=f"{HERE} {remark}".rstrip())


def _judge_tailnet(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    kinds = {kind_of(address) for one in seen.addresses if (address := parse_address(one))}
    if kinds <= _TAILNET_KINDS:
        return (_passed(f"Leads to {listed(seen.addresses)}, inside your tailnet"),)
    return (_wrong(subject, seen.addresses, seen.addresses),)


def _not_public(subject: Subject, seen: Seen, odd: str) -> Verdict:
    address = parse_address(odd)
    kind = kind_of(address) if address else Kind.OTHER
    if kind is Kind.SHARED:
        return _cgnat(subject, seen, odd)
    # the owner says that the edge is there: then it may be an answer meant for home (split DNS)
    meant = odd in subject.edge_addresses
    why = "Viewers outside cannot reach that address."
    if meant:
        why += " If your own name server gives this answer to your home only, viewers outside may get a better one."
    return Verdict(
        "dns-private-address",
        Level.WARNING if meant else Level.FAILURE,
        f"{subject.domain} leads to {odd}, {_ONLY_THERE.get(kind, 'which is no address of a machine')}",
        why,
        f"{HERE} All addresses: {', '.join(seen.addresses)}",
        remedy(
            "dns-private-address",
            f"Replace {odd} in the record of {subject.domain}.",
            subject.advice,
            "If you have a name server of your own at home, look at what it says about this name too.",
            "Wait a few minutes, then check again.",
        ),
    )


def _cgnat(subject: Subject, seen: Seen, odd: str) -> Verdict:
    return Verdict(
        "dns-cgnat-address",
        Level.FAILURE,
        f"{subject.domain} leads to {odd}, an address behind carrier NAT or inside Tailscale",
        "Addresses from 100.64 to 100.127 exist only inside your provider's network or your tailnet. "
        "Viewers outside cannot reach them.",
        f"{HERE} All addresses: {', '.join(seen.addresses)}",
        remedy(
            "dns-cgnat-address",
            f"Replace {odd} in the record of {subject.domain}, or choose another way in.",
            f"If this is your router's address, port forwarding cannot work: choose a way in other than "
            f"{subject.way_in.title}.",
            "If this is a Tailscale address and only devices with Tailscale watch, choose that way in.",
            subject.advice,
        ),
    )


def _no_v6(subject: Subject, seen: Seen) -> Verdict:
    return Verdict(
        "dns-no-address",
        Level.FAILURE,
        f"{subject.domain} has no IPv6 address, only {listed(seen.v4.values)}",
        "You chose IPv6 as the way in, so an AAAA record has to lead to Caddy.",
        f"{HERE} {seen.v6.detail}",
        remedy("dns-no-address", f"Add the AAAA record for {subject.domain}.", subject.advice),
    )


def _wrong(subject: Subject, found: tuple[str, ...], wrong: tuple[str, ...]) -> Verdict:
    some = len(wrong) < len(found)
    tailnet = subject.method == "tailnet"
    right = "an address inside your tailnet" if tailnet else listed(subject.edge_addresses)
    also = "also " if some else ""
    return Verdict(
        "dns-wrong-address",
        Level.WARNING if some else Level.FAILURE,
        f"{subject.domain} {also}leads to {listed(wrong)}. It should lead to {right}",
        "Some viewers reach the wrong place." if some else "People who open the address reach the wrong place.",
        f"{HERE} All addresses: {', '.join(found)}",
        remedy(
            "dns-wrong-address",
            f"Correct the record of {subject.domain}.",
            f"At the DNS provider of {subject.registrable}, delete every A and AAAA record of {subject.domain} "
            f"with {listed(wrong)}.",
            subject.advice,
            "Wait until the old answer has run out, often an hour, then check again.",
        ),
    )


def _is_public(text: str) -> bool:
    address: Address | None = parse_address(text)
    return address is not None and (kind_of(address) is Kind.PUBLIC or is_documentation(address))
