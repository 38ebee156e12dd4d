"""What tailscaled says becomes values whatever its shape, and values become findings with their remedies."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.bending import ANYTHING, bent
from tests.fakes import tailscaled as fake
from wizard.core.tailnet import Backend, Path, Silence, Tailnet, peers_as_servers, read_tailnet, shared_addresses
from wizard.core.tailnet_findings import judge
from wizard.core.tailnet_netcheck import read_netcheck
from wizard.core.tailnet_words import path_words
from wizard.core.verdicts import Level
from wizard.core.ways import WaySetup, WayState

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
FULL = fake.status(*fake.THREE)


@st.composite
def documents(draw: st.DrawFn) -> Any:
    """The real shape with keys left out and values replaced, at the top and in each machine."""

    document = bent(
        draw,
        {
            **FULL,
            "Self": bent(draw, FULL["Self"]),
            "Peer": {"a": bent(draw, dict(fake.THREE[0])), "b": draw(ANYTHING)},
        },
    )
    return draw(st.sampled_from([document, document, document, draw(ANYTHING)]))


@given(documents(), st.sampled_from(["tailscale", "tailnet", "funnel"]), st.text(max_size=10))
def test_no_shape_of_the_document_raises(document: Any, method: str, peer: str) -> None:
    seen = read_tailnet(document, AT, socket="/run/tailscaled.sock")
    status = judge(WaySetup(method, {"peer": peer}), seen)
    assert status.sentence
    for one in seen.peers:
        assert all(path_words(one))
    kept = msgspec.convert(msgspec.json.decode(msgspec.json.encode(seen)), Tailnet)
    assert judge(WaySetup(method, {"peer": peer}), kept) == status
    assert peers_as_servers(kept) == peers_as_servers(seen)


def test_the_documented_shape_is_read_field_by_field() -> None:
    seen = read_tailnet(FULL, AT, socket="/s")
    assert seen.me is not None
    assert (seen.me.name, seen.me.dns_name) == ("mediabox", "mediabox.tail0a1b2c.ts.net")
    assert (seen.backend, seen.is_tun, seen.version) == (Backend.RUNNING, True, "1.102.3")
    assert [(peer.name, peer.path) for peer in seen.peers] == [
        ("edge-vps", Path.IDLE),
        ("livingroom", Path.DIRECT),
        ("laptop", Path.OFFLINE),
    ]
    assert seen.peers[0].expires_at is None
    assert seen.peers[0].last_seen_at is None
    assert seen.peers[2].last_seen_at == datetime(2026, 11, 10, 7, tzinfo=UTC)


def test_a_machine_that_is_reached_directly_shows_its_homes_public_address() -> None:
    peer = {**fake.THREE[0], "CurAddr": "8.8.4.4:41641", "Relay": "", "PeerRelay": ""}
    seen = read_tailnet(fake.status(peer), AT)
    assert seen.seen_at(peer["TailscaleIPs"][0]) == "8.8.4.4"
    assert seen.seen_at("100.99.99.99") == ""
    for other in ("", "192.168.1.20:41641", "nonsense"):
        assert read_tailnet(fake.status({**peer, "CurAddr": other}), AT).seen_at(peer["TailscaleIPs"][0]) == ""


def test_a_time_with_nanoseconds_is_read() -> None:
    seen = read_tailnet(fake.status(me={"KeyExpiry": "2026-12-20T10:00:00.123456789+01:00"}), AT)
    assert seen.me is not None
    assert seen.me.expires_at == datetime(2026, 12, 20, 9, 0, 0, 123456, tzinfo=UTC)


NO_CAPS = {"CapMap": {"https": None}}
SOON, PAST = {"KeyExpiry": "2026-12-20T10:00:00Z"}, {"KeyExpiry": "2026-11-20T10:00:00Z"}
OK = WayState.CONNECTED
BAD = WayState.TROUBLE
CASES: list[tuple[dict[str, Any], str, str, list[str], WayState]] = [
    (FULL, "tailscale", "", [], OK),
    (FULL, "tailnet", "", [], OK),
    (FULL, "funnel", "", [], OK),
    (fake.status(BackendState="NoState"), "tailscale", "", [], WayState.WAITING),
    (fake.status(BackendState="Starting", Peer=None), "tailscale", "", [], WayState.WAITING),
    (fake.LOGGED_OUT, "tailscale", "", ["way-tailscale-logged-out"], BAD),
    (fake.status(BackendState="NeedsMachineAuth"), "tailscale", "", ["way-tailscale-not-approved"], BAD),
    (fake.status(BackendState="Stopped"), "tailscale", "", ["way-tailscale-stopped"], BAD),
    (fake.status(BackendState="NeedsLogin", me=PAST), "tailnet", "", ["way-tailscale-key-expired"], BAD),
    (fake.status(BackendState="Dreaming"), "tailnet", "", [], WayState.UNKNOWN),
    (fake.status(me=SOON), "tailscale", "", ["way-tailscale-key-expiring"], OK),
    (fake.status(TUN=False), "tailnet", "", ["way-tailscale-userspace"], OK),
    (fake.status(TUN=False), "funnel", "", [], OK),
    (fake.status(Health=["DNS is odd"]), "tailscale", "", ["way-tailscale-health"], OK),
    (FULL, "tailscale", "LAPTOP", ["way-tailscale-peer-offline"], BAD),
    (FULL, "tailscale", "100.101.1.77", ["way-tailscale-peer-offline"], BAD),
    (FULL, "tailscale", "edge-vps.tail0a1b2c.ts.net.", [], OK),
    (fake.status(fake.machine(12, "vps", Expired=True)), "tailscale", "vps", ["way-tailscale-key-expired"], BAD),
    (fake.status(fake.machine(12, "vps", **SOON)), "tailscale", "vps", ["way-tailscale-key-expiring"], OK),
    (fake.status(fake.machine(12, "vps", **fake.RELAYED)), "tailscale", "vps", [], OK),  # not tried, so not sure
    (fake.status(me=NO_CAPS), "funnel", "", ["way-funnel-not-allowed"], BAD),
    (fake.status(CertDomains=None), "tailnet", "", ["way-tailnet-no-certificates"], OK),
]


@pytest.mark.parametrize(("document", "method", "peer", "codes", "state"), CASES)
def test_how_a_tailnet_is_judged(
    document: dict[str, Any], method: str, peer: str, codes: list[str], state: WayState
) -> None:
    status = judge(WaySetup(method, {"peer": peer}), read_tailnet(document, AT))
    assert [verdict.code for verdict in status.verdicts] == codes
    assert status.state is state


@pytest.mark.parametrize(
    ("report", "says"),
    [
        ({"UDP": False}, "UDP is blocked"),
        ({"UDP": True, "UPnP": True, "PMP": None, "PCP": None}, "Direct paths are easy"),
        ({"UDP": True, "MappingVariesByDestIP": True, "IPv6": False}, "strict translator"),
        ({"UDP": True, "MappingVariesByDestIP": True, "IPv6": True}, "UDP passes"),
        (
            {"UDP": True, "MappingVariesByDestIP": False, "GlobalV4": "203.0.113.7:41641"},
            "UDP passes, and this side is easy to reach for a direct path. Seen from outside as 203.0.113.7.",
        ),
        ({"UDP": True, "MappingVariesByDestIP": "perhaps", "GlobalV4": 7}, "UDP passes"),
        ([], "Netcheck told nothing about UDP"),
    ],
)
def test_a_report_of_netcheck_becomes_a_sentence(report: object, says: str) -> None:
    assert says in read_netcheck(report).sentence


@given(st.dictionaries(st.sampled_from(["UDP", "UPnP", "GlobalV4", "IPv6"]), ANYTHING) | ANYTHING)
def test_no_report_of_netcheck_raises(report: object) -> None:
    assert read_netcheck(report).sentence


@pytest.mark.parametrize(
    ("silence", "level", "state"),
    [
        (Silence.NOT_FOUND, Level.UNKNOWN, WayState.UNKNOWN),
        (Silence.NOT_ALLOWED, Level.UNKNOWN, WayState.UNKNOWN),
        (Silence.NOT_UNDERSTOOD, Level.UNKNOWN, WayState.UNKNOWN),
        (Silence.NOT_RUNNING, Level.FAILURE, WayState.TROUBLE),
    ],
)
def test_a_daemon_that_says_nothing_is_unknown_unless_it_is_plainly_down(
    silence: Silence, level: Level, state: WayState
) -> None:
    status = judge(WaySetup("tailscale"), Tailnet(AT, "/s", silence))
    assert [(one.code, one.level) for one in status.verdicts] == [("way-tailscale-no-daemon", level)]
    assert status.state is state


def test_only_addresses_that_are_not_tailscales_own_collide() -> None:
    seen = read_tailnet(FULL, AT)
    found = ["192.168.1.20", "100.72.0.4", "100.101.1.10", "100.128.0.1", "nonsense", "100.72.0.4"]
    assert shared_addresses(found, seen) == ("100.72.0.4",)


def test_a_collision_is_told_until_the_rule_is_switched_off() -> None:
    def codes(me: dict[str, Any]) -> list[str]:
        document = fake.status(me=me)
        seen = read_tailnet(document, AT)
        return [one.code for one in judge(WaySetup("tailscale"), replace(seen, shared=("100.72.0.4",))).verdicts]

    assert codes({}) == ["way-tailscale-collision"]
    assert codes({"CapMap": {"disable-linux-cgnat-drop-rule": None}}) == []


def test_funnel_is_not_there_with_a_control_server_of_ones_own() -> None:
    seen = replace(read_tailnet(FULL, AT), control="headscale.example.com")
    assert [one.code for one in judge(WaySetup("funnel"), seen).verdicts] == ["way-funnel-not-allowed"]
    assert "headscale.example.com" in dict(judge(WaySetup("tailscale"), seen).facts)["Funnel"]


def test_machines_that_may_carry_a_server_are_offered_the_online_ones_first() -> None:
    document = fake.status(
        *fake.THREE, fake.machine(14, "attic", Expired=True), fake.machine(15, "bare", TailscaleIPs=None)
    )
    found = peers_as_servers(read_tailnet(document, AT))
    assert [(one.name, one.addresses[0], one.is_online) for one in found] == [
        ("edge-vps", "100.101.1.13", True),
        ("laptop", "100.101.1.14", False),
    ]
    assert peers_as_servers(read_tailnet(fake.status(*fake.THREE, BackendState="Stopped"), AT)) == ()
