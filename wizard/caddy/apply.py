"""Brings the proxy hosts into a running Caddy, and takes the last good configuration back when that broke something.

Knows nothing of how a host is probed: the probe is given. Nothing here raises for the state of the world.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from wizard.caddy.client import CaddyClient, Running
from wizard.caddy.config import Built, Note, admin_block, build
from wizard.caddy.difference import Difference, compare, served_domains
from wizard.caddy.document import Document, has_foreign_servers
from wizard.caddy.refusals import CONFLICT, DOWN, conflict, restored
from wizard.caddy.version import Version
from wizard.core.hosts import Edge, ProxyHost
from wizard.core.verdicts import Trouble

# A request through Caddy itself: a coarse class of answer, such as "answers", or None when the host does not work.
Probe = Callable[[ProxyHost], str | None]
Validate = Callable[[Document, Version], Trouble | None]

_AT_ONCE = 8


class State(StrEnum):
    """How an attempt ended."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    CONFLICT = "conflict"
    CADDY_DOWN = "caddy-down"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt. `before` ran when it began, `after` is what was meant to run; `trouble` says why it does not."""

    state: State
    before: Document
    after: Document
    difference: Difference
    trouble: Trouble | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a write is tried against other writers, and how long a host may take to answer again."""

    writes: int = 3
    probes: int = 6
    pause_seconds: float = 0.5


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What one attempt works with."""

    edge: Edge
    hosts: tuple[ProxyHost, ...]
    client: CaddyClient
    version: Version
    patience: Patience
    validate: Validate | None
    probe: Probe | None


def apply(
    edge: Edge,
    hosts: Sequence[ProxyHost],
    *,
    client: CaddyClient,
    validate: Validate | None = None,
    probe: Probe | None = None,
    patience: Patience = Patience(),
) -> Outcome:
    """Make Caddy serve exactly these hosts beside what is hand-written; no hosts removes everything of ours.

    Snapshot, build, validate, write if nobody else did meanwhile, verify, restore. Twice in a row is
    `unchanged`. Without `validate` (no binary at hand) Caddy itself is the first to judge, and a note says so.
    Without `probe` only the running configuration is verified.
    """
    version = client.version()
    if isinstance(version, Trouble):
        return _nothing_done(version)
    attempt = _Attempt(edge, tuple(hosts), client, version, patience, validate, probe)
    outcome = _once(attempt)
    for _ in range(patience.writes - 1):
        if outcome.state is not State.CONFLICT:
            break
        outcome = _once(attempt)
    return outcome


def _once(attempt: _Attempt) -> Outcome:
    running = attempt.client.get_config()
    if isinstance(running, Trouble):
        return _nothing_done(running)
    built = build(attempt.hosts, attempt.edge, attempt.version, running.config)
    difference = compare(running.config, built.config)
    if difference.is_empty:
        return Outcome(State.UNCHANGED, running.config, built.config, difference, None, built.notes)
    notes = built.notes if attempt.validate else (*built.notes, _not_validated())
    state = State.REFUSED
    trouble = attempt.validate(_document_to_try(attempt, built), attempt.version) if attempt.validate else None
    if trouble is None:
        worked = _working(attempt, running.config)
        state, trouble = _write_and_verify(attempt, running, built, worked)
    return Outcome(state, running.config, built.config, difference, trouble, notes)


def _nothing_done(trouble: Trouble) -> Outcome:
    return Outcome(State.CADDY_DOWN, {}, {}, Difference((), ""), trouble)


def _not_validated() -> Note:
    return Note("not-validated", "There is no caddy program here, so the configuration was not tried out beforehand")


def _document_to_try(attempt: _Attempt, built: Built) -> Document:
    """The whole document; our part alone where hand-written parts may need another machine's files and modules."""
    if has_foreign_servers(built.config):
        return build(attempt.hosts, attempt.edge, attempt.version, None).config
    return built.config


def _write_and_verify(
    attempt: _Attempt, running: Running, built: Built, worked: Mapping[str, str]
) -> tuple[State, Trouble | None]:
    trouble = attempt.client.post_config(built.config, running.etag)
    if trouble is not None and trouble.code == CONFLICT:
        return State.CONFLICT, trouble
    if trouble is not None and trouble.code != DOWN:
        _take_logger_back(attempt, running, built)
        return State.REFUSED, trouble
    now = attempt.client.get_config()  # also when the answer to the write got lost: it may have arrived
    if isinstance(now, Trouble):
        return State.CADDY_DOWN, now
    if now.config != built.config:
        if trouble is not None:
            return State.CADDY_DOWN, trouble
        return State.CONFLICT, conflict("the running configuration is not the one that was written")
    broken = _broken(attempt, worked)
    return _restore(attempt, running, now, broken) if broken else (State.APPLIED, None)


def _restore(
    attempt: _Attempt, running: Running, now: Running, broken: tuple[str, ...]
) -> tuple[State, Trouble | None]:
    trouble = attempt.client.post_config(_with_admin(attempt, running.config), now.etag)
    if trouble is None:
        return State.RESTORED, restored(broken, "")
    match trouble.code:
        case code if code == CONFLICT:
            return State.CONFLICT, trouble
        case code if code == DOWN:
            return State.CADDY_DOWN, trouble
        case _:
            return State.REFUSED, trouble


def _take_logger_back(attempt: _Attempt, running: Running, built: Built) -> None:
    """After a refused load Caddy goes on logging as the refused document said (trap B, measured on both versions)."""
    now = attempt.client.get_config()
    same_logging = running.config.get("logging") == built.config.get("logging")
    if isinstance(now, Trouble) or now.config != running.config or same_logging:
        return
    attempt.client.load(_with_admin(attempt, running.config), must_revalidate=True)


def _with_admin(attempt: _Attempt, config: Document) -> Document:
    return {**config, "admin": config.get("admin") or admin_block(attempt.edge)}


def _working(attempt: _Attempt, config: Document) -> dict[str, str]:
    """The class of answer of every host that works under this configuration."""
    served = served_domains(config)
    asked = [host for host in attempt.hosts if host.domain.name in served and not host.paused]
    return {domain: answer for domain, answer in _answers(asked, attempt.probe).items() if answer is not None}


def _answers(hosts: Sequence[ProxyHost], probe: Probe | None) -> dict[str, str | None]:
    if probe is None or not hosts:
        return {}
    with ThreadPoolExecutor(min(_AT_ONCE, len(hosts))) as pool:
        return {host.domain.name: answer for host, answer in zip(hosts, pool.map(probe, hosts), strict=True)}


def _broken(attempt: _Attempt, worked: Mapping[str, str]) -> tuple[str, ...]:
    """The domains that worked before and, after some tries, do not answer alike now."""
    left = [host for host in attempt.hosts if host.domain.name in worked]
    for turn in range(attempt.patience.probes):
        if turn:
            time.sleep(attempt.patience.pause_seconds)
        answers = _answers(left, attempt.probe)
        left = [host for host in left if answers[host.domain.name] != worked[host.domain.name]]
        if not left:
            return ()
    return tuple(host.domain.name for host in left)
