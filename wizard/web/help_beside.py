"""The section of the guides that stands beside a page, with the person's own values in it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from markupsafe import Markup

from wizard.core.addresses import Kind, kind_of, parse_address
from wizard.core.hosts import Edge, ProxyHost
from wizard.web.caddy_seen import caddy_seen
from wizard.web.joined import joined

_ON_A_VPS = frozenset({"wireguard", "tailscale"})


@dataclass(frozen=True, slots=True)
class Beside:
    """One section, ready for the help panel."""

    html: Markup
    url: str
    examples: bool


def beside(target: str, values: dict[str, str] | None = None) -> Beside | None:
    """The section `page#id`; None when there is none, which a test makes impossible for links in the app."""
    section = joined().guides.section(target, values)
    if section is None:
        return None
    return Beside(Markup(section.html), help_url(target), examples=bool(section.examples))  # noqa: S704 -- sanitised by nh3


def help_url(target: str) -> str:
    """The address of a guide section in the reader."""
    page, _, fragment = target.partition("#")
    return url_for("help.page", slug=page) + (f"#{fragment}" if fragment else "")


def values_of(host: ProxyHost | None, server_name: str = "") -> dict[str, str]:
    """What the placeholders of the guides become for one proxy host. Secrets are never among them."""
    if host is None:
        return {}
    edge = joined().place.edge_of(host)
    found = {
        "domain": host.domain.name,
        "upstream": host.upstream.url,
        "custom_url": host.custom_server_access_url(edge),
        "server_name": server_name,
        "caddy_address": caddy_seen(host),
        **_addresses(host, edge),
    }
    return {name: value for name, value in found.items() if value}


def _addresses(host: ProxyHost, edge: Edge) -> dict[str, str]:
    """The addresses of a host under the names that the guides use: what one is depends on the way in."""
    at = parse_address(host.upstream.address)
    if at is not None and kind_of(at) is Kind.SHARED:
        server = "tailnet_address"
    else:
        server = "tunnel_address" if host.method == "wireguard" else "home_host"
    public = "vps_address" if host.method in _ON_A_VPS else "public_address"
    return {server: host.upstream.address, public: next(iter(edge.public_addresses), "")}
