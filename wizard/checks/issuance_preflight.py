"""Before the first certificate is asked for: can it come at all? Looks at DNS only; the authority is not asked."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from wizard.caddy.issuer import asks_authority
from wizard.checks.caa_records import (
    BY_CONNECTING,
    NOTHING,
    can_connect,
    find_caa,
    is_enough,
    knows_internet,
    what_is_forbidden,
)
from wizard.checks.issuance_case import NO_APP, Case
from wizard.checks.issuance_reaching import name_not_found, no_challenge
from wizard.checks.places import is_public
from wizard.checks.words import HERE, could_not_look, listed, remedy
from wizard.core.caa import permission
from wizard.core.faults import Fault
from wizard.core.hosts import ProxyHost
from wizard.core.issuance import Issuance
from wizard.core.verdicts import CheckResult, Level, Verdict
from wizard.methods import Method, Record
from wizard.net.door import Net
from wizard.net.names import Records

UNTOLD = frozenset({"tls-no-certificate", "issuance-working", "issuance-not-started"})


def preflight(
    net: Net,
    host: ProxyHost,
    method: Method,
    *,
    acme_ca: str = "",
    resolvers: tuple[str, ...] = (),
    seconds: float = 3.0,
) -> tuple[Verdict, ...]:
    """What stands in the way of a first certificate, worst first; OK when nothing does.

    Asks DNS for A, AAAA and CAA side by side, for at most `seconds` each; for addresses `resolvers`, where there are
    any, because an authority does not ask the name server of a home. With an `acme_ca` of the owner's, CAA is
    not judged: we do not know under which name that authority is listed.
    """
    if not asks_authority(host) or method.ends_tls_elsewhere:
        return (_not_needed(host, method),)
    case = Case(Issuance(host.domain.name), host, method)
    if not case.is_reachable:
        # whether this Caddy has the module of a DNS provider cannot be seen from here
        return (replace(no_challenge(case), level=Level.WARNING),)
    with ThreadPoolExecutor(3) as pool:
        caa = pool.submit(find_caa, net, host.domain.name, seconds)
        v4, v6 = pool.map(lambda kind: _resolve(net, host.domain.name, kind, resolvers, seconds), ("A", "AAAA"))
    if not v4.values and not v6.values:
        cut_off = v4.fault is Fault.NAME_NOT_FOUND and not knows_internet(net, seconds)
        return (_cut_off() if cut_off else _nameless(case, v4, v6),)
    found = [*_judge_addresses(case, v4.values, v6.values)]
    if not acme_ca:
        found += _judge_caa(caa.result(), case)
    if all(verdict.level is Level.NOTE for verdict in found):
        found.append(_ready(case))
    found.append(_limits(case))
    return tuple(sorted(found, key=lambda verdict: -verdict.level.rank))


def _resolve(net: Net, name: str, kind: str, resolvers: tuple[str, ...], seconds: float) -> Records:
    """As an authority sees it: at home a name may have another answer. Without any there, this machine's own."""
    outside = net.resolve(name, kind, servers=resolvers, seconds=seconds)
    if resolvers and outside.fault is Fault.RESOLVER_FAILED:
        return net.resolve(name, kind, seconds=seconds)
    return outside


def with_obstacle(result: CheckResult, found: tuple[Verdict, ...]) -> CheckResult:
    """The result of the `tls` check while Caddy's log does not tell yet why there is no certificate.

    What DNS says stands in its place, when that makes a certificate impossible.
    """
    handshake = result.observed.get("handshake")
    fault = handshake.get("fault") if isinstance(handshake, dict) else None
    worst = next((one for one in found if one.level is Level.FAILURE or one.code == "issuance-no-challenge"), None)
    if worst is None or fault != Fault.NO_CERTIFICATE:
        return result
    verdicts = tuple(
        replace(worst, level=Level.FAILURE, detail=f"{verdict.detail} {worst.detail}".strip())
        if verdict.code in UNTOLD
        else verdict
        for verdict in result.verdicts
    )
    return replace(result, verdicts=verdicts)


def _cut_off() -> Verdict:
    asked = could_not_look("issuance-could-not-look", Fault.RESOLVER_FAILED, HERE)
    return replace(asked, summary="We could not look: the name server of this machine knows no name of the internet")


def _nameless(case: Case, *records: Records) -> Verdict:
    fault = next((one.fault for one in records if one.fault not in NOTHING), None)
    if fault is not None:
        return could_not_look("issuance-could-not-look", fault, records[0].detail)
    summary = f"{case.domain} has no address in DNS, so no authority can look there"
    return replace(name_not_found(case), summary=summary, detail=f"{HERE} {records[0].detail}".strip())


def _not_needed(host: ProxyHost, method: Method) -> Verdict:
    own = "Caddy signs the certificate for this name itself."
    plan = own if host.domain.is_localhost else method.certificate_plan
    return Verdict("issuance-ok", Level.OK, f"No authority has to be asked for {host.domain}", plan)


def _ready(case: Case) -> Verdict:
    usable = tuple(challenge.value.upper() for challenge in case.method.challenges if challenge in BY_CONNECTING)
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


def _judge_addresses(case: Case, v4: tuple[str, ...], v6: tuple[str, ...]) -> Iterator[Verdict]:
    private = tuple(text for text in (*v4, *v6) if not is_public(text))
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


def _judge_caa(records: Records, case: Case) -> Iterator[Verdict]:
    name = records.name
    if not records.values:
        if records.fault not in NOTHING:
            yield could_not_look("issuance-could-not-look", records.fault, f"CAA of {name}. {records.detail}")
        return
    given = permission(records.values)
    if is_enough(given):
        return
    usable = given.is_given and can_connect(given)
    yield Verdict(
        "issuance-caa",
        Level.WARNING if usable else Level.FAILURE,
        what_is_forbidden(name, given),
        f"Authorities obey it: Let's Encrypt would refuse {case.domain}. {NO_APP}",
        f"{HERE} {'; '.join(records.values)}",
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
