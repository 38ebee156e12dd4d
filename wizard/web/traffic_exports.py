"""Traffic as CSV (RFC 4180) and JSON, written as it is read, so that any amount of it fits."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

_SAME = ("address", "device", "product", "platform", "requests", "sent_bytes", "cut")
COLUMNS = ("from", "seconds", "counted_as", *_SAME)
# a spreadsheet takes a cell that begins so for a formula, and viewers choose the names of their devices
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def rows_of(sums: Iterable[Mapping[str, Any]], seconds: int) -> Iterator[dict[str, Any]]:
    """Rows of sums with the names that people read."""
    for one in sums:
        yield {
            "from": datetime.fromtimestamp(one["starts"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "seconds": seconds,
            "counted_as": one["locality"],
            **{name: one[name] for name in _SAME},
        }


def as_csv(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A header and a line for each row. No cell is a formula."""
    yield _csv_line(COLUMNS)
    for row in rows:
        yield _csv_line([harmless(row[name]) for name in COLUMNS])


def as_json(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One list of objects."""
    separator = "["
    for row in rows:
        yield f"{separator}\n{json.dumps(row, ensure_ascii=False)}"
        separator = ","
    yield "[]\n" if separator == "[" else "\n]\n"


def harmless(value: object) -> object:
    """Text that no spreadsheet takes for a formula; a number stays one."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _csv_line(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()
