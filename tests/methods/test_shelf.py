"""Every way in on the shelf has its facts complete, and the folder is the registry."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

import pytest

import wizard.methods
from wizard.core.domain import Domain
from wizard.methods import METHODS, Challenge, Method, Record, choosable

EVERY = list(METHODS.values())
_GUIDE = re.compile(r"routes#[a-z0-9]+(-[a-z0-9]+)*")


def test_the_folder_is_the_registry() -> None:
    files = {path.stem for path in Path(wizard.methods.__file__).parent.glob("*.py")}
    assert set(METHODS) == files - {"__init__", "shape"}


def test_everything_can_be_chosen_but_the_relay() -> None:
    assert {method.key for method in choosable()} == set(METHODS) - {"relay"}


@pytest.mark.parametrize("method", EVERY, ids=lambda method: method.key)
def test_the_facts_are_complete(method: Method) -> None:
    for text in (
        method.title,
        method.sentence,
        method.who_can_watch,
        method.speed,
        method.you_need,
        method.watch_out,
        method.certificate_plan,
        method.dns_advice,
        method.terms,
        method.bitrate.cause,
        *method.reasons,
    ):
        assert text
        assert text == text.strip()
    assert method.reasons
    for rating in (method.tv_apps, method.cost, method.traffic_seen_by):
        assert rating.words
        assert 1 <= rating.dots <= 4
    assert 1 <= method.speed_dots <= 4
    assert method.path[0].startswith("Viewer")
    assert method.path[-1] == "Your server"
    assert _GUIDE.fullmatch(method.guide)


@pytest.mark.parametrize("method", EVERY, ids=lambda method: method.key)
def test_the_advice_for_dns_is_filled_with_the_persons_own_name(method: Method) -> None:
    domain = Domain("plex.example.com")
    assert "plex.example.com" in method.advise_dns(domain)
    assert "{" not in method.advise_dns(domain)
    if method.points_at_edge:
        assert "203.0.113.9" in method.advise_dns(domain, "203.0.113.9")


@pytest.mark.parametrize("method", EVERY, ids=lambda method: method.key)
def test_nobody_is_trusted_but_exact_hops(method: Method) -> None:
    listener = method.listener
    assert all(ipaddress.ip_network(network).num_addresses == 1 for network in listener.trusted)
    assert bool(listener.trusted) == bool(listener.client_ip_headers)
    if listener.tls:
        # whoever reaches Caddy directly is the viewer: nothing that is said about another one counts
        assert listener.trusted == ()
        assert listener.port == 0
    else:
        assert listener.bind == "127.0.0.1"
        assert method.ends_tls_elsewhere
        assert method.challenges == ()


def test_plain_listeners_have_ports_of_their_own() -> None:
    ports = [method.listener.port for method in EVERY if not method.listener.tls]
    assert sorted(ports) == [7681, 7682]
    names = {method.listener.name for method in EVERY if not method.listener.tls}
    assert len(names) == len(ports)


def test_only_cloudflare_needs_consent_and_caps_uploads() -> None:
    assert {method.key for method in EVERY if method.consent} == {"cloudflare"}
    assert {method.key: method.upload_cap_mb for method in EVERY if method.upload_cap_mb} == {"cloudflare": 100}


def test_names_that_nobody_outside_can_reach_are_proven_by_dns_alone() -> None:
    assert METHODS["tailnet"].challenges == (Challenge.DNS,)
    assert METHODS["ipv6"].record is Record.AAAA
    assert METHODS["cloudflare"].listener.client_ip_headers == ("CF-Connecting-IP", "X-Forwarded-For")
