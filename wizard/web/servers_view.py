"""Found media servers as pages show them: rows, the state of the search, the radios of the wizard's first step."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tasks.discovering import load_discovery
from wizard.core.servers import SOURCE_WORDS
from wizard.media import MEDIA
from wizard.store import hosts, servers
from wizard.web.host_pages import ago
from wizard.web.joined import joined

ANOTHER = "another"


def choice_of(saved: servers.SavedServer) -> str:
    """What a radio sends: the kind and the home address, read again like typed text when it comes back."""
    return f"{saved.found.kind} {saved.found.url}"


def rows() -> list[dict[str, Any]]:
    """Every server, for the table."""
    database = joined().database
    used = {
        (saved.host.upstream.address, saved.host.upstream.port): saved.host.domain.name
        for saved in hosts.list_hosts(database)
    }
    return [_row(saved, used) for saved in servers.list_servers(database)]


def _row(saved: servers.SavedServer, used: dict[tuple[str, int], str]) -> dict[str, Any]:
    found = saved.found
    return {
        "key": saved.key,
        "name": found.name,
        "kind": MEDIA[found.kind].title if found.kind in MEDIA else found.kind,
        "is_plex": found.kind == "plex",
        "address": found.url if found.scheme == "https" else found.dial,
        "way": "Over Tailscale" if found.is_over_tailnet else "On your network",
        "source": SOURCE_WORDS[found.source],
        "version": found.version,
        "seen_at": saved.seen_at,
        "seen_text": ago(saved.seen_at),
        "is_saved": saved.is_saved,
        "domain": used.get((found.address, found.port), ""),
        "choice": choice_of(saved),
    }


def search_state() -> dict[str, Any]:
    """How the newest look stands, in words."""
    last = load_discovery(joined().place)
    found = servers.list_servers(joined().database)
    names = ", ".join(one.found.name for one in found[:6]) + (" and more" if len(found) > 6 else "")
    return {
        "is_running": last is not None and last.is_running,
        "is_lost": last is not None and last.ended_at is None and not last.is_running,
        "count": len(found),
        "names": names,
        "number": last.number if last else 0,
        "at": last.ended_at if last else None,
        "age": _age(last.ended_at) if last else "",
    }


def _age(at: datetime | None) -> str:
    return ago(at) if at else ""


def said(state: dict[str, Any]) -> str:
    """The state for a screen reader."""
    return f"Found {state['count']}: {state['names']}" if state["count"] else "We found none"


def choices(*, typed: str, chosen: str) -> dict[str, Any]:
    """The radios of step 1. One is chosen by itself only when exactly one was found and nothing was typed."""
    found = [
        {
            "value": row["choice"],
            "name": row["name"],
            "text": f"{row['kind']}{' ' + row['version'] if row['version'] else ''}, {row['address']}",
        }
        for row in rows()
    ]
    known = {one["value"] for one in found}
    alone = found[0]["value"] if len(found) == 1 else ""
    picked = chosen if chosen in {*known, ANOTHER} else ANOTHER if typed else alone
    return {"found": found, "picked": picked, "another": ANOTHER}
