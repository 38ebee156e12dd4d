"""The findings about what answered at the addresses of the external domain, part of the `reach` check. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.places import may_hide
from wizard.checks.reach_answers import Answered
from wizard.checks.reach_unseen import UNCLEAR, is_caddy_without_us, judge_unseen, places, told
from wizard.checks.words import HERE, could_not_look, listed, reason, remedy
from wizard.core.addresses import Kind
from wizard.core.faults import Fault
from wizard.core.verdicts import Level, Verdict

if TYPE_CHECKING:
    from wizard.checks.reach import Seen, Subject

_SILENT = {Fault.TIMED_OUT, Fault.UNREACHABLE}
_HANGS_UP = {Fault.REFUSED, Fault.RESET, Fault.CLOSED}
_PHONE = "Try from a phone with Wi-Fi off: that looks from outside."
_ONLY_HERE = {
    Kind.LOOPBACK: "on this machine only",
    Kind.PRIVATE: "inside your own network only",
    Kind.LINK_LOCAL: "inside your own network only",
    Kind.SHARED: "inside your tailnet or your provider's network only",
    Kind.TAILNET: "inside your tailnet only",
}


def judge_answers(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """The https port of every address first, then port 80 where the https port is right."""
    if seen.fault is not None:
        return (could_not_look("reach-could-not-look", seen.fault, seen.detail),)
    secure = _without_missing_loopback(tuple(one for one in seen.answers if one.is_secure))
    right = tuple(one for one in secure if one.is_ours)
    found = [*_judge_secure(subject, secure, some=bool(right)), *_judge_plain(subject, seen, right)]
    unseen = judge_unseen(subject, seen, secure)
    if found or not right:
        return (*found, *unseen) or (could_not_look("reach-could-not-look", Fault.NO_NETWORK, HERE),)
    return (_passed(subject, seen, right), *unseen)


def _without_missing_loopback(answers: tuple[Answered, ...]) -> tuple[Answered, ...]:
    """A name of this machine leads to 127.0.0.1 and ::1. Where one of them answers, nobody misses the other."""
    absent = {Fault.REFUSED, Fault.NO_NETWORK}
    heard = any(one.kind is Kind.LOOPBACK and one.fault not in absent for one in answers)
    return tuple(
        one
        for one in answers
        if one.kind is not Kind.LOOPBACK or one.fault not in absent or (one.fault is Fault.REFUSED and not heard)
    )


def _judge_secure(subject: Subject, secure: tuple[Answered, ...], *, some: bool) -> list[Verdict]:
    hairpin = tuple(one for one in secure if _may_be_hairpin(subject, one))
    rest = tuple(one for one in secure if one not in hairpin and not one.is_ours)
    refused = tuple(one for one in rest if one.fault in _HANGS_UP)
    silent = tuple(one for one in rest if one.fault in _SILENT)
    others = tuple(one for one in rest if _is_other_server(one))
    level = Level.WARNING if some else Level.FAILURE
    return [
        *((_refused(subject, refused, level),) if refused else ()),
        *((_filtered(subject, silent, level),) if silent else ()),
        *((_wrong_server(subject, others[0], level),) if others else ()),
        *((_hairpin(subject, hairpin),) if hairpin else ()),
    ]


def _is_other_server(answered: Answered) -> bool:
    if answered.is_ours or is_caddy_without_us(answered):
        return False
    return answered.fault not in {*_HANGS_UP, *_SILENT, *UNCLEAR, Fault.NO_NETWORK, Fault.RESOLVER_FAILED}


def _may_be_hairpin(subject: Subject, answered: Answered) -> bool:
    """Silence at an address that is, or may be, the outer side of the router this machine is behind."""
    silent = not subject.is_elsewhere and (answered.fault in _SILENT or answered.fault is Fault.REFUSED)
    return silent and may_hide(answered.address, subject.method, subject.own_addresses)


def _also(level: Level) -> str:
    if level is Level.WARNING:
        return "Viewers whose device tries this address first wait, or reach nothing."
    return "Viewers get the same answer."


def _refused(subject: Subject, answers: tuple[Answered, ...], level: Level) -> Verdict:
    faults = {one.fault for one in answers}
    what = "refused" if faults == {Fault.REFUSED} else "taken and cut at once"
    if Fault.REFUSED in faults and len(faults) > 1:
        what = "refused, or cut at once"
    return Verdict(
        "reach-refused",
        level,
        f"A connection to {places(answers)} is {what}",
        _also(level),
        told(answers),
        remedy(
            "reach-refused",
            f"Lead port {subject.https_port} at {answers[0].address} to Caddy.",
            "Check that Caddy is running.",
            f"Check that the way in ({subject.way_in.title}) leads port {subject.https_port} to Caddy's machine.",
            _stale(subject, answers, level),
            _PHONE,
        ),
    )


def _stale(subject: Subject, answers: tuple[Answered, ...], level: Level) -> str:
    if level is Level.WARNING:
        return f"If {answers[0].address} is a leftover, delete it from the records of {subject.domain}."
    return f"Check that {answers[0].address} is still the address of your way in."


def _filtered(subject: Subject, answers: tuple[Answered, ...], level: Level) -> Verdict:
    return Verdict(
        "reach-filtered",
        level,
        f"No answer comes from {places(answers)}: something on the way drops the connection",
        _also(level),
        told(answers),
        remedy(
            "reach-filtered",
            f"Open port {subject.https_port} up to Caddy.",
            "Allow the port in the firewall of the machine with Caddy.",
            "On a rented machine, allow it on the provider's own firewall page as well.",
            f"Check that the way in ({subject.way_in.title}) is up, and that its port leads to Caddy.",
            _stale(subject, answers, level),
            _PHONE,
        ),
    )


def _wrong_server(subject: Subject, answered: Answered, level: Level) -> Verdict:
    is_bare_caddy = answered.server.lower() == "caddy" and not answered.title
    called = f'. It calls itself "{answered.called}"' if answered.called and not is_bare_caddy else ""
    status = f" (status {answered.status})" if answered.status else f" ({reason(answered.fault)})"
    who = "A Caddy that does not know this name" if is_bare_caddy else "Something other than this Caddy"
    inside = (
        " From inside, many routers answer with their own page where viewers outside reach Caddy."
        if subject.method == "direct" and answered.kind is Kind.PUBLIC
        else ""
    )
    return Verdict(
        "reach-wrong-server",
        level,
        f"{who} answers on {answered.place}{status}{called}",
        f"People who open {subject.domain} reach the wrong place.{inside}",
        told((answered,)),
        remedy(
            "reach-wrong-server",
            "Apply again." if is_bare_caddy else f"Lead port {answered.port} at {answered.address} to Caddy.",
            *_ways_to_caddy(subject, answered),
            "If it is your Caddy, apply again so that it knows the name.",
            _PHONE,
        ),
    )


def _ways_to_caddy(subject: Subject, answered: Answered) -> tuple[str, ...]:
    if subject.way_in.ends_tls_elsewhere:
        title = subject.way_in.title
        return (
            f"See whether {title} is connected: somebody answers there, but what comes back is not from this Caddy.",
            "If a login page of the way in answers, leave this name out of it: apps cannot sign in there.",
        )
    return (
        f"If a router's page answers, forward port {answered.port} to Caddy in its place.",
        "If it is another web server, let Caddy have the port, or lead the name to another address.",
    )


def _hairpin(subject: Subject, answers: tuple[Answered, ...]) -> Verdict:
    address = answers[0].address
    known = address in subject.own_addresses
    whose = "your own network's public address" if known else "probably your own network's public address"
    return Verdict(
        "reach-hairpin",
        Level.UNKNOWN,
        f"Nothing answers from here at {address}, {whose}. From inside we cannot tell more",
        "Many routers do not lead you from inside back in through their own public address. "
        "Viewers outside may get through all the same.",
        told(answers),
        remedy(
            "reach-hairpin",
            f"Open https://{subject.domain} on a phone with Wi-Fi off.",
            "If it works there, viewers are fine. At home, let your name server answer with Caddy's home address.",
            f"If it does not work there either, check that the router forwards port {subject.https_port} to Caddy.",
            "Behind CGNAT port forwarding cannot work: choose another way in.",
        ),
    )


def _judge_plain(subject: Subject, seen: Seen, right: tuple[Answered, ...]) -> tuple[Verdict, ...]:
    fine = {one.address for one in right}
    wrong = tuple(
        one
        for one in seen.answers
        if not one.is_secure and not one.is_ours and one.address in fine and one.fault is not Fault.NO_NETWORK
    )
    return (_http_port(subject, wrong),) if wrong else ()


def _http_port(subject: Subject, answers: tuple[Answered, ...]) -> Verdict:
    first = answers[0]
    if first.status:
        called = f'. It calls itself "{first.called}"' if first.called else ""
        what = f"Something other than Caddy answers on {places(answers)}{called}"
    else:
        what = f"Caddy does not answer on {places(answers)}: {reason(first.fault)}"
    return Verdict(
        "reach-http-port",
        Level.WARNING,
        what,
        "Watching works without it. People who type the name without https, and some ways to get a certificate, "
        "need port 80.",
        told(answers),
        remedy(
            "reach-http-port",
            f"Lead port {first.port} at {first.address} to Caddy, too.",
            f"Check that the way in ({subject.way_in.title}) leads port {first.port} to Caddy's http port.",
            "Some providers block port 80. Caddy can then get its certificate over port 443.",
        ),
    )


def _passed(subject: Subject, seen: Seen, right: tuple[Answered, ...]) -> Verdict:
    with_80 = any(one.is_ours and not one.is_secure for one in seen.answers)
    ports = (
        f"Ports {subject.https_port} and {subject.http_port} lead" if with_80 else f"Port {subject.https_port} leads"
    )
    where = listed(tuple(one.address for one in right))
    kinds = {one.kind for one in right}
    label = f", {_ONLY_HERE[right[0].kind]}" if len(kinds) == 1 and right[0].kind in _ONLY_HERE else ""
    unproven = "Not proven from here: whether the internet gets through. A phone with Wi-Fi off tells."
    rest = "" if label or subject.is_elsewhere else unproven
    return Verdict("reach-ok", Level.OK, f"{ports} to this Caddy at {where}{label}", rest, told(seen.answers))
