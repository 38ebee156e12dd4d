"""Every background job, a few lines each. Only ids cross the queue, and each may run twice."""

from __future__ import annotations

from celery.utils.log import get_task_logger

from tasks import app
from tasks.applying import apply_revision
from tasks.checking import carry_out
from tasks.queueing import advance, resume_lost
from tasks.workplace import workplace

log = get_task_logger(__name__)

FIRST_WAIT_SECONDS = 2
LONGEST_WAIT_SECONDS = 60
MOST_TRIES = 30


@app.task(name="apply", bind=True, max_retries=None)
def apply(task: app.Task, revision_id: int) -> None:
    """Give Caddy its configuration. While Caddy is down: try again, waiting twice as long each time."""
    place = workplace()
    is_last = task.request.retries + 1 >= MOST_TRIES
    ended = apply_revision(place, revision_id, give_up=is_last)
    if ended.finished:
        for run_id in ended.runs:
            advance(place, run_id)
    elif ended.try_again:
        wait = min(FIRST_WAIT_SECONDS * 2**task.request.retries, LONGEST_WAIT_SECONDS)
        log.warning("Caddy is down; revision %s is tried again in %s s", revision_id, wait)
        raise task.retry(countdown=wait)


@app.task(name="check")
def check(run_id: int, name: str, attempt: int) -> None:
    """Make one check of a run, then start what was waiting for it."""
    place = workplace()
    carry_out(place, run_id, name, attempt)
    advance(place, run_id)


@app.task(name="sweep")
def sweep() -> None:
    """End what is overdue, and take up again what a crash or a lost queue left lying."""
    resume_lost(workplace())
