"""One question to one name server, and its answer told apart as finely as the protocol does.

UDP first, TCP when the answer does not fit or none comes. Must not know which servers are worth asking.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rdtypes.ANY.SOA

from wizard.core.addresses import parse_address
from wizard.core.faults import Fault
from wizard.net.deadline import Deadline
from wizard.net.faults import NETWORK_ERRORS, fault_of, words_of

PORT = 53
_ERRORS = (*NETWORK_ERRORS, EOFError)  # what dnspython raises for a TCP connection that is closed
_MOST_TTL_SECONDS = 7 * 24 * 3600


class Outcome(StrEnum):
    """What one server said, or that it said nothing."""

    ANSWERED = "answered"
    NO_DATA = "no-data"  # the name exists, records of this kind do not (RFC 2308, section 2.2)
    NO_SUCH_NAME = "no-such-name"  # NXDOMAIN
    DNSSEC = "dnssec"  # SERVFAIL, but an answer when asked not to verify signatures (RFC 4035, section 3.2.2)
    FAILED = "failed"  # SERVFAIL
    REFUSED = "refused"  # does not answer for this name, or not to us
    SILENT = "silent"
    NO_NETWORK = "no-network"  # ours: no way to that server
    OTHER = "other"


SAID = frozenset({Outcome.ANSWERED, Outcome.NO_DATA, Outcome.NO_SUCH_NAME})


@dataclass(frozen=True, slots=True)
class Reply:
    """What one server said about one kind of record. `ttl_seconds` is for how long whoever asked remembers it.

    `canonical` is the end of the CNAME chain, as far as this server knows it, when there is one.
    """

    kind: str
    outcome: Outcome
    values: tuple[str, ...] = ()
    ttl_seconds: int = 0
    canonical: str = ""
    detail: str = ""
    seconds: float = 0.0

    @property
    def has_said(self) -> bool:
        """True when the server knows: also that there is nothing."""
        return self.outcome in SAID


def split_server(text: str, port: int = PORT) -> tuple[str, int]:
    """Address and port of `address` or `address:port`, with brackets around IPv6 where a port follows."""
    if parse_address(text):
        return text.strip("[]"), port
    host, _, number = text.rpartition(":")
    return host.strip("[]"), int(number)


def ask(server: str, name: str, kind: str, *, port: int = PORT, recursive: bool = True, seconds: float) -> Reply:
    """Ask `server` (`address` or `address:port`). Never raises for anything a network or a server does."""
    deadline = Deadline(seconds)
    address, number = split_server(server, port)
    try:
        response = _exchange(_query(name, kind, recursive=recursive), address, number, deadline)
        if response.rcode() == dns.rcode.SERVFAIL and recursive:
            return _unverified(response, name, kind, (address, number), deadline)
        return _read(response, kind, deadline.spent())
    except _ERRORS as error:
        return Reply(kind, _outcome_of(error), detail=words_of(error), seconds=deadline.spent())


def _query(name: str, kind: str, *, recursive: bool, checking: bool = True) -> dns.message.Message:
    query = dns.message.make_query(f"{name.rstrip('.')}.", kind, use_edns=0)
    if not recursive:
        query.flags &= ~dns.flags.RD
    if not checking:
        query.flags |= dns.flags.CD
    return query


def _exchange(query: dns.message.Message, address: str, port: int, deadline: Deadline) -> dns.message.Message:
    try:
        response, _ = dns.query.udp_with_fallback(query, address, deadline.left() * 0.6, port, ignore_unexpected=True)
    except dns.exception.Timeout:  # some networks drop UDP on the way back
        response = dns.query.tcp(query, address, deadline.left(), port)
    return response


def _unverified(
    failed: dns.message.Message, name: str, kind: str, server: tuple[str, int], deadline: Deadline
) -> Reply:
    """After SERVFAIL: the same question without verification of signatures, which tells DNSSEC from the rest."""
    said = "; ".join(str(error.to_text()) for error in failed.extended_errors())
    detail = f"SERVFAIL {said}".strip()
    try:
        again = _exchange(_query(name, kind, recursive=True, checking=False), *server, deadline)
    except _ERRORS:
        return Reply(kind, Outcome.FAILED, detail=detail, seconds=deadline.spent())
    outcome = Outcome.FAILED if again.rcode() == dns.rcode.SERVFAIL else Outcome.DNSSEC
    return Reply(kind, outcome, detail=detail, seconds=deadline.spent())


def _read(response: dns.message.Message, kind: str, seconds: float) -> Reply:
    rcode = response.rcode()
    if rcode not in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN}:
        outcome = {dns.rcode.SERVFAIL: Outcome.FAILED, dns.rcode.REFUSED: Outcome.REFUSED}.get(rcode, Outcome.OTHER)
        return Reply(kind, outcome, detail=dns.rcode.to_text(rcode), seconds=seconds)
    wanted = dns.rdatatype.from_text(kind)
    found = [rrset for rrset in response.answer if rrset.rdtype == wanted]
    aliases = [rrset for rrset in response.answer if rrset.rdtype == dns.rdatatype.CNAME]
    canonical = aliases[-1][0].target.to_text(omit_final_dot=True) if aliases else ""
    if found or (aliases and rcode == dns.rcode.NOERROR):
        values = tuple(sorted(record.to_text() for rrset in found for record in rrset))
        ttl = min(rrset.ttl for rrset in (*found, *aliases))
        return Reply(kind, Outcome.ANSWERED, values, _limited(ttl), canonical, seconds=seconds)
    if rcode == dns.rcode.NXDOMAIN:
        return Reply(kind, Outcome.NO_SUCH_NAME, (), negative_ttl(response), canonical, "NXDOMAIN", seconds)
    if not response.flags & (dns.flags.AA | dns.flags.RA):
        # a referral, from a server that does not know the name itself
        return Reply(kind, Outcome.REFUSED, detail="no authority for this name", seconds=seconds)
    return Reply(kind, Outcome.NO_DATA, (), negative_ttl(response), detail="no such records", seconds=seconds)


def negative_ttl(response: dns.message.Message) -> int:
    """For how many seconds that there is nothing is remembered (RFC 2308, section 5); 0 when nothing says so."""
    for rrset in response.authority:
        if rrset.rdtype == dns.rdatatype.SOA:
            record = rrset[0]
            minimum = record.minimum if isinstance(record, dns.rdtypes.ANY.SOA.SOA) else rrset.ttl
            return _limited(min(rrset.ttl, minimum))
    return 0


def _limited(seconds: int) -> int:
    return min(int(seconds), _MOST_TTL_SECONDS)


def _outcome_of(error: BaseException) -> Outcome:
    if isinstance(error, dns.exception.Timeout | TimeoutError):
        return Outcome.SILENT
    match fault_of(error):
        case Fault.NO_NETWORK:
            return Outcome.NO_NETWORK
        case Fault.REFUSED | Fault.UNREACHABLE | Fault.RESET | Fault.CLOSED | Fault.TIMED_OUT:
            return Outcome.SILENT
        case _:
            return Outcome.OTHER
