"""Reading on in the access log of one host from where the last reading ended, whatever happened to its files.

Caddy rolls by renaming to `access-<domain>-<time>-<reason>.json` (measured on 2.11.7) and opening a new file. Others
copy a log and cut the original. So a file is known by its first bytes, not by its name or inode, and whoever reads
keeps a `Position` together with what was counted, in one transaction.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from wizard.caddy.logs import log_file

FINGERPRINT_BYTES = 1024
PIECE_BYTES = 16 * 1024 * 1024
_STAMP = re.compile(r"-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3})(?:-[a-z]+)?")


@dataclass(frozen=True, slots=True)
class Position:
    """How far a log has been read.

    `fingerprint` is of the first `covers` bytes of the file that was being read, "" before the first line of one.
    `finished` is the stamp of the newest rolled file that was read to its end.
    """

    fingerprint: str = ""
    covers: int = 0
    offset: int = 0
    finished: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines, the position behind them, and how many bytes wait after them.

    `lost_track`: the file of the position was not found any more, so lines may have been missed.
    """

    data: bytes | memoryview
    after: Position
    left_bytes: int = 0
    lost_track: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A log that is there, and cannot be read. `reason` as the system says it."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class _File:
    """An open file of the log; `stamp` is "" for the one Caddy writes to."""

    stamp: str
    stream: IO[bytes]
    is_copy: bool = field(default=False)

    @property
    def size(self) -> int:
        return os.fstat(self.stream.fileno()).st_size

    @property
    def inode(self) -> tuple[int, int]:
        status = os.fstat(self.stream.fileno())
        return status.st_dev, status.st_ino

    def at(self, offset: int, size: int) -> bytes:
        self.stream.seek(offset)
        return self.stream.read(size)

    def holds(self, position: Position) -> bool:
        """True when this is the file that was read up to the position."""
        return self.size >= position.offset and _digest(self.at(0, position.covers)) == position.fingerprint


def next_piece(folder: str, domain: str, position: Position, most: int = PIECE_BYTES) -> Piece | Unreadable | None:
    """The next whole lines behind a position, at most `most` bytes of them; None when nothing new is there.

    A line without its end is left for later, except at the end of a file that was rolled.
    """
    path = Path(log_file(folder, domain))
    try:
        with ExitStack() as ends:
            return _next(_open_all(path, position, ends), path, position, most, ends)
    except OSError as problem:
        return Unreadable(str(path), problem.strerror or type(problem).__name__)


def _next(files: list[_File], path: Path, position: Position, most: int, ends: ExitStack) -> Piece | None:
    start, lost_track = 0, False
    if position.fingerprint:
        found = next((index for index, file in enumerate(files) if file.holds(position)), None)
        if found is not None:
            start = found
        elif elsewhere := _elsewhere(path, position, ends):
            files = [elsewhere, *files]
        else:
            lost_track = True
            position = Position(finished=position.finished)
    for index in range(start, len(files)):
        file = files[index]
        if data := _whole_lines(file, position.offset, most):
            after = _behind(file, position, len(data))
            left = max(0, file.size - after.offset) + sum(one.size for one in files[index + 1 :])
            return Piece(data, after, left, lost_track)
        if file.stamp or file.is_copy:
            position = Position(finished=file.stamp or position.finished)
    return Piece(b"", position, 0, lost_track) if lost_track else None


def _whole_lines(file: _File, offset: int, most: int) -> bytes | memoryview:
    data = file.at(offset, most)
    end = data.rfind(b"\n") + 1
    if end or not data:
        return memoryview(data)[:end]  # a copy of so many bytes takes as long as reading them
    # no end of line in sight: the last words of a file that nobody continues, or something endless that is no line
    return data if file.stamp or file.is_copy or len(data) == most else b""


def _behind(file: _File, position: Position, size: int) -> Position:
    offset = position.offset + size
    covers = min(offset, FINGERPRINT_BYTES)
    if covers == position.covers:
        return replace(position, offset=offset)
    return Position(_digest(file.at(0, covers)), covers, offset, position.finished)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _open_all(path: Path, position: Position, ends: ExitStack) -> list[_File]:
    """The files that may hold something new, the oldest first.

    The one that Caddy writes to is opened before the others are listed: if it is rolled just then, it is either the
    one we hold, or listed.
    """
    current = _open(path, ends)
    files = []
    for stamp, rolled in sorted(_rolled(path)):
        if stamp > position.finished and (file := _open(rolled, ends, stamp)):
            if current is not None and file.inode == current.inode:
                current = None
            files.append(file)
    return [*files, current] if current is not None else files


def _open(path: Path, ends: ExitStack, stamp: str = "", *, is_copy: bool = False) -> _File | None:
    try:
        return _File(stamp, ends.enter_context(path.open("rb")), is_copy)
    except FileNotFoundError:  # not there yet, or thrown away by Caddy meanwhile
        return None


def _rolled(path: Path) -> Iterator[tuple[str, Path]]:
    for other in path.parent.glob(f"{path.stem}-*{path.suffix}"):
        found = _STAMP.fullmatch(other.stem.removeprefix(path.stem))
        if found:
            yield found[1], other


def _elsewhere(path: Path, position: Position, ends: ExitStack) -> _File | None:
    """The file of a position under a name that we do not follow; only to finish what was begun.

    A copy that was made before the original was cut (`access-….json.1`), or a roll after the clock was set back.
    """
    others = [*path.parent.glob(f"{path.name}?*"), *(rolled for _, rolled in _rolled(path))]
    for other in sorted(others):
        file = _open(other, ends, is_copy=True) if other.is_file() else None
        if file is not None and file.holds(position):
            return file
    return None


def pieces_of(stream: IO[bytes], most: int = PIECE_BYTES) -> Iterator[bytes]:
    """Whole lines of a log from its beginning to its end, about `most` bytes at a time."""
    rest = b""
    while data := stream.read(most):
        data = rest + data
        end = data.rfind(b"\n") + 1
        rest = data[end:]
        if end:
            yield data[:end]
    if rest:
        yield rest
