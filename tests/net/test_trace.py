"""The way out, without privileges. Only the target itself can answer here; the lab has routers."""

from __future__ import annotations

import socket
import struct

from hypothesis import given
from hypothesis import strategies as st

from wizard.net.deadline import Deadline
from wizard.net.trace import read_icmp_error, trace


def error(origin: int, kind: int, offender: str) -> bytes:
    """What Linux hands over: sock_extended_err (linux/errqueue.h), then the offender as sockaddr_in."""
    said = struct.pack("=IBBBBII", 113, origin, kind, 0, 0, 0, 0)
    return said + struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(offender))


def test_a_target_that_is_next_to_us_is_the_end_of_the_way() -> None:
    (step,) = trace("127.0.0.1", Deadline(3))
    assert (step.distance, step.address, step.is_end) == (1, "127.0.0.1", True)
    assert 0 <= step.milliseconds < 3000


def test_a_router_that_dropped_the_packet_is_named() -> None:
    assert read_icmp_error(error(2, 11, "100.64.0.1")) == ("100.64.0.1", False)


def test_a_refusal_ends_the_way() -> None:
    assert read_icmp_error(error(2, 3, "203.0.113.9")) == ("203.0.113.9", True)


def test_our_own_kernel_s_complaints_are_no_routers() -> None:
    assert read_icmp_error(error(1, 0, "0.0.0.0")) is None


@given(st.binary(max_size=64))
def test_no_message_makes_the_reader_stumble(data: bytes) -> None:
    read_icmp_error(data)
