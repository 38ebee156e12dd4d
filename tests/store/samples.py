"""Proxy hosts, findings and runs for the tests of the store, of jobs and of the command line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wizard.core.domain import Domain
from wizard.core.hosts import ProxyHost, Upstream
from wizard.core.verdicts import CheckResult, Level, Remedy, Verdict
from wizard.store.hosts import new_key, save_host
from wizard.store.session import Database

CHECKS = ("first", "second", "third")
NEEDS = {"first": (), "second": ("first",), "third": ("second",)}
BESIDE: dict[str, tuple[str, ...]] = dict.fromkeys(CHECKS, ())  # the same checks, none needs another


def sample_host(domain: str = "plex.example.com", **changes: Any) -> ProxyHost:
    """A proxy host with a new key."""
    parsed = Domain.parse(domain)
    assert isinstance(parsed, Domain), parsed
    host = ProxyHost(new_key(), parsed, Upstream("plex", "http", "192.168.1.20", 32400))
    return replace(host, **changes)


def saved_host(database: Database, domain: str = "plex.example.com", **changes: Any) -> ProxyHost:
    """The same, saved."""
    host = sample_host(domain, **changes)
    save_host(database, host)
    return host


def found(check: str, level: Level = Level.OK) -> CheckResult:
    """What a check found."""
    remedy = Remedy("Do something about it", "troubleshooting#symptoms")
    verdict = Verdict(f"{check}-{level}", level, f"{check} is {level}", remedy=remedy)
    return CheckResult(check, (verdict,), {"seen": 1}, 0.5)
