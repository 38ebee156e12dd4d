"""`porthole doctor`: looks at this machine's internet connection and says whether CGNAT is in the way.

Needs nothing of an installation but the settings, so that it runs on any machine at home.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from wizard.core.addresses import parse_address
from wizard.core.connection import NO_ADDRESS, Fact, Facts, Place, State, joined_with
from wizard.core.doctor import document_of, lines_of_evidence, lines_of_verdict
from wizard.core.nat import NatVerdict, judge
from wizard.core.nat_evidence import evidence_of
from wizard.core.nat_kinds import Inbound
from wizard.core.refusal import Refusal
from wizard.net.asking import Ask
from wizard.net.gather import gather
from wizard.net.tailnet_watch import look
from wizard.settings import Settings
from wizard.verbs.saying import BAD, OK, UNKNOWN, USAGE, complain, say

_CODES = {Inbound.OPEN: OK, Inbound.AFTER_CHANGE: OK, Inbound.CLOSED: BAD}


def doctor(environ: Mapping[str, str], typed: argparse.Namespace) -> int:
    """Ask, judge, print. 0: a connection from outside can come in. 1: it cannot. 2: could not tell."""
    settings = Settings.read(environ)
    if isinstance(settings, Refusal):
        return complain(settings.message, USAGE)
    told = _told(typed.wan)
    if isinstance(told, Refusal):
        return complain(told.message, USAGE)
    ask = Ask(
        stun=settings.stun_servers,
        services=settings.address_services,
        pcp=typed.pcp,
        tailnet=_own_tailnet_addresses(),
        place=Place(typed.at) if typed.at else Place.UNKNOWN,
    )
    if not typed.json:
        _announce(ask)
    facts = joined_with(gather(ask, _nothing if typed.json else _show), told)
    verdict = judge(facts)
    if typed.json:
        say(json.dumps(document_of(facts, verdict), indent=2, ensure_ascii=False, default=str))
    else:
        _conclude(verdict)
    return _CODES.get(verdict.inbound4, UNKNOWN)


def _own_tailnet_addresses() -> tuple[str, ...]:
    """What tailscaled on this machine calls it, so that such addresses are never taken for the provider's."""
    me = look().me
    return me.addresses if me else ()


def _told(wan: str) -> Facts | Refusal:
    if not wan:
        return Facts()
    if wan.lower() == "none":
        value = NO_ADDRESS
    elif (address := parse_address(wan)) and address.version == 4:
        value = str(address)
    else:
        return Refusal(f"--wan is {wan!r}. Write the IPv4 address that your router's page shows, or none")
    return Facts(typed=Fact(value, State.MEASURED, "you", datetime.now(UTC)))


def _announce(ask: Ask) -> None:
    asked = ", ".join((*ask.stun, *ask.services))
    say(f"Looking at your connection, at most {ask.seconds:.0f} seconds.")
    if asked:
        say(f"Asked on the internet: {asked}. They learn your public address and nothing else.")
    say("")


def _show(name: str, fact: Fact[Any]) -> None:
    """A line for each fact as it lands."""
    if name == "place":
        return
    landed = evidence_of(replace(Facts(), **{name: fact}))
    for line in lines_of_evidence(tuple(one for one in landed if one.name == name)):
        say(line)


def _nothing(name: str, _fact: Fact[Any]) -> None:
    """With --json the document goes to standard output; somebody at a terminal sees that it goes on."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{name}\n")


def _conclude(verdict: NatVerdict) -> None:
    say("")
    for line in lines_of_verdict(verdict):
        say(line)
    say("")
    say(f"More: porthole's guide, {verdict.guide}")
