"""Starting work: rows are committed first, and queued after. Used by jobs, pages and the command line.

What the broker loses, or never got, is still in the database: the sweep queues it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from redis.exceptions import RedisError

from tasks.probing import agreed_probes
from tasks.sending import send as send  # noqa: PLC0414 -- whoever starts work may hand out single jobs from here
from tasks.stations import broker_now, list_stations
from tasks.workplace import Workplace
from wizard.checks import CHECKS
from wizard.core.hosts import HERE as EDGE_HERE
from wizard.core.runs import APPLY
from wizard.core.vantages import HERE, PROBES, row_name
from wizard.store import attempts, hosts, progress, revisions, runs
from wizard.store.clock import now

LOST_AFTER = timedelta(seconds=30)
NEEDS: dict[str, tuple[str, ...]] = {
    APPLY: (),
    # whoever looks through Caddy waits until Caddy has the configuration; the others start at once
    **{name: (*check.needs, APPLY) if check.through_caddy else check.needs for name, check in CHECKS.items()},
}
ALL = tuple(name for name, check in CHECKS.items() if check.vantage == HERE)
USUAL = tuple(name for name in ALL if not CHECKS[name].deep)
LIMITS = {name: check.seconds for name, check in CHECKS.items()}


def start_apply(place: Workplace, cause: str, edge: str = EDGE_HERE) -> int:
    """Give a Caddy its configuration soon; gives the revision."""
    revision_id = revisions.create_revision(place.database, cause, edge)
    send("apply", revision_id)
    return revision_id


def start_apply_and_run(place: Workplace, host_key: str, cause: str) -> int:
    """Give the Caddy of a proxy host its configuration, then check the host; gives the run."""
    saved = hosts.load_host(place.database, host_key)
    edge = place.edge_of(saved.host).name if saved else EDGE_HERE
    revision_id = revisions.create_revision(place.database, cause, edge)
    run = progress.create_run(place.database, host_key, (APPLY, *rows_of_run(place, saved)), revision_id)
    advance(place, run.id)
    return run.id


def start_apply_and_runs(place: Workplace, host_keys: Sequence[str], cause: str) -> None:
    """Give this machine's Caddy its configuration once, then check each of these proxy hosts, which it serves."""
    revision_id = revisions.create_revision(place.database, cause)
    for key in host_keys:
        rows = rows_of_run(place, hosts.load_host(place.database, key))
        advance(place, progress.create_run(place.database, key, (APPLY, *rows), revision_id).id)


def start_run(place: Workplace, host_key: str, *, deep: bool = False) -> int:
    """Check a proxy host as it is; gives the run, which is the one that is going when there is one.

    With `deep` also the checks that take minutes.
    """
    rows = rows_of_run(place, hosts.load_host(place.database, host_key), deep=deep)
    run = progress.create_run(place.database, host_key, rows)
    advance(place, run.id)
    return run.id


def rows_here(saved: hosts.SavedHost | None, *, deep: bool = False) -> tuple[str, ...]:
    """The checks of a new run that are made here: all that have something to ask for this proxy host."""
    names = ALL if deep else USUAL
    return tuple(name for name in names if saved is None or CHECKS[name].applies(saved.host))


def rows_of_run(place: Workplace, saved: hosts.SavedHost | None, *, deep: bool = False) -> tuple[str, ...]:
    """The rows of a new run: the checks made here, those of each worker elsewhere that is known, public probes.

    A worker that is quiet gets a single row, which says so. Probes are part of it once the owner has agreed.
    """
    local = rows_here(saved, deep=deep)
    probed = ("outside",) if agreed_probes(place.database, place.settings) else ()
    return (*local, *_elsewhere(place, local), *(row_name(name, PROBES) for name in probed))


def _elsewhere(place: Workplace, local: tuple[str, ...]) -> list[str]:
    try:
        now, stations = broker_now(place.redis), list_stations(place.redis)
    except RedisError:
        return []
    rows: list[str] = []
    for station in stations:
        travelling = [name for name in local if CHECKS[name].travels and name in station.checks]
        asked = travelling if station.is_alive(now) else travelling[:1]
        rows += [row_name(name, station.name) for name in asked]
    return rows


def start_look(method: str) -> bool:
    """Look at a way in soon; False when the broker does not answer."""
    return send("look_at_way", method)


def start_reading_tailnet_api() -> bool:
    """Read Tailscale's control API soon; False when the broker does not answer."""
    return send("read_tailnet_api")


def retry(place: Workplace, run_id: int, check: str) -> bool:
    """Make one check of a run again, with those that were skipped because of it."""
    again = progress.retry_check(place.database, run_id, check, NEEDS)
    advance(place, run_id)
    return again


def advance(place: Workplace, run_id: int) -> None:
    """Queue whatever a run can start now. What the broker does not take is planned again by the sweep."""
    planned = progress.plan_run(place.database, run_id, NEEDS)
    for number, (check, attempt) in enumerate(planned):
        if not _send_row(place, run_id, check, attempt):
            progress.unqueue(place.database, run_id, planned[number:])
            return
    known = None if planned else runs.run_version(place.database, run_id)
    if known is not None and known[1] != runs.RUNNING:
        send("conclude", run_id)


def follow_up(place: Workplace, revision_id: int) -> None:
    """After a try at a revision: the next try when it is due, else whatever its runs can start now."""
    revision = revisions.load_revision(place.database, revision_id)
    if revision is None:
        return
    if revision.is_pending:
        send("apply", revision_id, wait=revision.due_at - now() + _CLOCKS_DIFFER)
        return
    for run_id in runs.runs_of_revision(place.database, revision_id):
        advance(place, run_id)


def resume_dead(place: Workplace, living: frozenset[str]) -> None:
    """Take up at once what a worker had in hand that gives no sign of life any more.

    To be asked by a worker: when not even that one is among the living, nobody knows who lives.
    """
    if living and progress.take_back(place.database, living):
        for run_id in runs.running_runs(place.database):
            advance(place, run_id)
    for revision_id in attempts.lost_attempts(place.database, LOST_AFTER):
        send("apply", revision_id)


def resume_lost(place: Workplace, patience: timedelta = LOST_AFTER) -> None:
    """End rows whose result never came; queue again what nobody took for so long.

    A job that is queued twice is made once, so a short patience costs no more than a message.
    """
    progress.settle_overdue(place.database, LIMITS)
    for run_id in runs.running_runs(place.database):
        progress.requeue(place.database, run_id, now() - patience)
        advance(place, run_id)
    for revision_id in attempts.lost_attempts(place.database, patience):
        send("apply", revision_id)


_CLOCKS_DIFFER = timedelta(seconds=0.1)


def _send_row(place: Workplace, run_id: int, check: str, attempt: int) -> bool:
    if check != APPLY:
        return send("check", run_id, check, attempt)
    run = runs.load_run(place.database, run_id)
    return run is None or run.revision_id is None or send("apply", run.revision_id)
