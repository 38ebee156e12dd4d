"""Observations of DNS by several servers, as rows: what holds for all verdicts is tried on each of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from tests.checks.sets import NAME, NOW
from tests.checks.test_dns import records
from wizard.checks.dns import CHECK, Knock, Seen, Subject
from wizard.core.faults import Fault
from wizard.core.verdicts import Verdict
from wizard.methods import METHODS
from wizard.net.questions import Outcome, Reply
from wizard.net.zones import Survey, Told

RIGHT, OTHER, HOME = "203.0.113.9", "198.51.100.7", "198.51.100.77"
CAA = ('0 issue "sectigo.com"', '0 issue "letsencrypt.org; validationmethods=dns-01"')


def told(server: str, *values: str, outcome: Outcome | None = None, canonical: str = "") -> Told:
    """One server's answer."""
    kind = outcome or (Outcome.ANSWERED if values or canonical else Outcome.NO_DATA)
    v4 = Reply("A", kind, values, 600, canonical)
    return Told(
        server, "127.0.0.2", v4, Reply("AAAA", Outcome.NO_DATA if kind is Outcome.ANSWERED else kind, (), 600)
    )


_ANSWERS = [
    told("ns1", RIGHT),
    told("ns2", OTHER),
    told("ns3", "104.16.1.1"),
    told("ns4", HOME),
    told("ns5", canonical="tunnel.example.net"),
    *(told(f"ns-{outcome}", outcome=outcome) for outcome in Outcome if outcome is not Outcome.ANSWERED),
]


def rows() -> Iterator[tuple[Subject, Seen]]:
    """Every pair of servers beside every pair of resolvers is too many: each group with the other one fixed."""
    own = [records("A", RIGHT), records("A", fault=Fault.RESOLVER_FAILED), records("A", "192.168.1.7")]
    pairs = list(itertools.product(_ANSWERS, _ANSWERS))
    surveys = [Survey("example.com", pair) for pair in pairs]
    surveys += [Survey("", (), pair) for pair in pairs]
    surveys += [Survey("example.com", (told("ns1", RIGHT),), pair) for pair in pairs]
    for method, survey, v4 in itertools.product(("direct", "wireguard", "cloudflare"), surveys, own):
        v6 = records("AAAA", fault=v4.fault)
        yield Subject(NAME, "example.com", method, (), (HOME,)), Seen(v4, v6, survey=survey, looked_at=NOW)


def around() -> Iterator[tuple[Subject, Seen]]:
    """A leftover AAAA record, CAA records, and a machine without the names of the internet."""
    both = Seen(records("A", RIGHT), records("AAAA", "2001:db8::9"), looked_at=NOW)
    for method in METHODS:
        subject = Subject(NAME, "example.com", method)
        for fault in (None, *Fault):
            yield subject, replace(both, knocks=(Knock(RIGHT), Knock("2001:db8::9", fault, "said")))
        for value in CAA:
            yield subject, replace(both, caa=records("CAA", value, name="example.com"))
        gone = records("A", fault=Fault.NAME_NOT_FOUND)
        yield subject, replace(both, v4=gone, v6=gone, is_cut_off=True)


def verdicts() -> Iterator[Verdict]:
    """Everything that is said about all of these; each sentence once."""
    said: dict[Verdict, None] = {}
    for subject, seen in (*rows(), *around()):
        for verdict in CHECK.judge(subject, seen):
            said.setdefault(verdict)
    yield from said
