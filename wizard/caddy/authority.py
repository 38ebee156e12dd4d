"""Whether a configuration makes use of Caddy's own certificate authority. Pure."""

from __future__ import annotations

from wizard.caddy.document import Document, servers_of


def uses_own_authority(config: Document) -> bool:
    """True when a site gets its certificate from Caddy itself: a `.localhost` name, or an internal issuer."""
    policies = config.get("apps", {}).get("tls", {}).get("automation", {}).get("policies", [])
    issuers = [issuer.get("module") for policy in policies for issuer in policy.get("issuers", [])]
    return "internal" in issuers or any(
        name == "localhost" or name.endswith(".localhost")
        for server in servers_of(config).values()
        for route in server.get("routes", [])
        for matcher in route.get("match", [])
        for name in matcher.get("host", [])
    )
