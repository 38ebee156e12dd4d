"""Every background job, a few lines each. Only ids cross the queue, and each may run twice."""

from __future__ import annotations

from tasks import app
from tasks.applying import apply_revision
from tasks.checking import carry_out
from tasks.queueing import advance, follow_up, resume_lost
from tasks.watching import bring_back
from tasks.workplace import workplace
from wizard.store.attempts import Take


@app.task(name="apply")
def apply(revision_id: int) -> None:
    """Give Caddy its configuration, then start what waited for it; while Caddy is down, try again later."""
    place = workplace()
    if apply_revision(place, revision_id) is not Take.LATER:
        follow_up(place, revision_id)


@app.task(name="check")
def check(run_id: int, name: str, attempt: int) -> None:
    """Make one check of a run, then start what was waiting for it."""
    place = workplace()
    carry_out(place, run_id, name, attempt)
    advance(place, run_id)


@app.task(name="sweep")
def sweep() -> None:
    """End what is overdue, and take up again what a crash, a lost queue or a Caddy that forgot left lying."""
    resume_lost(workplace())
    bring_back(workplace())
