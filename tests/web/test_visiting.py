"""What a visit is judged against: the host's own settings, and the home's addresses as earlier checks saw them."""

from __future__ import annotations

from typing import Any

import pytest

from tasks import jobs
from tasks.workplace import Workplace
from tests.web.browsing import given_host
from tests.web.visiting import HOME, given_home
from wizard import visiting
from wizard.checks.headers_sent import FORGED_ADDRESS
from wizard.core.hosts import ProxyHost
from wizard.core.verdicts import CheckResult, Level, Verdict
from wizard.core.visits import MEASURES_FOR, Arrived, Subject
from wizard.store import clock, hosts, progress, visits


def subject(place: Workplace, host: ProxyHost) -> Subject:
    saved = hosts.load_host(place.database, host.key)
    assert saved is not None
    return visiting.subject_of(place.database, saved)


def given_names(place: Workplace, host: ProxyHost, *addresses: str) -> None:
    """An earlier run has seen where the name leads."""
    run = progress.create_run(place.database, host.key, ("dns",))
    progress.plan_run(place.database, run.id, {})
    progress.begin_result(place.database, run.id, "dns", 1)
    seen: dict[str, Any] = {
        "v4": {"values": [one for one in addresses if ":" not in one]},
        "v6": {"values": [one for one in addresses if ":" in one]},
    }
    verdict = Verdict("dns-ok", Level.OK, "Leads here")
    progress.finish_result(place.database, run.id, 1, CheckResult("dns", (verdict,), seen, 0.1))


def test_the_settings_of_the_host_are_what_counts(place: Workplace) -> None:
    host = given_host(place, forward_client_ip=False, websocket=False, stream_limit_mbps=8.0)
    assert subject(place, host) == Subject(
        "plex.example.com", "Plex", is_plex=True, forward_client_ip=False, websocket=False, stream_limit_mbps=8.0
    )


@pytest.mark.parametrize(("method", "has_hop"), [("direct", False), ("ipv6", False), ("cloudflare", True)])
def test_a_way_in_whose_tls_ends_before_caddy_has_a_hop(place: Workplace, method: str, has_hop: bool) -> None:
    assert subject(place, given_host(place, method=method)).has_hop is has_hop


def test_the_home_is_known_from_what_arrived_of_this_machine(place: Workplace) -> None:
    host = given_host(place)
    assert subject(place, host).home == ()
    given_home(place, host, FORGED_ADDRESS)
    assert subject(place, host).home == ()
    given_home(place, host, HOME)
    assert subject(place, host).home == (HOME,)


@pytest.mark.parametrize(
    ("method", "counts"),
    [
        ("direct", True),
        ("ipv6", True),
        ("wireguard", True),
        ("cloudflare", False),
        ("tailnet", False),
        ("gone", False),
    ],
)
def test_the_name_s_own_addresses_count_where_it_leads_to_caddy(place: Workplace, method: str, counts: bool) -> None:
    host = given_host(place, method=method)
    given_names(place, host, HOME, "2001:db8::20")
    assert subject(place, host).home == ((HOME, "2001:db8::20") if counts else ())


def test_the_sweep_ends_a_visit_whose_page_was_closed_and_twice_is_no_harm(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = given_host(place)
    visit = visits.create_visit(place.database, place.vault, host.key)
    visits.start_visit(place.database, place.vault.open(visit.sealed_link), Arrived("203.0.113.9", script=True))
    monkeypatch.setattr(visits, "now", lambda: clock.now() + MEASURES_FOR * 2)
    monkeypatch.setattr(jobs, "workplace", lambda: place)
    for _ in range(2):
        jobs.sweep()
    found = visits.load_visit(place.database, visit.id)
    assert found is not None
    assert found.finished_at is not None
    assert len(found.findings) == 5
