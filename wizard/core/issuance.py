"""What Caddy's own log says about getting one certificate: lines -> Issuance. Pure.

Knows how Caddy words it (measured on 2.11.7 and 2.11.4), not what to do about it, and not where the lines lie.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

_URN = "urn:ietf:params:acme:error:"
_ACME = re.compile(rf"HTTP \d+ {_URN}(?P<kind>\w+) - (?P<words>.*?)(?: \(ca=\S+\))?$", re.DOTALL)
_RESTARTED = "started background certificate maintenance"
_STOPPED = "context canceled"  # a new configuration was loaded, or Caddy ended: says nothing about the certificate


class State(StrEnum):
    """How far Caddy is with one certificate."""

    NONE = "none"  # the log says nothing, or what it said was given up for a new configuration
    WORKING = "working"
    WAITING = "waiting-to-retry"
    OBTAINED = "obtained"
    FAILED = "failed"  # Caddy does not try again by itself


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one try failed. `words` are Caddy's or the authority's own.

    `kind` is the ACME error type without its prefix (RFC 8555, section 6.7), "" when there is none: then Caddy
    got no answer from the authority, or could not ask. `challenge` is `http-01`, `tls-alpn-01` or "".
    """

    words: str
    kind: str = ""
    challenge: str = ""
    issuer: str = ""
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Issuance:
    """How far Caddy is with the certificate of `domain`.

    `since_at` is when it began to want it, or when it got it. `tries` are the failed ones since then;
    `next_try_at` only while WAITING. `problems` are those of the last try that had any, oldest first.
    """

    domain: str
    state: State = State.NONE
    since_at: datetime | None = None
    tries: int = 0
    next_try_at: datetime | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def error(self) -> str:
        """Caddy's last words about it, "" when nothing went wrong."""
        return self.problems[-1].words if self.problems else ""


def read_issuance(lines: Iterable[str], domain: str) -> Issuance:
    """The state after these log lines, oldest first. Lines that are no JSON, or of other names, count for nothing."""
    found = Issuance(domain)
    for line in lines:
        if domain in line or _RESTARTED in line:
            entry = _entry(line)
            if entry is not None:
                found = _after(found, entry)
    return found


def _entry(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
        return {**entry, "at": datetime.fromtimestamp(float(entry["ts"]), UTC)}
    except (ValueError, KeyError, TypeError, OverflowError):
        return None


def _after(found: Issuance, entry: dict[str, Any]) -> Issuance:
    if entry.get("msg") == _RESTARTED:  # whatever was under way before ended with the process
        return found if found.state is State.OBTAINED else Issuance(found.domain)
    if entry.get("identifier") == found.domain:
        return _after_own(found, entry)
    error = str(entry.get("error", ""))
    if error.startswith((f"[{found.domain}] ", f"{found.domain}: ")):  # lines about a try that failed name it there
        return _after_failure(found, entry, error)
    return found


def _after_own(found: Issuance, entry: dict[str, Any]) -> Issuance:
    match entry.get("msg"):
        case "acquiring lock":
            return Issuance(found.domain, State.WORKING, entry["at"])
        case "obtaining certificate" | "renewing certificate":
            return _at_work(found, entry)
        case "certificate obtained successfully" | "certificate renewed successfully":
            return Issuance(found.domain, State.OBTAINED, entry["at"])
        case "challenge failed" if isinstance(said := entry.get("problem"), dict):
            kind = str(said.get("type", "")).removeprefix(_URN)
            words = str(said.get("detail", ""))
            problem = Problem(words, kind, challenge=str(entry.get("challenge_type", "")))
            return _with(_at_work(found, entry), problem)
        case "could not get certificate from issuer":
            problem = _problem(str(entry.get("error", "")), str(entry.get("issuer", "")))
            return _with(_at_work(found, entry), problem)
        case _:
            return found


def _after_failure(found: Issuance, entry: dict[str, Any], error: str) -> Issuance:
    match entry.get("msg"):
        case "will retry":
            tries, pause = _number(entry.get("attempt")), _number(entry.get("retrying_in"))
            found = _at_work(found, entry)
            if not _of_this_try(found):
                found = _with(found, _problem(error))
            return replace(
                found, state=State.WAITING, tries=int(tries), next_try_at=entry["at"] + timedelta(seconds=pause)
            )
        case "job failed" if _STOPPED in error:
            return found if found.state is State.OBTAINED else Issuance(found.domain)
        case "job failed" | "final attempt; giving up":
            found = _at_work(found, entry)
            if not _of_this_try(found):
                found = _with(found, _problem(error))
            return replace(found, state=State.FAILED, tries=found.tries + 1, next_try_at=None)
        case _:
            return found


def _at_work(found: Issuance, entry: dict[str, Any]) -> Issuance:
    """A try is under way. What went wrong before is kept until this one says something else."""
    if found.state in {State.NONE, State.OBTAINED, State.FAILED}:
        return Issuance(found.domain, State.WORKING, entry["at"])
    return replace(found, state=State.WORKING, next_try_at=None)


def _problem(error: str, issuer: str = "") -> Problem:
    if match := _ACME.search(error):
        return Problem(match["words"], match["kind"], issuer=issuer)
    return Problem(error, issuer=issuer)


def _of_this_try(found: Issuance) -> tuple[Problem, ...]:
    return tuple(problem for problem in found.problems if problem.attempt == found.tries + 1)


def _with(found: Issuance, problem: Problem) -> Issuance:
    """One problem more. What the same words already said is not said twice, only completed."""
    if _STOPPED in problem.words:
        return found
    kept = _of_this_try(found)
    for place, known in enumerate(kept):
        if known.words == problem.words:
            told = replace(known, issuer=known.issuer or problem.issuer)
            return replace(found, problems=(*kept[:place], told, *kept[place + 1 :]))
    return replace(found, problems=(*kept, replace(problem, attempt=found.tries + 1)))


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
