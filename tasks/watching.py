"""Whether Caddy still has the proxy hosts at all: it may have started anew without what it kept."""

from __future__ import annotations

from tasks.queueing import start_apply
from tasks.workplace import Workplace
from wizard.caddy.apply import State
from wizard.caddy.difference import served_domains
from wizard.core.verdicts import Trouble
from wizard.store import hosts, revisions

CAUSE = "Caddy had lost the proxy hosts"


def bring_back(place: Workplace) -> int | None:
    """Give Caddy its configuration when it serves none of our domains; gives the revision.

    A single host that somebody took out by hand is theirs to decide, and a try that did not help is not repeated.
    A paused host is not served on purpose.
    """
    wanted = {saved.host.domain.name for saved in hosts.list_hosts(place.database) if not saved.host.paused}
    if not wanted or revisions.pending_revisions(place.database):
        return None
    newest = revisions.list_revisions(place.database, limit=1)
    if newest and newest[0].cause == CAUSE and newest[0].state != State.APPLIED:
        return None
    running = place.caddy.get_config()
    if isinstance(running, Trouble) or wanted & served_domains(running.config):
        return None
    return start_apply(place, CAUSE)
