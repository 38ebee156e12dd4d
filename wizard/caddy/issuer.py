"""The certificate authority that Caddy asks, when the edge names another than Caddy's own default. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from wizard.caddy.document import ID, PREFIX, Document, child, is_ours, prune
from wizard.core.hosts import Edge, ProxyHost

_POLICIES = ("apps", "tls", "automation", "policies")


def asks_authority(host: ProxyHost) -> bool:
    """True when the certificate of this host comes from an ACME authority.

    Not for names of this machine only (Caddy signs them) nor for names below ts.net (Tailscale has them).
    """
    return host.listener.tls and not host.domain.is_localhost and not host.domain.name.endswith(".ts.net")


def add_issuer(config: Document, hosts: Sequence[ProxyHost], edge: Edge) -> None:
    """Let our names be asked for at `edge.acme_ca`; without one Caddy's own choice stands.

    In front of the policies already there: Caddy takes the first that fits, and a catch-all fits everything.
    A name for which somebody wrote a policy by hand keeps it: Caddy refuses two for one name.
    """
    if not edge.acme_ca:
        return
    policies = config.get("apps", {}).get("tls", {}).get("automation", {}).get("policies", [])
    taken = {name for policy in policies for name in policy.get("subjects", [])}
    names = [host.domain.name for host in hosts if asks_authority(host) and host.domain.name not in taken]
    if not names:
        return
    issuer: Document = {"module": "acme", "ca": edge.acme_ca}
    if edge.acme_root:
        issuer["trusted_roots_pem_files"] = [edge.acme_root]
    ours = {ID: f"{PREFIX}issuer", "subjects": sorted(names), "issuers": [issuer]}
    child(config, *_POLICIES[:-1])["policies"] = [ours, *policies]


def remove_issuer(config: Document) -> None:
    """Take our policy out again."""
    automation = config.get("apps", {}).get("tls", {}).get("automation", {})
    policies = automation.get("policies", []) if isinstance(automation, dict) else []
    if any(is_ours(policy) for policy in policies):
        automation["policies"] = [policy for policy in policies if not is_ours(policy)]
        prune(config, *_POLICIES)
