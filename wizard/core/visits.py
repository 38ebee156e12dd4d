"""A visit: somebody's phone opened a one-time page on a media domain. What it met, as values. Pure.

The phone is no worker of ours: it says what its browser noticed, we say what arrived. Judged in `visit_findings`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from wizard.core.verdicts import Level, Verdict, worst

HOLD_SECONDS = 20.0  # how long the phone keeps its live connection open
OPEN_FOR = timedelta(minutes=30)  # from making a link to its end, and again from starting to forgetting the page
MEASURES_FOR = timedelta(minutes=2)  # then a visit is judged as far as it came


class Part(StrEnum):
    """What one visit looks at, in the order of its rows."""

    REACH = "reach"
    ADDRESS = "address"
    CERTIFICATE = "certificate"
    SPEED = "speed"
    LIVE = "live"


class Told(StrEnum):
    """What the phone's page said became of its live connection."""

    NOTHING = ""
    HELD = "held"
    CUT = "cut"
    LEFT = "left"  # the page was in the background meanwhile, where phones cut everything
    REFUSED = "refused"


class Stage(StrEnum):
    """Where a link stands."""

    WAITING = "waiting"  # nobody opened it
    OPENED = "opened"  # shown, by a phone or by a messenger's preview; not started
    RUNNING = "running"
    FINISHED = "finished"
    EXPIRED = "expired"  # never started
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Arrived:
    """The request that started a visit, as it reached us through the host's own header rules.

    `forwarded` and `real` are X-Forwarded-For and X-Real-IP, `peer` is who had connected to Caddy, by Caddy's own
    word, and `hop` who connected to us. `warned`, `script` and `network` (`cellular`, `wifi`, or nothing, as most
    browsers do not tell) are what the visitor and the page said.
    """

    forwarded: str = ""
    real: str = ""
    peer: str = ""
    hop: str = ""
    scheme: str = ""
    agent: str = ""
    warned: bool = False
    script: bool = False
    network: str = ""


@dataclass(frozen=True, slots=True)
class Live:
    """The live connection as we saw it: how long it was open at its last sign of life, and how many there were."""

    seconds: float = 0.0
    beats: int = 0


@dataclass(frozen=True, slots=True)
class Flow:
    """So many bytes in so many seconds."""

    bytes: int
    seconds: float

    @property
    def mbps(self) -> float:
        """Mbit/s; 0 for no time at all."""
        return self.bytes * 8 / 1e6 / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything one visit met so far. `is_over` says that the page went through all its steps."""

    arrived: Arrived | None = None
    down: Flow | None = None
    up: Flow | None = None
    live: Live | None = None
    told: Told = Told.NOTHING
    is_over: bool = False

    def has(self, part: Part) -> bool:
        """Whether what this part is judged by is there already."""
        match part:
            case Part.SPEED:
                return self.down is not None and self.up is not None
            case Part.LIVE:
                return self.told is not Told.NOTHING
            case _:
                return self.arrived is not None


@dataclass(frozen=True, slots=True)
class Subject:
    """What a visit is judged against.

    `has_hop` says that somebody else takes viewers' connections before Caddy does, and that Caddy believes them;
    `home` are the public addresses of the network where Caddy is, as far as earlier checks have seen them.
    """

    domain: str
    media: str
    is_plex: bool = False
    forward_client_ip: bool = True
    websocket: bool = True
    stream_limit_mbps: float | None = None
    has_hop: bool = False
    home: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one part."""

    part: Part
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Visit:
    """One link and what became of it. `version` grows with every visible change."""

    id: int
    host_key: str
    run_id: int | None
    sealed_link: str = field(repr=False)
    version: int
    seen: Seen
    findings: tuple[Finding, ...]
    created_at: datetime
    expires_at: datetime
    opened_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    revoked_at: datetime | None = None

    def stage(self, at: datetime) -> Stage:
        """Where it stands at a time."""
        if self.finished_at is not None:
            return Stage.FINISHED
        if self.revoked_at is not None:
            return Stage.REVOKED
        if self.started_at is not None:
            return Stage.RUNNING
        if at >= self.expires_at:
            return Stage.EXPIRED
        return Stage.OPENED if self.opened_at is not None else Stage.WAITING

    def is_awaited(self, at: datetime) -> bool:
        """True while something may still happen to it."""
        return self.stage(at) in {Stage.WAITING, Stage.OPENED, Stage.RUNNING}

    @property
    def level(self) -> Level:
        """The worst of what was found."""
        return worst(finding.verdict.level for finding in self.findings)
