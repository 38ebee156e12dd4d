"""The classifier and the stand-in Plex behind a real Caddy: in randomly made situations both say the same."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.caddy_process import free_port
from tests.checks.lab import Lab
from tests.fakes.plex import Plex, PlexSettings
from wizard.core.hosts import Listener, ProxyHost, Upstream
from wizard.core.locality import Counted, Surroundings, count
from wizard.media import MEDIA

PEER = "127.0.0.1"  # Caddy, as Plex sees it
HEADER = "CF-Connecting-IP"
WAN = "198.51.100.77"


@dataclass(frozen=True, slots=True)
class Way:
    """One proxy host: what its Caddy believes, and what it passes on."""

    host: ProxyHost
    believes: bool

    def passed_on(self, viewer: str) -> str | None:
        """X-Forwarded-For as Plex will get it."""
        if not self.host.forward_client_ip:
            return None
        return viewer if self.believes else PEER


@dataclass(frozen=True, slots=True)
class Setting:
    """A Plex behind three proxy hosts."""

    plex: Plex
    ways: tuple[Way, ...]


def listener(name: str, *, believes: bool) -> Listener:
    trusted = (f"{PEER}/32",) if believes else ()
    return Listener(name, PEER, free_port(), False, trusted, (HEADER,) if believes else ())


@pytest.fixture(scope="module")
def setting(started_lab: Lab) -> Iterator[Setting]:
    """Forwarding on and off behind a trusted hop, and forwarding behind one that is not trusted."""
    with Plex(PlexSettings(notify_seconds=0, wan_address=WAN)) as plex:
        upstream = Upstream("plex", "http", PEER, plex.port)
        trusted, plain = listener("cloudflare", believes=True), listener("funnel", believes=False)
        ways = tuple(
            Way(
                started_lab.host(
                    name, key=name.partition(".")[0], upstream=upstream, forward_client_ip=on, listener=where
                ),
                believes,
            )
            for name, on, where, believes in (
                ("on.example.com", True, trusted, True),
                ("off.example.com", False, trusted, True),
                ("plain.example.com", True, plain, False),
            )
        )
        started_lab.serve(*(way.host for way in ways))
        yield Setting(plex, ways)


NEAR = ("192.168.1.30", "10.8.0.4", "172.17.0.1", "127.0.0.1")
AWAY = ("203.0.113.9", "100.101.1.12", WAN, "2001:db8::9", "8.8.8.8")
NETWORKS = ("192.168.1.0/24", "127.0.0.0/8", "203.0.113.0/24", "100.64.0.0/10", "10.0.0.0/8")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    number=st.integers(0, 2),
    viewer=st.sampled_from((*NEAR, *AWAY)) | st.ip_addresses(v=4).filter(lambda one: not one.is_multicast).map(str),
    lan=st.lists(st.sampled_from(NETWORKS), max_size=2).map(tuple),
    subnets=st.lists(st.sampled_from(NETWORKS), min_size=1, max_size=2).map(tuple),
    wan_as_lan=st.booleans(),
)
def test_prediction_and_plex_agree_through_caddy(  # noqa: RUF100, PLR0913 -- each is one part of a situation
    setting: Setting, number: int, viewer: str, lan: tuple[str, ...], subnets: tuple[str, ...], wan_as_lan: bool
) -> None:
    plex, way = setting.plex, setting.ways[number]
    plex.change(own_subnets=subnets)
    plex.prefer("LanNetworksBandwidth", ",".join(lan))
    plex.prefer("TreatWanIpAsLocal", wan_as_lan)
    plex.forget()
    _ask(way, viewer)
    seen = plex.seen[-1]
    around = Surroundings(lan, subnets, (), (WAN,), wan_as_lan, is_read=True)
    found = count(MEDIA["plex"].locality, around, PEER, way.passed_on(viewer))
    assert seen.peer_address == PEER
    assert seen.value("X-Forwarded-For") == way.passed_on(viewer)
    if found.counted is not Counted.UNKNOWN:
        assert (found.counted is Counted.LOCAL) is seen.is_local, (found, seen.locality_rule, seen.address_rule)
    if found.address:
        assert found.address == seen.client_address


def _ask(way: Way, viewer: str) -> None:
    place = way.host.listener
    request = urllib.request.Request(
        f"http://{place.bind}:{place.port}/identity", headers={"Host": way.host.domain.name, HEADER: viewer}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def test_the_situations_of_the_acceptance_line_are_certain(setting: Setting) -> None:
    """Headers on: Remote. Headers off, or the hop not trusted: Local, which is the mistake the product finds."""
    around = Surroundings(own_subnets=("192.168.1.0/24",), is_read=True)
    setting.plex.change(own_subnets=("192.168.1.0/24",))
    setting.plex.prefer("LanNetworksBandwidth", "")
    expected = (Counted.REMOTE, Counted.LOCAL, Counted.LOCAL)
    for way, counted in zip(setting.ways, expected, strict=True):
        setting.plex.forget()
        _ask(way, "203.0.113.9")
        assert count(MEDIA["plex"].locality, around, PEER, way.passed_on("203.0.113.9")).counted is counted
        assert setting.plex.seen[-1].is_local is (counted is Counted.LOCAL)
