"""NAT-PMP (RFC 6886) and PCP (RFC 6887) against the scripted router, and the packets by themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.router import Router, Says, Script
from wizard.net.deadline import Deadline
from wizard.net.portmap import Told, ask_nat_pmp, ask_pcp, build_pcp_map, read_nat_pmp, read_pcp_map

HERE = "127.0.0.1"
NONCE = bytes(range(12))


def port_of(router: Router) -> int:
    return int(router.about["portmap_port"])


def test_nat_pmp_tells_the_address_of_the_router() -> None:
    with Router(Script(wan="100.64.0.2")) as router:
        assert ask_nat_pmp([HERE], Deadline(5), port=port_of(router)) == (Told(HERE, "100.64.0.2"),)


@pytest.mark.parametrize(("says", "result"), [(Says.REFUSES, 2), (Says.EMPTY, 3)])
def test_a_router_that_refuses_says_why(says: Says, result: int) -> None:
    with Router(Script(nat_pmp=says, pcp=says)) as router:
        assert ask_nat_pmp([HERE], Deadline(5), port=port_of(router)) == (Told(HERE, result=result),)
        (told,) = ask_pcp([HERE], Deadline(5), port=port_of(router))
    assert told.wan == ""
    assert told.result > 0


def test_a_silent_router_is_no_answer() -> None:
    with Router(Script(nat_pmp=Says.SILENT, pcp=Says.SILENT)) as router:
        assert ask_nat_pmp([HERE], Deadline(0.6), port=port_of(router)) == ()
        assert ask_pcp([HERE], Deadline(0.6), port=port_of(router)) == ()


def test_a_port_that_is_closed_is_no_answer() -> None:
    assert ask_nat_pmp([HERE], Deadline(0.6), port=9) == ()
    assert ask_pcp([HERE], Deadline(0.6), port=9) == ()


def test_pcp_tells_the_address_and_leaves_no_mapping_behind() -> None:
    script = Script(wan="10.7.0.2")
    with Router(script) as router:
        assert ask_pcp([HERE], Deadline(5), port=port_of(router)) == (Told(HERE, "10.7.0.2"),)
    assert script.mappings == {}
    assert script.asked == ["pcp", "pcp-delete"]


def test_another_translator_in_between_is_told_as_a_mismatch() -> None:
    with Router(Script(pcp=Says.MISMATCH)) as router:
        assert ask_pcp([HERE], Deadline(5), port=port_of(router)) == (Told(HERE, result=12),)


def test_a_request_for_another_client_is_a_mismatch_by_the_stand_in_too() -> None:
    with Router(Script()) as router:
        packet = build_pcp_map("192.168.1.50", 4711, NONCE, 120)
        answered = router._answer_portmap(packet, (HERE, 4711))
    assert answered is not None
    assert read_pcp_map(HERE, answered, NONCE) == Told(HERE, result=12)


def test_a_map_request_is_laid_out_as_the_standard_says() -> None:
    packet = build_pcp_map("192.168.1.50", 4711, NONCE, 120)
    assert len(packet) == 60
    assert packet[:8] == bytes.fromhex("0201000000000078")
    assert packet[8:24] == bytes.fromhex("00000000000000000000ffffc0a80132")
    assert packet[24:44] == NONCE + bytes.fromhex("1100000012670000")
    assert packet[44:] == bytes.fromhex("00000000000000000000ffff00000000")


def test_an_answer_to_somebody_else_s_request_is_none() -> None:
    with Router(Script()) as router:
        answered = router._answer_portmap(build_pcp_map(HERE, 4711, NONCE, 120), (HERE, 4711))
    assert answered is not None
    assert read_pcp_map(HERE, answered, bytes(12)) is None


@given(st.binary(max_size=80))
def test_no_packet_makes_the_readers_stumble(packet: bytes) -> None:
    read_nat_pmp(HERE, packet)
    read_nat_pmp(HERE, b"\0\x80" + packet)
    read_pcp_map(HERE, packet, NONCE)
    read_pcp_map(HERE, b"\2\x81\0\0" + packet, NONCE)
