"""Giving Caddy its configuration, with everything written down. One at a time for each Caddy."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Event, Thread

from tasks.certificates import hurry
from tasks.workplace import Workplace
from wizard.caddy.apply import Outcome, State
from wizard.caddy.apply import apply as apply_to_caddy
from wizard.caddy.validate import find_validator
from wizard.core.hosts import Edge, ProxyHost, Verify, VerifyKind
from wizard.core.runs import APPLY
from wizard.core.verdicts import CheckResult, Level, Remedy, Trouble, Verdict
from wizard.store import attempts, revisions
from wizard.store.attempts import Ending, Take
from wizard.store.session import Unavailable

log = logging.getLogger(__name__)

FIRST_WAIT_SECONDS = 2
LONGEST_WAIT_SECONDS = 60
MOST_TRIES = 30
PROBE_SECONDS = 3.0
CRASHED = "crashed"
_GATEWAY_ERRORS = frozenset({502, 503, 504})


def apply_revision(place: Workplace, revision_id: int) -> Take:
    """Make one try at a revision: it ends, or it waits for Caddy and is due again later.

    One that was taken or has ended already is left alone, so running twice changes nothing.
    """
    taken = attempts.take_attempt(place.database, revision_id)
    revision = revisions.load_revision(place.database, revision_id)
    if revision is None:
        return Take.ENDED
    if taken is Take.ENDED:
        attempts.tell_runs(place.database, revision_id, result_of(ending_of(revision)))
    if taken is Take.TAKEN:
        with _kept(place, revision_id):
            ending = _try(place, revision)
        if ending.trouble is not None and ending.state == State.CADDY_DOWN and revision.tries < MOST_TRIES:
            attempts.put_off_attempt(place.database, revision_id, ending.trouble, wait_after(revision.tries))
        else:
            attempts.finish_attempt(place.database, revision_id, ending, result_of(ending))
    return taken


def wait_after(tries: int) -> timedelta:
    """How long to wait after so many tries: twice as long each time, up to a minute."""
    return timedelta(seconds=min(FIRST_WAIT_SECONDS * 2 ** (tries - 1), LONGEST_WAIT_SECONDS))


@contextmanager
def _kept(place: Workplace, revision_id: int) -> Iterator[None]:
    """Renew the lease while working, so that it can be short: it then tells soon that a worker died."""
    done = Event()

    def renew() -> None:
        while not done.wait(attempts.LEASE.total_seconds() / 4):
            try:
                attempts.renew_lease(place.database, revision_id)
            except Unavailable as problem:
                log.warning("the lease of revision %s was not renewed: %s", revision_id, problem)

    thread = Thread(target=renew, name=f"lease-{revision_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _try(place: Workplace, revision: revisions.Revision) -> Ending:
    if revision.tries > MOST_TRIES:  # each time its worker died on it
        return _crashed("The worker was ended each time it tried")
    try:
        return ending(_apply(place, place.edges().get(revision.edge, place.edge)))
    except Unavailable:
        raise  # nothing can be written down either; the lease runs out and another try follows
    except Exception as error:
        log.exception("revision %s could not be tried", revision.id)
        return _crashed(type(error).__name__)


def _apply(place: Workplace, edge: Edge) -> Outcome:
    wanted = place.hosts_at(edge)
    outcome = apply_to_caddy(
        edge,
        wanted,
        client=place.caddy_at(edge),
        validate=find_validator(),
        probe=partial(probe_host, place),
    )
    if outcome.state is State.UNCHANGED:
        hurry(place, edge, wanted)  # applying again is how an owner says: try now
    return outcome


def probe_host(place: Workplace, host: ProxyHost) -> str | None:
    """Whether a proxy host works, asked of Caddy itself: "answers", or None for no answer or a bad gateway.

    Certificates are not judged here: the question is whether an apply broke something.
    """
    listener, edge = host.listener, place.edge_of(host)
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


def ending(outcome: Outcome) -> Ending:
    """An outcome as the store keeps it."""
    return Ending(
        state=str(outcome.state),
        sentences=outcome.difference.sentences,
        before=outcome.before,
        after=outcome.after,
        trouble=outcome.trouble,
        notes=tuple({"code": note.code, "text": note.sentence} for note in outcome.notes),
    )


def ending_of(revision: revisions.Revision) -> Ending:
    """How a revision ended, as far as a row of a run tells it."""
    return Ending(revision.state, revision.sentences, trouble=revision.trouble)


def result_of(ending: Ending) -> CheckResult:
    """The row of a run that says whether Caddy has the configuration."""
    if ending.trouble is not None:
        verdict = verdict_of_trouble(ending.trouble)
        verdict = replace(verdict, level=Level.UNKNOWN) if ending.state == CRASHED else verdict
    elif ending.state == State.UNCHANGED:
        verdict = Verdict("apply-unchanged", Level.OK, "Caddy has this configuration already")
    else:
        changes = "\n".join(ending.sentences)
        verdict = Verdict("apply-applied", Level.OK, "Caddy took the configuration", detail=changes)
    return CheckResult(APPLY, (verdict,))


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


def _crashed(detail: str) -> Ending:
    # only the kind of error: its text may hold a token
    remedy = Remedy("Check again", "troubleshooting#check-could-not-run")
    summary = "The worker stopped while applying. This is our fault, not yours"
    return Ending(CRASHED, trouble=Trouble("check-could-not-run", summary, detail, remedy))
