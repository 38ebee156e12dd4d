"""Findings about hosts where something answers probes, and not what should. Pure."""

from __future__ import annotations

from collections.abc import Callable

from wizard.core.outside import Answer, Question
from wizard.core.outside_kinds import Kind, listed, places
from wizard.core.verdicts import Level, Remedy, Verdict

# OpenSSL's names, as Node.js gives them
_CERTIFICATE = {
    "CERT_HAS_EXPIRED": "it has expired",
    "CERT_NOT_YET_VALID": "its first day has not come yet",
    "ERR_TLS_CERT_ALTNAME_INVALID": "it is for another name",
    "DEPTH_ZERO_SELF_SIGNED_CERT": "it is self-signed",
    "SELF_SIGNED_CERT_IN_CHAIN": "it comes from a private authority",
    "UNABLE_TO_GET_ISSUER_CERT": "a part of its chain is missing",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY": "a part of its chain is missing",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE": "a part of its chain is missing",
}


def wrong_answer(question: Question, kind: Kind, answers: tuple[Answer, ...], detail: str) -> Verdict | None:
    """The finding for one kind of wrong answer, also when only some places got it; None for other kinds."""
    finding = _FINDINGS.get(kind)
    return finding(question, answers, detail) if finding else None


def _other_server(question: Question, answers: tuple[Answer, ...], detail: str) -> Verdict:
    ids = listed(answer.answerer.id for answer in answers if answer.answerer)
    return Verdict(
        "outside-other-server",
        Level.FAILURE,
        f"Seen from {places(answers)}, another {question.title} answers at {question.domain}",
        "Viewers would sign in to a server that is not yours, or to another one of yours.",
        f"Expected id: {question.expected_id}. Seen: {ids}\n{detail}",
        Remedy(
            f"Lead {question.domain} to the Caddy that serves this {question.title}.",
            "troubleshooting#outside-other-server",
            (
                f"Check that the record of {question.domain} leads to {_leads_to(question)}, and to nothing else.",
                "If you have several media servers, check the home address of each proxy host.",
                "If your provider gave your old address to somebody else, put the new one into the record.",
                "Check again.",
            ),
        ),
    )


def _other_thing(question: Question, answers: tuple[Answer, ...], detail: str) -> Verdict:
    called = listed(answer.answerer.called for answer in answers if answer.answerer and answer.answerer.called)
    codes = listed(str(status) for status in sorted({answer.status for answer in answers}))
    name = f'. It calls itself "{called}"' if called else ""
    return Verdict(
        "outside-other-thing",
        Level.FAILURE,
        f"Seen from {places(answers)}, something other than {question.title} answers at {question.domain} "
        f"(status {codes}){name}",
        "People who open the address reach the wrong place.",
        detail,
        Remedy(
            f"Lead {question.domain} to Caddy.",
            "troubleshooting#outside-other-thing",
            (
                f"Check that the record of {question.domain} leads to {_leads_to(question)}.",
                f"If a router's page answers, forward port {question.port} to Caddy in its place.",
                "If a login page of the way in answers, leave this name out of it: apps cannot sign in there.",
                "Apply the configuration of this proxy host again, then check again.",
            ),
        ),
    )


def _bad_gateway(question: Question, answers: tuple[Answer, ...], detail: str) -> Verdict:
    codes = listed(str(status) for status in sorted({answer.status for answer in answers}))
    return Verdict(
        "outside-bad-gateway",
        Level.FAILURE,
        f"{question.domain} answers in {places(answers)}, but gets nothing from your {question.title} "
        f"(status {codes})",
        "The way in works. A later part of the chain does not.",
        detail,
        Remedy(
            f"See whether your {question.title} is awake, and what stands between it and Caddy.",
            "troubleshooting#outside-bad-gateway",
            (
                "Look at the row “Media server answers at home”. If it is red, begin there.",
                "Status 520 to 530 comes from Cloudflare, which does not reach you. See whether the tunnel runs.",
                "If Jellyfin itself says 503, allow remote connections in its Dashboard, under Networking.",
                "Check again.",
            ),
        ),
    )


def _turned_away(question: Question, answers: tuple[Answer, ...], detail: str) -> Verdict:
    codes = listed(str(status) for status in sorted({answer.status for answer in answers}))
    return Verdict(
        "outside-turned-away",
        Level.WARNING,
        f"{question.domain} turns visitors from {places(answers)} away (status {codes})",
        "Probes stand in data centres, which some filters block. Whether viewers are blocked, too, is not known.",
        detail,
        Remedy(
            f"Let apps reach {question.domain} without a filter in front.",
            "troubleshooting#outside-turned-away",
            (
                "If Cloudflare or a firewall service stands in front, switch off its bot check for this name.",
                "If you allow some countries or addresses only, see whether your viewers are among them.",
                "Check with a phone whose Wi-Fi is off: if that works, viewers are not blocked.",
            ),
        ),
    )


def _certificate(question: Question, answers: tuple[Answer, ...], detail: str) -> Verdict:
    errors = [answer.tls.error for answer in answers if answer.tls]
    reasons = listed(_CERTIFICATE.get(error, error or "no reason was given") for error in errors)
    return Verdict(
        "outside-certificate",
        Level.FAILURE,
        f"Devices in {places(answers)} do not trust the certificate of {question.domain}: {reasons}",
        "Apps refuse such a connection, most of them without a word.",
        detail,
        Remedy(
            f"Let Caddy get a certificate for {question.domain} that everybody trusts.",
            "troubleshooting#outside-certificate",
            (
                "Look at the row about the certificate. If it is green, another machine answers outside.",
                "If another proxy or a router stands in front, see which certificate it shows for this name.",
                f"If it has expired, see why Caddy could not renew it: port 80 or {question.port} may be closed.",
                "Check again.",
            ),
        ),
    )


def _leads_to(question: Question) -> str:
    return listed(question.addresses) or "your way in"


_FINDINGS: dict[Kind, Callable[[Question, tuple[Answer, ...], str], Verdict]] = {
    Kind.OTHER_SERVER: _other_server,
    Kind.OTHER_THING: _other_thing,
    Kind.BAD_GATEWAY: _bad_gateway,
    Kind.TURNED_AWAY: _turned_away,
    Kind.CERTIFICATE: _certificate,
}
