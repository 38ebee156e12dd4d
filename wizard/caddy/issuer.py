"""The certificate authority that Caddy asks, when the edge names another than Caddy's own default. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from wizard.caddy.document import ID, PREFIX, Document, child, is_ours, prune
from wizard.core.hosts import Edge, ProxyHost


def asks_authority(host: ProxyHost) -> bool:
    """True when the certificate of this host comes from an ACME authority.

    Not for names of this machine only (Caddy signs them) nor for names below ts.net (Tailscale has them).
    """
    return host.listener.tls and not host.domain.is_localhost and not host.domain.name.endswith(".ts.net")


def add_issuer(config: Document, hosts: Sequence[ProxyHost], edge: Edge, *, own: bool) -> None:
    """Let our names be asked for at `edge.acme_ca`; without one Caddy's choice stands. `own`: all of Caddy is ours.

    In front of the policies already there: Caddy takes the first that fits, and a catch-all fits everything.
    A name for which somebody wrote a policy by hand keeps it: Caddy refuses two for one name.
    """
    if not edge.acme_ca:
        return
    policies = config.get("apps", {}).get("tls", {}).get("automation", {}).get("policies", [])
    taken = {name for policy in policies for name in policy.get("subjects", [])}
    asked = [host for host in hosts if asks_authority(host) and host.domain.name not in taken]
    ours = []
    for number, bind in enumerate(sorted({host.listener.bind for host in asked}), 1):
        names = sorted(host.domain.name for host in asked if host.listener.bind == bind)
        issuers = [_issuer(edge, bind, own=own)]
        ours.append({ID: f"{PREFIX}issuer-{number}", "subjects": names, "issuers": issuers})
    if ours:
        child(config, "apps", "tls", "automation")["policies"] = [*ours, *policies]


def _issuer(edge: Edge, bind: str, *, own: bool) -> Document:
    issuer: Document = {"module": "acme", "ca": edge.acme_ca}
    if edge.acme_root:
        issuer["trusted_roots_pem_files"] = [edge.acme_root]
    if own:  # what Caddy's adapter writes out for a Caddyfile that names its ports
        issuer["challenges"] = {
            "http": {"alternate_port": edge.http_port},
            "tls-alpn": {"alternate_port": edge.https_port},
            **({"bind_host": bind} if bind else {}),
        }
    return issuer


def remove_issuer(config: Document) -> None:
    """Take our policy out again."""
    automation = config.get("apps", {}).get("tls", {}).get("automation", {})
    policies = automation.get("policies", []) if isinstance(automation, dict) else []
    if any(is_ours(policy) for policy in policies):
        automation["policies"] = [policy for policy in policies if not is_ours(policy)]
        if not automation["policies"]:
            del automation["policies"]
        prune(config, "apps", "tls", "automation")
