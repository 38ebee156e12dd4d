"""The table of `porthole check` on a terminal: aligned, wrapped, with one line of progress that leaves no trace."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

from wizard.core.runs import State
from wizard.core.verdicts import Level, Remedy, Verdict
from wizard.store.runs import RUNNING, Result, Run
from wizard.verbs.board import Board

TITLES = {"dns": "Name leads to Caddy", "tls": "Certificate is trusted"}
AT = datetime(2026, 11, 25, tzinfo=UTC)
BAD = Verdict("dns-not-here", Level.FAILURE, "plex.example.com leads elsewhere", remedy=Remedy("Correct it", "a#b"))


def result(check: str, state: State, *verdicts: Verdict, reason: str = "", seconds: float = 0.0) -> Result:
    return Result(check, 1, state, reason, verdicts, {}, seconds, None, None, None)


def run(*results: Result) -> Run:
    return Run(1, "k", None, RUNNING, 1, AT, None, results)


def board(columns: int = 100, *, colours: bool = False) -> tuple[Board, io.StringIO]:
    out = io.StringIO()
    return Board(out, TITLES.__getitem__, list(TITLES), columns=columns, colours=colours), out


def on_screen(written: str) -> list[str]:
    """What is left to see: a line that was erased is gone."""
    return [line.rpartition("\x1b[K")[2] for line in written.split("\n")]


def test_columns_stand_below_each_other() -> None:
    drawing, out = board()
    drawing.show(result("dns", State.DONE, BAD, seconds=0.31))
    drawing.show(result("tls", State.SKIPPED, reason="dns"))
    first, remedy, skipped, _ = on_screen(out.getvalue())
    assert first == "✗ Name leads to Caddy      0.3 s  plex.example.com leads elsewhere"
    assert remedy.index("→") == first.index("plex") == skipped.index("skipped")
    assert skipped.startswith("– Certificate is trusted")
    assert skipped.endswith("skipped because “Name leads to Caddy” failed")


def test_the_line_of_progress_is_gone_once_a_row_lands_and_at_the_end() -> None:
    drawing, out = board()
    drawing.progress(run(result("dns", State.RUNNING), result("tls", State.WAITING)))
    assert on_screen(out.getvalue()) == ["0 of 2 done · checking: Name leads to Caddy"]
    drawing.show(result("dns", State.DONE, BAD))
    drawing.progress(run(result("dns", State.DONE, BAD), result("tls", State.RUNNING)))
    drawing.clear()
    drawing.clear()
    lines = on_screen(out.getvalue())
    assert lines[0].startswith("✗ Name leads to Caddy")
    assert lines[-1] == ""
    assert not any("done" in line for line in lines)


def test_a_narrow_terminal_wraps_the_facts_and_cuts_the_progress() -> None:
    drawing, out = board(columns=60)
    drawing.show(result("dns", State.DONE, BAD))
    drawing.progress(run(result("dns", State.RUNNING), result("tls", State.RUNNING)))
    assert max(len(line) for line in on_screen(out.getvalue())) <= 60
    assert "plex.example.com leads" in out.getvalue()


def test_colour_is_never_the_only_sign() -> None:
    drawing, out = board(colours=True)
    drawing.show(result("dns", State.DONE, BAD))
    assert re.search(r"\x1b\[31m✗\x1b\[0m Name", out.getvalue())
