"""Does the external domain lead to where Caddy is?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from wizard.caddy.issuer import asks_authority
from wizard.checks.caa_records import find_caa, knows_internet
from wizard.checks.dns_addresses import judge_addresses
from wizard.checks.dns_around import judge_around
from wizard.checks.dns_nothing import judge_nothing
from wizard.checks.dns_servers import judge_servers
from wizard.checks.dns_views import view_from_here, view_from_outside
from wizard.checks.places import PAUSED, public_port
from wizard.core.checks import Check, Hop, Scene, Skip
from wizard.core.faults import Fault
from wizard.core.hosts import HTTPS_PORT
from wizard.core.verdicts import Level, Verdict
from wizard.methods import METHODS, Challenge, Method, Record
from wizard.net.door import Net
from wizard.net.names import Records
from wizard.net.zones import Survey

_SECONDS = 4.0
_SERVER_SECONDS = 3.0
_KNOCK_SECONDS = 3.0
_MOST_KNOCKS = 6
_ASKED_NOWHERE = (".localhost", ".invalid")


@dataclass(frozen=True, slots=True)
class Subject:
    """The name, the way in, and the addresses it should have, as far as they are known.

    `own_addresses` are public addresses of the home; `resolvers` are asked besides this machine's own; `port` is what
    viewers dial; `is_certified` says that Let's Encrypt is asked for this name, so that CAA records matter.
    """

    domain: str
    registrable: str
    method: str
    edge_addresses: tuple[str, ...] = ()
    own_addresses: tuple[str, ...] = ()
    resolvers: tuple[str, ...] = ()
    port: int = HTTPS_PORT
    is_certified: bool = False

    @property
    def way_in(self) -> Method:
        """The way in, whose facts say what belongs into DNS."""
        return METHODS[self.method]

    @property
    def is_localhost(self) -> bool:
        """True for names that only lead to this very machine (RFC 6761, section 6.3)."""
        return self.domain.endswith(".localhost")

    @property
    def is_for_everybody(self) -> bool:
        """True when public DNS has to answer: not for names of this machine, of a tailnet, or given by Tailscale."""
        own = self.method == "tailnet" or self.way_in.record is Record.NONE
        return not own and not self.domain.endswith(_ASKED_NOWHERE)

    @property
    def advice(self) -> str:
        """The record to have."""
        address = self.edge_addresses[0] if self.edge_addresses else ""
        return self.way_in.dns_advice.format(
            domain=self.domain,
            registrable=self.registrable,
            address=address or self.way_in.address_placeholder,
        )


@dataclass(frozen=True, slots=True)
class Knock:
    """Whether one address takes a connection on the port that viewers dial."""

    address: str
    fault: Fault | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What this machine's own resolver says of both families, and everything that was asked besides.

    The doubled name is asked for only when the real one has nothing, and ports only where there are both families.
    """

    v4: Records
    v6: Records
    doubled: Records | None = None
    survey: Survey = field(default=Survey())
    caa: Records | None = None
    knocks: tuple[Knock, ...] = ()
    looked_at: datetime | None = None
    is_cut_off: bool = False  # this machine's resolver knows no name of the internet at all

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses, IPv4 first."""
        return (*self.v4.values, *self.v6.values)


def subject(scene: Scene) -> Subject | Skip:
    """The name, the way in, and the edge's public addresses."""
    if scene.host.paused:
        return PAUSED
    host, domain = scene.host, scene.host.domain
    connects = {Challenge.HTTP, Challenge.TLS_ALPN}.intersection(METHODS[host.method].challenges)
    return Subject(
        domain.name,
        domain.registrable,
        host.method,
        scene.edge_addresses,
        scene.own_addresses,
        scene.resolvers,
        public_port(scene),
        asks_authority(host) and bool(connects) and not scene.edge.acme_ca,
    )


def observe(net: Net, subject: Subject) -> Seen:
    """Ask this machine's resolver, the authoritative servers and public resolvers, side by side.

    When nobody has an address, also for the name typed twice; where both families are there, knock at each address.
    """
    looked_at = datetime.now(UTC)
    with ThreadPoolExecutor(4) as pool:
        own = [pool.submit(net.resolve, subject.domain, kind, seconds=_SECONDS) for kind in ("A", "AAAA")]
        wide = subject.is_for_everybody
        told = pool.submit(_survey, net, subject) if wide else None
        caa = pool.submit(find_caa, net, subject.domain, _SECONDS) if wide and subject.is_certified else None
        seen = Seen(
            own[0].result(),
            own[1].result(),
            survey=told.result() if told else Survey(),
            caa=caa.result() if caa else None,
            looked_at=looked_at,
        )
    return _look_further(net, subject, seen)


def _survey(net: Net, subject: Subject) -> Survey:
    return net.survey(subject.domain, resolvers=subject.resolvers, seconds=_SERVER_SECONDS)


def _look_further(net: Net, subject: Subject, seen: Seen) -> Seen:
    view = view_from_outside(seen) if subject.is_for_everybody else None
    missing = {seen.v4.fault, seen.v6.fault} <= {Fault.NAME_NOT_FOUND, Fault.NO_ADDRESS}
    nothing = not view.values if view else missing
    if nothing and not subject.domain.endswith(_ASKED_NOWHERE):
        doubled = net.resolve(f"{subject.domain}.{subject.registrable}", "A", seconds=_SECONDS)
        is_cut_off = not seen.survey.zone and not doubled.values and not knows_internet(net, _SECONDS)
        return replace(seen, doubled=doubled, is_cut_off=is_cut_off)
    if subject.is_for_everybody and seen.v4.values and seen.v6.values:
        return replace(seen, knocks=_knock(net, subject, seen))
    return seen


def _knock(net: Net, subject: Subject, seen: Seen) -> tuple[Knock, ...]:
    addresses = seen.addresses[:_MOST_KNOCKS]
    with ThreadPoolExecutor(len(addresses)) as pool:
        found = pool.map(lambda one: net.connect(one, subject.port, seconds=_KNOCK_SECONDS), addresses)
        return tuple(Knock(one, told.fault, told.detail) for one, told in zip(addresses, found, strict=True))


def judge(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """What the world outside sees counts; where it could not be asked, what this machine does."""
    view = view_from_outside(seen) if subject.is_for_everybody else None
    servers = judge_servers(subject, seen, view) if subject.is_for_everybody else ()
    if view is None and not seen.addresses:
        return servers or (judge_nothing(subject, seen, None),)
    shown = view or view_from_here(seen)
    if not shown.values:
        return (judge_nothing(subject, seen, view), *servers)
    return _worst_first((*servers, *judge_addresses(subject, seen, shown), *judge_around(subject, seen)))


def _worst_first(found: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """A name is only fine when nothing is bad."""
    bad = any(verdict.level.rank >= Level.UNKNOWN.rank for verdict in found)
    kept = tuple(verdict for verdict in found if not (bad and verdict.level is Level.OK))
    return tuple(sorted(kept, key=lambda verdict: -verdict.level.rank)) if bad else kept


CHECK = Check(
    name="dns",
    title="Name leads to Caddy",
    question="Does the external domain lead to where Caddy is?",
    hop=Hop.NAME,
    help="checks#dns",
    subject_type=Subject,
    seen_type=Seen,
    subject=subject,
    observe=observe,
    judge=judge,
    seconds=25.0,
    travels=True,
    order=20,
)
