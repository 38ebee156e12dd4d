"""Requests that viewers can make: Caddy hands the echo of a media domain to this web server, and nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import g, request

from wizard.core.addresses import parse_address
from wizard.store import hosts, tickets
from wizard.store.session import Unavailable
from wizard.web.joined import joined


def is_for_viewers() -> bool:
    """True under the address of the echo, and for every Host that is a media domain."""
    if "is_for_viewers" not in g:
        g.is_for_viewers = request.path.startswith(tickets.PREFIX) or _is_media_domain(asked_name())
    return bool(g.is_for_viewers)


def asked_name() -> str:
    """The name this request was sent to, without a port; empty for nonsense."""
    try:
        return (urlsplit(f"//{request.host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_media_domain(name: str) -> bool:
    if "." not in name or parse_address(name):
        return False
    try:
        return hosts.find_host(joined().database, name) is not None
    except Unavailable:
        return False  # the page itself will say so
