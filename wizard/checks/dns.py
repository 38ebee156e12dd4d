"""Does the external domain lead to where Caddy is?"""

from __future__ import annotations

from dataclasses import dataclass

from wizard.checks.dns_addresses import judge_addresses
from wizard.checks.places import PAUSED
from wizard.checks.words import HERE, remedy
from wizard.core.checks import Check, Hop, Scene, Skip
from wizard.core.faults import Fault
from wizard.core.verdicts import Level, Remedy, Verdict
from wizard.methods import METHODS, Method
from wizard.net.door import Net
from wizard.net.names import Records

_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Subject:
    """The name, the way in, and the addresses it should have, as far as they are known."""

    domain: str
    registrable: str
    method: str
    edge_addresses: tuple[str, ...] = ()

    @property
    def way_in(self) -> Method:
        """The way in, whose facts say what belongs into DNS."""
        return METHODS[self.method]

    @property
    def is_localhost(self) -> bool:
        """True for names that only lead to this very machine (RFC 6761, section 6.3)."""
        return self.domain.endswith(".localhost")

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
class Seen:
    """Both families, and the doubled name, which is asked only when the real one has nothing."""

    v4: Records
    v6: Records
    doubled: Records | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses, IPv4 first."""
        return (*self.v4.values, *self.v6.values)


def subject(scene: Scene) -> Subject | Skip:
    """The name, the way in, and the edge's public addresses."""
    if scene.host.paused:
        return PAUSED
    domain = scene.host.domain
    return Subject(domain.name, domain.registrable, scene.host.method, scene.edge_addresses)


def observe(net: Net, subject: Subject) -> Seen:
    """Ask for A and AAAA; when there is neither, also for the name typed twice."""
    v4 = net.resolve(subject.domain, "A", seconds=_SECONDS)
    v6 = net.resolve(subject.domain, "AAAA", seconds=_SECONDS)
    missing = {v4.fault, v6.fault} <= {Fault.NAME_NOT_FOUND, Fault.NO_ADDRESS}
    if not missing or subject.domain.endswith((".localhost", ".invalid")):
        return Seen(v4, v6)
    return Seen(v4, v6, net.resolve(f"{subject.domain}.{subject.registrable}", "A", seconds=_SECONDS))


def judge(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """Nothing found, or what is wrong with the addresses that were."""
    if seen.addresses:
        return judge_addresses(subject, seen)
    if seen.doubled is not None and seen.doubled.values:
        return (_doubled(subject, seen.doubled),)
    faults = {seen.v4.fault, seen.v6.fault}
    if Fault.NAME_NOT_FOUND in faults:  # counts for every kind of record
        return (_name_not_found(subject, seen),)
    return (_no_address(subject, seen) if faults == {Fault.NO_ADDRESS} else _could_not_ask(subject, seen),)


def _name_not_found(subject: Subject, seen: Seen) -> Verdict:
    return Verdict(
        "dns-name-not-found",
        Level.FAILURE,
        f"{subject.domain} is not in DNS",
        "Nobody can find your server under this name.",
        f"{HERE} {seen.v4.detail}",
        remedy(
            "dns-name-not-found",
            f"Add the record for {subject.domain}.",
            subject.advice,
            "Check the spelling of the name there and here.",
            "Wait a few minutes, then check again. A new name can take up to an hour.",
        ),
    )


def _no_address(subject: Subject, seen: Seen) -> Verdict:
    return Verdict(
        "dns-no-address",
        Level.FAILURE,
        f"{subject.domain} is in DNS, but has no address",
        "Nobody can reach your server under this name.",
        f"{HERE} {seen.v4.detail}",
        remedy(
            "dns-no-address",
            f"Add the missing record for {subject.domain}.",
            subject.advice,
            "Wait a few minutes, then check again.",
        ),
    )


def _doubled(subject: Subject, doubled: Records) -> Verdict:
    label = subject.domain.removesuffix(subject.registrable).rstrip(".") or "@"
    return Verdict(
        "dns-doubled",
        Level.FAILURE,
        f"The record is called {doubled.name}: the domain stands in it twice",
        f"{subject.domain} itself is not found. Most providers add {subject.registrable} to the name by themselves.",
        f"{HERE} {doubled.name} has {', '.join(doubled.values)}",
        remedy(
            "dns-doubled",
            f"At the DNS provider, rename the record to {label}.",
            f"Open the DNS page of {subject.registrable}.",
            f"Change the name of the record from {subject.domain} to {label}.",
            "Wait a few minutes, then check again.",
        ),
    )


def _could_not_ask(subject: Subject, seen: Seen) -> Verdict:
    return Verdict(
        "dns-could-not-ask",
        Level.UNKNOWN,
        f"We could not ask for {subject.domain}: no name server answered this machine",
        "This says nothing about your record.",
        seen.v4.detail or seen.v6.detail,
        Remedy(
            "Check which name server this machine uses, then check again.",
            "troubleshooting#dns-could-not-ask",
            (
                "Look into /etc/resolv.conf on this machine, or in this container.",
                f"Try another device: can it find {subject.domain}?",
                "Check again.",
            ),
        ),
    )


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
    order=20,
)
