"""Certificates that do not come: why, as far as Caddy's log and DNS tell, and letting Caddy try at once."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from redis.exceptions import RedisError

from tasks.workplace import Workplace
from wizard.caddy.certificates import load_issuance
from wizard.caddy.issuer import asks_authority
from wizard.checks.issuance_causes import with_cause
from wizard.checks.issuance_preflight import UNTOLD, preflight, with_obstacle
from wizard.core.hosts import Edge, ProxyHost
from wizard.core.issuance import State
from wizard.core.verdicts import CheckResult
from wizard.methods import METHODS

log = logging.getLogger(__name__)

# Let's Encrypt stops listening after five failed tries for a name in an hour; one is left for Caddy's own
MOST_HURRIES = 4
HOUR_SECONDS = 3600
_WAITS = frozenset({State.WAITING, State.FAILED})


def explained(place: Workplace, host: ProxyHost, result: CheckResult) -> CheckResult:
    """The `tls` result with why a certificate is missing. Caddy's log is read after looking, when it is newest.

    Where the log does not tell yet, DNS is asked whether one can come at all. `host` is placed.
    """
    method = METHODS.get(host.method)
    if method is None:
        return result
    told = with_cause(result, load_issuance(place.edge_of(host).log_folder, host.domain.name), host, method)
    if any(verdict.code in UNTOLD for verdict in told.verdicts):
        return with_obstacle(
            told,
            preflight(
                place.net, host, method, acme_ca=place.edge_of(host).acme_ca, resolvers=place.settings.resolvers
            ),
        )
    return told


def hurry(place: Workplace, edge: Edge, hosts: Iterable[ProxyHost]) -> bool:
    """Let the Caddy of `edge` try at once where it waits to try again for one of its hosts; False when nothing waits.

    The configuration stays as it is: loading it anew begins the tries anew. A few times in an hour for each name,
    so that a person who presses a button again and again does not use up what the authority allows.
    """
    waiting = [host.domain.name for host in hosts if _waits(place, host)]
    allowed = [name for name in waiting if _may_hurry(place, name)]
    if not allowed:
        return False
    trouble = place.caddy_at(edge).reload()
    if trouble is not None:
        log.warning("Caddy was not made to try for %s at once: %s", ", ".join(waiting), trouble.summary)
    return trouble is None


def _waits(place: Workplace, host: ProxyHost) -> bool:
    if host.paused or not asks_authority(host):
        return False
    found = load_issuance(place.edge_of(host).log_folder, host.domain.name)
    return found is not None and found.state in _WAITS


def _may_hurry(place: Workplace, name: str) -> bool:
    key = f"porthole:certificate-hurries:{name}"
    try:
        place.redis.set(key, 0, ex=HOUR_SECONDS, nx=True)
        return int(place.redis.incr(key)) <= MOST_HURRIES
    except RedisError:
        return False
