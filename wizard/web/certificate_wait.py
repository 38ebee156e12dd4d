"""How far Caddy is with the certificate of a proxy host, for the run page: shown while it is wanted and not there."""

from __future__ import annotations

from typing import Any

from wizard.caddy.certificates import load_issuance
from wizard.caddy.issuer import asks_authority
from wizard.checks.issuance_causes import explain_missing_certificate
from wizard.core.faults import Fault
from wizard.core.hosts import ProxyHost
from wizard.core.issuance import Issuance, State
from wizard.core.runs import State as RowState
from wizard.core.verdicts import Level
from wizard.methods import METHODS, Method, placed
from wizard.store.runs import Run
from wizard.web.joined import joined

ROW = "tls"
_CHALLENGES = {"http-01": "HTTP-01, on port 80", "tls-alpn-01": "TLS-ALPN-01, on port 443"}


def is_followed(wait: dict[str, Any] | None) -> bool:
    """True while something may still happen by itself, so that a live page stays live."""
    return wait is not None and wait["state"] == "running"


def draw_certificate(host: ProxyHost, run: Run) -> dict[str, Any] | None:
    """What `live_wait` shows; None when a certificate was seen, when none is needed, or when nothing is known.

    Reads the end of Caddy's own log.
    """
    host, method = placed(host), METHODS.get(host.method)
    if method is None or not asks_authority(host) or not _is_missing(run):
        return None
    found = load_issuance(joined().place.edge_of(host).log_folder, host.domain.name)
    if found is None or (found.state is State.OBTAINED and not _has_looked(run)):
        return None  # a certificate that Caddy has already is no news before the row has looked
    return draw_issuance(found, host, method)


def _has_looked(run: Run) -> bool:
    row = run.result(ROW)
    return row is not None and row.state is RowState.DONE


def _is_missing(run: Run) -> bool:
    """A certificate may be missing until the row has seen one; other trouble with it is not Caddy's to report."""
    row = run.result(ROW)
    if row is None or row.state in {RowState.SKIPPED, RowState.STOPPED}:
        return row is not None and row.state is RowState.SKIPPED and not row.verdicts
    if row.state is not RowState.DONE:
        return True
    handshake = row.observed.get("handshake")
    fault = handshake.get("fault") if isinstance(handshake, dict) else None
    return row.level is Level.FAILURE and fault == Fault.NO_CERTIFICATE


def draw_issuance(found: Issuance, host: ProxyHost, method: Method) -> dict[str, Any] | None:
    """One state of getting a certificate, in words."""
    domain = host.domain.name
    tell = _DRAWN.get(found.state)
    if tell is None:
        return None
    return {"name": "certificate", "until": "", **tell(found, domain, _cause(found, host, method))}


def _cause(found: Issuance, host: ProxyHost, method: Method) -> tuple[str, str]:
    """What went wrong last, and the first thing to do; empty when nothing did."""
    if not found.problems:
        return "", ""
    verdict = explain_missing_certificate(found, host, method)
    return f"{verdict.summary}.", verdict.remedy.action if verdict.remedy else ""


def _working(found: Issuance, domain: str, cause: tuple[str, str]) -> dict[str, str]:
    began = f" since {found.since_at:%H:%M:%S} UTC" if found.since_at else ""
    tried = tuple(dict.fromkeys(_CHALLENGES.get(one.challenge, "") for one in found.problems if one.challenge))
    said = f" Tried so far: {'; '.join(one for one in tried if one)}." if any(tried) else ""
    return {
        "state": "running",
        "title": f"Caddy is getting a certificate for {domain}",
        "text": f"Try {found.tries + 1}{began}. That takes some seconds, or minutes.{said} {cause[0]}".strip(),
        "tip": cause[1],
    }


def _waiting(found: Issuance, domain: str, cause: tuple[str, str]) -> dict[str, str]:
    when = f" at {found.next_try_at:%H:%M:%S} UTC" if found.next_try_at else ""
    return {
        "state": "running",
        "title": f"Caddy tries again{when} to get a certificate for {domain}",
        "text": f"Failed tries: {found.tries}. {cause[0]}".strip(),
        "tip": f"{cause[1]} Checking again makes Caddy try at once, a few times in an hour.".strip(),
    }


def _obtained(found: Issuance, domain: str, _cause: tuple[str, str]) -> dict[str, str]:
    since = f" since {found.since_at:%H:%M:%S} UTC" if found.since_at else ""
    return {
        "state": "connected",
        "title": f"Caddy has a certificate for {domain}{since}",
        "text": "Check “Certificate is trusted” again.",
        "tip": "",
    }


def _failed(_found: Issuance, domain: str, cause: tuple[str, str]) -> dict[str, str]:
    return {
        "state": "failed",
        "title": f"Caddy gave up getting a certificate for {domain}",
        "text": f"It does not try again by itself. {cause[0]}".strip(),
        "tip": f"{cause[1]} Checking again makes it try.".strip(),
    }


_DRAWN = {State.WORKING: _working, State.WAITING: _waiting, State.OBTAINED: _obtained, State.FAILED: _failed}
