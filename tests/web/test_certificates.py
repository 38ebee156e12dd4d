"""The first certificate on the pages: what stands in its way before applying, and how far Caddy is while it asks."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tasks.workplace import Workplace
from tests.fakes.plex import Plex
from tests.web.browsing import Page, Visitor, end_check, given_host, go_to, run_address
from wizard.caddy.certificates import certificates_file
from wizard.core.domain import Domain
from wizard.core.faults import Fault
from wizard.core.hosts import ProxyHost, Upstream
from wizard.core.issuance import Issuance, Problem, State
from wizard.core.verdicts import CheckResult, Level, Remedy, Verdict
from wizard.methods import METHODS
from wizard.store import progress, runs
from wizard.web.certificate_wait import draw_issuance, is_followed
from wizard.web.setup.certificate import proofs_of

NAME = "plex.example.com"
AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
REFUSED = Problem("203.0.113.9: Fetching http://plex.example.com/x: Connection refused", "connection", "http-01")


def test_the_review_says_that_dns_is_ready_and_what_the_authority_counts(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "review", plex.url)
    words = Page(owner.get("/hosts/new/review")).words
    assert "Before the first certificate" in words
    assert f"DNS is ready for a certificate for {NAME}, by HTTP-01 and TLS-ALPN-01" in words
    assert "five failed tries for a name in an hour" in words


def test_the_review_says_what_stands_in_the_way_and_applying_stays_possible(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "review", plex.url, domain="films.example.com")
    page = Page(owner.get("/hosts/new/review"))
    assert "films.example.com leads to 192.168.1.20, where no authority can look" in page.words
    assert "Let films.example.com lead to a public address only." in page.words
    assert "You can apply all the same" in page.words
    assert page.all("button", type="submit")


@pytest.mark.parametrize("domain", ["plex.localhost", "machine.tail0a1b2c.ts.net"])
def test_a_name_that_needs_no_authority_shows_nothing_of_this(owner: Visitor, plex: Plex, domain: str) -> None:
    go_to(owner, "review", plex.url, domain=domain)
    assert "Before the first certificate" not in owner.get("/hosts/new/review").text


def test_the_domain_step_says_how_the_name_can_be_proved_on_this_way_in(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "connect", plex.url)
    assert "HTTP-01, on port 80 or TLS-ALPN-01, on port 443" in Page(owner.get("/hosts/new/connect")).words
    assert proofs_of(METHODS["tailnet"]).startswith("DNS-01 only")
    assert proofs_of(METHODS["funnel"]) == ""


# the run page


def lines(*entries: dict[str, Any]) -> str:
    return "".join(json.dumps({"ts": time.time(), "identifier": NAME, **one}) + "\n" for one in entries)


@pytest.fixture
def log(place: Workplace) -> Any:
    """Caddy's own log of certificates, as it would write it; taken away afterwards."""
    path = Path(certificates_file(place.edge.log_folder))
    path.parent.mkdir(parents=True, exist_ok=True)
    yield path
    path.unlink(missing_ok=True)


def run_without_certificate(place: Workplace, host: ProxyHost) -> runs.Run:
    """A run whose row of the certificate saw none."""
    run = progress.create_run(place.database, host.key, ("tls",))
    progress.plan_run(place.database, run.id, {})
    progress.begin_result(place.database, run.id, "tls", 1)
    remedy = Remedy("Let Caddy get its certificate.", "troubleshooting#tls-no-certificate")
    verdict = Verdict("tls-no-certificate", Level.FAILURE, "No certificate", "No app connects.", remedy=remedy)
    seen = {"handshake": {"fault": str(Fault.NO_CERTIFICATE)}}
    progress.finish_result(place.database, run.id, 1, CheckResult("tls", (verdict,), seen, 0.1))
    return run


WORKING = ({"msg": "acquiring lock"}, {"msg": "obtaining certificate"})
FAILED = {
    "msg": "challenge failed",
    "challenge_type": "http-01",
    "problem": {"type": "urn:ietf:params:acme:error:connection", "detail": REFUSED.words},
}
# such a line names it in its error only
RETRY = {"identifier": "", "msg": "will retry", "error": f"[{NAME}] Obtain: no", "attempt": 1, "retrying_in": 60}


def test_a_run_page_follows_caddy_until_the_certificate_is_there(owner: Visitor, place: Workplace, log: Path) -> None:
    host = given_host(place)
    run = run_without_certificate(place, host)
    assert "data-live" not in owner.get(run_address(run)).text  # no log: nothing is known

    log.write_text(lines(*WORKING))
    page = owner.get(run_address(run))
    assert f"Caddy is getting a certificate for {NAME}" in Page(page).words
    assert "data-live" in page.text

    log.write_text(lines(*WORKING, FAILED, RETRY))
    page = owner.get(run_address(run))
    assert "Caddy tries again at" in Page(page).words
    assert f"cannot connect to {NAME}: the connection is refused at 203.0.113.9" in Page(page).words
    assert "Let ports 80 and 443 lead to Caddy from outside." in Page(page).words

    log.write_text(lines(*WORKING, {"msg": "certificate obtained successfully"}))
    page = owner.get(run_address(run))
    assert f"Caddy has a certificate for {NAME}" in Page(page).words
    assert "data-live" not in page.text


def test_the_stream_tells_how_far_caddy_is_after_the_checks_have_ended(
    owner: Visitor, place: Workplace, log: Path
) -> None:
    log.write_text(lines(*WORKING))
    run = run_without_certificate(place, given_host(place))
    answer = owner.get(run_address(run, "/stream"))
    events = (json.loads(text.decode().split("data: ", 1)[1]) for text in answer.iter_encoded() if b"data: " in text)
    first = next(events)
    assert "is getting a certificate" in first["parts"]["certificate"]
    assert not first.get("done")
    log.write_text(lines(*WORKING, {"msg": "certificate obtained successfully"}))
    second = next(events)
    assert "has a certificate" in second["parts"]["certificate"]
    assert second["done"]
    answer.close()


def test_a_certificate_that_was_seen_is_no_news(owner: Visitor, place: Workplace, log: Path) -> None:
    log.write_text(lines(*WORKING, {"msg": "certificate obtained successfully"}))
    host = given_host(place)
    run = progress.create_run(place.database, host.key, ("tls",))
    assert "Caddy has a certificate" not in owner.get(run_address(run)).text
    end_check(place, run.id, "tls", Verdict("tls-ok", Level.OK, "61 days left"))
    assert "Caddy has a certificate" not in owner.get(run_address(run)).text


@pytest.mark.parametrize("method", METHODS)
def test_every_state_is_told_on_every_way_in(method: str) -> None:
    host = ProxyHost("1", Domain(NAME), Upstream("plex", "http", "192.168.1.20", 32400), method)
    for state in State:
        next_try_at = AT + timedelta(minutes=1) if state is State.WAITING else None
        for problems in ((), (REFUSED,)):
            drawn = draw_issuance(Issuance(NAME, state, AT, 1, next_try_at, problems), host, METHODS[method])
            assert (drawn is None) == (state is State.NONE)
            assert is_followed(drawn) == (state in {State.WORKING, State.WAITING})
            for part in ("title", "text", "tip"):
                assert drawn is None or "  " not in drawn[part]
