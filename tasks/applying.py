"""Giving Caddy its configuration, with everything written down. One at a time for each Caddy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from redis.exceptions import LockError

from tasks.workplace import Workplace
from wizard.caddy.apply import Outcome, State
from wizard.caddy.apply import apply as apply_to_caddy
from wizard.caddy.validate import find_validator
from wizard.core.hosts import ProxyHost, Verify, VerifyKind
from wizard.core.runs import APPLY
from wizard.core.verdicts import CheckResult, Level, Remedy, Trouble, Verdict
from wizard.methods import placed
from wizard.store import hosts, progress, revisions, runs

LOCK_SECONDS = 120
PROBE_SECONDS = 3.0
_GATEWAY_ERRORS = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one try, and the runs that wait for it."""

    finished: bool
    try_again: bool = False
    runs: tuple[int, ...] = ()


def apply_revision(place: Workplace, revision_id: int, *, give_up: bool = False) -> Ended:
    """Make one try at a revision. An ended one is left alone, so running twice changes nothing."""
    if not revisions.begin_revision(place.database, revision_id):
        return Ended(finished=False)
    waiting = tuple(runs.runs_of_revision(place.database, revision_id))
    attempts = {run_id: _begin_row(place, run_id) for run_id in waiting}
    try:
        with place.redis.lock(
            f"porthole:apply:{place.edge.name}", timeout=LOCK_SECONDS, blocking_timeout=LOCK_SECONDS
        ):
            outcome = _apply(place)
    except LockError:  # another apply is still busy, or took longer than the lock lives
        return Ended(finished=False, try_again=True)
    if outcome.state is State.CADDY_DOWN and outcome.trouble and not give_up:
        revisions.note_waiting(place.database, revision_id, outcome.trouble)
        for run_id in waiting:
            progress.touch_run(place.database, run_id)
        return Ended(finished=False, try_again=True)
    revisions.finish_revision(place.database, revision_id, ending(outcome))
    result = CheckResult(APPLY, (verdict_of(outcome),))
    for run_id in waiting:
        progress.finish_result(place.database, run_id, attempts[run_id], result)
    return Ended(finished=True, runs=waiting)


def _apply(place: Workplace) -> Outcome:
    wanted = [placed(saved.host) for saved in hosts.list_hosts(place.database)]
    return apply_to_caddy(
        place.edge, wanted, client=place.caddy, validate=find_validator(), probe=partial(probe_host, place)
    )


def probe_host(place: Workplace, host: ProxyHost) -> str | None:
    """Whether a proxy host works, asked of Caddy itself: "answers", or None for no answer or a bad gateway.

    Certificates are not judged here: the question is whether an apply broke something.
    """
    listener, edge = host.listener, place.edge
    scheme, port = ("https", listener.port or edge.https_port) if listener.tls else ("http", listener.port)
    answer = place.net.get(
        f"{scheme}://{host.domain}:{port}/",
        address=listener.bind or edge.address,
        headers=(("Host", host.domain.name),),
        verify=Verify(VerifyKind.OFF),
        max_bytes=1024,
        seconds=PROBE_SECONDS,
    )
    return "answers" if answer.status and answer.status not in _GATEWAY_ERRORS else None


def _begin_row(place: Workplace, run_id: int) -> int:
    run = runs.load_run(place.database, run_id)
    row = run.result(APPLY) if run else None
    if row is None:
        return 1
    progress.begin_result(place.database, run_id, APPLY, row.attempt)
    return row.attempt


def ending(outcome: Outcome) -> revisions.Ending:
    """An outcome as the store keeps it."""
    return revisions.Ending(
        state=str(outcome.state),
        sentences=outcome.difference.sentences,
        before=outcome.before,
        after=outcome.after,
        trouble=outcome.trouble,
        notes=tuple({"code": note.code, "text": note.sentence} for note in outcome.notes),
    )


def verdict_of(outcome: Outcome) -> Verdict:
    """The row of a run that says whether Caddy has the configuration."""
    if outcome.trouble is not None:
        return verdict_of_trouble(outcome.trouble)
    if outcome.state is State.UNCHANGED:
        return Verdict("apply-unchanged", Level.OK, "Caddy has this configuration already")
    return Verdict(
        "apply-applied", Level.OK, "Caddy took the configuration", detail="\n".join(outcome.difference.sentences)
    )


def verdict_of_trouble(trouble: Trouble) -> Verdict:
    """Bad news from applying, as a finding."""
    return Verdict(
        trouble.code,
        Level.FAILURE,
        trouble.summary,
        why="Caddy serves the domain with this configuration. Without it nothing new is reachable.",
        detail=trouble.detail,
        remedy=trouble.remedy or Remedy("Check again", f"troubleshooting#{trouble.code}"),
    )
