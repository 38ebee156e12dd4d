"""Sums of traffic in the database: added once, asked for, forgotten."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.fakes.access_lines import START, Asked, line
from tests.store.samples import sample_host
from wizard.caddy.access_counts import Rules, count
from wizard.caddy.access_log import decode
from wizard.core.traffic import WINDOWS, Counted, Span
from wizard.store import clock, hosts, traffic, traffic_queries
from wizard.store.session import Database
from wizard.store.traffic import Advance

WHERE = Advance("f" * 64, 1024, 5_000, "2026-11-25T22-46-36.589")
TV = "192.168.1.40"


def judge(address: str) -> str:
    return "local" if address.startswith("192.168.") else "remote"


def counted(*all_of: Asked) -> Counted:
    return count([decode(b"".join(map(line, all_of)))], Rules(judge), keep=100_000)


@pytest.fixture
def key(database: Database) -> str:
    host = sample_host("plex.example.com")
    hosts.save_host(database, host)
    return host.key


def add(database: Database, key: str, *all_of: Asked) -> None:
    version = traffic.load_log(database, key).version
    assert traffic.add_counted(database, key, version, counted(*all_of), WHERE)


def test_sums_add_up_and_the_position_moves_with_them(database: Database, key: str) -> None:
    add(database, key, Asked(size=5), Asked(size=6, address=TV))
    add(database, key, Asked(size=7))
    log = traffic.load_log(database, key)
    assert (log.version, log.lines, log.offset, log.finished) == (2, 3, 5_000, WHERE.finished)
    found = traffic_queries.rates(database, key, WINDOWS["90d"], START)
    assert [(one.locality, one.sums.requests, one.sums.sent_bytes) for one in found] == [
        ("local", 1, 6),
        ("remote", 2, 12),
    ]


def test_whoever_counted_from_an_older_position_counted_in_vain(database: Database, key: str) -> None:
    assert traffic.add_counted(database, key, 0, counted(Asked()), WHERE)
    assert not traffic.add_counted(database, key, 0, counted(Asked()), WHERE)
    assert traffic.load_log(database, key).lines == 1
    assert len(traffic_queries.requests(database, key)) == 1


def test_a_host_that_was_removed_meanwhile_is_not_counted(database: Database, key: str) -> None:
    hosts.remove_host(database, key)
    assert not traffic.add_counted(database, key, 0, counted(Asked()), WHERE)


def test_removing_a_host_removes_its_traffic(database: Database, key: str) -> None:
    add(database, key, Asked())
    hosts.remove_host(database, key)
    assert traffic.load_log(database, key).version == 0
    assert traffic_queries.requests(database, key) == []


def test_every_window_finds_the_same_bytes(database: Database, key: str) -> None:
    add(database, key, Asked(at=START, size=5), Asked(at=START - 200, size=6))
    for window in WINDOWS.values():
        found = traffic_queries.rates(database, key, window, START)
        assert sum(one.sums.sent_bytes for one in found) == 11, window.key
        assert all(window.starts(START) <= one.starts <= START for one in found)


def test_viewers_are_listed_by_what_they_were_sent(database: Database, key: str) -> None:
    add(database, key, Asked(size=5), Asked(size=9, address=TV, name="TV"), Asked(size=1))
    found = traffic_queries.viewers(database, key, WINDOWS["24h"], START)
    assert [(one.viewer.name, one.locality, one.sums.sent_bytes) for one in found] == [
        ("TV", "local", 9),
        ("Anna's Pixel", "remote", 6),
    ]
    assert [one.viewer.name for one in traffic_queries.viewers_since(database, key, START - 60)] == [
        "TV",
        "Anna's Pixel",
    ]


def test_requests_are_found_newest_first_by_words_and_by_locality(database: Database, key: str) -> None:
    add(
        database,
        key,
        Asked(uri="/a%_b", status=502),
        Asked(address=TV, name="TV", uri="/photo?X-Plex-Token=abc"),
        Asked(uri="/last"),
    )

    def paths(**asked_for: str) -> list[str]:
        return [one.asked.path for one in traffic_queries.requests(database, key, **asked_for)]  # type: ignore[arg-type]  # only texts here

    assert paths() == ["/last", "/photo?X-Plex-Token", "/a%_b"]
    assert paths(locality="local") == ["/photo?X-Plex-Token"]
    assert paths(words="tv PHOTO") == ["/photo?X-Plex-Token"]
    assert paths(words="502") == ["/a%_b"]
    assert paths(words="%_") == ["/a%_b"]
    assert paths(words="203.0.113.21 last") == ["/last"]
    assert paths(words="nobody") == []
    (newest, *_) = traffic_queries.requests(database, key)
    assert newest.number == traffic_queries.newest_request(database, key)
    assert len(traffic_queries.requests(database, key, before=newest.number)) == 2


def test_only_the_newest_requests_are_kept(database: Database, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "KEEP_REQUESTS", 3)
    for number in range(4):
        add(database, key, Asked(uri=f"/{number}a"), Asked(uri=f"/{number}b"))
    assert [one.asked.path for one in traffic_queries.requests(database, key)] == ["/3b", "/3a", "/2b"]


def test_what_is_older_than_wanted_is_forgotten(
    database: Database, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(database, key, Asked(at=START - 40 * Span.DAY, size=1), Asked(at=START - 3 * Span.DAY, size=2), Asked(size=4))
    traffic.set_keeping(database, key, masks=False, keep_days=30)
    monkeypatch.setattr(traffic, "now", lambda: datetime.fromtimestamp(START, UTC))
    traffic.forget_old(database, key)
    every = {
        span: sum(one.sums.sent_bytes for one in traffic_queries.sums_since(database, key, span, int(span), 0))
        for span in Span
    }
    assert every == {Span.MINUTE: 4, Span.HOUR: 6, Span.DAY: 6}
    assert len(traffic_queries.requests(database, key)) == 2
    assert clock.now() is not None


def test_strangers_of_days_that_are_over_are_counted_together(
    database: Database, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic, "KEEP_VIEWERS", 2)
    monkeypatch.setattr(traffic, "now", lambda: datetime.fromtimestamp(START, UTC))
    knocking = [Asked(at=START - 3 * Span.DAY, address=f"198.51.100.{one}", name="", size=one) for one in range(1, 6)]
    add(database, key, *knocking, Asked(address="198.51.100.200", size=1))
    for _ in range(2):
        traffic.fold_strangers(database, key)
        found = traffic_queries.viewers(database, key, WINDOWS["90d"], START)
        assert [(one.viewer.address, one.sums.sent_bytes, one.sums.requests) for one in found] == [
            ("", 6, 3),
            ("198.51.100.5", 5, 1),
            ("198.51.100.4", 4, 1),
            ("198.51.100.200", 1, 1),
        ]


def test_masking_also_masks_what_is_kept_already(database: Database, key: str) -> None:
    add(database, key, Asked(size=5), Asked(size=6, address="203.0.113.77"), Asked(size=7, address=TV))
    traffic.set_keeping(database, key, masks=True, keep_days=90)
    found = traffic_queries.viewers(database, key, WINDOWS["24h"], START)
    assert [(one.viewer.address, one.sums.sent_bytes) for one in found] == [("203.0.113.0", 11), ("192.168.1.0", 7)]
    assert {one.asked.address for one in traffic_queries.requests(database, key)} == {"203.0.113.0", "192.168.1.0"}
    assert traffic.load_log(database, key).masks


def test_an_export_holds_every_row_of_a_window(database: Database, key: str) -> None:
    add(database, key, Asked(size=5), Asked(size=6, address=TV))
    rows = list(traffic_queries.every_viewer_sum(database, key, WINDOWS["7d"], START))
    assert [(row["locality"], row["address"], row["sent_bytes"]) for row in rows] == [
        ("local", TV, 6),
        ("remote", "203.0.113.21", 5),
    ]
    assert "host_key" not in rows[0]


def test_why_a_log_cannot_be_read_is_remembered_until_it_can(database: Database, key: str) -> None:
    traffic.note_trouble(database, key, "Permission denied")
    assert traffic.load_log(database, key).trouble == "Permission denied"
    add(database, key, Asked())
    assert traffic.load_log(database, key).trouble == ""


def test_forgetting_all_keeps_the_position(database: Database, key: str) -> None:
    add(database, key, Asked())
    traffic.forget_all(database, key)
    assert traffic.load_log(database, key).offset == 5_000
    assert traffic_queries.rates(database, key, WINDOWS["90d"], START) == []
