"""Plex Media Server: how it says who it is, and what to set in it."""

from __future__ import annotations

import json
import re
from typing import Any

from wizard.media import plex_live, plex_locality
from wizard.media.shape import Identity, Instruction, Media, NotThis, Place, cut, other_thing
from wizard.net.exchange import HttpAnswer

# XML is the default answer and older servers know nothing else. The one tag we want is read by
# pattern, because an XML parser that meets a hostile document needs care that one tag does not earn.
_CONTAINER = re.compile(r"<MediaContainer\b([^>]*)>")
_ATTRIBUTE = re.compile(r"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def read_identity(answer: HttpAnswer) -> Identity | NotThis:
    """Read `/identity`, which needs no token: machineIdentifier, version, claimed (0/1 in XML, bool in JSON)."""
    fields = _fields(answer.body) if answer.status == 200 else {}
    identifier = cut(fields.get("machineIdentifier"))
    if not identifier:
        return other_thing(answer)
    claimed = fields.get("claimed")
    is_claimed = None if claimed is None else str(claimed).lower() in {"1", "true"}
    return Identity("plex", identifier, version=cut(fields.get("version")).split("-", 1)[0], is_set_up=is_claimed)


def read_name(answer: HttpAnswer) -> str:
    """The friendly name from `/`, which needs a token; empty when it was not told."""
    return cut(_fields(answer.body).get("friendlyName")) if answer.status == 200 else ""


def _fields(body: str) -> dict[str, Any]:
    try:
        container = json.loads(body)["MediaContainer"]
    except (ValueError, TypeError, KeyError):
        found = _CONTAINER.search(body)
        pairs = _ATTRIBUTE.findall(found[1]) if found else ()
        return {name: double or single for name, double, single in pairs}
    return container if isinstance(container, dict) else {}


def instructions(place: Place) -> tuple[Instruction, ...]:
    """What to set in Plex Web, in the order of its Network page."""
    url = place.host.custom_server_access_url(place.edge)
    return (
        Instruction("In Plex, open Settings, choose your server, then Network, and choose Show Advanced."),
        Instruction(
            "Put this into Custom server access URLs. Leave nothing else in it that people should not use.",
            url,
            "Plex, Settings → Network → Custom server access URLs",
        ),
        Instruction(
            "Set Secure connections to Preferred." if place.host.upstream.scheme == "http" else _SECURE_HTTPS
        ),
        Instruction(
            "Keep the address of Caddy out of LAN Networks and out of the list of addresses allowed without auth. "
            "Those lists decide who escapes the limits and the login."
        ),
        Instruction(
            "Choose Save Changes. The Remote Access page may stay red, because it tests another port. "
            "You can disable Remote Access there."
        ),
        Instruction(f"Open {place.host.public_url(place.edge)}/web in a browser outside your home and sign in."),
    )


_SECURE_HTTPS = "Set Secure connections to Preferred or Required. Both work, because Caddy speaks https to Plex."

SERVER = Media(
    key="plex",
    title="Plex",
    default_port=32400,
    sentence="Films, series and music from Plex Media Server.",
    paths=("/identity",),
    read=read_identity,
    instructions=instructions,
    hides_names=True,
    has_plex_mode=True,
    # plural: what real clients ask for; the published description has the singular
    websocket_path="/:/websockets/notifications",
    token_header=lambda token: ("X-Plex-Token", token),
    token_query="X-Plex-Token",  # noqa: S106 -- the name of a parameter
    read_name=read_name,
    redacted=("X-Plex-Token",),
    set_up_first="Sign in to Plex at home and claim this server for your account.",
    counted_local=(
        "Plex counts viewers as Local when they seem to come from the address of the proxy. "
        "Limits for remote streams are then not applied."
    ),
    locality=plex_locality.RULES,
    live=plex_live.LIVE,
    key_guide="plex-mode#token",
    order=10,
)
