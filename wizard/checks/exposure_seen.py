"""What the `exposure` check sees: how a stranger was received, and two lists of addresses. Never a token."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from wizard.checks.exposure_doors import Door
from wizard.core.faults import Fault
from wizard.core.shapes import learn
from wizard.net.exchange import HttpAnswer

# what only those who are signed in get to read, in lower case
_TELLING = {"friendlyname", "myplexusername", "haspendingrestart", "programdatapath"}


@dataclass(frozen=True, slots=True)
class Entrance:
    """How somebody without a token was received. `is_open` says that the inside was shown."""

    path: str
    status: int = 0
    is_open: bool = False
    local_address: str = ""
    fault: Fault | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Lists:
    """Plex's lists, as they are written there; None where the list was not told."""

    status: int = 0
    allowed_networks: str | None = None
    lan_networks: str | None = None
    peer_address: str = ""
    fault: Fault | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything; `lists` None when there is no token. `caddys_address` is where Caddy comes from, "" for unknown."""

    stranger: Entrance | None = None
    is_set_up: bool | None = None
    doors: tuple[Door, ...] = ()
    lists: Lists | None = None
    caddys_address: str = ""


def read_entrance(path: str, answer: HttpAnswer) -> Entrance:
    """Whether an answer shows what only those who are signed in may see."""
    return Entrance(path, answer.status, _tells(answer), answer.local_address, answer.fault, answer.detail)


def _tells(answer: HttpAnswer) -> bool:
    if answer.status != 200:
        return False
    try:
        said = msgspec.json.decode(answer.body.encode())
    except msgspec.DecodeError:
        return any(f"{word}=" in answer.body.lower() for word in _TELLING)  # XML, which Plex prefers
    inside = said.get("MediaContainer", said) if isinstance(said, dict) else {}
    return isinstance(inside, dict) and any(str(key).lower() in _TELLING for key in inside)


class _Row(msgspec.Struct):
    id: str = ""
    value: str | int | float | bool | None = None


class _Container(msgspec.Struct):
    rows: list[_Row] = msgspec.field(name="Setting", default_factory=list)


class _Preferences(msgspec.Struct):
    container: _Container = msgspec.field(name="MediaContainer", default_factory=_Container)


def read_lists(answer: HttpAnswer) -> Lists:
    """The two lists out of Plex's preferences; the rest of them is not kept."""
    try:
        rows = msgspec.json.decode(answer.body.encode(), type=_Preferences).container.rows
    except (msgspec.DecodeError, msgspec.ValidationError):
        rows = []
    told = {row.id: str(row.value or "") for row in rows}
    return Lists(
        answer.status,
        told.get("allowedNetworks"),
        told.get("LanNetworksBandwidth"),
        answer.peer_address,
        answer.fault,
        answer.detail,
    )


class _Echoed(msgspec.Struct):
    mark: str = ""
    peer: str = ""


learn(_Preferences, _Echoed)


def read_peer(answer: HttpAnswer, mark: str) -> str:
    """The peer that our echo saw; empty when it was not our echo that answered."""
    try:
        echoed = msgspec.json.decode(answer.body.encode(), type=_Echoed)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return ""
    return echoed.peer if answer.status == 200 and echoed.mark == mark else ""
