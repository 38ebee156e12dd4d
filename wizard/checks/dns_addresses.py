"""The findings about the addresses of the external domain, part of the `dns` check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.dns_views import View
from wizard.checks.places import is_public
from wizard.checks.words import HERE, listed, remedy
from wizard.core.addresses import Kind, kind_of, parse_address
from wizard.core.cloudflare import AS_OF, is_cloudflare
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
_NOT_KNOWN = "Which addresses it should have is not known here."
_TAILNET_KINDS = {Kind.SHARED, Kind.TAILNET, Kind.PRIVATE}


def judge_addresses(subject: Subject, seen: Seen, view: View) -> tuple[Verdict, ...]:
    """What the addresses are worth, from the worst mistake to the best answer. `view` holds those that count."""
    if subject.is_localhost:
        return (_passed(f"{subject.domain} always leads to this machine", HERE),)
    if subject.method == "tailnet":
        return _judge_tailnet(subject, view)
    odd = tuple(one for one in view.values if not is_public(one))
    if odd:
        return (_not_public(subject, view, odd[0]),)
    if subject.way_in.record is Record.AAAA and not view.v6:
        return (_no_v6(subject, view),)
    return (*_compare(subject, view), *_split(subject, seen, view))


def _compare(subject: Subject, view: View) -> tuple[Verdict, ...]:
    found = _spelled(view.values)
    if not subject.way_in.points_at_edge:
        return (_passed(f"Leads to {listed(found)}", f"{view.detail} {_NOT_KNOWN}"),)
    known = set(_spelled(subject.edge_addresses))
    home = tuple(one for one in found if one in _spelled(subject.own_addresses) and one not in known)
    if home and not any("router" in hop.lower() for hop in subject.way_in.path):
        return (_points_home(subject, view, home),)
    proxied = tuple(one for one in found if is_cloudflare(one) and one not in known)
    if proxied:
        return (_cloudflare(subject, view, proxied),)
    if not known:
        return (_passed(f"Leads to {listed(found)}", f"{view.detail} {_NOT_KNOWN}"),)
    wrong = tuple(one for one in found if one not in known and _same_family_known(one, known))
    if not wrong:
        return (_passed(f"Leads to {listed(found)}", view.detail),)
    return (_wrong(subject, view, found, wrong),)


def _spelled(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """The one way in which each address is written."""
    return tuple(str(parse_address(one) or one) for one in addresses)


def _same_family_known(address: str, known: set[str]) -> bool:
    """An address can only be called wrong where we know what would be right in its family."""
    return any((":" in address) == (":" in one) for one in known)


def _passed(summary: str, detail: str) -> Verdict:
    return Verdict("dns-ok", Level.OK, summary, detail=detail)


def _split(subject: Subject, seen: Seen, view: View) -> tuple[Verdict, ...]:
    """At home another answer than outside, on purpose: a way around routers that do not lead back in."""
    here = seen.addresses
    if not view.told or not here or any(is_public(one) for one in here):
        return ()
    return (
        Verdict(
            "dns-split",
            Level.NOTE,
            f"On this machine {subject.domain} leads to {listed(here)}, outside to {listed(view.values)}",
            "Your own name server or hosts file answers for home. The other checks look at that place.",
        ),
    )


def _judge_tailnet(subject: Subject, view: View) -> tuple[Verdict, ...]:
    kinds = {kind_of(address) for one in view.values if (address := parse_address(one))}
    if kinds <= _TAILNET_KINDS:
        return (_passed(f"Leads to {listed(view.values)}, inside your tailnet", HERE),)
    return (_wrong(subject, view, view.values, view.values),)


def _not_public(subject: Subject, view: View, odd: str) -> Verdict:
    address = parse_address(odd)
    kind = kind_of(address) if address else Kind.OTHER
    if kind is Kind.SHARED:
        return _cgnat(subject, view, odd)
    # the owner says that the edge is there: then it may be an answer meant for home (split DNS)
    meant = odd in subject.edge_addresses
    why = "Viewers outside cannot reach that address."
    if meant and not view.told:
        why += " If your own name server gives this answer to your home only, viewers outside may get a better one."
    return Verdict(
        "dns-private-address",
        Level.WARNING if meant else Level.FAILURE,
        f"{subject.domain} leads to {odd}, {_ONLY_THERE.get(kind, 'which is no address of a machine')}",
        why,
        f"{view.detail} All addresses: {', '.join(view.values)}",
        remedy(
            "dns-private-address",
            f"Replace {odd} in the record of {subject.domain}.",
            subject.advice,
            "If you have a name server of your own at home, look at what it says about this name too.",
            "Wait a few minutes, then check again.",
        ),
    )


def _cgnat(subject: Subject, view: View, odd: str) -> Verdict:
    return Verdict(
        "dns-cgnat-address",
        Level.FAILURE,
        f"{subject.domain} leads to {odd}, an address behind carrier NAT or inside Tailscale",
        "Addresses from 100.64 to 100.127 exist only inside your provider's network or your tailnet. "
        "Viewers outside cannot reach them.",
        f"{view.detail} All addresses: {', '.join(view.values)}",
        remedy(
            "dns-cgnat-address",
            f"Replace {odd} in the record of {subject.domain}, or choose another way in.",
            f"If this is your router's address, port forwarding cannot work: choose a way in other than "
            f"{subject.way_in.title}.",
            "If this is a Tailscale address and only devices with Tailscale watch, choose that way in.",
            subject.advice,
        ),
    )


def _no_v6(subject: Subject, view: View) -> Verdict:
    return Verdict(
        "dns-no-address",
        Level.FAILURE,
        f"{subject.domain} has no IPv6 address, only {listed(view.values)}",
        "You chose IPv6 as the way in, so an AAAA record has to lead to Caddy.",
        view.detail,
        remedy("dns-no-address", f"Add the AAAA record for {subject.domain}.", subject.advice),
    )


def _points_home(subject: Subject, view: View, home: tuple[str, ...]) -> Verdict:
    edge = listed(subject.edge_addresses) or "the public address of the machine with Caddy"
    return Verdict(
        "dns-points-home",
        Level.FAILURE,
        f"{subject.domain} leads to {listed(home)}, your home. It should lead to {edge}",
        f"With {subject.way_in.title}, viewers come in elsewhere. At home no port is open for them.",
        f"{view.detail} All addresses: {', '.join(view.values)}",
        remedy(
            "dns-points-home",
            f"Let {subject.domain} lead to {edge}.",
            subject.advice,
            f"Switch off dynamic DNS for {subject.domain} in the router and on other devices: it would write the "
            "address of your home again.",
            "Wait until the old answer has run out, often an hour, then check again.",
        ),
    )


def _cloudflare(subject: Subject, view: View, proxied: tuple[str, ...]) -> Verdict:
    return Verdict(
        "dns-cloudflare",
        Level.WARNING,
        f"{subject.domain} leads to {listed(proxied)}, which is Cloudflare, and not straight to your Caddy",
        "Cloudflare opens the encryption, stops uploads at 100 MB and restricts video in its terms. "
        "Media servers see its address in place of the viewer's.",
        f"{view.detail} Cloudflare's ranges as of {AS_OF}.",
        remedy(
            "dns-cloudflare",
            f"Switch the cloud of {subject.domain} to grey (DNS only).",
            f"In Cloudflare, open the DNS page of {subject.registrable}.",
            f"Edit the record of {subject.domain}, and set Proxy status to DNS only.",
            "If you want Cloudflare in front, choose Cloudflare Tunnel as the way in instead.",
            "Wait five minutes, then check again.",
        ),
    )


def _wrong(subject: Subject, view: View, found: tuple[str, ...], wrong: tuple[str, ...]) -> Verdict:
    some = len(wrong) < len(found)
    tailnet = subject.method == "tailnet"
    right = "an address inside your tailnet" if tailnet else listed(subject.edge_addresses)
    also = "also " if some else ""
    return Verdict(
        "dns-wrong-address",
        Level.WARNING if some else Level.FAILURE,
        f"{subject.domain} {also}leads to {listed(wrong)}. It should lead to {right}",
        "Some viewers reach the wrong place." if some else "People who open the address reach the wrong place.",
        f"{view.detail} All addresses: {', '.join(found)}",
        remedy(
            "dns-wrong-address",
            f"Correct the record of {subject.domain}.",
            f"At the DNS provider of {subject.registrable}, delete every A and AAAA record of {subject.domain} "
            f"with {listed(wrong)}.",
            subject.advice,
            "Wait until the old answer has run out, often an hour, then check again.",
        ),
    )
