"""Bad news from Caddy, in sentences for people; Caddy's own words go into the detail. Pure."""

from __future__ import annotations

import re

from wizard.core.verdicts import Remedy, Trouble

DOWN = "apply-caddy-down"
REFUSED = "apply-refused"
CONFLICT = "apply-conflict"
RESTORED = "apply-restored"

# Caddy's words -> what is so, what to do. The first that fits counts.
_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        r"asn1|x509: malformed|no certificate|decoding certificate|trusted_ca_certs|parsing certificate",
        "Caddy cannot read the pinned certificate of a media server",
        "Fetch the certificate again in the step where the home address is entered",
    ),
    (
        # the listeners of ways in whose program runs on this machine
        r"listen \S+ \S*?:(?P<port>768[12]): bind: address already in use",
        "Another program already listens on port {port}, where the tunnel hands viewers to Caddy",
        "Stop the other program, or give it another port: the port of the tunnel is fixed",
    ),
    (
        r"listen \S+ :?\S*?:(?P<port>\d+): bind: address already in use",
        "Another program already listens on port {port}",
        "Stop the other program, or let Caddy listen on another port",
    ),
    (
        r"listen \S+ \S*?:(?P<port>\d+): bind: permission denied",
        "Caddy is not allowed to listen on port {port}",
        "Give Caddy the right to use ports below 1024, or let it listen on a higher port",
    ),
    (
        r"opening log writer|(open|mkdir) \S+: (permission denied|no such file|read-only)",
        "Caddy cannot write its access log",
        "Give Caddy's user the right to write into the log folder",
    ),
    (
        r"unknown field \"(?P<field>[^\"]+)\"|unrecognized \w+ option '(?P<option>[^']+)'",
        "This Caddy does not know an option in the configuration",
        "Update Caddy, then apply again",
    ),
    (
        r"module not registered|unknown module",
        "This Caddy lacks a module that the configuration uses",
        "Use a Caddy that was built with this module",
    ),
    (
        r"duplicate ID|indexing config",
        "Two entries of the configuration carry the same name",
        "Remove one of two proxy hosts that have the same external domain",
    ),
)


def caddy_down(address: str, detail: str) -> Trouble:
    """Caddy does not answer on its admin address."""
    remedy = Remedy("Start Caddy, then apply again", f"troubleshooting#{DOWN}")
    return Trouble(DOWN, f"Caddy does not answer at {address}", detail, remedy)


def refused(words: str) -> Trouble:
    """Caddy refused a configuration; `words` are its own. What was served before is still served."""
    for pattern, summary, action in _KNOWN:
        if match := re.search(pattern, words):
            sentence = summary.format(**match.groupdict())
            return Trouble(REFUSED, sentence, words, Remedy(action, f"troubleshooting#{REFUSED}"))
    action = "Look at Caddy's own words below, then change the proxy host they name"
    return Trouble(REFUSED, "Caddy refused the configuration", words, Remedy(action, f"troubleshooting#{REFUSED}"))


def too_slow(seconds: float) -> Trouble:
    """Trying a configuration out took longer than its deadline."""
    action = "Apply again when this machine has less to do"
    summary = f"Trying the configuration out took longer than {seconds:g} seconds"
    return Trouble(REFUSED, summary, "caddy validate was ended", Remedy(action, f"troubleshooting#{REFUSED}"))


def conflict(detail: str) -> Trouble:
    """Somebody else changed Caddy's configuration meanwhile."""
    remedy = Remedy("Look at what was changed there, then apply again", f"troubleshooting#{CONFLICT}")
    return Trouble(CONFLICT, "Somebody else changed Caddy's configuration at the same time", detail, remedy)


def restored(domains: tuple[str, ...], detail: str) -> Trouble:
    """Hosts that worked stopped working, and the last good configuration is back."""
    names = ", ".join(domains)
    remedy = Remedy("Look at the difference, correct the proxy host, then apply again", f"troubleshooting#{RESTORED}")
    summary = f"{names} stopped answering with the new configuration, so the last good one is back"
    return Trouble(RESTORED, summary, detail, remedy)
