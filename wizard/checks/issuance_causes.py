"""Caddy's and the authority's words about a certificate that does not come -> one finding, with what to do. Pure.

The words are Let's Encrypt's (Boulder), Pebble's and Caddy's own; the types are those of RFC 8555, section 6.7.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from wizard.checks import issuance_reaching as reaching
from wizard.checks import issuance_refusals as refusals
from wizard.checks.issuance_case import Case
from wizard.core.faults import Fault
from wizard.core.hosts import ProxyHost
from wizard.core.issuance import Issuance, Problem
from wizard.core.verdicts import CheckResult, Verdict
from wizard.methods import Method


@dataclass(frozen=True, slots=True)
class Rule:
    """Words, and the finding they stand for. `kinds` are ACME types that mean it whatever the words are.

    `acme` limits the words to those of an authority (True) or of Caddy alone (False).
    """

    tell: Callable[[Case], Verdict]
    words: str = ""
    kinds: frozenset[str] = frozenset()
    acme: bool | None = None

    def fits(self, problem: Problem) -> bool:
        """True when this problem is meant."""
        if problem.kind in self.kinds:
            return True
        if not self.words or self.acme not in {None, bool(problem.kind)}:
            return False
        return re.search(self.words, problem.words, re.IGNORECASE) is not None


# The first rule that fits any problem of the last try counts: what tells most stands first.
_RULES: tuple[Rule, ...] = (
    Rule(refusals.authority_down, r"service busy|HTTP 5\d\d\b"),
    Rule(refusals.rate_limited, r"too many (failed|certificates|new|requests)", frozenset({"rateLimited"})),
    Rule(refusals.caa, r"CAA record.*prevents", frozenset({"caa"})),
    Rule(
        refusals.account,
        kinds=frozenset({"externalAccountRequired", "accountDoesNotExist", "userActionRequired", "invalidContact"}),
    ),
    Rule(
        refusals.name_refused,
        r"forbidden by policy|valid public suffix",
        frozenset({"rejectedIdentifier", "unsupportedIdentifier"}),
    ),
    Rule(reaching.some_places, r"during secondary validation", acme=True),
    Rule(
        reaching.name_not_found,
        r"(NXDOMAIN|no valid (A|AAAA|IP)\b|could not resolve URL)",
        acme=True,
    ),
    Rule(reaching.dns_broken, r"SERVFAIL|DNSSEC|DNS problem|name ?servers may be", frozenset({"dns"}), acme=True),
    Rule(
        reaching.other_server,
        r"invalid response from|non-200|did not match|negotiate ALPN|validation certificate|key authorization",
        frozenset({"incorrectResponse"}),
        acme=True,
    ),
    Rule(
        reaching.unreachable,
        r"connect to|connection (refused|reset)|timeout|timed out|dial tcp|no route",
        frozenset({"connection"}),
        acme=True,
    ),
    Rule(reaching.other_server, kinds=frozenset({"unauthorized", "tls"})),
    Rule(refusals.authority_down, kinds=frozenset({"serverInternal"})),
    Rule(reaching.no_challenge, r"no solvers available", acme=False),
    Rule(refusals.storage, r"no space left|permission denied|read-only file system|disk quota", acme=False),
    Rule(refusals.authority_untrusted, r"x509:|failed to verify certificate", acme=False),
    Rule(
        refusals.authority_unreachable,
        r"dial tcp|no such host|i/o timeout|deadline exceeded|connection (refused|reset)|unreachable|: EOF\b",
        acme=False,
    ),
)
_FROM_OUTSIDE = (reaching.unreachable, reaching.other_server, reaching.name_not_found, reaching.some_places)


def explain_missing_certificate(issuance: Issuance, host: ProxyHost, method: Method) -> Verdict:
    """Why there is no certificate for this host, as far as Caddy's log tells, and what to do on this way in.

    Its codes begin with `issuance-`. Words that are not known come back as they are, in the detail.
    """
    case = Case(issuance, host, method)
    if not issuance.problems:
        return refusals.untold(case)
    for rule in _RULES:
        for problem in issuance.problems:
            if rule.fits(problem):
                told = Case(issuance, host, method, problem)
                if rule.tell in _FROM_OUTSIDE and not told.is_reachable:
                    return reaching.no_challenge(told)
                return rule.tell(told)
    return refusals.unknown(case)


def with_cause(result: CheckResult, issuance: Issuance | None, host: ProxyHost, method: Method) -> CheckResult:
    """The result of the `tls` check, with "no certificate yet" replaced by why, when Caddy's log tells.

    Everything else stays as it is, also when there is no log (`issuance` None) or when it says nothing.
    """
    handshake = result.observed.get("handshake")
    fault = handshake.get("fault") if isinstance(handshake, dict) else None
    if issuance is None or issuance == Issuance(issuance.domain) or fault != Fault.NO_CERTIFICATE:
        return result
    cause = explain_missing_certificate(issuance, host, method)
    verdicts = tuple(
        replace(cause, detail=f"{verdict.detail} {cause.detail}".strip())
        if verdict.code == "tls-no-certificate"
        else verdict
        for verdict in result.verdicts
    )
    return replace(result, verdicts=verdicts)
