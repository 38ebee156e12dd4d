"""Faults of a hop between the viewer and Caddy: a router, a second proxy, a tunnel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.checks.faults.shape import Fault, Seed, World
from tests.fakes.hop import FORWARDING_HEADERS
from tests.fakes.hop import Fault as HopFault
from wizard.core.verdicts import Level

WARNING = Level.WARNING


def _hop(fault: HopFault, **options: object) -> Seed:
    """The hop does this, with these attributes, and afterwards passes everything again."""

    @contextmanager
    def seed(world: World) -> Iterator[None]:
        before = {name: getattr(world.hop, name) for name in options}
        for name, value in options.items():
            setattr(world.hop, name, value)
        world.hop.fault = fault
        try:
            yield
        finally:
            world.hop.fault = HopFault.PASS
            for name, value in before.items():
                setattr(world.hop, name, value)

    return seed


assert "X-Plex-*" in FORWARDING_HEADERS

IN_BETWEEN = (
    Fault("viewer hidden", _hop(HopFault.PASS, source="127.0.0.2"), "headers", "headers-hop-address", "127.0.0.2"),
    Fault("Plex headers stripped", _hop(HopFault.STRIP_HEADERS), "headers", "headers-plex-changed", "X-Plex"),
    Fault("WebSocket stripped", _hop(HopFault.STRIP_UPGRADE), "websocket", "websocket-stripped", "101"),
    Fault("line closed at once", _hop(HopFault.CLOSE), "reach", "reach-refused", "127.0.0.1"),
    Fault("port filtered", _hop(HopFault.BLACKHOLE), "reach", "reach-filtered", "127.0.0.1"),
    Fault("router answers", _hop(HopFault.ROUTER_PAGE), "reach", "reach-wrong-server", "127.0.0.1"),
    Fault(
        "another Plex answers",
        _hop(HopFault.WRONG_SERVER),
        "identity",
        "identity-other-server",
        "Plex",
        leads="reach",
    ),
    Fault("redirect in circles", _hop(HopFault.REDIRECT), "identity", "identity-circle", "301", leads="reach"),
    Fault("messages held back", _hop(HopFault.BUFFER), "events", "events-buffered", "messages"),
    Fault("quiet line cut", _hop(HopFault.CUT_AFTER, cut_after_seconds=1.0), "hold", "hold-cut", "nobody speaks"),
    Fault(
        "messages cut",
        _hop(HopFault.CUT_AFTER, cut_after_seconds=0.9),
        "events",
        "events-cut",
        "messages",
    ),
    Fault("whole in place of a part", _hop(HopFault.NO_RANGE), "streaming", "streaming-no-range", "status 200"),
    Fault("parts cut short", _hop(HopFault.TRUNCATE), "streaming", "streaming-cut", "film"),
    Fault("bytes changed", _hop(HopFault.GARBLE), "streaming", "streaming-wrong-bytes", "other bytes"),
    Fault("uploads capped", _hop(HopFault.CAP_UPLOAD), "streaming", "streaming-upload-refused", "upload", WARNING),
)
