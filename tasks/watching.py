"""Whether each Caddy still has its proxy hosts at all: it may have started anew without what it kept."""

from __future__ import annotations

from tasks.queueing import start_apply
from tasks.workplace import Workplace
from wizard.caddy.apply import State
from wizard.caddy.difference import served_domains
from wizard.core.hosts import Edge
from wizard.core.verdicts import Trouble
from wizard.store import revisions

CAUSE = "Caddy had lost the proxy hosts"


def bring_back(place: Workplace) -> list[int]:
    """Give every Caddy its configuration that serves none of its domains; gives the revisions.

    A single host that somebody took out by hand is theirs to decide, and a try that did not help is not repeated.
    A paused host is not served on purpose.
    """
    if revisions.pending_revisions(place.database):
        return []
    return [revision for edge in place.edges().values() if (revision := _bring_back(place, edge)) is not None]


def _bring_back(place: Workplace, edge: Edge) -> int | None:
    wanted = {host.domain.name for host in place.hosts_at(edge) if not host.paused}
    if not wanted:
        return None
    newest = revisions.list_revisions(place.database, limit=1, edge=edge.name)
    if newest and newest[0].cause == CAUSE and newest[0].state != State.APPLIED:
        return None
    running = place.caddy_at(edge).get_config()
    if isinstance(running, Trouble) or wanted & served_domains(running.config):
        return None
    return start_apply(place, CAUSE, edge.name)
