"""Does Caddy answer at every address of the external domain, on the ports that viewers and authorities use?"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from wizard.checks.places import PAUSED, is_public, public_port
from wizard.checks.reach_answers import Answered, Door, knock
from wizard.checks.reach_findings import judge_answers
from wizard.core.checks import Check, Echo, Hop, Scene, Skip
from wizard.core.faults import Fault
from wizard.core.hosts import HTTPS_PORT
from wizard.methods import METHODS, Challenge, Method
from wizard.net.door import Net

_LOOKUP_SECONDS = 5.0
_PAUSE_SECONDS = 0.3
_ADDRESSES = 4
_HTTP_PORT = 80


@dataclass(frozen=True, slots=True)
class Subject:
    """The name, its ports, and one one-time address of our echo for each address of the name.

    `http_port` 0 means that plain http is nobody's concern. `own_addresses` are public addresses of the network
    this machine is in, as far as they are known.
    """

    domain: str
    https_port: int
    http_port: int
    method: str
    echoes: tuple[Echo, ...]
    own_addresses: tuple[str, ...] = ()
    is_elsewhere: bool = False

    @property
    def way_in(self) -> Method:
        """The way in, whose facts say what should lead where."""
        return METHODS[self.method]

    @property
    def patience_seconds(self) -> float:
        """How long to wait for a certificate that Caddy has only just been asked for."""
        return 2.0 if self.domain.endswith(".localhost") else 8.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What answered at each address and port; `fault` when the name could not be looked up."""

    answers: tuple[Answered, ...] = ()
    more_addresses: int = 0
    fault: Fault | None = None
    detail: str = ""


def subject(scene: Scene) -> Subject | Skip:
    """Name, ports and the echo; port 80 only where a visitor or an authority would use it."""
    if scene.host.paused:
        return PAUSED
    if not scene.echoes:
        return Skip("This app could not make a test address")
    way_in, port = METHODS[scene.host.method], public_port(scene)
    uses_http = port == HTTPS_PORT and not way_in.ends_tls_elsewhere and Challenge.HTTP in way_in.challenges
    own = tuple(one for one in (*scene.own_addresses, *scene.edge_addresses) if is_public(one))
    http_port = _HTTP_PORT if uses_http else 0
    name, method = scene.host.domain.name, scene.host.method
    return Subject(name, port, http_port, method, scene.echoes, own, scene.is_elsewhere)


def observe(net: Net, subject: Subject) -> Seen:
    """Knock at all doors at once."""
    where = net.addresses(subject.domain, seconds=_LOOKUP_SECONDS)
    if where.fault is not None:
        return Seen(fault=where.fault, detail=where.detail)
    doors = _doors(subject, where.values)
    ask = partial(_knock_patiently, net, subject, time.monotonic() + subject.patience_seconds)
    with ThreadPoolExecutor(len(doors)) as pool:
        answers = tuple(pool.map(ask, doors))
    return Seen(answers, more_addresses=max(0, len(where.values) - len(subject.echoes)))


def _knock_patiently(net: Net, subject: Subject, ends_at: float, door: Door) -> Answered:
    """Right after applying there is no certificate yet: then ask again, as long as the patience lasts."""
    while True:
        answered = knock(net, subject.domain, door)
        if answered.fault is not Fault.NO_CERTIFICATE or time.monotonic() > ends_at:
            return answered
        time.sleep(_PAUSE_SECONDS)


def _doors(subject: Subject, addresses: tuple[str, ...]) -> tuple[Door, ...]:
    doors: list[Door] = []
    for address, echo in zip(addresses, subject.echoes, strict=False):
        doors.append(Door(address, subject.https_port, True, echo.path, echo.mark))
        if subject.http_port:
            doors.append(Door(address, subject.http_port, False))
    return tuple(doors)


CHECK = Check(
    name="reach",
    title="Ports lead to Caddy",
    question="Does Caddy answer at every address of the external domain?",
    hop=Hop.WAY_IN,
    help="checks#reach",
    subject_type=Subject,
    seen_type=Seen,
    subject=subject,
    observe=observe,
    judge=judge_answers,
    needs=("dns",),
    through_caddy=True,
    travels=True,
    seconds=20.0,
    tickets=_ADDRESSES,
    order=25,
)
