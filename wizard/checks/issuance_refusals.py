"""Findings about an authority that says no, is not there, or was never asked."""

from __future__ import annotations

import re

from wizard.checks.issuance_case import NO_APP, Case
from wizard.checks.words import remedy
from wizard.core.issuance import State
from wizard.core.verdicts import Level, Verdict

_RETRY_AFTER = re.compile(r"retry after (?P<when>\d{4}-\d\d-\d\dT?\s?\d\d:\d\d)")


def caa(case: Case) -> Verdict:
    """A CAA record stands in the way."""
    registrable = case.host.domain.registrable
    return Verdict(
        "issuance-caa",
        Level.FAILURE,
        f"A CAA record of {registrable} keeps {_inside(case.authority)} from issuing for {case.domain}",
        f"CAA records name the only authorities that may. {NO_APP}",
        case.detail,
        remedy(
            "issuance-caa",
            "Allow Let's Encrypt in the CAA record.",
            f"At the DNS provider of {registrable}, look for CAA records of {case.domain} and every name above.",
            "Add the record below, or delete all CAA records: without any, every authority may issue.",
            case.again,
            snippet=f'{registrable}. CAA 0 issue "letsencrypt.org"',
            caption="The record to add",
        ),
    )


def rate_limited(case: Case) -> Verdict:
    """Too many tries."""
    when = _RETRY_AFTER.search(case.words)
    until = f" until {when['when'].replace('T', ' ')} UTC" if when else " for a while"
    return Verdict(
        "issuance-rate-limited",
        Level.FAILURE,
        f"{case.authority} does not listen to requests for {case.domain}{until}: there were too many",
        "Let's Encrypt counts five failed tries for a name in an hour, and five certificates for the same name in a "
        f"week. Further tries before then change nothing. {NO_APP}",
        case.detail,
        remedy(
            "issuance-rate-limited",
            f"Wait{until}, and remove the cause meanwhile.",
            "Look at the other rows first: what made the earlier tries fail is often still there.",
            "Keep Caddy's data folder. Without it, every start asks for a new certificate.",
            case.again,
        ),
    )


def name_refused(case: Case) -> Verdict:
    """The authority does not issue for such a name."""
    return Verdict(
        "issuance-name-refused",
        Level.FAILURE,
        f"{case.authority} does not issue certificates for {case.domain}",
        f"Some names are on its list of names it never issues for, or have an ending that is not public. {NO_APP}",
        case.detail,
        remedy(
            "issuance-name-refused",
            "Choose another external domain.",
            f"Check the spelling of {case.domain}.",
            "Use a name below a domain that you own, or one from a dynamic DNS provider.",
        ),
    )


def account(case: Case) -> Verdict:
    """The authority wants an account, or consent, that Caddy does not have."""
    return Verdict(
        "issuance-account",
        Level.FAILURE,
        f"{case.authority} does not accept Caddy's account",
        f"Some authorities want an account that was made on their own pages first. {NO_APP}",
        case.detail,
        remedy(
            "issuance-account",
            "Use an authority that needs no account, such as Let's Encrypt.",
            "If PORTHOLE_ACME_CA is set, remove it or correct it, and restart Porthole.",
            "In hand-written parts of Caddy's configuration, look at acme_ca, acme_eab and email.",
            "Then apply again.",
        ),
    )


def authority_down(case: Case) -> Verdict:
    """The authority has trouble of its own."""
    return Verdict(
        "issuance-authority-down",
        Level.FAILURE,
        f"{case.authority} has trouble of its own at the moment",
        f"That has nothing to do with your set-up, and passes. {NO_APP}",
        case.detail,
        remedy(
            "issuance-authority-down",
            "Wait: Caddy goes on trying.",
            "The authority's status page tells more. For Let's Encrypt: letsencrypt.status.io.",
            case.again,
        ),
    )


def authority_unreachable(case: Case) -> Verdict:
    """Caddy cannot get out to the authority."""
    return Verdict(
        "issuance-authority-unreachable",
        Level.FAILURE,
        f"Caddy cannot reach the certificate authority, so nobody could be asked about {case.domain}",
        f"The machine or container with Caddy needs a way out to the internet. {NO_APP}",
        case.detail,
        remedy(
            "issuance-authority-unreachable",
            "Give Caddy a way out to the internet.",
            "“no such host”: the name server of that machine does not answer. See its /etc/resolv.conf.",
            "“connection refused” or a time-out: a firewall, a VPN or a proxy is in the way of port 443 outwards.",
            "If PORTHOLE_ACME_CA is set, check that address.",
            case.again,
        ),
    )


