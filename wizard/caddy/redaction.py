"""Which parts of a log line are secrets, and the log encoder that blots them out. Pure.

Measured on 2.11.7: header names must be spelled as Go canonicalises them (`X-Mediabrowser-Token`),
the `query` filter is case-sensitive, and an error line goes through the default logger unfiltered.
Hence one regular-expression filter, on every log.
"""

from __future__ import annotations

from typing import Any

from wizard.caddy.document import ID, PREFIX, Document, is_ours

# Any parameter whose name ends so, in any letter case, also inside an address that is itself a
# percent-encoded parameter (Plex: /photo/:/transcode?url=%2F…%3FX-Plex-Token%3D…).
# And the random part of our own one-time addresses: whoever holds it goes on with a check or a visit.
TOKEN_PATTERN = "(?i)((?:token|api_?key|authorization)(?:=|%(?:25)*3D)|/porthole/)[^&#]*"  # noqa: S105 - a pattern
TOKEN_REPLACEMENT = "${1}REDACTED"  # noqa: S105 - a replacement, no secret
WHOLE_PATTERN = ".+"
WHOLE_REPLACEMENT = "REDACTED"

# Field -> why it is there, as the Caddyfile says it.
ADDRESS_FIELDS = {
    "request>uri": "What was asked for: players put their token into the address",
    "request>headers>Referer": "The page before, with its address",
    "resp_headers>Location": "A redirect repeats the address",
    "headers>Location": "The same, as debug lines spell it",
}
SECRET_FIELDS = {
    "request>headers>X-Plex-Token": "Plex",
    "request>headers>X-Emby-Token": "Emby and Jellyfin",
    "request>headers>X-Mediabrowser-Token": "Jellyfin",
    "request>headers>X-Emby-Authorization": "Emby and Jellyfin, among other words",
    "request>headers>Authorization": "Jellyfin; also names and passwords",
    "request>headers>Proxy-Authorization": "Names and passwords meant for a proxy",
    "request>headers>Cookie": "Sessions",
    "request>headers>Token": "Seen with companion apps",
    "request>headers>Apikey": "Companion apps",
    "request>headers>Api_key": "The same, spelled as in an address",
    "request>headers>X-Api-Key": "Companion apps",
    "resp_headers>Set-Cookie": "New sessions",
    "resp_headers>X-Plex-Token": "Plex, when it answers with one",
}


def filter_fields() -> Document:
    """The filters by field path, as Caddy's `filter` encoder wants them."""
    fields: Document = {}
    for field in ADDRESS_FIELDS:
        fields[field] = {"filter": "regexp", "regexp": TOKEN_PATTERN, "value": TOKEN_REPLACEMENT}
    for field in SECRET_FIELDS:
        fields[field] = {"filter": "regexp", "regexp": WHOLE_PATTERN, "value": WHOLE_REPLACEMENT}
    return fields


def redacting_encoder() -> Document:
    """JSON lines with the secrets blotted out."""
    return {"format": "filter", "wrap": {"format": "json"}, "fields": filter_fields()}


def wrap_encoder(log: Document, name: str) -> None:
    """Put our filter around whatever encoder a hand-written log has; `unwrap_encoder` takes it off again."""
    encoder: Document = {ID: f"{PREFIX}redaction-{name}", "format": "filter", "fields": filter_fields()}
    if "encoder" in log:
        encoder["wrap"] = log["encoder"]
    log["encoder"] = encoder


def unwrap_encoder(log: Document) -> None:
    """Give a hand-written log its own encoder back."""
    encoder: Any = log.get("encoder")
    if not is_ours(encoder):
        return
    if "wrap" in encoder:
        log["encoder"] = encoder["wrap"]
    else:
        del log["encoder"]


def is_redacted(log: Document) -> bool:
    """True when this log's encoder blots out every field that we would."""
    encoder = log.get("encoder", {})
    return encoder.get("format") == "filter" and set(encoder.get("fields", {})) >= set(filter_fields())
