"""What a media server tells about itself: who is watching, and by which settings it sorts viewers. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from wizard.core.faults import Fault
from wizard.core.locality import Counted, Surroundings


@dataclass(frozen=True, slots=True)
class LiveStream:
    """One stream as the server lists it.

    `address` is the one the server goes by, empty when it does not say. `counted` is its own word, UNKNOWN when it
    gives none. `is_secure` is about the last hop alone: 0 behind an http upstream is no fault. Rates in kbit/s, 0
    when not told.
    """

    key: str
    viewer: str = ""
    device: str = ""
    app: str = ""
    title: str = ""
    address: str = ""
    counted: Counted = Counted.UNKNOWN
    is_secure: bool | None = None
    is_relayed: bool | None = None
    is_converted: bool = False
    state: str = ""
    kbps: int = 0

    @property
    def mbps(self) -> float:
        """The rate in Mbit/s."""
        return self.kbps / 1000

    @property
    def label(self) -> str:
        """Who watches on what, for a row: `Living room TV, Anna`."""
        return ", ".join(part for part in (self.device or self.app, self.viewer) if part) or "A viewer"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The settings by which a server sorts and limits viewers. Limits in kbit/s, 0 for none, None for not told.

    `interfaces` are its network cards as it names them, for a person to read.
    """

    around: Surroundings
    stream_limit_kbps: int | None = None
    total_limit_kbps: int | None = None
    is_relay_on: bool | None = None
    without_login: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()


class Silence(StrEnum):
    """Why a server told nothing."""

    NO_TOKEN = "no-token"  # noqa: S105 -- a kind of silence, no secret
    REFUSED = "refused"
    NOT_ALLOWED = "not-allowed"
    UNREACHABLE = "unreachable"
    NOT_UNDERSTOOD = "not-understood"


@dataclass(frozen=True, slots=True)
class Silent:
    """A server that told nothing, and what came instead."""

    why: Silence
    status: int = 0
    fault: Fault | None = None

    def sentence(self, server: str, called: str = "token") -> str:
        """What is so, for a page: the token itself is never in it."""
        match self.why:
            case Silence.NO_TOKEN:
                return f"No {called} is saved, so {server} cannot be asked who is watching"
            case Silence.REFUSED:
                return f"{server} does not know this {called} (status {self.status})"
            case Silence.NOT_ALLOWED:
                return f"This {called} may not see who is watching (status {self.status}). Use the owner's"
            case Silence.UNREACHABLE:
                return f"{server} did not answer ({self.fault or 'no answer'})"
            case Silence.NOT_UNDERSTOOD:
                return f"{server} answered in a way we do not understand (status {self.status})"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The streams of one server at one moment. While it is silent, `streams` are those of the last answer."""

    at: datetime
    streams: tuple[LiveStream, ...] = ()
    silent: Silent | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RemoteSeen:
    """Proof of the past: a stream from outside that the server counted as Remote."""

    at: datetime
    address: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class ServerWords:
    """Everything kept about what one server told.

    `reached_from` is the address from which Caddy reaches it, empty when that is not known.
    """

    settings: ServerSettings | None = None
    told_at: datetime | None = None
    reached_from: str = ""
    remote: RemoteSeen | None = None
