"""Three months of a busy host's traffic, put into a database as sums by the same verb that counting uses."""

from __future__ import annotations

import random
import time

from tests.fakes.access_lines import NAMES
from wizard.core.traffic import Asked, Counted, Span, Sums, Viewer
from wizard.store import traffic
from wizard.store.session import Database
from wizard.store.traffic import KEEP_REQUESTS, Advance

DAYS = 90
STRANGERS_AN_HOUR = 20


def fill_with_traffic(database: Database, host_key: str, lines: int) -> int:
    """Sums of about so many lines over 90 days up to this midnight: twelve viewers each hour, and strangers."""
    dice = random.Random(1)
    viewers = [
        (("local" if address.startswith("192.") else "remote"), Viewer(address, f"{name} {copy}", product, platform))
        for copy in range(3)
        for name, product, platform, address in NAMES[:4]
    ]
    each = lines // (DAYS * 24 * len(viewers))
    today = int(time.time()) - int(time.time()) % Span.DAY - Span.DAY  # the last day that is over
    counted_lines = 0
    for day in range(today - (DAYS - 1) * Span.DAY, today + Span.DAY, Span.DAY):
        counted = _day(dice, viewers, each, day, by_minute=day > today - 2 * Span.DAY)
        counted_lines += counted.lines
        _add(database, host_key, counted)
    newest = Counted(requests=[_request(dice, number) for number in range(KEEP_REQUESTS)])
    _add(database, host_key, newest)
    traffic.fold_strangers(database, host_key)  # as the job does every hour
    return counted_lines


def _add(database: Database, host_key: str, counted: Counted) -> None:
    version = traffic.load_log(database, host_key).version
    assert traffic.add_counted(database, host_key, version, counted, Advance("f" * 64, 1024, 1, ""))


def _day(dice: random.Random, viewers: list[tuple[str, Viewer]], each: int, day: int, *, by_minute: bool) -> Counted:
    counted = Counted()
    for hour in range(day, day + Span.DAY, Span.HOUR):
        for locality, viewer in viewers:
            sums = Sums(each, dice.randrange(10**8, 4 * 10**9), 1, 2, 1)
            _put(counted, Span.HOUR, hour, locality, viewer, sums)
            _put(counted, Span.DAY, day, locality, viewer, sums)
            counted.lines += each
            for minute in range(hour, hour + Span.HOUR, Span.MINUTE) if by_minute else ():
                share = Sums(each // 60, sums.sent_bytes // 60)
                _put(counted, Span.MINUTE, minute, locality, viewer, share)
        for _ in range(STRANGERS_AN_HOUR):
            stranger = Viewer(f"198.51.{dice.randrange(256)}.{dice.randrange(256)}")
            for span, start in ((Span.HOUR, hour), (Span.DAY, day)):
                _put(counted, span, start, "remote", stranger, Sums(1, 300))
            counted.lines += 1
    return counted


def _put(counted: Counted, span: Span, start: int, locality: str, viewer: Viewer, sums: Sums) -> None:
    counted.totals.setdefault((int(span), start, locality), Sums()).add(sums)
    counted.viewers.setdefault((int(span), start, locality, viewer), Sums()).add(sums)


def _request(dice: random.Random, number: int) -> Asked:
    name, _, _, address = dice.choice(NAMES)
    path = f"/video/:/transcode/universal/session/{number}/base/{number:05d}.ts?X-Plex-Token"
    return Asked(time.time() - 20_000 + number, address, "remote", name, "GET", path, 200, 1_900_000, 0.8)
