"""What every way in has in common: Method. Must not know any one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from wizard.core.domain import Domain
from wizard.core.hosts import Listener
from wizard.core.ranking import Bitrate, Facts, Need
from wizard.core.ways import Watch, WaySetup


class Challenge(StrEnum):
    """The ways to prove a domain to a certificate authority (RFC 8555, RFC 8737)."""

    HTTP = "http-01"
    TLS_ALPN = "tls-alpn-01"
    DNS = "dns-01"


class Record(StrEnum):
    """The DNS record that a way in needs."""

    A = "A"
    AAAA = "AAAA"
    CNAME = "CNAME"
    NONE = "none"  # the name is given by somebody else


@dataclass(frozen=True, slots=True)
class Rating:
    """A fact in words with one to four dots beside it, more is better."""

    words: str
    dots: int


@dataclass(frozen=True, slots=True)
class Method:
    """One way in past the NAT. One file each in `wizard/methods/`, the value named `METHOD`.

    `path` are the hops of its picture, viewer first. `listener` says how its traffic enters Caddy
    and whom Caddy believes there. `upload_cap_mb` is the largest request body that passes, None for
    no limit. `points_at_edge` says whether public DNS must lead to the edge's own addresses.
    `consent` is what the owner must agree to before it is used; empty when there is nothing.
    `listener_of` makes the listener from what was set up, where that decides who is trusted; `watch` looks whether
    the way in is up; `shares_setup` is the key of the way in whose setup this one uses as well.
    `dns_advice` may hold `{domain}`, `{registrable}` and `{address}`. `terms` says whose rules apply. What ranking
    looks at is explained in `wizard.core.ranking.Facts`.
    """

    key: str
    title: str
    sentence: str
    path: tuple[str, ...]
    who_can_watch: str
    speed: str
    you_need: str
    watch_out: str
    tv_apps: Rating
    cost: Rating
    traffic_seen_by: Rating
    reasons: tuple[str, ...]
    guide: str
    record: Record
    dns_advice: str
    challenges: tuple[Challenge, ...]
    certificate_plan: str
    bitrate: Bitrate
    speed_dots: int
    terms: str
    needs: frozenset[Need] = frozenset()
    may_be_relayed: bool = False
    shares_carrier_space: bool = False
    video_is_restricted: bool = False
    is_limited: bool = False
    address_may_be_lost: bool = False
    listener: Listener = field(default=Listener())
    listener_of: Callable[[WaySetup], Listener] | None = None
    watch: Watch[Any] | None = None
    shares_setup: str = ""
    keeps_viewer_address: bool = True
    ends_tls_elsewhere: bool = False
    points_at_edge: bool = True
    upload_cap_mb: int | None = None
    consent: str = ""
    is_choosable: bool = True
    order: int = 100

    @property
    def facts(self) -> Facts:
        """What the recommendation looks at."""
        return Facts(
            self.key,
            self.needs,
            self.bitrate,
            tv_apps=self.tv_apps.dots,
            cost=self.cost.dots,
            privacy=self.traffic_seen_by.dots,
            speed=self.speed_dots,
            may_be_relayed=self.may_be_relayed,
            shares_carrier_space=self.shares_carrier_space,
            video_is_restricted=self.video_is_restricted,
            is_limited=self.is_limited,
            address_may_be_lost=self.address_may_be_lost,
            is_choosable=self.is_choosable,
        )

    def advise_dns(self, domain: Domain, address: str = "") -> str:
        """What to put into DNS, with the person's own name and, when it is known, the edge's address."""
        return self.dns_advice.format(
            domain=domain.name,
            registrable=domain.registrable,
            address=address or self.address_placeholder,
        )

    @property
    def address_placeholder(self) -> str:
        """What stands for the address while it is not known."""
        return "the public IPv6 address of Caddy" if self.record is Record.AAAA else "the public address of Caddy"
