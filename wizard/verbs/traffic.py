"""`porthole traffic classify`: any Caddy access log, told as Local and Remote. Needs nothing that runs."""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, TextIO

from wizard.caddy.access_counts import Rules, count
from wizard.caddy.access_files import pieces_of
from wizard.caddy.access_log import decode_blocks
from wizard.core.locality import Surroundings, classifier
from wizard.core.traffic import Counted, Span, Sums, Viewer
from wizard.media import MEDIA
from wizard.verbs.saying import BAD, OK, USAGE, complain, say

MOST_VIEWERS = 20
_BAR = 24
_DRAW_SECONDS = 0.1
_GZIP = b"\x1f\x8b"


@dataclass(slots=True)
class Tally:
    """What a whole log adds up to. Grows with the number of viewers, not with the number of lines."""

    localities: dict[str, Sums] = field(default_factory=dict)
    viewers: dict[tuple[str, Viewer], Sums] = field(default_factory=dict)
    lines: int = 0
    broken: int = 0
    others: int = 0
    oldest: float = 0.0
    newest: float = 0.0

    def add(self, counted: Counted) -> None:
        """Take in the sums of one more piece."""
        self.lines += counted.lines + counted.broken
        self.broken += counted.broken
        self.others += counted.others
        self.newest = max(self.newest, counted.newest)
        for (span, starts, locality), sums in counted.totals.items():
            if span == Span.DAY:
                self.localities.setdefault(locality, Sums()).add(sums)
            elif span == Span.MINUTE:
                self.oldest = min(self.oldest or starts, starts)
        for (span, _, locality, viewer), sums in counted.viewers.items():
            if span == Span.DAY:
                self.viewers.setdefault((locality, viewer), Sums()).add(sums)

    def most(self) -> list[tuple[str, Viewer, Sums]]:
        """The viewers who were sent most."""
        ordered = sorted(self.viewers.items(), key=lambda item: (-item[1].sent_bytes, item[0]))
        return [(locality, viewer, sums) for (locality, viewer), sums in ordered[:MOST_VIEWERS]]


def classify(_environ: Mapping[str, str], typed: argparse.Namespace) -> int:
    """Count a log, and say who was Local and who Remote."""
    if typed.media not in MEDIA:
        return complain(f"there is no media server kind {typed.media}. Choose one of {', '.join(MEDIA)}", USAGE)
    path = Path(typed.file)
    try:
        with path.open("rb") as raw:
            tally = _tally(raw, path.stat().st_size, rules_of(typed), _progress_of(sys.stderr))
    except (OSError, EOFError) as problem:
        return complain(f"{path} cannot be read: {getattr(problem, 'strerror', None) or problem}")
    if tally.lines == tally.broken + tally.others:
        return complain(f"{path} holds no request of a Caddy access log in JSON ({tally.lines:,} lines)", BAD)
    if typed.json:
        say(json.dumps(_document(tally), indent=2, ensure_ascii=False))
    else:
        for line in _lines(tally, MEDIA[typed.media].title):
            say(line)
    return OK


def rules_of(typed: argparse.Namespace) -> Rules:
    """How the media server of this log judges, with what was typed about it."""
    judge = classifier(MEDIA[typed.media].locality, Surroundings(lan_networks=tuple(typed.lan)))
    return Rules(lambda address: str(judge(typed.proxy, address).counted), masks=typed.mask)


def _tally(raw: IO[bytes], size: int, rules: Rules, progress: _Progress | None) -> Tally:
    tally = Tally()
    for piece in pieces_of(_unpacked(raw)):
        tally.add(count(decode_blocks(piece), rules))
        if progress is not None:
            progress.show(raw.tell(), size, tally.lines)
    if progress is not None:
        progress.clear()
    return tally


def _unpacked(raw: IO[bytes]) -> IO[bytes]:
    begins = raw.read(2)
    raw.seek(0)
    return gzip.open(raw) if begins == _GZIP else raw  # type: ignore[return-value]  # reads bytes like a file


@dataclass(slots=True)
class _Progress:
    """One line that tells how far the reading is, on a terminal only."""

    out: TextIO
    began: float = field(default_factory=time.monotonic)
    drawn: float = 0.0

    def show(self, done: int, size: int, lines: int) -> None:
        now = time.monotonic()
        if now - self.drawn < _DRAW_SECONDS:
            return
        self.drawn = now
        share = min(1.0, done / max(1, size))
        bar = ("█" * round(share * _BAR)).ljust(_BAR, "·")
        speed = lines / max(0.001, now - self.began)
        self.out.write(f"\r{bar} {share:4.0%}  {lines:,} lines, {speed:,.0f} a second\x1b[K")
        self.out.flush()

    def clear(self) -> None:
        self.out.write("\r\x1b[K")
        self.out.flush()


def _progress_of(out: TextIO) -> _Progress | None:
    return _Progress(out) if out.isatty() else None


def _lines(tally: Tally, server: str) -> Iterator[str]:
    requests = sum(sums.requests for sums in tally.localities.values())
    yield f"{requests:,} requests from {_time(tally.oldest)} to {_time(tally.newest)}, as {server} would count them"
    yield ""
    for locality, sums in sorted(tally.localities.items()):
        viewers = sum(1 for where, _ in tally.viewers if where == locality)
        failed = f", {sums.failed:,} failed" if sums.failed else ""
        cut = f", {sums.cut:,} cut off" if sums.cut else ""
        word = "viewer" if viewers == 1 else "viewers"
        counts = f"{sums.requests:>10,} requests {_size(sums.sent_bytes):>10}  {viewers:,} {word}"
        yield f"{locality.capitalize():<8} {counts}{failed}{cut}"
    yield ""
    for locality, viewer, sums in tally.most():
        said = viewer.name or "says no name"
        address = viewer.address or "all others"
        yield f"{locality.capitalize():<8} {_size(sums.sent_bytes):>10}  {address:<39} {said}"
    if tally.broken:
        word = "line" if tally.broken == 1 else "lines"
        yield ""
        yield f"{tally.broken:,} {word} could not be read and {'is' if tally.broken == 1 else 'are'} not counted"


def _document(tally: Tally) -> dict[str, Any]:
    return {
        "lines": tally.lines,
        "broken": tally.broken,
        "others": tally.others,
        "from": datetime.fromtimestamp(tally.oldest, UTC).isoformat(),
        "to": datetime.fromtimestamp(tally.newest, UTC).isoformat(),
        "localities": {locality: asdict(sums) for locality, sums in sorted(tally.localities.items())},
        "viewers": [
            {"locality": locality, **viewer._asdict(), **asdict(sums)} for locality, viewer, sums in tally.most()
        ],
    }


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:,.0f} {unit}" if unit == "B" else f"{count:,.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"
