"""`porthole servers`: look for media servers, and list what is known."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from tasks.discovering import look
from tasks.workplace import Workplace
from wizard.core.servers import Found
from wizard.store import servers
from wizard.verbs.saying import OK, say


def list_(place: Workplace, typed: argparse.Namespace) -> int:
    """Look for at most six seconds, then print every server that is known: one line each, or JSON."""
    shows_progress = sys.stderr.isatty()

    def heard(found: Found) -> None:
        if shows_progress:
            sys.stderr.write(f"found {found.name} at {found.dial}\n")

    if shows_progress:
        sys.stderr.write("Looking on your network…\n")
    look(place, heard)
    rows = [_row(saved) for saved in servers.list_servers(place.database)]
    if typed.json:
        say(json.dumps(rows, indent=2))
        return OK
    for row in rows:
        say(f"{row['name']}\t{row['url']}\t{row['kind']} {row['version']}\t{row['source']}")
    return OK


def _row(saved: servers.SavedServer) -> dict[str, Any]:
    found = saved.found
    return {
        "name": found.name,
        "kind": found.kind,
        "url": found.url,
        "version": found.version,
        "source": str(found.source),
        "saved": saved.is_saved,
        "seen_at": saved.seen_at.isoformat(),
    }
