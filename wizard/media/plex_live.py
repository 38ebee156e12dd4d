"""What Plex tells a token about streams and settings, in XML or JSON. Pure reading.

`Player@local` is Plex's own word and may be missing; then `Session@location` says it, and without either nothing is
known. `remotePublicAddress` is filled for local streams too, so it proves nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from wizard.core.addresses import parse_address
from wizard.core.locality import Counted, Surroundings
from wizard.core.streams import LiveStream, ServerSettings
from wizard.media.shape import Live, cut
from wizard.net.exchange import HttpAnswer

Fields = Mapping[str, Any]
_STREAM_TAGS = frozenset({"Video", "Track", "Photo", "Metadata"})
_INTERFACE = re.compile(r"\(([0-9a-fA-F.:]+)\)")


def read_streams(answer: HttpAnswer, _around: Surroundings) -> tuple[LiveStream, ...] | None:
    """The streams of `/status/sessions`; None for anything else."""
    root = _root(answer.body)
    if root is None:
        return None
    return tuple(_stream(one, number) for number, one in enumerate(_children(root, _STREAM_TAGS)))


def _stream(one: Fields, number: int) -> LiveStream:
    player, session, user = (_only(one, name) for name in ("Player", "Session", "User"))
    address = parse_address(cut(player.get("address")))
    above = cut(one.get("grandparentTitle"))
    title = cut(one.get("title"))
    return LiveStream(
        key=cut(session.get("id")) or cut(one.get("sessionKey")) or str(number),
        viewer=cut(user.get("title"), 60),
        device=cut(player.get("title"), 60) or cut(player.get("device"), 60),
        app=cut(player.get("product"), 60),
        title=f"{above}: {title}" if above else title,
        address=str(address) if address else "",
        counted=_counted(player, session),
        is_secure=_flag(player.get("secure")),
        is_relayed=_flag(player.get("relayed")),
        is_converted=bool(_only(one, "TranscodeSession")),
        state=cut(player.get("state"), 20),
        kbps=_number(session.get("bandwidth")) or 0,
    )


def _counted(player: Fields, session: Fields) -> Counted:
    flag = _flag(player.get("local"))
    if flag is None:
        flag = {"lan": True, "wan": False, "cellular": False}.get(str(session.get("location", "")))
    return Counted.UNKNOWN if flag is None else Counted.LOCAL if flag else Counted.REMOTE


def read_settings(answers: tuple[HttpAnswer, ...]) -> ServerSettings | None:
    """The preferences, with the public address from `/myplex/account` when that was told."""
    root = _root(answers[0].body)
    rows = {str(row.get("id")): row for row in _children(root or {}, {"Setting"})}
    if not rows:
        return None
    values = {name: row.get("value") for name, row in rows.items()}
    account = _root(answers[1].body) if len(answers) > 1 else None
    shown = str(rows.get("PreferredNetworkInterface", {}).get("enumValues", ""))
    public = parse_address(cut((account or {}).get("publicAddress")))
    around = Surroundings(
        lan_networks=_entries(values.get("LanNetworksBandwidth")),
        own_addresses=tuple(found for found in _INTERFACE.findall(shown) if parse_address(found)),
        wan_addresses=(str(public),) if public else (),
        wan_as_lan=_flag(values.get("TreatWanIpAsLocal")) is not False,
        is_read=True,
    )
    return ServerSettings(
        around,
        _number(values.get("WanPerStreamMaxUploadRate")),
        _number(values.get("WanTotalMaxUploadRate")),
        _flag(values.get("RelayEnabled")),
        _entries(values.get("allowedNetworks")),
        tuple(filter(None, (cut(part.partition(":")[2] or part) for part in shown.split("|")))),
    )


def _entries(text: object) -> tuple[str, ...]:
    return tuple(entry for entry in str(text or "").split(",") if entry)


def _root(body: str) -> Fields | None:
    """The container of an answer as one mapping; elements of XML become lists by tag, as JSON has them."""
    try:
        document = json.loads(body)
    except ValueError:
        return _from_xml(body)
    if not isinstance(document, dict) or len(document) != 1:
        return None
    inside = next(iter(document.values()))
    return inside if isinstance(inside, dict) else None


def _from_xml(body: str) -> Fields | None:
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    return _fields(root) if root.tag in {"MediaContainer", "MyPlex"} else None


def _fields(element: Element) -> dict[str, Any]:
    fields: dict[str, Any] = dict(element.attrib)
    for child in element:
        fields.setdefault(child.tag, []).append(_fields(child))
    return fields


def _children(root: Fields, tags: Iterable[str]) -> Iterator[Fields]:
    for tag in sorted(tags):
        inside = root.get(tag)
        if isinstance(inside, list):
            yield from (one for one in inside if isinstance(one, dict))


def _only(one: Fields, name: str) -> Fields:
    """A child that stands alone in JSON and in a list of one in XML."""
    inside = one.get(name)
    if isinstance(inside, list) and inside:
        inside = inside[0]
    return inside if isinstance(inside, dict) else {}


def _flag(value: object) -> bool | None:
    """1/0 in XML, a truth value in JSON, None when it is not there."""
    match str(value).lower():
        case "1" | "true":
            return True
        case "0" | "false":
            return False
        case _:
            return None


def _number(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 12 else None


LIVE = Live("/status/sessions", read_streams, ("/:/prefs", "/myplex/account"), read_settings)
