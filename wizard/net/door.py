"""`Net`, the one door to the network. Every call has an overall deadline in seconds.

A condition of the network is a value in the result, never an exception. Must not know what the answers mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wizard.core.faults import Fault
from wizard.core.hosts import Verify
from wizard.core.outside import Question, Seen, Services
from wizard.core.outside_privacy import Consent
from wizard.core.refusal import Refusal
from wizard.net import (
    arrivals,
    chains,
    exchange,
    flows,
    names,
    probes,
    protocols,
    questions,
    streams,
    tls,
    upgrades,
    uploads,
    zones,
)
from wizard.net.arrivals import EventStream
from wizard.net.deadline import Deadline
from wizard.net.exchange import HttpAnswer, Target, Terms
from wizard.net.flows import Flow, Plan
from wizard.net.names import Addresses, Records
from wizard.net.polling import Pace, Recognise
from wizard.net.probes import Memory
from wizard.net.protocols import Offer
from wizard.net.streams import Connection
from wizard.net.tls import Handshake
from wizard.net.upgrades import Talk, Upgrade
from wizard.net.uploads import Sent
from wizard.net.zones import Survey

SECONDS = 5.0
_LINK_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Net:
    """Where names are looked up: `nameservers` (`address` or `address:port`) in place of the system's,
    and `known` names that are never looked up at all, in lower case. `authority_port` is where
    authoritative name servers listen. `memory` keeps what public probes said."""

    nameservers: tuple[str, ...] = ()
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    authority_port: int = questions.PORT
    memory: Memory | None = None

    def resolve(
        self, name: str, kind: str = "A", *, servers: tuple[str, ...] = (), seconds: float = SECONDS
    ) -> Records:
        """The DNS records of one kind. No network is RESOLVER_FAILED, never NAME_NOT_FOUND."""
        return names.resolve(name, kind, servers or self.nameservers, seconds)

    def survey(self, name: str, *, resolvers: tuple[str, ...] = (), seconds: float = SECONDS) -> Survey:
        """What the authoritative servers of `name` and these resolvers say about its addresses, all side by side.

        Takes at most about three times `seconds`: the servers have to be found before they can be asked.
        """
        return zones.survey(name, self.nameservers, resolvers, port=self.authority_port, seconds=seconds)

    def addresses(self, name: str, *, seconds: float = SECONDS) -> Addresses:
        """The addresses to dial for a name, both families, hosts file included."""
        return names.addresses(name, servers=self.nameservers, known=self.known, seconds=seconds)

    def connect(self, address: str, port: int, *, seconds: float = SECONDS) -> Connection:
        """Whether a TCP port answers. `address` is an IP address."""
        return streams.connect(address, port, seconds)

    def handshake(
        self, name: str, port: int, *, address: str = "", roots_pem: str = "", seconds: float = SECONDS
    ) -> Handshake:
        """A verified TLS handshake for `name`, dialled by DNS or at `address`.

        `trust` tells public authorities from the given roots. After a failed verification the
        certificate that was shown is in the result all the same.
        """
        deadline = Deadline(seconds)
        where = self._where(address or name, deadline)
        if where.fault:
            return Handshake(name, port, fault=where.fault, detail=where.detail, seconds=deadline.spent())
        shown = tls.handshake(name, port, where.values, roots_pem=roots_pem, deadline=deadline)
        return self._complete(shown, roots_pem, deadline) if shown.fault is Fault.UNTRUSTED else shown

    def _complete(self, shown: Handshake, roots_pem: str, deadline: Deadline) -> Handshake:
        """Tell a chain that lacks a link from one that nobody vouches for."""
        try:
            links = chains.fetch_missing(
                shown, lambda host: self._where(host, deadline), deadline.within(_LINK_SECONDS)
            )
            return tls.completed(shown, links, roots_pem=roots_pem, deadline=deadline) if links else shown
        except TimeoutError:
            return shown

    def offers(self, name: str, port: int, *, address: str = "", seconds: float = SECONDS) -> tuple[Offer, ...]:
        """Which versions of TLS a server takes, dialled by DNS or at `address`; empty when there is no address."""
        where = self._where(address or name, Deadline(seconds))
        return protocols.offers(name, port, where.values, seconds) if where.values else ()

    def certificate(self, address: str, port: int, *, name: str = "", seconds: float = SECONDS) -> Handshake:
        """The certificate that a server shows, unverified: for a person to compare and pin."""
        deadline = Deadline(seconds)
        where = self._where(address, deadline)
        if where.fault:
            return Handshake(name or address, port, fault=where.fault, detail=where.detail, seconds=deadline.spent())
        return tls.present(name or address, port, where.values, deadline)

    def get(  # noqa: PLR0913 -- each one is a fact about one request, all by name
        self,
        url: str,
        *,
        address: str = "",
        headers: tuple[tuple[str, str], ...] = (),
        verify: Verify = Verify(),  # noqa: B008 -- frozen
        roots_pem: str = "",
        server_name: str = "",
        max_bytes: int = exchange.MAX_BYTES,
        seconds: float = SECONDS,
    ) -> HttpAnswer:
        """One GET. With `address` that is dialled while Host and SNI stay the URL's name.

        Raises ValueError for a URL that is none: a bug of the caller.
        """
        deadline = Deadline(seconds)
        target = Target.parse(url)
        where = self._where(address or target.host, deadline)
        if where.fault:
            return HttpAnswer(target.shown, fault=where.fault, detail=where.detail, seconds=deadline.spent())
        terms = Terms(verify, roots_pem, server_name, max_bytes)
        return exchange.get(url, where.values, headers, terms, deadline)

    def upgrade(  # noqa: PLR0913 -- as get
        self,
        url: str,
        *,
        address: str = "",
        headers: tuple[tuple[str, str], ...] = (),
        verify: Verify = Verify(),  # noqa: B008 -- frozen
        roots_pem: str = "",
        server_name: str = "",
        subprotocol: str | None = None,
        send: str | None = None,
        enough: int = 1,
        hold_seconds: float = 2.0,
        silent_seconds: float = 0.0,
        seconds: float = SECONDS,
    ) -> Upgrade:
        """A WebSocket handshake on a ws or wss URL; then silence, if wanted; then `send`, a ping, and listening
        until `enough` text frames came or `hold_seconds` passed."""
        deadline = Deadline(seconds)
        target = Target.parse(url)
        where = self._where(address or target.host, deadline)
        if where.fault:
            return Upgrade(target.shown, fault=where.fault, detail=where.detail, seconds=deadline.spent())
        talk = Talk(send, subprotocol, enough, hold_seconds, silent_seconds)
        return upgrades.upgrade(url, where.values, headers, Terms(verify, roots_pem, server_name), talk, deadline)

    def flow(
        self,
        url: str,
        plan: Plan,
        *,
        headers: tuple[tuple[str, str], ...] = (),
        roots_pem: str = "",
        seconds: float = SECONDS,
    ) -> Flow:
        """One request whose body is watched as `plan` says, and not kept."""
        deadline = Deadline(seconds)
        target = Target.parse(url)
        where = self._where(target.host, deadline)
        if where.fault:
            return Flow(target.shown, fault=where.fault, detail=where.detail, seconds=deadline.spent())
        return flows.read_flow(url, where.values, headers, Terms(roots_pem=roots_pem), plan, deadline)

    def send(self, url: str, body: bytes, *, roots_pem: str = "", seconds: float = SECONDS) -> Sent:
        """One POST of a body, and what became of it."""
        deadline = Deadline(seconds)
        target = Target.parse(url)
        where = self._where(target.host, deadline)
        if where.fault:
            fault = HttpAnswer(target.shown, fault=where.fault, detail=where.detail, seconds=deadline.spent())
            return Sent(fault)
        headers = (("Content-Type", "application/octet-stream"),)
        return uploads.send_body(url, where.values, headers, Terms(roots_pem=roots_pem), body, deadline)

    def events(self, url: str, *, enough: int, roots_pem: str = "", seconds: float = SECONDS) -> EventStream:
        """Server-sent events and when each came, until `enough` did or the stream ends."""
        deadline = Deadline(seconds)
        target = Target.parse(url)
        where = self._where(target.host, deadline)
        if where.fault:
            return EventStream(target.shown, fault=where.fault, detail=where.detail, seconds=deadline.spent())
        headers = (("Accept", "text/event-stream"),)
        return arrivals.read_events(url, where.values, headers, Terms(roots_pem=roots_pem), enough, deadline)

    def ask_outside(
        self, question: Question, services: Services, consent: Consent, recognise: Recognise, *, seconds: float
    ) -> Seen | Refusal:
        """What public probes see, at most ten minutes old. See `wizard.net.probes.ask_outside`."""
        return probes.ask_outside(question, services, consent, recognise, memory=self.memory, pace=Pace(seconds))

    def _where(self, host: str, deadline: Deadline) -> Addresses:
        return names.addresses(host, servers=self.nameservers, known=self.known, seconds=deadline.left())