def authority_untrusted(case: Case) -> Verdict:
    """Caddy does not believe that it is the authority who answers."""
    return Verdict(
        "issuance-authority-untrusted",
        Level.FAILURE,
        "Caddy does not believe that the certificate authority is the one it asks",
        f"The connection to it is shown a certificate that Caddy cannot verify. {NO_APP}",
        case.detail,
        remedy(
            "issuance-authority-untrusted",
            "Let Caddy verify the authority.",
            "Check the clock of the machine with Caddy.",
            "In a container of your own making, install the package ca-certificates.",
            "A firewall that opens encrypted connections must leave this one alone.",
            "For an authority of your own, PORTHOLE_ACME_ROOT names the PEM file with its root, as Caddy sees it.",
            case.again,
        ),
    )


def storage(case: Case) -> Verdict:
    """Caddy cannot keep keys and certificates."""
    return Verdict(
        "issuance-storage",
        Level.FAILURE,
        f"Caddy cannot write the certificate of {case.domain} into its data folder",
        f"It keeps keys, locks and certificates there. {NO_APP}",
        case.detail,
        remedy(
            "issuance-storage",
            "Give Caddy a data folder into which it can write.",
            "See whether the disk is full.",
            "See whether Caddy's user owns the folder named below. After a change of user, correct the owner.",
            "Apply again, then check again.",
        ),
    )


def unknown(case: Case) -> Verdict:
    """Words that stand in no table of ours."""
    return Verdict(
        "issuance-unknown",
        Level.FAILURE,
        f"Caddy could not get a certificate for {case.domain}, for a reason that we do not know",
        f"Caddy's own words are below. {NO_APP}",
        case.detail,
        remedy(
            "issuance-unknown",
            "Read Caddy's own words below.",
            f"{case.method.certificate_plan}",
            "Search for these words in Caddy's forum: the cause is often known there.",
            case.again,
        ),
    )


def working(case: Case) -> Verdict:
    """It is under way."""
    began = f" since {case.issuance.since_at:%H:%M} UTC" if case.issuance.since_at else ""
    return Verdict(
        "issuance-working",
        Level.WARNING,
        f"Caddy is getting a certificate for {case.domain}{began}",
        f"That takes some seconds, or minutes when the authority is busy. {NO_APP}",
        case.detail,
        remedy("issuance-working", "Wait half a minute, then check again."),
    )


def not_started(case: Case) -> Verdict:
    """Caddy's log says nothing."""
    return Verdict(
        "issuance-not-started",
        Level.FAILURE,
        f"Caddy has no certificate for {case.domain}, and its log does not say that it asks for one",
        f"It asks by itself as soon as it serves the name. {NO_APP}",
        case.detail,
        remedy(
            "issuance-not-started",
            "Apply again, so that Caddy asks for a certificate.",
            "On a Caddy that also serves sites of your own: see whether automatic HTTPS is switched off there.",
            f"See whether {case.domain} leads to this Caddy and not to another one.",
            "Check again a minute later.",
        ),
    )


def elsewhere(case: Case) -> Verdict:
    """Caddy has it, but who answers does not show it."""
    since = f" at {case.issuance.since_at:%Y-%m-%d %H:%M} UTC" if case.issuance.since_at else ""
    return Verdict(
        "issuance-elsewhere",
        Level.FAILURE,
        f"Caddy got a certificate for {case.domain}{since}, but the one who answers shows none",
        f"Then somebody else answers, or Caddy dropped it since. {NO_APP}",
        case.detail,
        remedy(
            "issuance-elsewhere",
            "Find out who answers at the external domain.",
            f"Check that port 443 of {case.domain} leads to this Caddy.",
            "Apply again: Caddy then loads the certificate anew.",
            "Check again.",
        ),
    )


def _inside(authority: str) -> str:
    return authority.replace("The certificate", "the certificate")


def untold(case: Case) -> Verdict:
    """The finding for a state that has no problem to translate."""
    match case.issuance.state:
        case State.OBTAINED:
            return elsewhere(case)
        case State.WORKING:
            return working(case)
        case State.NONE:
            return not_started(case)
        case State.WAITING | State.FAILED:
            return unknown(case)
