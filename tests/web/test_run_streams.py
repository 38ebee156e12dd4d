"""The stream of a run: everything first, then what changes, and an end in peace."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from tests.web.browsing import BAD, GOOD, Visitor, end_check, given_host, given_run, run_address
from wizard.core.hosts import ProxyHost
from wizard.store import hosts, progress, runs
from wizard.store.clock import now
from wizard.store.tables import RunRow
from wizard.web import streams
from wizard.web.streams import is_gone, take_place


@pytest.fixture
def host(owner: Visitor) -> ProxyHost:
    return given_host(owner.place)


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.web.run_stream.LOOK_SECONDS", 0.01)
    monkeypatch.setattr("wizard.web.run_stream._WORKER_LOOK_SECONDS", 0.02)


@contextmanager
def streaming(owner: Visitor, run: runs.Run) -> Iterator[Iterator[dict[str, Any]]]:
    answer = owner.client.get(run_address(run, "/stream"), buffered=False)
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["X-Accel-Buffering"] == "no"
    try:
        yield (_read(event.decode()) for event in answer.iter_encoded() if event.startswith(b"id:"))
    finally:
        answer.close()


def _read(event: str) -> dict[str, Any]:
    number, data = event.split("\n", 1)
    return {"id": int(number.removeprefix("id: ")), **json.loads(data.removeprefix("data: "))}


def test_a_stream_begins_with_everything_and_goes_on_to_the_end(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host)
    with streaming(owner, run) as events:
        first = next(events)
        assert first["say"] == "Checks started, 2 in all"
        assert {"verdict", "hops", "run-actions", "success", "check-upstream", "check-dns", "fix-dns"} <= set(
            first["parts"]
        )
        end_check(owner.place, run.id, "upstream", GOOD)
        numbers = [first["id"]]
        for event in events:
            numbers.append(event["id"])
            if "1 of 2 checks done" in event["parts"]["verdict"]:
                break
        end_check(owner.place, run.id, "dns", BAD)
        rest = list(events)
    assert numbers == sorted(set(numbers))
    assert rest[-1]["done"] is True
    assert "Failed: Name leads to Caddy" in " ".join(event["say"] for event in rest)
    assert rest[-1]["say"].endswith("Not working: plex.example.com points to 203.0.113.9")
    assert rest[-1]["urgent"] is True


def test_the_parts_of_a_stream_are_those_of_the_page(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host, GOOD, BAD)
    page = owner.get(run_address(run)).text
    with streaming(owner, run) as events:
        (only,) = events
    for name, html in only["parts"].items():
        text = html.strip()
        if "csrf_token" not in text:
            assert text in page, name
    assert only["done"] is True


def test_a_stream_says_when_the_worker_falls_silent(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host)
    with streaming(owner, run) as events:
        assert "0 of 2 checks done" in next(events)["parts"]["verdict"]
        with owner.place.database.write() as session:
            session.execute(update(RunRow).values(created_at=now() - timedelta(seconds=6)))
        parts = next(events)["parts"]
    assert "the background worker is not running" in parts["verdict"]
    assert "Checks are not running" in parts["worker-missing"]
    assert "<code>make run</code>" in parts["worker-missing"]


def test_a_row_says_that_its_worker_stopped_in_the_middle(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host)
    progress.plan_run(owner.place.database, run.id, {})
    progress.begin_result(owner.place.database, run.id, "upstream", 1, "celery@here 0a1b")
    with owner.place.database.write() as session:
        session.execute(update(RunRow).values(created_at=now() - timedelta(seconds=6)))
    with streaming(owner, run) as events:
        parts = next(events)["parts"]
    assert "The worker stopped in the middle" in parts["check-upstream"]
    assert "Waits for a background worker" in parts["check-dns"]


def test_a_host_that_is_removed_ends_its_stream_in_words(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host)
    with streaming(owner, run) as events:
        next(events)
        hosts.remove_host(owner.place.database, host.key)
        last = next(events)
        assert (last["say"], last["done"], list(last["parts"])) == ("This proxy host was removed", True, ["notice"])
        assert list(events) == []


class Tab:
    """One open stream, in a context of its own as on a thread of the server."""

    def __init__(self, owner: Visitor, run: runs.Run) -> None:
        self._context = copy_context()
        self._answer = self._context.run(owner.client.get, run_address(run, "/stream"), buffered=False)

    @property
    def status(self) -> int:
        """204 when there was no place."""
        return self._answer.status_code

    def close(self) -> None:
        """Go away, perhaps before anything was read."""
        self._context.run(self._answer.close)


def test_a_browser_holds_three_streams_and_a_closed_one_frees_its_place(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host)
    other = Visitor(owner.app, owner.place).sign_in()
    tabs = [Tab(owner, run) for _ in range(4)]
    tabs.append(Tab(other, run))
    assert [tab.status for tab in tabs] == [200, 200, 200, 204, 200]
    tabs[0].close()
    tabs.append(Tab(owner, run))
    assert tabs[-1].status == 200
    for tab in tabs[1:]:
        tab.close()
    assert streams._open.total() == 0


def test_the_stream_of_a_browser_that_was_signed_out_just_ends(stranger: Visitor, host: ProxyHost) -> None:
    run = given_run(stranger.place, host)
    answer = stranger.get(run_address(run, "/stream"), headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.data) == (204, b"")


def test_asking_for_the_head_of_a_stream_takes_no_place(owner: Visitor, host: ProxyHost) -> None:
    run = given_run(owner.place, host)
    for _ in range(5):
        assert owner.client.head(run_address(run, "/stream")).status_code == 200
    assert streams._open.total() == 0


def test_a_place_is_left_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_AT_ONCE", 2)
    first, second = take_place("one"), take_place("two")
    assert first is not None
    assert second is not None
    assert take_place("three") is None
    first()
    first()
    third = take_place("three")
    assert third is not None
    assert take_place("four") is None
    second()
    third()


def test_a_client_that_hung_up_is_noticed_without_writing() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        environ = {"gunicorn.socket": ours}
        assert not is_gone(environ)
        theirs.sendall(b"the next request, sent early")
        assert not is_gone(environ)
        ours.recv(100)
        theirs.close()
        assert is_gone(environ)
    assert is_gone(environ)  # closed by the server itself
    assert not is_gone({})


def test_every_stream_of_the_pages_is_answered_in_one_place() -> None:
    folder = Path(streams.__file__).parent
    taking = {path.name for path in folder.rglob("*.py") if "take_place" in path.read_text(encoding="utf-8")}
    assert taking == {"streams.py"}
