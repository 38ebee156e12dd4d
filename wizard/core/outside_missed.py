"""Findings about a host that no probe got an answer from. Pure."""

from __future__ import annotations

from collections.abc import Callable

from wizard.core.outside import Answer, Question
from wizard.core.outside_kinds import Kind, listed, places
from wizard.core.verdicts import Level, Remedy, Verdict

_NOBODY = "Nobody outside your home can connect."
_PHONE = "Check again, best also with a phone whose Wi-Fi is off."


def missed_everywhere(question: Question, kind: Kind, answers: tuple[Answer, ...], detail: str) -> Verdict:
    """The finding for one way of not answering, seen in every place that could look."""
    return _FINDINGS.get(kind, _no_answer)(question, answers, detail)


def _leads_to(question: Question) -> str:
    return listed(question.addresses) or "the right address"


def _refused(question: Question, answers: tuple[Answer, ...], detail: str) -> Verdict:
    return Verdict(
        "outside-refused",
        Level.FAILURE,
        f"Port {question.port} of {question.domain} refuses connections from {places(answers)}",
        f"{_NOBODY} Something is at that address, and nothing listens on this port.",
        detail,
        Remedy(
            f"Lead port {question.port} to Caddy.",
            "troubleshooting#outside-refused",
            (
                f"Check that {question.domain} leads to {_leads_to(question)}, and that this is your address today.",
                f"In that router, forward TCP port {question.port} to the machine where Caddy runs.",
                "If your way in is a tunnel, see whether it is connected.",
                "See whether Caddy runs.",
                _PHONE,
            ),
        ),
    )


def _timed_out(question: Question, answers: tuple[Answer, ...], detail: str) -> Verdict:
    return Verdict(
        "outside-timed-out",
        Level.FAILURE,
        f"No answer comes from port {question.port} of {question.domain} in {places(answers)}",
        f"{_NOBODY} A firewall, CGNAT or a router without a forwarding swallows the connections.",
        detail,
        Remedy(
            f"Make port {question.port} of {question.domain} reachable.",
            "troubleshooting#outside-timed-out",
            (
                "If your provider puts you behind CGNAT, no port can be forwarded: choose a way in that needs none.",
                f"Check that {question.domain} leads to {_leads_to(question)}, and that this is your address today.",
                f"In the router, forward TCP port {question.port} to the machine where Caddy runs.",
                f"Allow TCP port {question.port} in the firewall of that machine, and at your server's provider.",
                _PHONE,
            ),
        ),
    )


def _name_not_found(question: Question, answers: tuple[Answer, ...], detail: str) -> Verdict:
    return Verdict(
        "outside-name-not-found",
        Level.FAILURE,
        f"The name {question.domain} is not known in {places(answers)}",
        f"{_NOBODY} Their devices do not learn where to go.",
        detail,
        Remedy(
            f"Create a public DNS record for {question.domain}.",
            "troubleshooting#outside-name-not-found",
            (
                "Open the DNS settings where the domain is registered, not those of your router.",
                f"Create the record for {question.domain}, leading to {_leads_to(question)}.",
                "If the name works at home, a name server at home answers for it. Viewers do not ask that one.",
                "A new record can take an hour to be seen everywhere. Then check again.",
            ),
        ),
    )


def _private(question: Question, answers: tuple[Answer, ...], detail: str) -> Verdict:
    return Verdict(
        "outside-private-address",
        Level.FAILURE,
        f"Seen from {places(answers)}, {question.domain} leads to a private address",
        f"{_NOBODY} Private addresses lead somewhere else in every home.",
        detail,
        Remedy(
            f"Lead {question.domain} to a public address.",
            "troubleshooting#outside-private-address",
            (
                f"At your DNS provider, open the record of {question.domain}.",
                "Replace the private address with the public one of your way in. The route step names it.",
                "Check again once the record's TTL has passed.",
            ),
        ),
    )


def _no_answer(question: Question, answers: tuple[Answer, ...], detail: str) -> Verdict:
    said = listed((answer.said for answer in answers if answer.said), most=2)
    return Verdict(
        "outside-no-answer",
        Level.FAILURE,
        f"The connection to {question.authority} breaks off in {places(answers)}" + (f": {said}" if said else ""),
        f"{_NOBODY} Something accepts the connection and ends it before an answer.",
        detail,
        Remedy(
            f"Find out what ends connections to port {question.port}.",
            "troubleshooting#outside-no-answer",
            (
                "Look at the row about the certificate: without one, Caddy ends connections in this way.",
                f"Check that port {question.port} is forwarded to Caddy's https port, not to its http port.",
                "If a firewall or a tunnel stands in front, look into its log.",
                _PHONE,
            ),
        ),
    )


_FINDINGS: dict[Kind, Callable[[Question, tuple[Answer, ...], str], Verdict]] = {
    Kind.REFUSED: _refused,
    Kind.TIMED_OUT: _timed_out,
    Kind.NAME_NOT_FOUND: _name_not_found,
    Kind.PRIVATE: _private,
}
