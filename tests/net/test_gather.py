"""Every probe of a connection side by side: what answers lands, what does not is "not measured", and it all ends."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.address_service import AddressTeller
from tests.fakes.router import Router, Script
from tests.fakes.stun_server import StunServer
from wizard.core.connection import Fact, Facts, Place, State
from wizard.core.nat import judge
from wizard.core.nat_kinds import Confidence, Kind
from wizard.net.asking import Ask
from wizard.net.gather import gather
from wizard.net.machine import Kernel, look_at_machine
from wizard.net.probing import Scene

HERE = "127.0.0.1"
KERNEL = Kernel(somewhere_4=HERE, somewhere_6="::1")
NOTHING = Ask(seconds=3, kernel=KERNEL, gateways=(HERE,), ssdp_group=HERE, ssdp_port=9, portmap_port=9)


def asked_of(router: Router) -> Ask:
    ports = router.about
    return replace(NOTHING, seconds=8, ssdp_port=ports["ssdp_port"], portmap_port=ports["portmap_port"])


@pytest.fixture
def silence() -> Iterator[tuple[int, int]]:
    """A UDP and a TCP port on which somebody listens and never says a word."""
    with contextlib.ExitStack() as stack:
        deaf = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        deaf.bind((HERE, 0))
        mute = stack.enter_context(socket.create_server((HERE, 0)))
        yield deaf.getsockname()[1], mute.getsockname()[1]


def test_every_witness_is_heard_and_the_verdict_follows() -> None:
    public = "203.0.113.20"
    with (
        Router(Script(wan="100.64.0.2")) as router,
        StunServer(seen=lambda _: (public, 4711)) as one,
        StunServer(seen=lambda _: (public, 4711)) as two,
        AddressTeller(address=public) as service,
    ):
        services = (f"{service.url}/ip", f"{service.url}/json")
        ask = replace(asked_of(router), stun=(one.name, two.name), services=services, pcp=True)
        landed: list[str] = []
        facts = gather(ask, lambda name, _: landed.append(name))
    told = (*facts.upnp.value, *facts.nat_pmp.value, *facts.pcp.value)
    assert [gateway.wan for gateway in told] == ["100.64.0.2"] * 3
    assert {seen.address for seen in (*facts.stun.value, *facts.public4.value)} == {public}
    assert facts.hops.value[0].address == HERE
    assert set(landed) >= {"machine", "upnp", "nat_pmp", "pcp", "stun", "public4", "public6", "hops", "pages"}
    verdict = judge(facts)
    assert (verdict.kind, verdict.confidence, verdict.varies) == (Kind.CGNAT, Confidence.CERTAIN, False)


def test_each_fact_has_a_source_and_a_time() -> None:
    with Router(Script()) as router:
        facts = gather(asked_of(router))
    assert facts.nat_pmp.source == HERE
    assert facts.nat_pmp.at is not None
    assert facts.nat_pmp.at.tzinfo is not None


def test_with_nothing_answering_it_ends_and_says_so(silence: tuple[int, int]) -> None:
    udp, tcp = silence
    ask = replace(
        NOTHING,
        ssdp_port=udp,
        portmap_port=udp,
        stun=(f"{HERE}:{udp}",),
        services=(f"http://{HERE}:{tcp}/", f"https://{HERE}:{tcp}/"),
        pcp=True,
        page_port=tcp,
    )
    facts = gather(ask)
    assert not any((facts.upnp.value, facts.nat_pmp.value, facts.pcp.value, facts.stun.value, facts.public4.value))
    assert facts.public4.note
    assert judge(facts).confidence is not Confidence.CERTAIN


def test_a_probe_that_does_not_end_in_time_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def hangs(_: Scene) -> Fact[Any]:
        ended.wait(30)
        return Fact((), State.MEASURED)

    monkeypatch.setattr("wizard.net.gather.PROBES", {"upnp": hangs})
    facts = gather(replace(NOTHING, seconds=0.3))
    ended.set()
    assert facts.upnp.state is State.NOT_MEASURED
    assert "No result within" in facts.upnp.note


def test_the_whole_is_bounded_well_within_the_eight_seconds_that_are_promised() -> None:
    assert Ask().seconds <= 6.5


def test_nobody_is_asked_who_is_not_named() -> None:
    facts = gather(NOTHING)
    for name in ("stun", "public4", "public6", "hops", "pcp"):
        assert getattr(facts, name).state is State.NOT_ALLOWED, name


def test_pcp_is_asked_only_with_the_owner_s_leave() -> None:
    script = Script()
    with Router(script) as router:
        assert gather(asked_of(router)).pcp.state is State.NOT_ALLOWED
    assert "pcp" not in script.asked


def test_what_is_told_about_the_place_and_the_tailnet_is_among_the_facts() -> None:
    facts = gather(replace(NOTHING, place=Place.SERVER, tailnet=("100.101.1.10",)))
    assert (facts.place.value, facts.tailnet.value) == (Place.SERVER, ("100.101.1.10",))
    assert Facts().tailnet.is_known is False


def test_the_gateways_are_read_from_the_kernel_s_tables(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net/route").write_text(
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        "eth1\t00000000\t0102A8C0\t0003\t0\t0\t200\t00000000\t0\t0\t0\n"
        "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
        "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
    )
    none = "0" * 32
    (tmp_path / "net/ipv6_route").write_text(
        f"{none} 00 {none} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 eth0\n"
        f"{none} 00 {none} 00 {none} ffffffff 00000001 00000000 00200200 lo\n"
    )
    machine = look_at_machine(replace(KERNEL, proc=tmp_path))
    assert machine.four.gateways == ("192.168.1.1", "192.168.2.1")
    assert machine.six.gateways == ("fe80::1",)


def test_a_container_behind_its_engine_s_bridge_is_told_from_a_machine(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    route = "Iface Destination Gateway\neth0\t00000000\t{}\t0003\t0\t0\t0\t00000000\n"
    mark = tmp_path / ".dockerenv"
    kernel = replace(KERNEL, proc=tmp_path, container_marks=(str(mark),))
    (tmp_path / "net/route").write_text(route.format("010011AC"))
    assert not look_at_machine(kernel).is_bridged
    mark.touch()
    assert look_at_machine(kernel).is_bridged
    (tmp_path / "net/route").write_text(route.format("0101A8C0"))
    assert not look_at_machine(kernel).is_bridged
