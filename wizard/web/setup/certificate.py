"""What the wizard says about the first certificate before it is asked for: a hint on step 3, DNS on step 5."""

from __future__ import annotations

from typing import Any

from wizard.caddy.certificates import load_issuance
from wizard.caddy.issuer import asks_authority
from wizard.checks.issuance_preflight import preflight
from wizard.core.hosts import ProxyHost
from wizard.core.issuance import State
from wizard.core.verdicts import Level, Verdict
from wizard.methods import METHODS, Challenge, Method
from wizard.web.help_beside import help_url
from wizard.web.joined import joined

LOOK_SECONDS = 1.5  # a page waits for this; checks have more patience
_STATES = {Level.OK: "passed", Level.NOTE: "note", Level.UNKNOWN: "unknown", Level.WARNING: "warning"}
_PORTS = {Challenge.HTTP: "HTTP-01, on port 80", Challenge.TLS_ALPN: "TLS-ALPN-01, on port 443"}


def proofs_of(method: Method) -> str:
    """How an authority can convince itself of the name on this way in; "" where Caddy needs no certificate."""
    if method.ends_tls_elsewhere or not method.challenges:
        return ""
    by_connecting = [words for challenge, words in _PORTS.items() if challenge in method.challenges]
    if by_connecting:
        return f"{' or '.join(by_connecting)}. The authority comes from the internet, so one of them has to be open."
    return "DNS-01 only: nobody outside can connect. That needs a Caddy built with your DNS provider's module."


def draw_preflight(host: ProxyHost) -> list[dict[str, Any]]:
    """What stands in the way of a first certificate, as rows; empty when there is one already or none is needed.

    Asks DNS, for a few seconds at most.
    """
    method = METHODS.get(host.method)
    if method is None or method.ends_tls_elsewhere or not asks_authority(host):
        return []
    place = joined().place
    known = load_issuance(place.edge_of(host).log_folder, host.domain.name)
    if known is not None and known.state is State.OBTAINED:
        return []
    found = preflight(
        place.net,
        host,
        method,
        acme_ca=place.edge_of(host).acme_ca,
        resolvers=place.settings.resolvers,
        seconds=LOOK_SECONDS,
    )
    return [_row(verdict) for verdict in found]


def _row(verdict: Verdict) -> dict[str, Any]:
    remedy = verdict.remedy
    guide = remedy.guide if remedy else f"troubleshooting#{_GUIDES.get(verdict.code, verdict.code)}"
    return {
        "name": verdict.code,
        "title": verdict.summary,
        "state": _STATES.get(verdict.level, "failed"),
        "text": verdict.why,
        "action": remedy.action if remedy else "",
        "steps": remedy.steps if remedy else (),
        "snippet": {"code": remedy.snippet, "caption": remedy.snippet_caption} if remedy and remedy.snippet else None,
        "url_help": help_url(guide),
    }


_GUIDES = {"issuance-ok": "issuance-limits", "issuance-could-not-look": "check-could-not-run"}
