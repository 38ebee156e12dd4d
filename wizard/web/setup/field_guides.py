"""The section of the guides that explains each field of the steps. A new field gets its row here."""

from __future__ import annotations

from collections.abc import Mapping

from flask_wtf import FlaskForm

FIELD_GUIDES: Mapping[str, str] = {
    "server_choice": "find-your-server#discovery",
    "media": "find-your-server#which-server",
    "server_url": "find-your-server#home-address",
    "method": "routes#choose",
    "consent": "routes#cloudflare-tunnel",
    "domain": "connect#external-domain",
    "edge": "connect#second-caddy",
    "plex_mode": "plex-mode#enable",
    "forward_client_ip": "plex-mode#client-ip-headers",
    "websocket": "plex-mode#websocket",
    "verify_kind": "find-your-server#verify",
    "verify_name": "find-your-server#verify-server-name",
    "upload_mbps": "bandwidth-limits#what-saturates",
    "stream_limit_mbps": "bandwidth-limits#set-limits",
    "token": "plex-mode#token",
    "forget_token": "plex-mode#token",
}
_NO_QUESTIONS = frozenset({"anyway", "key", "Meta", "shown_url", "offers"})


def fields_of(form: type[FlaskForm]) -> list[str]:
    """The names of the fields of a step that ask a person something."""
    return [name for name in vars(form) if not name.startswith(("_", "validate")) and name not in _NO_QUESTIONS]
