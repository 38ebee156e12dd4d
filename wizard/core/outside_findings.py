"""What public probes saw, judged: Question and Seen -> verdicts. Pure.

A fault of the probe network is never a finding about the person's set-up: it is UNKNOWN.
"""

from __future__ import annotations

from wizard.core.addresses import parse_address
from wizard.core.outside import Answer, Question, Seen
from wizard.core.outside_kinds import GOOD, MISSED, Kind, kind_of_answer, listed, places, told
from wizard.core.outside_missed import missed_everywhere
from wizard.core.outside_unknown import could_not_ask, not_proven
from wizard.core.outside_wrong import wrong_answer
from wizard.core.verdicts import Level, Remedy, Verdict

Judged = tuple[tuple[Answer, Kind], ...]


def judge(question: Question, seen: Seen) -> tuple[Verdict, ...]:
    """Reached with the right server from everywhere is OK; the worst things first otherwise."""
    judged = tuple((answer, kind_of_answer(question, answer)) for answer in seen.answers)
    telling = tuple((answer, kind) for answer, kind in judged if kind is not Kind.NOT_ASKED)
    detail = tell(seen)
    if not telling:
        return (could_not_ask(question, seen, detail),)
    found = [
        *(wrong_answer(question, kind, answers, detail) for kind, answers in _by_kind(telling)),
        *_missed(question, telling, detail),
        *_differing_addresses(question, telling, detail),
        *_good(question, telling, detail),
        *_family_not_asked(question, seen, telling, detail),
    ]
    return tuple(verdict for verdict in found if verdict is not None)


def tell(seen: Seen) -> str:
    """Where was asked, when, and what each probe said: the detail of every verdict."""
    when = f" at {seen.asked_at:%H:%M} UTC" if seen.asked_at else ""
    lines = [f"Looked at through {listed(seen.services) or 'no probe network'}{when}."]
    lines += [told(answer) for answer in seen.answers]
    lines += [f"{one.service}: {one.why.value} {one.detail}".rstrip() for one in seen.unasked]
    lines += [f"Public at {link}" for link in seen.links]
    return "\n".join(lines)


def _by_kind(judged: Judged) -> list[tuple[Kind, tuple[Answer, ...]]]:
    kinds = dict.fromkeys(kind for _, kind in judged)
    return [(kind, tuple(answer for answer, its in judged if its is kind)) for kind in Kind if kind in kinds]


def _missed(question: Question, telling: Judged, detail: str) -> list[Verdict]:
    missing = tuple((answer, kind) for answer, kind in telling if kind in MISSED)
    if not missing:
        return []
    reached = tuple(answer for answer, kind in telling if kind not in MISSED)
    if not reached:
        return [missed_everywhere(question, kind, answers, detail) for kind, answers in _by_kind(missing)]
    lost = {answer.ip_version for answer, _ in missing}
    kept = {answer.ip_version for answer in reached}
    if len(lost) == 1 and 0 not in lost and not lost & kept:
        return [_one_family(question, lost.pop(), detail)]
    return [_some_places(question, reached, missing, detail)]


def _one_family(question: Question, version: int, detail: str) -> Verdict:
    other = 4 if version == 6 else 6
    record = "AAAA" if version == 6 else "A"
    own = tuple(a for a in question.addresses if (parsed := parse_address(a)) and parsed.version == version)
    where = f" ({listed(own)})" if own else ""
    return Verdict(
        "outside-one-family",
        Level.WARNING,
        f"{question.domain} answers over IPv{other}, but not over IPv{version}{where}",
        f"Devices that try IPv{version} wait before they try the other way, or give up.",
        detail,
        Remedy(
            f"Delete the {record} record of {question.domain}, or make IPv{version} work.",
            "troubleshooting#outside-one-family",
            (
                f"At your DNS provider, look at the {record} record{where}: is that address still yours?",
                f"If you do not use IPv{version}, delete that record.",
                f"Otherwise open port {question.port} for IPv{version} in the firewalls of router and machine.",
                "Check again.",
            ),
        ),
    )


def _some_places(question: Question, reached: tuple[Answer, ...], missing: Judged, detail: str) -> Verdict:
    lost = tuple(answer for answer, _ in missing)
    return Verdict(
        "outside-some-places",
        Level.WARNING,
        f"{question.domain} answers in {places(reached)}, but not in {places(lost)}",
        "Viewers in some places, or with some providers, cannot connect.",
        detail,
        Remedy(
            f"Look for a filter by country or by provider in front of port {question.port}.",
            "troubleshooting#outside-some-places",
            (
                "Check again: a single probe can have a bad moment.",
                "If your router or firewall lets in some countries only, allow those of your viewers.",
                f"If you changed the record of {question.domain} today, wait an hour until it is known everywhere.",
                "If the same places fail again, ask your provider whether it filters.",
            ),
        ),
    )


def _differing_addresses(question: Question, telling: Judged, detail: str) -> list[Verdict]:
    """Different addresses are fine where the right server answers at all of them: big networks do that."""
    seen_by_place = {answer.address: answer.place.name for answer, _ in telling if answer.address}
    known = {str(parse_address(address) or address) for address in question.addresses}
    unknown = [address for address in seen_by_place if known and address not in known]
    if all(kind in GOOD for _, kind in telling) or not (unknown or _is_split(tuple(seen_by_place))):
        return []
    where = listed(f"{address} in {place}" for address, place in seen_by_place.items())
    ours = f", and {listed(question.addresses)} here" if question.addresses else ""
    return [
        Verdict(
            "outside-dns-differs",
            Level.WARNING,
            f"{question.domain} leads to different addresses: {where}{ours}",
            "Some viewers are led to another machine.",
            detail,
            Remedy(
                f"Let every name server give the same address for {question.domain}.",
                "troubleshooting#outside-dns-differs",
                (
                    f"At your DNS provider, delete every record of {question.domain} that is not in use.",
                    "If a name server at home answers differently, that is fine as long as the public one is right.",
                    "After a change, wait as long as the record's TTL says.",
                    "Check again.",
                ),
            ),
        )
    ]


def _is_split(addresses: tuple[str, ...]) -> bool:
    versions = [parsed.version for address in addresses if (parsed := parse_address(address))]
    return any(versions.count(version) > 1 for version in set(versions))


def _good(question: Question, telling: Judged, detail: str) -> list[Verdict]:
    """OK only when nothing else was found; an answer that proves nothing is UNKNOWN."""
    if any(kind not in GOOD for _, kind in telling):
        return []
    right = tuple(answer for answer, kind in telling if kind is Kind.RIGHT)
    if not right:
        return [not_proven(question, tuple(answer for answer, _ in telling), detail)]
    counts = []
    for version in (4, 6, 0):
        asked = sum(answer.ip_version == version for answer, _ in telling)
        own = sum(answer.ip_version == version for answer in right)
        if asked:
            counts.append(f"{own} of {asked} places" + (f" over IPv{version}" if version else ""))
    summary = f"Your {question.title} answers in {places(right)}: {listed(counts)}"
    return [Verdict("outside-ok", Level.OK, summary, detail=detail)]


def _family_not_asked(question: Question, seen: Seen, telling: Judged, detail: str) -> list[Verdict]:
    """A whole IP version that nobody could look at stays unknown, however well the other one did."""
    versions = {answer.ip_version for answer, _ in telling}
    if 0 in versions:
        return []
    return [
        could_not_ask(question, seen, detail, version) for version in question.ip_versions if version not in versions
    ]
