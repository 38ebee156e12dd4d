"""Before the first certificate is asked for: can it come at all? Looks at DNS only; the authority is not asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wizard.caddy.issuer import asks_authority
from wizard.checks.issuance_case import NO_APP, Case
from wizard.checks.issuance_reaching import name_not_found, no_challenge
from wizard.checks.words import HERE, could_not_look, listed, remedy
from wizard.core.addresses import Kind, is_documentation, kind_of, parse_address
from wizard.core.caa import Permission, climb, permission
from wizard.core.faults import Fault
from wizard.core.hosts import ProxyHost
from wizard.core.issuance import Issuance
from wizard.core.verdicts import Level, Verdict
from wizard.methods import Challenge, Method, Record
from wizard.net.door import Net
from wizard.net.names import Records

_SECONDS = 3.0
_NOTHING = frozenset({Fault.NAME_NOT_FOUND, Fault.NO_ADDRESS})
_BY_CONNECTING = frozenset({Challenge.HTTP, Challenge.TLS_ALPN})


def preflight(net: Net, host: ProxyHost, method: Method, *, acme_ca: str = "") -> tuple[Verdict, ...]:
    """What stands in the way of a first certificate, worst first; OK when nothing does.

    Asks DNS for A, AAAA and CAA, at most 3 s each. With an `acme_ca` of the owner's, CAA is not judged: we do
    not know under which name that authority is listed.
    """
    if not asks_authority(host) or method.ends_tls_elsewhere:
        return (_not_needed(host, method),)
    case = Case(Issuance(host.domain.name), host, method)
    if not case.is_reachable:
        # whether this Caddy has the module of a DNS provider cannot be seen from here
        return (replace(no_challenge(case), level=Level.WARNING),)
    v4, v6 = (net.resolve(host.domain.name, kind, seconds=_SECONDS) for kind in ("A", "AAAA"))
    if not v4.values and not v6.values:
        return (_nameless(case, v4, v6),)
    found = [*_judge_addresses(case, v4.values, v6.values)]
    if not acme_ca:
        found += _judge_caa(net, case)
    if all(verdict.level is Level.NOTE for verdict in found):
        found.append(_ready(case))
    found.append(_limits(case))
    return tuple(sorted(found, key=lambda verdict: -verdict.level.rank))


def _nameless(case: Case, *records: Records) -> Verdict:
    fault = next((one.fault for one in records if one.fault not in _NOTHING), None)
    if fault is not None:
        return could_not_look("issuance-could-not-look", fault, records[0].detail)
    summary = f"{case.domain} has no address in DNS, so no authority can look there"
    return replace(name_not_found(case), summary=summary, detail=f"{HERE} {records[0].detail}".strip())


def _not_needed(host: ProxyHost, method: Method) -> Verdict:
    own = "Caddy signs the certificate for this name itself."
    plan = own if host.domain.is_localhost else method.certificate_plan
    return Verdict("issuance-ok", Level.OK, f"No authority has to be asked for {host.domain}", plan)


def _ready(case: Case) -> Verdict:
    usable = tuple(challenge.value.upper() for challenge in case.method.challenges if challenge in _BY_CONNECTING)
    return Verdict(
        "issuance-ok",
        Level.OK,
        f"DNS is ready for a certificate for {case.domain}, by {listed(usable)}",
        f"Whether ports 80 and 443 are open to the internet shows only from outside. {case.method.certificate_plan}",
    )


def _limits(case: Case) -> Verdict:
    registrable = case.host.domain.registrable
    return Verdict(
        "issuance-limits",
        Level.NOTE,
        "Let's Encrypt counts: five failed tries for a name in an hour, five certificates for it in a week",
        f"And 50 in a week for all names below {registrable}. So open the ports before you apply.",
    )


def _is_public(text: str) -> bool:
    address = parse_address(text)
    # those set aside for documentation stand for public ones in tests and in guides
    return address is not None and (kind_of(address) is Kind.PUBLIC or is_documentation(address))


def _judge_addresses(case: Case, v4: tuple[str, ...], v6: tuple[str, ...]) -> Iterator[Verdict]:
    private = tuple(text for text in (*v4, *v6) if not _is_public(text))
    if private:
        only = len(private) == len(v4) + len(v6)
        yield Verdict(
            "issuance-private-address",
            Level.FAILURE if only else Level.WARNING,
            f"{case.domain} leads to {listed(private)}, where no authority can look",
            f"Addresses of home networks, of carriers and of Tailscale mean nothing on the internet. {NO_APP}",
            HERE,
            remedy(
                "issuance-private-address",
                f"Let {case.domain} lead to a public address only.",
                case.method.advise_dns(case.host.domain),
                f"Delete the record that leads to {listed(private)}.",
                "If your own name server answers differently at home than outside, ask a public one to compare.",
            ),
        )
    elif v6 and case.method.record is not Record.AAAA:
        yield Verdict(
            "issuance-ipv6-first",
            Level.NOTE,
            f"{case.domain} also has an AAAA record ({listed(v6)}), and authorities look there first",
            "If ports 80 and 443 do not lead to Caddy at that address, getting a certificate fails "
            "even though IPv4 works. Then delete the AAAA record.",
        )


def _judge_caa(net: Net, case: Case) -> Iterator[Verdict]:
    for name in climb(case.domain):
        records = net.resolve(name, "CAA", seconds=_SECONDS)
        if records.values:
            yield from _judge_permission(case, name, records.values, permission(records.values))
            return
        if records.fault not in _NOTHING:
            yield could_not_look("issuance-could-not-look", records.fault, f"CAA of {name}. {records.detail}")
            return


def _judge_permission(case: Case, name: str, records: tuple[str, ...], given: Permission) -> Iterator[Verdict]:
    usable = given.methods is None or any(challenge in given.methods for challenge in _BY_CONNECTING)
    if given.is_given and usable and not given.is_tied:
        return
    if not given.is_given:
        summary = f"The CAA record of {name} lets {listed(given.issuers) or 'nobody'} issue, and not Let's Encrypt"
    elif not usable:
        methods = listed(tuple(sorted(given.methods or ())))
        summary = f"The CAA record of {name} lets Let's Encrypt issue by {methods} only, which Caddy does not use"
    else:
        summary = f"The CAA record of {name} lets one account at Let's Encrypt issue, and Caddy's may be another"
    yield Verdict(
        "issuance-caa",
        Level.WARNING if given.is_given and usable else Level.FAILURE,
        summary,
        f"Authorities obey it: Let's Encrypt would refuse {case.domain}. {NO_APP}",
        f"{HERE} {'; '.join(records)}",
        remedy(
            "issuance-caa",
            f"Let the CAA record of {name} allow Let's Encrypt.",
            f"At the DNS provider of {case.host.domain.registrable}, add the record below at {name}.",
            "Or delete all CAA records: without any, every authority may issue.",
            "Wait until the change is seen everywhere, then apply.",
            snippet=f'{name}. CAA 0 issue "letsencrypt.org"',
            caption="The record to add",
        ),
    )
