"""`porthole phone`: a one-time link with its code in the terminal, and what the phone sees, as it comes."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator

import msgspec
import segno

from tasks.workplace import Workplace
from wizard import visiting
from wizard.core.refusal import Refusal
from wizard.core.verdicts import Level
from wizard.core.visit_words import TITLES
from wizard.core.visits import Finding, Part, Stage, Visit
from wizard.store import progress, visits
from wizard.store.clock import now
from wizard.verbs.board import MARKS
from wizard.verbs.finding import find
from wizard.verbs.saying import BAD, OK, UNKNOWN, USAGE, complain, say

_LOOK_SECONDS = 0.5
_STAGES = {
    Stage.OPENED: "The link was opened. Waiting for Start to be pressed",
    Stage.RUNNING: "A phone is looking",
}
_ENDS = {Stage.EXPIRED: "The link expired, nobody started it", Stage.REVOKED: "The link was taken back"}


def phone(place: Workplace, typed: argparse.Namespace) -> int:
    """Make a link for a phone, wait for it, and say what it saw. Ctrl-C takes the link back."""
    saved = find(place, typed.domain)
    if isinstance(saved, Refusal):
        return complain(saved.message, USAGE)
    if saved.host.paused:
        return complain(f"the proxy host {typed.domain} is paused, so there is nothing to see", USAGE)
    try:
        visit = visits.create_visit(place.database, place.vault, saved.host.key)
    except progress.HostGoneError:
        return complain(f"the proxy host {typed.domain} was removed meanwhile", USAGE)
    path = visits.path_of(place.vault.open(visit.sealed_link))
    _offer(saved.host.public_url(place.edge_of(saved.host)) + path, quiet=typed.json)
    try:
        return _end(_follow(place, visit, quiet=typed.json), typed)
    except KeyboardInterrupt:
        visits.revoke_visit(place.database, saved.host.key, visit.id)
        raise


def _offer(link: str, *, quiet: bool) -> None:
    """The link for people; for programs it stands alone on the first line."""
    if quiet:
        say(link)
        return
    if sys.stdout.isatty():
        segno.make(link, error="l", micro=False).terminal(compact=True)
    say("Switch the phone's Wi-Fi off, open this link on it and press Start. Or send it to a friend. It works once:")
    say(link)


def _follow(place: Workplace, visit: Visit, *, quiet: bool) -> Visit | None:
    told: Stage = Stage.WAITING
    for seen in _progress(place, visit):
        if seen.stage(now()) is not told:
            told = seen.stage(now())
            if not quiet and told in _STAGES:
                say(_STAGES[told])
    return visits.load_visit(place.database, visit.id)


def _progress(place: Workplace, visit: Visit) -> Iterator[Visit]:
    """The visit now and then, until nothing can happen to it any more."""
    while (found := visits.load_visit(place.database, visit.id)) is not None and found.is_awaited(now()):
        yield found
        time.sleep(_LOOK_SECONDS)
        visiting.settle_overdue(place.database)


def _end(visit: Visit | None, typed: argparse.Namespace) -> int:
    if visit is None:
        return complain(f"the proxy host {typed.domain} was removed meanwhile", UNKNOWN)
    if visit.finished_at is None:
        return complain(_ENDS.get(visit.stage(now()), "nothing is known of the link any more"), UNKNOWN)
    if typed.json:
        say(json.dumps(msgspec.to_builtins(visit.findings), indent=2, ensure_ascii=False))
    else:
        for finding in visit.findings:
            _show(finding)
    return _code(visit)


def _show(finding: Finding) -> None:
    verdict = finding.verdict
    say(f"{MARKS[verdict.level]} {TITLES[finding.part]}: {verdict.summary}")
    if verdict.remedy is not None:
        say(f"    {verdict.remedy.action}")


def _code(visit: Visit) -> int:
    """As with `porthole check`. A phone whose whereabouts are not known proves nothing."""
    if visit.level is Level.FAILURE:
        return BAD
    reached = next(one.verdict.level for one in visit.findings if one.part is Part.REACH)
    return UNKNOWN if reached is Level.UNKNOWN or visit.level is Level.UNKNOWN else OK
