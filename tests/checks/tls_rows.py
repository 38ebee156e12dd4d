"""Handshakes that older devices trip over, and those that cannot be seen, as rows for what holds for all verdicts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from tests.checks.sets import NAME, NOW, certificate
from wizard.checks.tls import CHECK, Seen, Subject
from wizard.core.faults import Fault
from wizard.core.verdicts import Verdict
from wizard.methods import METHODS
from wizard.net import Handshake, Trust
from wizard.net.protocols import Offer, Version


def verdicts() -> Iterator[Verdict]:
    """Everything that is said about all of these."""
    good = Handshake(NAME, 443, "203.0.113.9", certificate=certificate(), chain_pem=("-", "-"), trust=Trust.PUBLIC)
    faults = (None, Fault.TLS_FAILED, Fault.TIMED_OUT)
    for method in METHODS:
        subject = Subject(NAME, 443, method)
        for taken in itertools.product(faults, repeat=3):
            offers = tuple(Offer(version, fault, "said") for version, fault in zip(Version, taken, strict=True))
            for shake in (good, replace(good, fault=Fault.TLS_FAILED, trust=Trust.NOBODY)):
                yield from CHECK.judge(subject, Seen(shake, NOW, offers))
        for anchor in ("ISRG Root X1", "ISRG Root X2", "Root YE", "Somebody's", ""):
            yield from CHECK.judge(subject, Seen(replace(good, anchor=anchor), NOW))
        short = replace(good, fault=Fault.UNTRUSTED, trust=Trust.NOBODY, missing=("R12",))
        yield from CHECK.judge(subject, Seen(short, NOW))
        for fault, address in itertools.product((Fault.REFUSED, Fault.TIMED_OUT), ("203.0.113.9", "192.168.1.7")):
            yield from CHECK.judge(subject, Seen(Handshake(NAME, 443, fault=fault), NOW, addresses=(address,)))
