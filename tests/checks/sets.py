"""Values that the tests of the checks share: a host, a scene, and short ways to say what was seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from wizard.core.checks import Echo, Scene
from wizard.core.domain import Domain
from wizard.core.hosts import Edge, ProxyHost, Upstream
from wizard.core.verdicts import Verdict
from wizard.net import Certificate

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NAME = "plex.example.com"
EDGE = Edge("here", "unix//run/caddy.sock")
PLEX = Upstream("plex", "http", "192.168.1.20", 32400)
MARK = "the-mark"
TOKEN = "the-secret-token"
ECHO = Echo("/.well-known/porthole/once", MARK)


def host(**changes: Any) -> ProxyHost:
    """A proxy host for a Plex at home."""
    return replace(ProxyHost("1", Domain(NAME), PLEX), **changes)


def scene(**changes: Any) -> Scene:
    """A scene for that host, with test addresses for every check."""
    return replace(Scene(host(), EDGE, echoes=(ECHO,) * 8, hosts=(host(),)), **changes)


def certificate(*names: str, days: float = 61, lifetime: float = 90, **changes: Any) -> Certificate:
    """A certificate that runs for `days` more, of a `lifetime` in days."""
    ends_at = NOW + timedelta(days=days)
    begins_at = ends_at - timedelta(days=lifetime)
    shown = Certificate(names or (NAME,), "CN=x", "R12", begins_at, ends_at, "ab" * 32, "-----")
    return replace(shown, **changes)


def codes(verdicts: tuple[Verdict, ...]) -> list[str]:
    """The codes of some verdicts with their levels, such as `dns-ok ok`."""
    return [f"{verdict.code} {verdict.level}" for verdict in verdicts]
