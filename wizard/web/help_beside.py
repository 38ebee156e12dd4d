"""The section of the guides that stands beside a page, with the person's own values in it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from markupsafe import Markup

from wizard.core.hosts import ProxyHost
from wizard.web.joined import joined


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
    return Beside(Markup(section.html), help_url(target), examples=not values)  # noqa: S704 -- sanitised by nh3


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
    }
    return {name: value for name, value in found.items() if value}
