"""Asking public probe networks whether a proxy host is reachable: Globalping first, check-host when that cannot.

The one part that tells third parties anything. Sends nothing without a Consent that names exactly what is sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Protocol

import msgspec

from wizard.core.outside import Question, Seen, Services, Unasked, Why, host_of
from wizard.core.outside_privacy import Consent, refuse
from wizard.core.refusal import Refusal
from wizard.net import checkhost, globalping
from wizard.net.apis import Api
from wizard.net.deadline import Deadline
from wizard.net.polling import Looked, Pace, Recognise

KEEP_SECONDS = 600
"""How long an answer is kept: the services are free, and shared by everybody."""

KEEP_NOTHING_SECONDS = 60
"""The same when nobody could look."""

_FIRST_SHARE = 2 / 3  # of all the time, so that something is left for the second service


@dataclass(frozen=True, slots=True)
class Kept:
    """What is remembered under one key, and until when (aware UTC)."""

    seen: Seen
    until: datetime


class Memory(Protocol):
    """Where answers are kept. A `dict[str, Kept]` will do; keys are texts, some with a service's URL."""

    def get(self, key: str, /) -> Kept | None:
        """What was kept under a key."""

    def __setitem__(self, key: str, kept: Kept, /) -> None:
        """Keep it, in place of what was there."""


def _now() -> datetime:
    return datetime.now(UTC)


def ask_outside(
    question: Question,
    services: Services,
    consent: Consent,
    recognise: Recognise,
    *,
    memory: Memory | None = None,
    pace: Pace = Pace(),  # noqa: B008 -- frozen
    now: Callable[[], datetime] = _now,
) -> Seen | Refusal:
    """What public probes see at a proxy host, at most 10 minutes old when there is a `memory`.

    A Refusal, and not a byte sent, when the question may hold a secret or leads nowhere public, or when
    `consent` does not name what is sent. Faults of the services are in `Seen.unasked`; raises nothing for them.
    Takes at most `pace.seconds`.
    """
    if refusal := refuse(question):
        return refusal
    if not services.hosts:
        return Refusal("No probe network is set, so nobody can look from outside")
    if not consent.covers(question, services):
        return Refusal("Nobody has agreed to what would be sent to public probes. Show it first, and ask")
    asking = _Asking(question, services, recognise, {} if memory is None else memory, pace, now)
    return asking.remembered() or asking.ask()


def key_of(question: Question, services: Services) -> str:
    """The key under which an answer is kept: the same for the same things sent to the same services."""
    sent = [checkhost.request_of(question), services.globalping, services.check_host]
    sent += [globalping.request_of(question, version) for version in question.ip_versions]
    return f"outside {hashlib.sha256(msgspec.json.encode(sent)).hexdigest()}"


def _rest_key(url: str) -> str:
    return f"rest {url}"


def _with_wait(unasked: Unasked, seconds: int) -> Unasked:
    return replace(unasked, retry_after_seconds=seconds, ip_version=0)


@dataclass(frozen=True, slots=True)
class _Asking:
    """One question on its way."""

    question: Question
    services: Services
    recognise: Recognise
    memory: Memory
    pace: Pace
    now: Callable[[], datetime]

    def remembered(self) -> Seen | None:
        return self._fresh(key_of(self.question, self.services))

    def ask(self) -> Seen:
        asked_at = self.now()
        deadline = Deadline(self.pace.seconds)
        looked: list[Looked] = []
        services: list[str] = []
        for url, look in ((self.services.globalping, self._globalping), (self.services.check_host, self._check_host)):
            if not url or (looked and any(answer.is_telling for answer in looked[-1].answers)):
                continue
            services.append(host_of(url))
            looked.append(self._one(url, look, deadline))
        seen = Seen(
            tuple(answer for one in looked for answer in one.answers),
            tuple(unasked for one in looked for unasked in one.unasked),
            tuple(services),
            tuple(link for one in looked for link in one.links),
            asked_at,
        )
        is_telling = any(answer.is_telling for answer in seen.answers)
        self._keep(key_of(self.question, self.services), seen, KEEP_SECONDS if is_telling else KEEP_NOTHING_SECONDS)
        return seen

    def _one(self, url: str, look: Callable[[Api], Looked], deadline: Deadline) -> Looked:
        """One service, unless it told us to wait."""
        resting = self.memory.get(_rest_key(url))
        if resting is not None and (left := (resting.until - self.now()).total_seconds()) > 0:
            return Looked(unasked=tuple(_with_wait(one, ceil(left)) for one in resting.seen.unasked))
        is_first = url == self.services.globalping and self.services.check_host
        try:
            own = deadline.within(self.pace.seconds * _FIRST_SHARE) if is_first else deadline
            with Api(url, own) as api:
                looked = look(api)
        except TimeoutError:
            return Looked(unasked=(Unasked(host_of(url), Why.TOO_SLOW, "no time was left for it"),))
        rest = max((one.retry_after_seconds for one in looked.unasked), default=0)
        if rest:
            self._keep(_rest_key(url), Seen(unasked=looked.unasked, services=(host_of(url),)), rest)
        return looked

    def _globalping(self, api: Api) -> Looked:
        return globalping.look(api, self.question, self.recognise, self.pace)

    def _check_host(self, api: Api) -> Looked:
        return checkhost.look(api, self.question, self.pace)

    def _fresh(self, key: str) -> Seen | None:
        kept = self.memory.get(key)
        return kept.seen if kept is not None and self.now() < kept.until else None

    def _keep(self, key: str, seen: Seen, seconds: float) -> None:
        self.memory[key] = Kept(seen, self.now() + timedelta(seconds=seconds))
