"""Jellyfin: how it says who it is, and what to set in it."""

from __future__ import annotations

import json
from typing import Any

from wizard.media import jellyfin_locality
from wizard.media.jellyfin_live import live_of
from wizard.media.shape import Identity, Instruction, Media, NotThis, Place, cut, other_thing
from wizard.net.exchange import HttpAnswer


def read_identity(answer: HttpAnswer) -> Identity | NotThis:
    """Read `/System/Info/Public`, which needs no login. ProductName tells Jellyfin from Emby."""
    fields = public_info(answer)
    if "jellyfin" not in str(fields.get("productname", "")).lower():
        return other_thing(answer)
    done = fields.get("startupwizardcompleted")
    return Identity(
        "jellyfin",
        cut(fields.get("id")),
        cut(fields.get("servername")),
        cut(fields.get("version")),
        done if isinstance(done, bool) else None,
    )


def public_info(answer: HttpAnswer) -> dict[str, Any]:
    """The public information of a server of this family with lower-case keys; empty when it is none.

    Keys come as PascalCase or camelCase, depending on the profile that was asked for.
    """
    if answer.status != 200:
        return {}
    try:
        fields = json.loads(answer.body)
    except ValueError:
        return {}
    return {str(key).lower(): value for key, value in fields.items()} if isinstance(fields, dict) else {}


def instructions(place: Place) -> tuple[Instruction, ...]:
    """What to set in Jellyfin's dashboard."""
    known = (
        Instruction(
            "Put the address of Caddy into Known proxies. Without it Jellyfin counts every viewer as Caddy, "
            "that is as Local, and the remote limit is not applied.",
            place.caddy_address,
            "Jellyfin, Dashboard → Networking → Known proxies",
        ),
        Instruction("Save, then restart Jellyfin: it reads this setting when it starts."),
    )
    return (
        Instruction("In Jellyfin, open the Dashboard, then Networking."),
        *(known if place.host.forward_client_ip else ()),
        Instruction(
            f"In the apps, enter {place.host.public_url(place.edge)} as the server address.",
            place.host.public_url(place.edge),
            "Server address for Jellyfin apps",
        ),
    )


SERVER = Media(
    key="jellyfin",
    title="Jellyfin",
    default_port=8096,
    sentence="Films, series and music from Jellyfin.",
    paths=("/System/Info/Public",),
    read=read_identity,
    instructions=instructions,
    websocket_path="/socket",
    token_header=lambda token: ("Authorization", f'MediaBrowser Token="{token}"'),
    token_query="ApiKey",  # noqa: S106 -- the name of a parameter; the older api_key is gone in 12.0
    redacted=(
        "api_key",
        "ApiKey",
        "Authorization",
        "X-Emby-Token",
        "X-MediaBrowser-Token",
        "X-Emby-Authorization",
    ),
    set_up_first="Open Jellyfin at home and finish its own first set-up.",
    counted_local=(
        "Without Known proxies Jellyfin takes every viewer for the proxy and counts them as Local. "
        "The remote limit is then not applied."
    ),
    locality=jellyfin_locality.RULES,
    live=live_of("", jellyfin_locality.place, ("/System/Configuration/network", "/System/Configuration")),
    key_name="API key",
    key_guide="plex-mode#api-key",
    order=20,
)
