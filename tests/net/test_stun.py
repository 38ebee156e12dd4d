"""STUN (RFC 8489): the packets, and several servers asked from one socket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.stun_server import StunServer, answer_binding
from wizard.net.deadline import Deadline
from wizard.net.stun import ask_all, build_request, read_response

TRANSACTION = bytes(range(12))


def place(server: StunServer) -> tuple[str, str, int]:
    host, _, port = server.name.rpartition(":")
    return server.name, host, int(port)


def test_a_request_is_twenty_bytes_with_the_magic_cookie() -> None:
    assert build_request(TRANSACTION) == bytes.fromhex("000100002112a442") + TRANSACTION


def test_a_response_of_the_standard_s_own_vectors_is_read() -> None:
    # RFC 5769, section 2.2: 192.0.2.1 port 32853
    packet = bytes.fromhex(
        "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643"
        "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96"
    )
    assert read_response(packet) == (bytes.fromhex("b7e7a701bc34d686fa87dfae"), "192.0.2.1", 32853)


def test_a_response_over_ipv6_of_the_standard_s_own_vectors_is_read() -> None:
    # RFC 5769, section 2.3
    packet = bytes.fromhex(
        "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9fa"
        "a5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c"
    )
    found = read_response(packet)
    assert found is not None
    assert found[1:] == ("2001:db8:1234:5678:11:2233:4455:6677", 32853)


@pytest.mark.parametrize("is_old", [False, True])
@pytest.mark.parametrize("seen", [("203.0.113.7", 1), ("2001:db8::7", 65535)])
def test_what_the_stand_in_says_is_what_we_read(seen: tuple[str, int], is_old: bool) -> None:
    answered = answer_binding(build_request(TRANSACTION), seen, is_old=is_old)
    assert answered is not None
    assert read_response(answered) == (TRANSACTION, *seen)


@given(st.binary(max_size=120))
def test_no_packet_makes_the_reader_stumble(packet: bytes) -> None:
    head = bytes.fromhex("0101") + len(packet).to_bytes(2) + bytes.fromhex("2112a442") + TRANSACTION
    read_response(packet)
    read_response(head + packet)


def test_two_servers_see_the_same_port_of_one_socket() -> None:
    with StunServer() as one, StunServer() as two:
        first, second = ask_all([place(one), place(two)], Deadline(5))
    assert (first.server, second.server) == (one.name, two.name)
    assert (first.address, first.port) == (second.address, second.port)


def test_a_mapping_that_varies_is_seen() -> None:
    with (
        StunServer(seen=lambda _: ("203.0.113.20", 1001)) as one,
        StunServer(seen=lambda _: ("203.0.113.20", 1002)) as two,
    ):
        found = ask_all([place(one), place(two)], Deadline(5))
    assert [one.port for one in found] == [1001, 1002]


def test_a_silent_server_costs_no_more_than_the_deadline_and_leaves_the_others() -> None:
    with StunServer() as one:
        deadline = Deadline(1)
        found = ask_all([("silent", "127.0.0.1", 9), place(one)], deadline)
    assert [seen.server for seen in found] == [one.name]
