"""`porthole apply` and `porthole config`, and applying at the end of other verbs."""

from __future__ import annotations

import argparse
import json
import time

from tasks.applying import apply_revision
from tasks.queueing import follow_up
from tasks.workplace import Workplace
from wizard.caddy.caddyfile import caddyfile
from wizard.caddy.config import build
from wizard.caddy.version import UNKNOWN as UNKNOWN_VERSION
from wizard.core.hosts import HERE
from wizard.core.refusal import Refusal
from wizard.core.verdicts import Trouble
from wizard.methods import placed
from wizard.store import revisions
from wizard.store.attempts import TURN, Take
from wizard.verbs.finding import find
from wizard.verbs.saying import BAD, OK, UNKNOWN, USAGE, complain, say

_TURN_SECONDS = 60.0


def apply(place: Workplace, _typed: argparse.Namespace) -> int:
    """Give every Caddy its configuration."""
    return max(apply_now(place, "Applied on the command line", name) for name in place.edges())


def apply_now(place: Workplace, cause: str, edge: str = HERE) -> int:
    """Give a Caddy its configuration here and now; while it is down the background worker goes on trying."""
    revision_id = revisions.create_revision(place.database, cause, edge)
    ends_at = time.monotonic() + _TURN_SECONDS
    while apply_revision(place, revision_id) in {Take.BUSY, Take.LATER} and time.monotonic() < ends_at:
        revision = revisions.load_revision(place.database, revision_id)
        if revision is None or revision.trouble is not None:
            break
        time.sleep(TURN.total_seconds())
    follow_up(place, revision_id)
    revision = revisions.load_revision(place.database, revision_id)
    return _tell(revision) if revision else UNKNOWN


def _tell(revision: revisions.Revision) -> int:
    for sentence in revision.sentences if revision.state != "unchanged" else ():
        say(sentence)
    for note in revision.notes:
        say(f"Note: {note['text']}")
    if revision.is_pending:
        why = revision.trouble.summary if revision.trouble else "another configuration is being applied"
        return complain(f"{why}. The background worker goes on trying", UNKNOWN)
    if revision.trouble is not None:
        remedy = f". {revision.trouble.remedy.action}" if revision.trouble.remedy else ""
        return complain(f"{revision.trouble.summary}{remedy}")
    if revision.state == "unchanged":
        say("Caddy has this configuration already")
    return OK if revision.is_good else BAD


def config(place: Workplace, typed: argparse.Namespace) -> int:
    """Print the configuration of one proxy host, for the Caddy that runs or, without one, for any."""
    saved = find(place, typed.domain)
    if isinstance(saved, Refusal):
        return complain(saved.message, USAGE)
    edge = place.edge_of(saved.host)
    version = place.caddy_at(edge).version()
    known = UNKNOWN_VERSION if isinstance(version, Trouble) else version
    wanted = [placed(saved.host)]
    if typed.format == "json":
        say(json.dumps(build(wanted, edge, known, {}).config, indent=2))
    else:
        say(caddyfile(wanted, edge, known).rstrip("\n"))
    return OK
