"""Asking DNS: single record kinds through dnspython, and the addresses to dial as the system sees them.

Special names (RFC 6761) are answered here, without asking anybody.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass

import dns.nameserver
import dns.resolver

from wizard.core.addresses import parse_address
from wizard.core.faults import Fault
from wizard.net.deadline import Deadline
from wizard.net.faults import NETWORK_ERRORS, fault_of, words_of
from wizard.net.questions import negative_ttl, split_server

_LOOPBACK = {"A": ("127.0.0.1",), "AAAA": ("::1",)}


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one kind for one name. `canonical` is the end of the CNAME chain, when there is one."""

    name: str
    kind: str
    values: tuple[str, ...] = ()
    canonical: str = ""
    fault: Fault | None = None
    detail: str = ""
    seconds: float = 0.0
    ttl_seconds: int = 0  # for how long whoever asked remembers it, also that there is nothing


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses to dial for a name, of both families, in the order to try them."""

    name: str
    values: tuple[str, ...] = ()
    fault: Fault | None = None
    detail: str = ""
    seconds: float = 0.0


def resolve(name: str, kind: str, servers: tuple[str, ...], seconds: float) -> Records:
    """Ask the given name servers (`address` or `address:port`), or the system's own. Never raises for DNS trouble.

    RFC 6761: `.localhost` is loopback (6.3), `.invalid` does not exist (6.4).
    """
    plain = name.rstrip(".").lower()
    if special := _special(plain, kind):
        return special
    deadline = Deadline(seconds)
    try:
        resolver = _resolver(servers)
        answer = resolver.resolve(plain + ".", kind, lifetime=deadline.left(), search=False)
    except NETWORK_ERRORS as error:
        ttl = _negative_ttl(error)
        fault, words = fault_of(error), words_of(error)
        return Records(name, kind, fault=fault, detail=words, seconds=deadline.spent(), ttl_seconds=ttl)
    values = tuple(sorted(record.to_text() for record in answer))
    canonical = answer.canonical_name.to_text(omit_final_dot=True)
    alias = canonical if canonical.lower() != plain else ""
    ttl = int(answer.rrset.ttl) if answer.rrset is not None else 0
    return Records(name, kind, values, alias, seconds=deadline.spent(), ttl_seconds=ttl)


def _negative_ttl(error: BaseException) -> int:
    """What a resolver's "there is nothing" says about how long it is remembered; 0 for any other error."""
    if isinstance(error, dns.resolver.NXDOMAIN):
        return max((negative_ttl(one) for one in error.kwargs.get("responses", {}).values()), default=0)
    response = error.kwargs.get("response") if isinstance(error, dns.resolver.NoAnswer) else None
    return negative_ttl(response) if response is not None else 0


def addresses(
    name: str, *, servers: tuple[str, ...], known: Mapping[str, tuple[str, ...]], seconds: float
) -> Addresses:
    """Where to dial for a name: itself when it is an address, what is `known`, else DNS.

    Without `servers` the system decides, hosts file included, because that is what Caddy does too.
    """
    deadline = Deadline(seconds)
    plain = name.rstrip(".").lower()
    if address := parse_address(name):
        return Addresses(name, (str(address),))
    if plain in known:
        return Addresses(name, known[plain])
    try:
        if _special(plain, "A") or servers:
            return _from_records(name, plain, servers, deadline)
        return Addresses(name, _from_system(plain, deadline), seconds=deadline.spent())
    except NETWORK_ERRORS as error:
        return Addresses(name, (), fault_of(error), words_of(error), deadline.spent())


def _special(plain: str, kind: str) -> Records | None:
    if plain == "localhost" or plain.endswith(".localhost"):
        values = _LOOPBACK.get(kind, ())
        return Records(plain, kind, values, fault=None if values else Fault.NO_ADDRESS)
    if plain == "invalid" or plain.endswith(".invalid"):
        return Records(plain, kind, fault=Fault.NAME_NOT_FOUND, detail="RFC 6761: .invalid names do not exist")
    return None


def _resolver(servers: tuple[str, ...]) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=not servers)
    if servers:
        resolver.nameservers = [_nameserver(server) for server in servers]
    return resolver


def _nameserver(server: str) -> dns.nameserver.Nameserver:
    return dns.nameserver.Do53Nameserver(*split_server(server))


def _from_records(name: str, plain: str, servers: tuple[str, ...], deadline: Deadline) -> Addresses:
    found: list[str] = []
    missed: list[Records] = []
    for kind in ("A", "AAAA"):
        records = resolve(plain, kind, servers, max(deadline.left() / 2, 0.05))
        found.extend(records.values)
        if records.fault:
            missed.append(records)
    if found or not missed:
        return Addresses(name, tuple(found), seconds=deadline.spent())
    return Addresses(name, (), missed[0].fault, missed[0].detail, deadline.spent())


def _from_system(plain: str, deadline: Deadline) -> tuple[str, ...]:
    """Ask the C library on a thread of its own, because it takes no time limit. Raises what it raised."""
    answers: list[str] = []
    errors: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            entries = socket.getaddrinfo(plain, None, type=socket.SOCK_STREAM)
            answers.extend(str(entry[4][0]).split("%", 1)[0] for entry in entries)
        except (OSError, UnicodeError) as error:
            errors.append(error)

    thread = threading.Thread(target=ask, name="name lookup", daemon=True)
    thread.start()
    thread.join(deadline.left())
    if thread.is_alive():
        raise socket.gaierror(socket.EAI_AGAIN, "the resolver of this machine did not answer in time")
    if errors or not answers:
        raise errors[0] if errors else socket.gaierror(socket.EAI_NONAME, "the resolver gave no address")
    return tuple(dict.fromkeys(answers))
