"""Runs made by hand, and how the page would draw them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from wizard.core.runs import State
from wizard.core.verdicts import Level, Remedy, Verdict
from wizard.store.runs import Result, Run
from wizard.web.runs_view import Addresses, RunView, view_run

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TO = Addresses(lambda target: f"/help/{target}", lambda check: f"/retry/{check}")
REMEDY = Remedy(
    "Do this",
    "troubleshooting#dns-elsewhere",
    steps=("First.", "Then."),
    snippet="a record",
    snippet_caption="At the DNS provider",
)
OK = Verdict("ok", Level.OK, "Answered in 14 ms")
NOTE = Verdict("note", Level.NOTE, "IPv6 was not looked at")
WARNING = Verdict("slow", Level.WARNING, "Slower than your limit", remedy=REMEDY)
FAILURE = Verdict(
    "elsewhere",
    Level.FAILURE,
    "plex.example.com points to 203.0.113.9",
    "People reach the wrong place.",
    "dig says",
    REMEDY,
)
UNKNOWN = Verdict("unsure", Level.UNKNOWN, "The name server did not answer", remedy=REMEDY)
OURS = Verdict("check-could-not-run", Level.UNKNOWN, "The checker stopped", remedy=REMEDY)


def result(check: str, state: State = State.DONE, *verdicts: Verdict, **more: Any) -> Result:
    found = Result(check, 1, state, "", verdicts, {}, 0.2, AT, AT, AT)
    return replace(found, **more)


def run_of(*results: Result, state: str = "finished", **more: Any) -> Run:
    found = Run(7, "abc", None, state, 3, AT, AT, results)
    return replace(found, **more)


def draw(*results: Result, **more: Any) -> RunView:
    return view_run(run_of(*results), None, TO, **more)
