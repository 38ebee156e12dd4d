"""Dialling: several addresses, shares of the time, and what a refusal is worth."""

from __future__ import annotations

import errno
import socket

import msgspec
import pytest

from tests.fakes.ports import free_port
from tests.net.small import Small, answers
from wizard.core.faults import Fault
from wizard.net import Connection, Net
from wizard.net.deadline import Deadline
from wizard.net.streams import dial, most_telling


def test_a_port_that_answers_tells_our_own_address() -> None:
    with Small(answers()) as server:
        seen = Net().connect("127.0.0.1", server.port)
    assert (seen.fault, seen.local_address) == (None, "127.0.0.1")
    assert msgspec.convert(msgspec.to_builtins(seen), Connection) == seen


def test_a_closed_port_is_refused() -> None:
    assert Net().connect("127.0.0.1", free_port()).fault is Fault.REFUSED


def test_the_next_address_is_tried_when_one_refuses() -> None:
    with Small(answers("second"), host="::1") as server:
        net = Net(known={"plex.example.com": ("127.0.0.1", "::1")})
        assert net.get(f"http://plex.example.com:{server.port}/").body == "second"


def test_an_address_that_swallows_everything_leaves_time_for_the_next() -> None:
    # a listening socket whose queue is full answers no further connection
    with socket.create_server(("127.0.0.9", 0), backlog=0) as full:
        port = full.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.9", port))
        with socket.create_server(("127.0.0.8", port)):
            stream = dial(("127.0.0.9", "127.0.0.8"), port, Deadline(2.0))
            assert stream.peer_address == "127.0.0.8"
            stream.close()
        for filler in fillers:
            filler.close()


def test_a_family_without_network_does_not_hide_a_refusal() -> None:
    no_network = OSError(errno.ENETUNREACH, "Network is unreachable")
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    assert most_telling([no_network, refused]) is refused
    assert most_telling([no_network]) is no_network


def test_no_address_at_all_is_a_name_without_one() -> None:
    with pytest.raises(socket.gaierror):
        dial((), 80, Deadline(1))


def test_a_deadline_that_has_passed_raises() -> None:
    with pytest.raises(TimeoutError):
        Deadline(0).left()
    with pytest.raises(TimeoutError):
        Deadline(-1).within(5)
