"""The findings about name servers that fail, contradict each other or lag behind, part of the `dns` check. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.dns_views import View, answer_of, is_alias, say, until, what_it_says
from wizard.checks.places import is_public
from wizard.checks.words import HERE, listed, remedy
from wizard.core.faults import Fault
from wizard.core.verdicts import Level, Verdict
from wizard.net.questions import Outcome
from wizard.net.zones import Told

if TYPE_CHECKING:
    from wizard.checks.dns import Seen, Subject

_FAILS = {Outcome.FAILED, Outcome.REFUSED, Outcome.OTHER}
_NOT_TOLD = frozenset({"no answer"})
_AGAIN = "Wait a few minutes, then check again."


def judge_servers(subject: Subject, seen: Seen, view: View | None) -> tuple[Verdict, ...]:
    """What is wrong with the servers themselves, worst first. `view` is what the outside sees, None for nothing."""
    found = [*_judge_resolvers(subject, seen, view), *_judge_authorities(subject, seen)]
    if view is not None:
        found += [*_judge_own(subject, seen, view), *_judge_lagging(subject, seen, view)]
    return tuple(sorted(found, key=lambda verdict: -verdict.level.rank))


def _replies(told: Told) -> set[Outcome]:
    return {told.v4.outcome, told.v6.outcome}


def _judge_resolvers(subject: Subject, seen: Seen, view: View | None) -> list[Verdict]:
    resolvers = seen.survey.resolvers
    unsigned = tuple(one for one in resolvers if Outcome.DNSSEC in _replies(one))
    if unsigned:
        return [_dnssec(subject, seen, unsigned)]
    failing = tuple(one for one in resolvers if _replies(one) & _FAILS)
    if not failing or (view is not None and len(failing) < len(resolvers)):
        return []
    return [_broken(subject, seen, failing, Level.FAILURE if view is None else Level.WARNING)]


def _names(told: tuple[Told, ...]) -> str:
    return listed(tuple(one.label for one in told))


def _all(seen: Seen) -> str:
    said = [f"{one.label}: {what_it_says(one)}" for one in (*seen.survey.authorities, *seen.survey.resolvers)]
    return f"{HERE} {'; '.join(said)}".rstrip()


def _dnssec(subject: Subject, seen: Seen, unsigned: tuple[Told, ...]) -> Verdict:
    zone = seen.survey.zone or subject.registrable
    return Verdict(
        "dns-dnssec",
        Level.FAILURE,
        f"The DNSSEC signatures of {zone} do not fit, so {_names(unsigned)} give no answer for {subject.domain}",
        "Resolvers that verify signatures, as many providers' do, hide the name from their users.",
        _all(seen),
        remedy(
            "dns-dnssec",
            f"Repair or switch off DNSSEC for {zone}.",
            f"At the registrar of {subject.registrable}, look for a DS record.",
            "If you moved to another DNS provider, delete that DS record, or replace it with the new provider's.",
            "Wait until the old DS record is forgotten, often a day, then check again.",
        ),
    )


def _broken(subject: Subject, seen: Seen, failing: tuple[Told, ...], level: Level) -> Verdict:
    zone = seen.survey.zone or subject.registrable
    return Verdict(
        "dns-broken",
        level,
        f"{_names(failing)} get no proper answer about {subject.domain} from the name servers of {zone}",
        "Viewers whose device asks there find nobody, and no certificate is issued.",
        _all(seen),
        remedy(
            "dns-broken",
            f"Repair the name servers of {zone}.",
            f"At the registrar of {subject.registrable}, check that the name servers are those of your DNS provider.",
            f"At that provider, check that the zone {zone} is there and switched on.",
            _AGAIN,
        ),
    )


def _judge_authorities(subject: Subject, seen: Seen) -> list[Verdict]:
    said = tuple(one for one in seen.survey.authorities if one.has_said and not is_alias(one))
    mute = tuple(
        one for one in seen.survey.authorities if not one.has_said and Outcome.NO_NETWORK not in _replies(one)
    )
    found = []
    answers = {answer_of(one) for one in said}
    if len(answers) > 1 and (subject.way_in.points_at_edge or None in answers or frozenset() in answers):
        found.append(_differs(subject, seen, said))
    if mute and said:
        found.append(_silent(subject, seen, mute))
    return found


def _differs(subject: Subject, seen: Seen, said: tuple[Told, ...]) -> Verdict:
    zone = seen.survey.zone
    shown = "; ".join(f"{one.server}: {say(answer_of(one))}" for one in said[:3])
    return Verdict(
        "dns-differs",
        Level.WARNING,
        f"The name servers of {zone} contradict each other about {subject.domain}. {shown}",
        "Each viewer gets one of these answers by chance.",
        _all(seen),
        remedy(
            "dns-differs",
            f"Let every name server of {zone} give the same answer.",
            f"If the record of {subject.domain} was changed a moment ago, wait a few minutes.",
            f"At the registrar of {subject.registrable}, see whether an earlier DNS provider is still listed.",
            "If you run name servers of your own, raise the serial number of the zone and let the others fetch it.",
            _AGAIN,
        ),
    )


def _silent(subject: Subject, seen: Seen, mute: tuple[Told, ...]) -> Verdict:
    zone = seen.survey.zone
    said = "; ".join(f"{one.label}: {what_it_says(one)}" for one in mute[:3])
    return Verdict(
        "dns-authority-silent",
        Level.WARNING,
        f"Some name servers of {zone} ({len(mute)} of {len(seen.survey.authorities)}) do not answer for "
        f"{subject.domain}. {said}",
        "Some lookups wait for it before another server is asked, and certificates may be refused.",
        _all(seen),
        remedy(
            "dns-authority-silent",
            f"Repair {_names(mute)}, or take it out of the list of name servers.",
            f"At the registrar of {subject.registrable}, compare the listed servers with those of your DNS provider.",
            "If it is one of your own, check that it runs and that port 53 is open over UDP and TCP.",
            _AGAIN,
        ),
    )


def _judge_own(subject: Subject, seen: Seen, view: View) -> list[Verdict]:
    """This machine's own resolver gives nothing although others do."""
    faults = {seen.v4.fault, seen.v6.fault}
    if seen.addresses or not faults & {Fault.RESOLVER_FAILED, Fault.NO_NETWORK, Fault.OTHER, Fault.TIMED_OUT}:
        return []
    return [
        Verdict(
            "dns-own-resolver",
            Level.WARNING,
            f"This machine's own name server gives no answer for {subject.domain}, although {view.source} do",
            "Viewers are fine. From here the other checks cannot find the name, and Caddy may get no certificate.",
            f"{view.detail}. Own name server: {seen.v4.detail or seen.v6.detail}",
            remedy(
                "dns-own-resolver",
                "Give this machine a name server that answers.",
                "Look into /etc/resolv.conf on this machine, or in this container.",
                "Restart the router if it is the name server.",
                "PORTHOLE_NAMESERVERS names others for Porthole alone.",
                "Then check again.",
            ),
        )
    ]


