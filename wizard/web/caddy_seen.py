"""The address under which a media server meets our Caddy, as far as it is known without asking anyone."""

from __future__ import annotations

from wizard.core.dialling import dialled_from
from wizard.core.hosts import HERE, ProxyHost
from wizard.net.interfaces import own_networks
from wizard.web.joined import joined


def caddy_seen(host: ProxyHost) -> str:
    """What belongs into Jellyfin's Known proxies; empty where Caddy runs elsewhere or in a container."""
    if host.edge != HERE or joined().in_container:
        return ""
    return dialled_from(host.upstream.address, own_networks())
