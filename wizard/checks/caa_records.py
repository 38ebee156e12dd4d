"""Questions to DNS that several checks ask: CAA records and what they forbid, and whether DNS is there at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from wizard.checks.words import listed
from wizard.core.caa import Permission, climb
from wizard.core.faults import Fault
from wizard.methods import Challenge
from wizard.net.door import Net
from wizard.net.names import Records

NOTHING = frozenset({Fault.NAME_NOT_FOUND, Fault.NO_ADDRESS})
BY_CONNECTING = frozenset({Challenge.HTTP, Challenge.TLS_ALPN})


def find_caa(net: Net, domain: str, seconds: float) -> Records:
    """The records that count for a name: the nearest ones above it, or the first lookup that failed (RFC 8659).

    All names are asked side by side. Where there are none, an empty answer for the top.
    """
    names = climb(domain)
    with ThreadPoolExecutor(len(names)) as pool:
        found = list(pool.map(lambda name: net.resolve(name, "CAA", seconds=seconds), names))
    return next((one for one in found if one.values or one.fault not in NOTHING), found[-1])


def knows_internet(net: Net, seconds: float) -> bool:
    """Whether this machine's resolver knows names of the internet at all: some know only a network of their own.

    Asked for the servers of `com`, which exist (RFC 1591, section 2).
    """
    return net.resolve("com", "NS", seconds=seconds).fault is not Fault.NAME_NOT_FOUND


def is_enough(given: Permission) -> bool:
    """True when Caddy can get a certificate by letting the authority connect."""
    return given.is_given and not given.is_tied and can_connect(given)


def can_connect(given: Permission) -> bool:
    """True when one of the challenges that Caddy uses is allowed."""
    return given.methods is None or any(challenge in given.methods for challenge in BY_CONNECTING)


def what_is_forbidden(name: str, given: Permission) -> str:
    """What stands in the way, in one sentence without a full stop."""
    if not given.is_given:
        return f"The CAA record of {name} lets {listed(given.issuers) or 'nobody'} issue, and not Let's Encrypt"
    if not can_connect(given):
        methods = listed(tuple(sorted(given.methods or ())))
        return f"The CAA record of {name} lets Let's Encrypt issue by {methods} only, which Caddy does not use"
    return f"The CAA record of {name} lets one account at Let's Encrypt issue, and Caddy's may be another"
