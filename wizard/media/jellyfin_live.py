"""What Jellyfin and Emby tell a key about streams and settings. Pure reading.

Neither says Local or Remote for a stream. They name the address they go by, and the rules of the kind place it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from wizard.core.addresses import Address, parse_address
from wizard.core.locality import Counted, Rule, Surroundings
from wizard.core.streams import LiveStream, ServerSettings
from wizard.media.shape import Live, cut
from wizard.net.exchange import HttpAnswer

Place = Callable[[Address, Surroundings], tuple[Counted, Rule]]


def live_of(prefix: str, place: Place, settings_paths: tuple[str, ...]) -> Live:
    """The live half of one kind: its path prefix, its rule for an address, and where its settings stand."""

    def read(answer: HttpAnswer, around: Surroundings) -> tuple[LiveStream, ...] | None:
        return read_streams(answer, around, place)

    return Live(
        f"{prefix}/Sessions", read, tuple(prefix + path for path in settings_paths), read_settings, says=False
    )


def read_streams(answer: HttpAnswer, around: Surroundings, place: Place) -> tuple[LiveStream, ...] | None:
    """The sessions in which something plays; None for anything else than a list of sessions."""
    document = _document(answer)
    if not isinstance(document, list):
        return None
    sessions = (_lower(one) for one in document if isinstance(one, dict))
    return tuple(_stream(one, around, place) for one in sessions if _lower(one.get("nowplayingitem")))


def _stream(one: dict[str, Any], around: Surroundings, place: Place) -> LiveStream:
    playing, state = _lower(one.get("nowplayingitem")), _lower(one.get("playstate"))
    converting = _lower(one.get("transcodinginfo"))
    address = _address(cut(one.get("remoteendpoint")))
    above, title = cut(playing.get("seriesname")), cut(playing.get("name"))
    rate = converting.get("bitrate") or playing.get("bitrate") or 0
    return LiveStream(
        key=cut(one.get("id")),
        viewer=cut(one.get("username"), 60),
        device=cut(one.get("devicename"), 60),
        app=cut(one.get("client"), 60),
        title=f"{above}: {title}" if above else title,
        address=str(address) if address else "",
        counted=place(address, around)[0] if address else Counted.UNKNOWN,
        is_converted=str(state.get("playmethod", "")).lower() == "transcode",
        state="paused" if state.get("ispaused") is True else "playing",
        kbps=rate // 1000 if isinstance(rate, int) else 0,
    )


def _address(text: str) -> Address | None:
    """An address, with or without a port behind it."""
    return parse_address(text) or parse_address(text.rpartition(":")[0])


def read_settings(answers: tuple[HttpAnswer, ...]) -> ServerSettings | None:
    """The general settings, then for Jellyfin those of its network page."""
    documents = [_lower(_document(answer)) for answer in answers]
    fields = {name: value for document in documents for name, value in document.items()}
    if "localnetworksubnets" not in fields:
        return None
    limit = fields.get("remoteclientbitratelimit")
    ipv6 = fields.get("enableipv6")
    around = Surroundings(
        lan_networks=_texts(fields.get("localnetworksubnets")),
        known_proxies=_texts(fields.get("knownproxies")),
        proxy_headers=cut(fields.get("proxyheadermode")),
        has_ipv6=ipv6 if isinstance(ipv6, bool) else None,
        is_read=True,
    )
    return ServerSettings(around, limit // 1000 if isinstance(limit, int) else None)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one).strip() for one in value if str(one).strip()) if isinstance(value, list) else ()


def _document(answer: HttpAnswer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        return None


def _lower(value: object) -> dict[str, Any]:
    """Keys come as PascalCase or camelCase, depending on the profile."""
    return {str(key).lower(): inside for key, inside in value.items()} if isinstance(value, dict) else {}
