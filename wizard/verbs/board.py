"""A run on a terminal: a table whose rows appear as checks end, and below it one line that says what goes on.

Only for people. What programs read along is in `wizard.verbs.checks`.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import TextIO

from wizard.core.runs import ENDED, State
from wizard.core.verdicts import Level
from wizard.store.runs import Result, Run

MARKS = {Level.OK: "✓", Level.NOTE: "✓", Level.UNKNOWN: "?", Level.WARNING: "!", Level.FAILURE: "✗"}
TitleOf = Callable[[str], str]
_COLOURS = {"✓": "32", "!": "33", "✗": "31"}  # SGR: green, yellow, red
_NARROWEST = 40
_ERASE = "\r\x1b[K"  # ECMA-48 EL: to the beginning of the line, and clear it


class Board:
    """Draws on a terminal that is `columns` wide. `rows` are the names of all rows, `title_of` gives their titles."""

    def __init__(self, out: TextIO, title_of: TitleOf, rows: Sequence[str], *, columns: int, colours: bool) -> None:
        self._out, self._title_of, self._colours = out, title_of, colours
        self._rows = frozenset(rows)
        self._columns = max(columns, _NARROWEST)
        self._width = max((len(title_of(row)) for row in rows), default=0)
        self._has_line = False

    def show(self, result: Result) -> None:
        """One row that has ended, with what to do where something is to be done."""
        self.clear()
        title = self._title_of(result.check)
        seconds = f"{result.seconds:.1f} s" if result.seconds else ""
        for number, verdict in enumerate(result.verdicts):
            first = number == 0
            self._row(MARKS[verdict.level], title if first else "", seconds if first else "", verdict.summary)
            if verdict.remedy is not None:
                self._row("", "", "", f"→ {verdict.remedy.action}")
        if not result.verdicts:
            self._row("–", title, "", self._why_skipped(result))

    def progress(self, run: Run) -> None:
        """What goes on, in one line that the next row replaces."""
        ended = sum(result.state in ENDED for result in run.results)
        now = [self._title_of(one.check) for one in run.results if one.state is State.RUNNING]
        text = f"{ended} of {len(run.results)} done" + (f" · checking: {', '.join(now)}" if now else "")
        self._out.write(_ERASE + text[: self._columns - 1])
        self._out.flush()
        self._has_line = True

    def clear(self) -> None:
        """Take the line of the progress away."""
        if self._has_line:
            self._out.write(_ERASE)
            self._out.flush()
        self._has_line = False

    def _row(self, mark: str, title: str, seconds: str, text: str) -> None:
        indent = f"  {'':{self._width}}  {'':>6}  "
        room = max(self._columns - len(indent), _NARROWEST // 2)
        first, *more = textwrap.wrap(text, room) or [""]
        drawn = f"\x1b[{_COLOURS[mark]}m{mark}\x1b[0m" if self._colours and mark in _COLOURS else mark or " "
        self._out.write(f"{drawn} {title:{self._width}}  {seconds:>6}  {first}\n")
        self._out.writelines(f"{indent}{line}\n" for line in more)
        self._out.flush()

    def _why_skipped(self, result: Result) -> str:
        is_row = result.reason in self._rows
        return f"skipped because “{self._title_of(result.reason)}” failed" if is_row else result.reason


def board_of(title_of: TitleOf, rows: Sequence[str], *, colours: bool) -> Board | None:
    """A board on standard output; None when that is no terminal."""
    if not sys.stdout.isatty():
        return None
    columns = shutil.get_terminal_size().columns
    return Board(sys.stdout, title_of, rows, columns=columns, colours=colours)
