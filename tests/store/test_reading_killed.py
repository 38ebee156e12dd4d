"""Two hundred readers are killed while a log grows and rolls: no line is lost, none counted twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.store.samples import sample_host
from wizard.core.traffic import Span
from wizard.store import hosts, traffic
from wizard.store.session import Database
from wizard.store.traffic_tables import TrafficTotalRow, TrafficViewerRow

KILLS = {"sqlite": 200, "postgresql": 40}


def sums(database: Database, table: type[TrafficTotalRow | TrafficViewerRow], span: Span) -> tuple[int, int]:
    """All requests and bytes of one kind of rows."""
    with database.read() as session:
        question = select(func.sum(table.requests), func.sum(table.sent_bytes)).where(table.span == int(span))
        requests, sent_bytes = session.execute(question).one()
    return int(requests), int(sent_bytes)


@pytest.mark.timeout(300)
def test_two_hundred_kills_lose_no_line_and_count_none_twice(url: str, database: Database, tmp_path: Path) -> None:
    host = sample_host("plex.example.com")
    hosts.save_host(database, host)
    kills = KILLS[database.engine.dialect.name]
    command = [sys.executable, "-m", "tests.store.reading_crashes", url, str(tmp_path), host.key, str(kills), "7"]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=280)
    assert ended.returncode == 0, ended.stderr
    plain = json.loads(ended.stdout)
    assert plain["died"] == kills
    assert plain["rolls"] >= kills // 20, "the log has rolled again and again"
    log = traffic.load_log(database, host.key)
    assert log.lines - log.broken == plain["lines"]
    assert log.broken == plain["broken"]
    assert log.gaps == 0
    for span in Span:
        for table in (TrafficTotalRow, TrafficViewerRow):
            assert sums(database, table, span) == (plain["lines"], plain["sent_bytes"]), f"{table.__name__} {span}"
    with database.read() as session:
        failed = session.scalar(select(func.sum(TrafficTotalRow.failed)).where(TrafficTotalRow.span == Span.DAY))
    assert failed == plain["failed"]
