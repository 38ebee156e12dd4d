"""What to open at home for viewers who come straight in: ports, the address to publish, what is against it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.core.connection import Facts, Place
from wizard.core.hosts import Edge
from wizard.core.lasting import Own6, best
from wizard.core.nat import NatVerdict
from wizard.core.nat_kinds import Inbound

NO_IPV6 = "This machine has no IPv6 address of the internet."


@dataclass(frozen=True, slots=True)
class Rule:
    """One port that the router lets in: `outside` of the internet, to `inside` of the machine."""

    outside: int
    inside: int
    what_for: str


@dataclass(frozen=True, slots=True)
class Opening:
    """What to do for one family of addresses.

    `machine` is where the router sends viewers, `router` the address of its page, `publish` what the DNS record gets;
    each empty while it is not known. `against` is the sentence that rules the way out, empty when none does.
    """

    rules: tuple[Rule, ...]
    machine: str = ""
    router: str = ""
    publish: str = ""
    against: str = ""


def open_ipv4(facts: Facts, verdict: NatVerdict, edge: Edge) -> Opening:
    """Port forwarding to the Caddy of this machine."""
    machine = facts.machine.value.four
    return Opening(
        _rules(edge.http_port, edge.https_port),
        "" if facts.machine.value.is_bridged else machine.address,
        next(iter(machine.gateways), "") if not facts.machine.value.is_bridged else "",
        verdict.public4,
        _against(facts) or (verdict.sentence if verdict.inbound4 is Inbound.CLOSED else ""),
    )


def open_ipv6(facts: Facts, verdict: NatVerdict, edge: Edge, own: tuple[Own6, ...]) -> Opening:
    """A hole in the router's IPv6 firewall. Nothing is translated, so a port is the same outside and inside."""
    machine = facts.machine.value
    address = "" if machine.is_bridged else best(own, machine.six.interface)
    closed = verdict.inbound6 is Inbound.CLOSED and not address
    return Opening(
        _rules(80, 443),
        address,
        next(iter(machine.four.gateways), "") if not machine.is_bridged else "",
        address,
        _against(facts) or (NO_IPV6 if closed else "") or _untranslated(edge),
    )


def _rules(http_port: int, https_port: int) -> tuple[Rule, ...]:
    return (
        Rule(443, https_port, "Viewers, encrypted"),
        Rule(80, http_port, "Certificates, and the way from http to https"),
    )


def _against(facts: Facts) -> str:
    is_rented = facts.place.is_known and facts.place.value is Place.SERVER
    return (
        "You said that Porthole runs on a rented server: this way in ends at a machine at home." if is_rented else ""
    )


def _untranslated(edge: Edge) -> str:
    ports = (edge.https_port, edge.http_port)
    if ports == (443, 80):
        return ""
    return (
        f"Caddy listens on {ports[0]} and {ports[1]} here. IPv6 has no port forwarding: it must listen on 443 and 80."
    )