def _judge_lagging(subject: Subject, seen: Seen, view: View) -> list[Verdict]:
    """Who still remembers an older answer than the authoritative servers give."""
    newest = {answer_of(one) for one in view.told}
    if len(newest) > 1:
        return [_disagree(subject, seen)] if view.told[0] not in seen.survey.authorities else []
    (right,) = newest
    late = [
        (one.server, answer_of(one), max(one.v4.ttl_seconds, one.v6.ttl_seconds))
        for one in seen.survey.resolvers
        if one.has_said and _is_older(subject, answer_of(one), right)
    ]
    own = _own_answer(seen)
    if own != _NOT_TOLD and not _is_meant_for_home(seen) and _is_older(subject, own, right):
        late.append(("this machine's own name server", own, max(seen.v4.ttl_seconds, seen.v6.ttl_seconds)))
    return [_not_everywhere(subject, seen, view, late)] if late else []


def _own_answer(seen: Seen) -> frozenset[str] | None:
    if seen.addresses:
        return frozenset(seen.addresses)
    faults = {seen.v4.fault, seen.v6.fault}
    if Fault.NAME_NOT_FOUND in faults:
        return None
    return frozenset() if faults == {Fault.NO_ADDRESS} else _NOT_TOLD


def _is_meant_for_home(seen: Seen) -> bool:
    """An answer for home only, or one of the hosts file: not old, but different on purpose."""
    return bool(seen.addresses) and not any(is_public(one) for one in seen.addresses)


def _is_older(subject: Subject, answer: frozenset[str] | None, right: frozenset[str] | None) -> bool:
    if answer == right:
        return False
    # names that others answer for, such as a tunnel's, may differ from place to place on purpose
    return subject.way_in.points_at_edge or not answer or not right


def _not_everywhere(
    subject: Subject, seen: Seen, view: View, late: list[tuple[str, frozenset[str] | None, int]]
) -> Verdict:
    when = until(seen.looked_at, max(seconds for _, _, seconds in late))
    told = "; ".join(f"{who}: {say(answer)}" for who, answer, _ in late[:3])
    new = say(answer_of(view.told[0]))
    wait = f"Wait until {when}, then check again." if when else "Wait an hour, then check again."
    return Verdict(
        "dns-not-everywhere",
        Level.WARNING,
        f"The new answer for {subject.domain} ({new}) is not known everywhere yet. {told}",
        "Whoever asked before the change remembers the old answer for a while. Viewers there reach the old place.",
        f"{_all(seen)}. Own name server: {', '.join(seen.addresses) or seen.v4.detail}",
        remedy(
            "dns-not-everywhere",
            wait,
            f"Leave the record of {subject.domain} as it is: another change starts the waiting anew.",
            "On a device that must work at once, restart it, or switch its Wi-Fi off and on.",
        ),
    )


def _disagree(subject: Subject, seen: Seen) -> Verdict:
    resolvers = tuple(one for one in seen.survey.resolvers if one.has_said)
    shown = "; ".join(f"{one.server}: {say(answer_of(one))}" for one in resolvers[:3])
    longest = max(max(one.v4.ttl_seconds, one.v6.ttl_seconds) for one in resolvers)
    when = until(seen.looked_at, longest)
    return Verdict(
        "dns-differs",
        Level.WARNING,
        f"Public resolvers give different answers for {subject.domain}. {shown}",
        "Each viewer gets one of these answers by chance.",
        _all(seen),
        remedy(
            "dns-differs",
            f"Wait until {when}, then check again." if when else "Wait an hour, then check again.",
            "If the record was changed a moment ago, the older answer is still remembered in some places.",
            f"At the DNS provider, see that there is one record for {subject.domain} of each kind, and no older one.",
        ),
    )
