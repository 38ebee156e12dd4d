"""Reading on in the access logs: from the stored position, piece by piece, each counted in one transaction."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from redis.exceptions import RedisError

from tasks.live import reached_from
from tasks.queueing import send
from tasks.workplace import Workplace
from wizard.caddy.access_counts import Rules, count
from wizard.caddy.access_files import PIECE_BYTES, Piece, Position, Unreadable, next_piece
from wizard.caddy.access_log import decode_blocks
from wizard.core.hosts import ProxyHost
from wizard.predicting import predictor
from wizard.store import hosts, server_words, traffic
from wizard.store.hosts import SavedHost
from wizard.store.traffic import KEEP_REQUESTS, Advance, TrafficLog

log = logging.getLogger(__name__)

LONGEST_SECONDS = 8.0  # then somebody else may have the worker; the rest is queued
LEASE_SECONDS = 30
LOOKED_AT_MILLISECONDS = 1_500
_LEAST_LINE_BYTES = 300
_LOOK_BYTES = 64 * 1024  # enough to tell how long a line is


def ask_to_read(place: Workplace, host_key: str) -> None:
    """Queue a reading because somebody is looking: at most one in 1.5 seconds for each host."""
    try:
        is_first = place.redis.set(f"porthole:looks-at-log:{host_key}", "1", nx=True, px=LOOKED_AT_MILLISECONDS)
    except RedisError:
        return  # the schedule reads as soon as the broker is back
    if is_first:
        send("read_log", host_key)


def read_all(place: Workplace) -> None:
    """Read on in every host's log, one after the other."""
    for saved in hosts.list_hosts(place.database):
        read_log(place, saved.host.key)


def read_log(place: Workplace, host_key: str) -> None:
    """Read on in one host's log. Running twice at once is safe, and avoided because it is in vain."""
    saved = hosts.load_host(place.database, host_key)
    if saved is None or not place.edge_of(saved.host).log_folder or not _take_lease(place, host_key):
        return
    try:
        is_behind = read_on(place, saved, seconds=LONGEST_SECONDS)
    finally:
        _end_lease(place, host_key)
    if is_behind:
        send("read_log", host_key)


def read_on(place: Workplace, saved: SavedHost, *, seconds: float, most: int = PIECE_BYTES) -> bool:
    """Count what is new in a host's log, for about so many seconds; True when there is more to read."""
    domain, host_key = saved.host.domain.name, saved.host.key
    folder = place.edge_of(saved.host).log_folder
    judge: Callable[[str], str] | None = None
    ends_at = time.monotonic() + seconds
    known = traffic.load_log(place.database, host_key)
    while True:
        piece = next_piece(folder, domain, position_of(known), most)
        if piece is None:
            return False
        if isinstance(piece, Unreadable):
            if piece.reason != known.trouble:
                log.warning("the access log of %s cannot be read: %s", domain, piece.reason)
                traffic.note_trouble(place.database, host_key, piece.reason)
            return False
        judge = judge or judge_of(place, saved)
        if not count_piece(place, saved.host, known, piece, judge):
            return False  # somebody else reads it, or the host is gone
        if time.monotonic() > ends_at:
            return piece.left_bytes > 0
        known = traffic.load_log(place.database, host_key)


def count_piece(
    place: Workplace, host: ProxyHost, known: TrafficLog, piece: Piece, judge: Callable[[str], str]
) -> bool:
    """Count one piece and move on behind it; False when that was in vain."""
    rules = Rules(judge, masks=known.masks, upload_mbps=host.upload_mbps)
    first = bytes(piece.data[:_LOOK_BYTES])
    average = max(_LEAST_LINE_BYTES, len(first) // max(1, first.count(b"\n")))
    keep = max(0, KEEP_REQUESTS - piece.left_bytes // average)  # older ones would be thrown away again at once
    counted = count(decode_blocks(piece.data), rules, keep=keep)
    after = piece.after
    advance = Advance(
        after.fingerprint, after.covers, after.offset, after.finished, piece.left_bytes, piece.lost_track
    )
    return traffic.add_counted(place.database, host.key, known.version, counted, advance)


def position_of(known: TrafficLog) -> Position:
    """The position of a log as its files understand it."""
    return Position(known.fingerprint, known.covers, known.offset, known.finished)


def forget_old(place: Workplace) -> None:
    """Throw away what is older than each host keeps."""
    for saved in hosts.list_hosts(place.database):
        traffic.forget_old(place.database, saved.host.key)
        traffic.fold_strangers(place.database, saved.host.key)


def _take_lease(place: Workplace, host_key: str) -> bool:
    try:
        return bool(place.redis.set(f"porthole:reads:{host_key}", "1", nx=True, ex=LEASE_SECONDS))
    except RedisError:
        return True  # the position in the database decides anyway


def _end_lease(place: Workplace, host_key: str) -> None:
    try:
        place.redis.delete(f"porthole:reads:{host_key}")
    except RedisError:
        return  # it ends by itself


def judge_of(place: Workplace, saved: SavedHost) -> Callable[[str], str]:
    """What the media server of this host will call an address, in the words of the sums."""
    host = saved.host
    words = server_words.load_words(place.database, host.key)
    if not words.reached_from and (found := reached_from(place, saved)):
        server_words.note_settings(place.database, host.key, None, reached_from=found)
        words = server_words.load_words(place.database, host.key)
    predict = predictor(host, words)
    return lambda address: str(predict(address).counted)
