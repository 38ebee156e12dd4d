"""Emby: how it says who it is, and what to set in it."""

from __future__ import annotations

from wizard.media import emby_locality
from wizard.media.jellyfin import public_info
from wizard.media.jellyfin_live import live_of
from wizard.media.shape import Identity, Instruction, Media, NotThis, Place, cut, other_thing
from wizard.net.exchange import HttpAnswer


def read_identity(answer: HttpAnswer) -> Identity | NotThis:
    """Read the public information. Emby has no ProductName and a list of LocalAddresses; 401 means closed."""
    fields = public_info(answer)
    if not fields:
        # only Emby's own prefix makes a refusal telling; any server may refuse the other path
        return other_thing(answer, is_closed=answer.status == 401 and "/emby/" in answer.url)
    if "productname" in fields or "localaddresses" not in fields or not fields.get("id"):
        return other_thing(answer)
    done = fields.get("startupwizardcompleted")
    return Identity(
        "emby",
        cut(fields.get("id")),
        cut(fields.get("servername")),
        cut(fields.get("version")),
        done if isinstance(done, bool) else None,
    )


def instructions(place: Place) -> tuple[Instruction, ...]:
    """What to set in Emby's dashboard."""
    headers = (
        Instruction("Set Read proxy headers to determine client IP addresses to Yes."),
        Instruction("Set Secure connection mode to Handled by reverse proxy."),
    )
    return (
        Instruction("In Emby, open the Dashboard, then Network."),
        Instruction(
            f"Enter the external domain and {place.host.public_port(place.edge)} as the public https port.",
            str(place.host.domain),
            "Emby, Dashboard → Network → External domain",
        ),
        *(headers if place.host.forward_client_ip else headers[1:]),
        Instruction("Save, then restart Emby."),
    )


SERVER = Media(
    key="emby",
    title="Emby",
    default_port=8096,
    sentence="Films, series and music from Emby.",
    paths=("/emby/System/Info/Public", "/System/Info/Public"),
    read=read_identity,
    instructions=instructions,
    websocket_path="/embywebsocket",
    token_header=lambda token: ("X-Emby-Token", token),
    token_query="api_key",  # noqa: S106 -- the name of a parameter
    redacted=("api_key", "X-Emby-Token", "X-MediaBrowser-Token", "X-Emby-Authorization", "Authorization"),
    set_up_first="Open Emby at home and finish its own first set-up.",
    counted_local=(
        "While Emby does not read proxy headers it takes every viewer for the proxy and counts them as Local. "
        "The remote limit is then not applied."
    ),
    locality=emby_locality.RULES,
    live=live_of("/emby", emby_locality.place, ("/System/Configuration",)),
    key_name="API key",
    key_guide="plex-mode#api-key",
    order=30,
)
