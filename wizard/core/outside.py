"""What public probes are asked about a proxy host, and what they answered. Pure values.

Must not know any probe network by its protocol: `wizard.net.globalping` and `wizard.net.checkhost` do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from wizard.core.hosts import HTTPS_PORT

PROBES = 3


@dataclass(frozen=True, slots=True)
class Question:
    """Is `https://domain:port` + `path` reachable, and does the server with `expected_id` answer?

    `path` is one that the media server answers without a login. `expected_id` and `addresses` (our own view
    of DNS) are compared here and never sent. `has_ipv4` and `has_ipv6` say which address records the name has.
    `home_country` is an ISO 3166 code in capitals; empty to ask from anywhere. `title` names the server in sentences.
    """

    domain: str
    path: str
    port: int = HTTPS_PORT
    expected_id: str = ""
    has_ipv4: bool = True
    has_ipv6: bool = False
    home_country: str = ""
    addresses: tuple[str, ...] = ()
    title: str = "media server"

    @property
    def authority(self) -> str:
        """`plex.example.com`, with the port when it is not 443."""
        return self.domain if self.port == HTTPS_PORT else f"{self.domain}:{self.port}"

    @property
    def url(self) -> str:
        """What the probes open."""
        return f"https://{self.authority}{self.path}"

    @property
    def ip_versions(self) -> tuple[int, ...]:
        """The IP versions to ask over."""
        return tuple(version for version, has in ((4, self.has_ipv4), (6, self.has_ipv6)) if has)


@dataclass(frozen=True, slots=True)
class Services:
    """Where the probe networks are: URLs without a slash at the end. An empty one is not asked."""

    globalping: str = "https://api.globalping.io"
    check_host: str = "https://check-host.net"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host names of those that are asked, in the order of asking."""
        return tuple(host_of(url) for url in (self.globalping, self.check_host) if url)


def host_of(url: str) -> str:
    """The host name of a service's URL; the text itself when it has none."""
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


class State(StrEnum):
    """How far one probe got."""

    FINISHED = "finished"
    FAILED = "failed"
    OFFLINE = "offline"
    PENDING = "pending"


class Side(StrEnum):
    """Where a look failed, in Globalping's words (`failureSource`). Only TARGET says anything about the host."""

    TARGET = "target"
    RESOLVER = "resolver"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a probe stands. `country` is an ISO 3166 code."""

    city: str = ""
    country: str = ""
    network: str = ""

    @property
    def name(self) -> str:
        """`Berlin (DE)`, or as much of it as is known."""
        if self.city and self.country:
            return f"{self.city} ({self.country})"
        return self.city or self.country or "an unnamed place"


@dataclass(frozen=True, slots=True)
class Shown:
    """The certificate as a probe saw it. `error` is OpenSSL's name for what is wrong with it."""

    authorized: bool
    error: str = ""
    expires_at: str = ""
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who answered a probe, read from the body. `kind` is empty for anything but the media server that was asked for.

    `called` is what another thing calls itself, such as "FRITZ!Box".
    """

    kind: str = ""
    id: str = ""
    called: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one probe saw.

    `side` is None unless it failed and the service said where. `said` is the probe's own text about a failure.
    `answerer` is None when the service does not pass bodies on, `tls` when it does not look at certificates.
    `ip_version` is 0 when it is not known. `seconds` is the probe's own measurement.
    """

    place: Place
    state: State
    ip_version: int = 0
    side: Side | None = None
    said: str = ""
    address: str = ""
    status: int = 0
    tls: Shown | None = None
    answerer: Answerer | None = None
    is_truncated: bool = False
    location: str = ""
    seconds: float = 0.0

    @property
    def is_telling(self) -> bool:
        """True when it says something about the host, and not about the probe network."""
        if self.state is State.FINISHED:
            return True
        return self.state is State.FAILED and self.side is Side.TARGET and miss_of(self.said) is not Miss.NO_NETWORK


class Why(StrEnum):
    """Why a service gave no answer. None of these is the doing of the person who asks."""

    RATE_LIMITED = "rate-limited"
    REFUSED = "refused"
    NO_PROBES = "no-probes"
    DOWN = "down"
    UNREACHABLE = "unreachable"
    TOO_SLOW = "too-slow"
    NOT_UNDERSTOOD = "not-understood"


@dataclass(frozen=True, slots=True)
class Unasked:
    """A service that could not be asked. `ip_version` is 0 when that goes for all of it."""

    service: str
    why: Why
    detail: str = ""
    retry_after_seconds: int = 0
    ip_version: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that the probe networks said. `links` are where the results can be read by anybody."""

    answers: tuple[Answer, ...] = ()
    unasked: tuple[Unasked, ...] = ()
    services: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    asked_at: datetime | None = None


class Miss(StrEnum):
    """Why a probe got no answer from the host, read from what it said."""

    PRIVATE = "private"
    REFUSED = "refused"
    NAME_NOT_FOUND = "name-not-found"
    TIMED_OUT = "timed-out"
    NO_NETWORK = "no-network"  # the probe's own network has no way there
    OTHER = "other"


# words of Node.js and of the probe itself at Globalping, of the C library at check-host; the first match counts
_MISSES: tuple[tuple[re.Pattern[str], Miss], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), miss)
    for pattern, miss in (
        (r"private ip", Miss.PRIVATE),
        (r"ENETUNREACH|network is unreachable", Miss.NO_NETWORK),
        (r"ECONNREFUSED|connection refused", Miss.REFUSED),
        (r"ENOTFOUND|ENODATA|NXDOMAIN|name or service not known|unknown host", Miss.NAME_NOT_FOUND),
        (r"ETIMEDOUT|timed out|timeout", Miss.TIMED_OUT),
    )
)


def miss_of(said: str) -> Miss:
    """What a probe's text about a failure means; OTHER when we do not know the text."""
    return next((miss for pattern, miss in _MISSES if pattern.search(said)), Miss.OTHER)
