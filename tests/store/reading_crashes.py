"""Kills whoever reads an access log, again and again, while the log grows and rolls. Run by a test as a process.

    python -m tests.store.reading_crashes DATABASE_URL FOLDER HOST_KEY KILLS SEED

Each reader is a forked child that ends itself before a random statement or commit, or is killed after some random
milliseconds. Prints as JSON what a plain count of everything that was written says, and how many readers died.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from tasks.reading import read_on
from tasks.workplace import Workplace
from tests.fakes.access_lines import Asked, asked, line
from wizard.caddy.logs import log_file
from wizard.core.refusal import Refusal
from wizard.settings import Settings
from wizard.store import hosts

PIECE_BYTES = 6_000
ROLL_BYTES = 60_000


@dataclass
class Log:
    """A log that is written to as Caddy does: whole lines, torn in two by whoever looks in between, and rolled."""

    path: Path
    dice: random.Random
    lines: int = 0
    broken: int = 0
    sent_bytes: int = 0
    failed: int = 0
    _torn: bytes = b""
    _rolls: int = 0
    _source: Any = field(default=None)

    def write(self, count: int) -> None:
        """Some more lines; the last one perhaps only in part."""
        self._source = self._source or asked(1_000_000, seed=self.dice.randrange(2**32))
        text = self._torn + b"".join(self._next() for _ in range(count))
        self._torn = b""
        if self.dice.random() < 0.5:
            more = self._next()
            cut = self.dice.randrange(1, len(more))
            text, self._torn = text + more[:cut], more[cut:]
        with self.path.open("ab") as file:
            file.write(text)

    def _next(self) -> bytes:
        if self.dice.random() < 0.02:
            self.broken += 1
            return b'{"level":"info","ts":17956\n'
        one: Asked = next(self._source)
        self.lines += 1
        self.sent_bytes += one.size
        self.failed += one.status >= 500
        return line(one)

    def roll(self) -> None:
        """Rename as Caddy does, and begin a new file."""
        if self._torn:  # Caddy rolls between two lines
            with self.path.open("ab") as file:
                file.write(self._torn)
            self._torn = b""
        self._rolls += 1
        stamp = f"2026-11-25T22-46-{self._rolls // 1000:02d}.{self._rolls % 1000:03d}"
        self.path.rename(self.path.with_name(f"{self.path.stem}-{stamp}-size{self.path.suffix}"))
        self.path.touch()

    def end(self) -> None:
        """Finish the last line."""
        with self.path.open("ab") as file:
            file.write(self._torn)


def end_before(engine: Engine, statements: int) -> None:
    """End this process, as hard as can be, before it makes another statement after so many, or commits them."""
    left = [statements]

    def one_more(*_: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", one_more)
    event.listen(engine, "commit", one_more)


def open_place(url: str, folder: str) -> Workplace:
    """A workplace whose Caddy logs into `folder`."""
    settings = Settings.read({"PORTHOLE_DATA": folder, "PORTHOLE_CADDY_LOGS": folder, "PORTHOLE_DATABASE_URL": url})
    assert not isinstance(settings, Refusal)
    return Workplace(settings)


def read(place: Workplace, host_key: str, statements: int | None = None) -> None:
    """Read on to the end, or die on the way."""
    if statements is not None:
        end_before(place.database.engine, statements)
    saved = hosts.load_host(place.database, host_key)
    assert saved is not None
    while read_on(place, saved, seconds=60, most=PIECE_BYTES):
        pass
    place.database.close()


def reader(place: Workplace, host_key: str, statements: int | None = None) -> int:
    """The process of one reader. It begins with what its parent has compiled, and with connections of its own."""
    child = os.fork()
    if child == 0:
        try:
            read(place, host_key, statements)
        finally:
            os._exit(0)
    return child


def killed_reader(place: Workplace, host_key: str, dice: random.Random) -> bool:
    """One reader that is killed at a random moment; False when it was done before that."""
    by_itself = dice.random() < 0.7
    child = reader(place, host_key, dice.randrange(1, 25) if by_itself else None)
    if not by_itself:
        time.sleep(dice.uniform(0, 0.04))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def main(url: str, folder: str, host_key: str, kills: str, seed: str) -> None:
    """Write, kill, roll; at last let one reader come to the end."""
    dice = random.Random(int(seed))
    log = Log(Path(log_file(folder, "plex.example.com")), dice)
    place = open_place(url, folder)
    log.write(10)
    read(place, host_key)
    died = 0
    while died < int(kills):
        log.write(dice.randrange(10, 30))
        died += killed_reader(place, host_key, dice)
        if log.path.stat().st_size > ROLL_BYTES:
            log.roll()
    log.end()
    os.waitpid(reader(place, host_key), 0)
    counts = {"lines": log.lines, "broken": log.broken, "sent_bytes": log.sent_bytes, "failed": log.failed}
    sys.stdout.write(json.dumps({**counts, "died": died, "rolls": log._rolls}))


if __name__ == "__main__":
    main(*sys.argv[1:])
