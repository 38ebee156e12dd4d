"""Bodies that are watched while they pass: numbers, right and wrong bytes, pauses, ends that come too early."""

from __future__ import annotations

import socket
import threading
from functools import partial

import pytest

from tests.net.small import Small, answers, hangs_up, read_request, resets, says
from wizard.core.faults import Fault
from wizard.core.film import read_film
from wizard.net import Net
from wizard.net.flows import Flow, Plan

MARK = "mark"
SIZE = 300_000
FILM = read_film(MARK, 0, SIZE)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Kind: film\r\n\r\n"
RIGHT = Plan(expect=partial(read_film, MARK))


def watch(server: Small, plan: Plan = RIGHT, seconds: float = 5.0) -> Flow:
    return Net().flow(f"http://127.0.0.1:{server.port}/film?token=secret", plan, seconds=seconds)


def test_a_whole_body_is_counted_and_compared() -> None:
    with Small(says(HEAD % SIZE + FILM)) as server:
        flow = watch(server)
    assert (flow.status, flow.bytes, flow.wrong_at, flow.is_ended, flow.fault) == (200, SIZE, None, True, None)
    assert (flow.announced, flow.header("x-kind"), flow.peer_address) == (SIZE, "film", "127.0.0.1")
    assert flow.mbps > 0
    assert "secret" not in repr(flow)


def test_reading_ends_when_it_is_enough() -> None:
    with Small(says(HEAD % SIZE + FILM)) as server:
        flow = watch(server, Plan(expect=partial(read_film, MARK), most_bytes=100_000))
    assert (flow.bytes, flow.is_ended, flow.fault) == (100_000, False, None)


def test_the_first_wrong_piece_is_told() -> None:
    spoilt = FILM[:200_000] + b"x" + FILM[200_001:]
    with Small(says(HEAD % SIZE + spoilt)) as server:
        flow = watch(server)
    assert flow.wrong_at is not None
    assert flow.wrong_at <= 200_000
    assert flow.bytes == flow.wrong_at


def test_a_body_that_ends_too_early_is_a_fault() -> None:
    with Small(says(HEAD % SIZE + FILM[:1000])) as server:
        flow = watch(server)
    assert (flow.bytes, flow.is_ended, flow.fault) == (1000, True, Fault.CLOSED)
    assert flow.detail == f"1000 of {SIZE} bytes came"


def test_a_head_has_no_body_to_miss() -> None:
    with Small(says(HEAD % SIZE)) as server:
        flow = watch(server, Plan("HEAD"))
    assert (flow.status, flow.announced, flow.bytes, flow.fault) == (200, SIZE, 0, None)


def test_no_answer_is_a_fault_without_a_status() -> None:
    for talk, fault in ((hangs_up, Fault.CLOSED), (resets, Fault.RESET)):
        with Small(talk) as server:
            assert (watch(server).status, watch(server).fault) == (0, fault)
    assert Net().flow("http://name.invalid/", RIGHT).fault is Fault.NAME_NOT_FOUND


def test_time_that_runs_out_is_a_fault_with_what_came() -> None:
    held = threading.Event()

    def stops(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(HEAD % SIZE + FILM[:1000])
        held.wait(5)

    with Small(stops) as server:
        flow = watch(server, seconds=0.4)
        held.set()
    assert (flow.bytes, flow.fault) == (1000, Fault.TIMED_OUT)


@pytest.mark.parametrize("is_cut", [False, True])
def test_after_a_pause_counting_begins_anew(is_cut: bool) -> None:
    def sends(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(HEAD % SIZE + FILM[: 20_000 if is_cut else SIZE])

    plan = Plan(expect=partial(read_film, MARK), pause_after_bytes=10_000, pause_seconds=0.05)
    with Small(sends) as server:
        flow = watch(server, plan)
    assert flow.bytes_before_pause == 10_000
    assert flow.bytes == (10_000 if is_cut else SIZE - 10_000)
    assert (flow.wrong_at, flow.fault) == (None, Fault.CLOSED if is_cut else None)


def test_a_body_is_sent_and_the_answer_read() -> None:
    got: list[bytes] = []

    def takes(connection: socket.socket) -> None:
        head = read_request(connection)
        body = head.encode("latin-1").partition(b"\r\n\r\n")[2]
        while len(body) < SIZE and (piece := connection.recv(65_536)):
            body += piece
        got.append(body)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with Small(takes) as server:
        sent = Net().send(f"http://127.0.0.1:{server.port}/", FILM)
    assert (sent.answer.status, sent.answer.body, sent.sent_bytes) == (200, "ok", SIZE)
    assert got == [FILM]


def test_a_refusal_in_the_middle_of_a_body_is_read_all_the_same() -> None:
    def refuses(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass

    with Small(refuses) as server:
        sent = Net().send(f"http://127.0.0.1:{server.port}/", bytes(20 << 20))
    assert (sent.answer.status, sent.answer.fault) == (413, None)


def test_a_line_that_is_cut_while_sending_is_a_fault() -> None:
    with Small(resets) as server:
        sent = Net().send(f"http://127.0.0.1:{server.port}/", bytes(20 << 20))
    assert sent.answer.status == 0
    assert sent.answer.fault in {Fault.RESET, Fault.CLOSED}
    assert sent.sent_bytes < 20 << 20
    assert Net().send("http://name.invalid/", b"x").answer.fault is Fault.NAME_NOT_FOUND


def test_events_come_with_their_moments() -> None:
    step = threading.Event()

    def tells(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: one\n\n: still here\n\n")
        step.wait(0.3)
        connection.sendall(b"id: 7\r\ndata: two\r\ndata: lines\r\n\r\ndata: half")

    with Small(tells) as server:
        seen = Net().events(f"http://127.0.0.1:{server.port}/", enough=9)
    assert [arrival.data for arrival in seen.arrivals] == ["one", "two\nlines"]
    assert seen.arrivals[0].seconds < seen.arrivals[1].seconds
    assert (seen.status, seen.header("content-type"), seen.fault) == (200, "text/event-stream", None)


def test_listening_ends_when_enough_came_and_for_what_is_no_stream() -> None:
    with Small(says(b"HTTP/1.1 200 OK\r\n\r\n" + b"data: x\n\n" * 50)) as server:
        assert len(Net().events(f"http://127.0.0.1:{server.port}/", enough=3).arrivals) == 3
    with Small(answers("<html>no events</html>", status="404 Not Found")) as server:
        seen = Net().events(f"http://127.0.0.1:{server.port}/", enough=3)
    assert (seen.status, seen.arrivals) == (404, ())
    with Small(hangs_up) as server:
        assert Net().events(f"http://127.0.0.1:{server.port}/", enough=3).fault is Fault.CLOSED
    assert Net().events("http://name.invalid/", enough=3).fault is Fault.NAME_NOT_FOUND
