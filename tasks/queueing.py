"""Starting work: rows are committed first, and queued after. Used by jobs, pages and the command line."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from tasks import HERE, app
from tasks.workplace import Workplace
from wizard.checks import CHECKS
from wizard.core.runs import APPLY
from wizard.store import progress, revisions, runs
from wizard.store.clock import now

log = logging.getLogger(__name__)

LOST_AFTER = timedelta(seconds=60)
NEEDS: dict[str, tuple[str, ...]] = {
    APPLY: (),
    # what goes through Caddy waits until Caddy has the configuration
    **{name: (*check.needs, APPLY) if "dns" in check.needs else check.needs for name, check in CHECKS.items()},
}
LIMITS = {APPLY: 120.0, **{name: check.seconds for name, check in CHECKS.items()}}


def send(name: str, *arguments: Any, queue: str = HERE) -> bool:
    """Queue a job; False when the broker does not answer. Then the sweep takes it up later."""
    try:
        app.send_task(name, args=arguments, queue=queue)
    except (OperationalError, RedisError, OSError) as problem:
        log.warning("the broker does not answer, job %s waits for the sweep: %s", name, problem)
        return False
    return True


def start_apply(place: Workplace, cause: str) -> int:
    """Give Caddy its configuration soon; gives the revision."""
    revision_id = revisions.create_revision(place.database, cause)
    send("apply", revision_id)
    return revision_id


def start_apply_and_run(place: Workplace, host_key: str, cause: str) -> int:
    """Give Caddy its configuration, then check a proxy host; gives the run."""
    revision_id = revisions.create_revision(place.database, cause)
    run = progress.create_run(place.database, host_key, (APPLY, *CHECKS), revision_id)
    advance(place, run.id)
    return run.id


def start_run(place: Workplace, host_key: str) -> int:
    """Check a proxy host as it is; gives the run, which is the one that is going when there is one."""
    run = progress.create_run(place.database, host_key, tuple(CHECKS))
    advance(place, run.id)
    return run.id


def retry(place: Workplace, run_id: int, check: str) -> bool:
    """Make one check of a run again, with those that were skipped because of it."""
    again = progress.retry_check(place.database, run_id, check, NEEDS)
    if again and check == APPLY:
        progress.give_revision(place.database, run_id, revisions.create_revision(place.database, "Tried again"))
    advance(place, run_id)
    return again


def advance(place: Workplace, run_id: int) -> None:
    """Queue whatever a run can start now."""
    for check, attempt in progress.plan_run(place.database, run_id, NEEDS):
        if check == APPLY:
            _send_apply(place, run_id)
        else:
            send("check", run_id, check, attempt, queue=CHECKS[check].vantage)


def _send_apply(place: Workplace, run_id: int) -> None:
    run = runs.load_run(place.database, run_id)
    if run is not None and run.revision_id is not None:
        send("apply", run.revision_id)


def resume_lost(place: Workplace) -> None:
    """End rows whose result never came; queue again what nobody took."""
    progress.settle_overdue(place.database, LIMITS)
    long_ago = now() - LOST_AFTER
    for run_id in runs.running_runs(place.database):
        progress.requeue(place.database, run_id, long_ago)
        advance(place, run_id)
    for revision_id in revisions.lost_revisions(place.database, long_ago):
        send("apply", revision_id)
