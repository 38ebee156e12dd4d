"""`porthole host add`, `host list` and `host remove`."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from typing import Any

from tasks.workplace import Workplace
from wizard.adding import Wish, make_host
from wizard.core.health import OWNER, aged, health_of
from wizard.core.hosts import ProxyHost, VerifyKind
from wizard.core.refusal import Refusal
from wizard.core.runs import Standing
from wizard.store import hosts, over_time, progress, runs, scheduled
from wizard.store.clock import now
from wizard.store.hosts import SavedHost
from wizard.verbs.caddy import apply_now
from wizard.verbs.finding import find
from wizard.verbs.saying import OK, USAGE, complain, say


def add(place: Workplace, typed: argparse.Namespace) -> int:
    """Add a proxy host, or change the one that has this domain already, and apply."""
    made = make_host(place.net, _wish(typed))
    if isinstance(made, Refusal):
        return complain(made.message)
    host, server = made
    same = hosts.find_host(place.database, host.domain.name)
    if same is not None:
        host = _in_place_of(same.host, host, typed)
    try:
        hosts.save_host(place.database, host, server=server or None)
    except hosts.DomainTakenError:
        return complain(f"another proxy host has {host.domain} since a moment ago. See porthole host list")
    say(f"{'Changed' if same else 'Added'} {host.domain} → {host.upstream.url}")
    cause = f"{'Changed' if same else 'Added'} {host.domain} on the command line"
    return apply_now(place, cause, place.edge_of(host).name)


def _wish(typed: argparse.Namespace) -> Wish:
    chosen = {
        VerifyKind.PINNED: typed.pin,
        VerifyKind.SERVER_NAME: typed.server_name,
        VerifyKind.OFF: typed.no_verify,
    }
    return Wish(
        domain=typed.domain,
        upstream=typed.upstream,
        media=typed.media,
        method=typed.method or "direct",
        plex_mode=typed.plex,
        forward_client_ip=not typed.no_forward_ip,
        websocket=not typed.no_websocket,
        verify=next((kind for kind, wanted in chosen.items() if wanted), VerifyKind.SYSTEM),
        server_name=typed.server_name,
        anyway=typed.anyway,
    )


def _in_place_of(old: ProxyHost, new: ProxyHost, typed: argparse.Namespace) -> ProxyHost:
    """The new host with what the command line cannot say kept from the old one."""
    return replace(
        new,
        key=old.key,
        method=typed.method or old.method,
        paused=old.paused,
        upload_mbps=old.upload_mbps,
        stream_limit_mbps=old.stream_limit_mbps,
    )


def list_(place: Workplace, typed: argparse.Namespace) -> int:
    """Print every proxy host: one line each, or JSON."""
    rows = [_row(place, saved) for saved in hosts.list_hosts(place.database)]
    if typed.json:
        say(json.dumps(rows, indent=2))
        return OK
    for row in rows:
        say(f"{row['domain']}\t{row['upstream']}\t{row['method']}\t{row['standing']}")
    return OK


def _row(place: Workplace, saved: SavedHost) -> dict[str, Any]:
    run = runs.latest_run(place.database, saved.host.key)
    host = saved.host
    return {
        "domain": host.domain.name,
        "upstream": host.upstream.url,
        "media": host.upstream.media,
        "method": host.method,
        "plex_mode": host.plex_mode,
        "forward_client_ip": host.forward_client_ip,
        "websocket": host.websocket,
        "paused": host.paused,
        "custom_server_access_url": host.custom_server_access_url(place.edge_of(host)),
        "standing": str(_standing(place, host, run)),
    }


def _standing(place: Workplace, host: ProxyHost, run: runs.Run | None) -> Standing:
    """How a host stands over time, as on the pages."""
    if host.paused:
        return Standing.PAUSED
    if run is not None and run.is_running and run.cause == OWNER:
        return Standing.CHECKING
    health = health_of(over_time.load_past(place.database, host.key))
    return aged(health, now(), scheduled.load_schedule(place.database).old_after).standing


def remove(place: Workplace, typed: argparse.Namespace) -> int:
    """Remove a proxy host, and apply."""
    saved = find(place, typed.domain)
    if isinstance(saved, Refusal):
        return complain(saved.message, USAGE)
    run = runs.latest_run(place.database, saved.host.key)
    if run is not None:
        progress.stop_run(place.database, run.id)
    edge = place.edge_of(saved.host).name
    hosts.remove_host(place.database, saved.host.key)
    say(f"Removed {saved.host.domain}")
    return apply_now(place, f"Removed {saved.host.domain} on the command line", edge)
