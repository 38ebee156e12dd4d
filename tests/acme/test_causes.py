"""Every way in which an authority or Caddy words a failure becomes one finding with a cause and a remedy."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.caddy.talk import proxy_host
from wizard.checks.issuance_causes import explain_missing_certificate
from wizard.core.issuance import Issuance, Problem, State
from wizard.core.verdicts import Level, Verdict
from wizard.guides import Guides
from wizard.methods import METHODS

NAME = "plex.example.com"
ROOT = Path(__file__).parents[2]
NEXT = datetime(2026, 11, 24, 12, 7, tzinfo=UTC)
BANNED = re.compile(
    r"\b(invalid|valid|illegal|forbidden|please|sorry|oops|simply|just|error occurred|something went wrong)\b",
    re.IGNORECASE,
)
FETCHING = "203.0.113.9: Fetching http://plex.example.com/.well-known/acme-challenge/x"

# kind, words, the finding's code without `issuance-`
WORDINGS: list[tuple[str, str, str]] = [
    ("connection", f"{FETCHING}: Timeout during connect (likely firewall problem)", "unreachable"),
    ("connection", f"{FETCHING}: Connection refused", "unreachable"),
    ("connection", f"{FETCHING}: Error getting validation data", "unreachable"),
    ("unauthorized", "Failed to connect to 203.0.113.9:443 for the tls-alpn-01 challenge", "unreachable"),
    ("unauthorized", "203.0.113.9: Invalid response from http://plex.example.com/x: 404", "other-server"),
    ("unauthorized", "Non-200 status code from HTTP: http://plex.example.com/x returned 404", "other-server"),
    ("unauthorized", 'Cannot negotiate ALPN protocol "acme-tls/1" for tls-alpn-01 challenge', "other-server"),
    ("unauthorized", "The key authorization file from the server did not match this challenge", "other-server"),
    ("unauthorized", "words that nobody knows", "other-server"),
    ("tls", "203.0.113.9: remote error: tls: handshake failure", "other-server"),
    ("dns", f"DNS problem: NXDOMAIN looking up A for {NAME} - check that a DNS record exists", "name-not-found"),
    ("dns", f"no valid A records found for {NAME}; no valid AAAA records found for {NAME}", "name-not-found"),
    ("malformed", f'Could not resolve URL "{NAME}"', "name-not-found"),
    ("dns", f"DNS problem: SERVFAIL looking up CAA for {NAME} - the nameservers may be malfunctioning", "dns-broken"),
    ("dns", f"DNS problem: query timed out looking up A for {NAME}", "dns-broken"),
    ("dns", f"During secondary validation: DNS problem: NXDOMAIN looking up A for {NAME}", "some-places"),
    ("connection", f"During secondary validation: {FETCHING}: Timeout during connect", "some-places"),
    ("caa", f"CAA record for {NAME} prevents issuance", "caa"),
    ("caa", "During secondary validation: CAA record for example.com prevents issuance", "caa"),
    ("rateLimited", f'too many failed authorizations (5) for "{NAME}" in the last 1h0m0s', "rate-limited"),
    ("rateLimited", "Service busy; retry later.", "authority-down"),
    ("serverInternal", "Error creating new order", "authority-down"),
    ("rejectedIdentifier", "refuses to issue a certificate for this name, by policy", "name-refused"),
    ("unsupportedIdentifier", "Domain name does not end with a valid public suffix (TLD)", "name-refused"),
    ("externalAccountRequired", "newAccount requests must include externalAccountBinding", "account"),
    ("userActionRequired", "terms of service have changed", "account"),
    (
        "",
        'performing request: Get "https://ca/dir": dial tcp: lookup ca on [::1]:53: no such host',
        "authority-unreachable",
    ),
    ("", 'performing request: Get "https://ca/dir": context deadline exceeded', "authority-unreachable"),
    ("", "tls: failed to verify certificate: x509: certificate signed by unknown authority", "authority-untrusted"),
    ("", "x509: certificate has expired or is not yet valid", "authority-untrusted"),
    ("", "unable to write: open /data/caddy/x.key: permission denied", "storage"),
    ("", "no solvers available for remaining challenges (configured=[] offered=[dns-01])", "no-challenge"),
    ("", "words that nobody knows", "unknown"),
    ("badNonce", "JWS has an invalid anti-replay nonce", "unknown"),
]


def told(*problems: Problem, state: State = State.WAITING, method: str = "direct", tries: int = 1) -> Verdict:
    next_try_at = NEXT if state is State.WAITING else None
    issuance = Issuance(NAME, state, datetime(2026, 11, 24, 12, 0, tzinfo=UTC), tries, next_try_at, problems)
    return explain_missing_certificate(issuance, proxy_host(name=NAME), METHODS[method])


EVERY = [
    told(Problem(words, kind, challenge, issuer), state=state, method=method)
    for kind, words, _ in WORDINGS
    for challenge in ("http-01", "tls-alpn-01", "")
    for issuer in ("acme-v02.api.letsencrypt.org-directory", "acme.zerossl.com-v2-DV90", "")
    for state in (State.WAITING, State.WORKING, State.FAILED)
    for method in METHODS
] + [told(state=state, method=method) for state, method in itertools.product(State, METHODS)]


@pytest.mark.parametrize(("kind", "words", "code"), WORDINGS)
def test_words_become_a_cause(kind: str, words: str, code: str) -> None:
    verdict = told(Problem(words, kind, "http-01"))
    assert (verdict.code, verdict.level) == (f"issuance-{code}", Level.FAILURE)
    assert words in verdict.detail


def test_what_tells_most_counts_when_two_challenges_failed_differently() -> None:
    closed = Problem(
        "Failed to connect to 203.0.113.9:443 for the tls-alpn-01 challenge", "unauthorized", "tls-alpn-01"
    )
    page = Problem("203.0.113.9: Invalid response from http://plex.example.com/x: 404", "unauthorized", "http-01")
    for order in ((closed, page), (page, closed)):
        verdict = told(*order)
        assert verdict.code == "issuance-other-server"
        assert "203.0.113.9" in verdict.summary
        assert closed.words in verdict.detail


def test_the_remedy_follows_the_way_in() -> None:
    refused = Problem(f"{FETCHING}: Connection refused", "connection", "http-01")

    def steps(method: str) -> str:
        verdict = told(refused, method=method)
        assert verdict.remedy is not None
        return " ".join(verdict.remedy.steps)

    assert "Behind CGNAT" in steps("direct")
    assert "in your router" in steps("ipv6")
    assert "over IPv6" in steps("ipv6")
    assert "CGNAT" not in steps("wireguard")
    assert "at the provider of that machine" in steps("wireguard")
    assert told(refused, method="tailnet").code == "issuance-no-challenge"
    assert "DNS challenge" in steps("tailnet")


def test_an_aaaa_record_that_leads_elsewhere_is_suspected_first() -> None:
    stale = Problem("2001:db8::7: Fetching http://plex.example.com/x: Connection refused", "connection", "http-01")
    verdict = told(stale)
    assert "2001:db8::7, port 80" in verdict.summary
    assert verdict.remedy is not None
    assert verdict.remedy.steps[0].startswith("An AAAA record leads to 2001:db8::7")
    ipv6 = told(stale, method="ipv6").remedy
    assert ipv6 is not None
    assert "AAAA" not in ipv6.steps[0]


def test_a_limit_says_until_when() -> None:
    words = (
        "too many failed authorizations (5) in the last 1h0m0s, retry after 2026-11-24 13:01:02 UTC: see https://x"
    )
    verdict = told(Problem(words, "rateLimited", issuer="acme-v02.api.letsencrypt.org-directory"))
    assert "until 2026-11-24 13:01 UTC" in verdict.summary
    assert verdict.summary.startswith("Let's Encrypt ")


def test_the_next_try_is_named() -> None:
    refused = Problem(f"{FETCHING}: Connection refused", "connection", "http-01")
    for state, words in (
        (State.WAITING, "at 12:07 UTC"),
        (State.WORKING, "right now"),
        (State.FAILED, "does not try again by itself"),
    ):
        verdict = told(refused, state=state)
        assert verdict.remedy is not None
        assert words in verdict.remedy.steps[-1]


def test_states_without_trouble_are_told_as_they_are() -> None:
    codes = {state: told(state=state).code for state in State}
    assert codes == {
        State.NONE: "issuance-not-started",
        State.WORKING: "issuance-working",
        State.OBTAINED: "issuance-elsewhere",
        State.WAITING: "issuance-unknown",
        State.FAILED: "issuance-unknown",
    }
    assert told(state=State.WORKING).level is Level.WARNING


def test_nothing_ends_green_and_everything_has_cause_reason_and_remedy() -> None:
    guides = Guides.load(ROOT / "docs_content")
    for verdict in EVERY:
        assert verdict.level.rank >= Level.WARNING.rank
        assert verdict.summary
        assert not verdict.summary.endswith(".")
        assert "  " not in verdict.summary
        assert verdict.why.endswith(".")
        assert verdict.remedy is not None
        assert verdict.remedy.action.endswith(".")
        assert 0 <= len(verdict.remedy.steps) <= 5
        assert all(step.endswith((".", "?")) for step in verdict.remedy.steps), verdict.remedy.steps
        assert verdict.remedy.guide == f"troubleshooting#{verdict.code}"
        assert guides.has(verdict.remedy.guide), verdict.remedy.guide
        parts = (verdict.summary, verdict.why, verdict.remedy.action, *verdict.remedy.steps)
        assert not [part for part in parts if BANNED.search(part)]


def test_every_code_that_is_written_is_reached() -> None:
    files = (ROOT / "wizard/checks").glob("issuance_re*.py")
    written = {code for path in files for code in re.findall(r'"(issuance-[a-z-]+)"', path.read_text())}
    assert {verdict.code for verdict in EVERY} == written
