"""Does Caddy run what was saved here, and does it know the options that we rely on?"""

from __future__ import annotations

from dataclasses import dataclass

from wizard.caddy.client import CaddyClient
from wizard.caddy.config import build
from wizard.caddy.difference import compare, served_domains
from wizard.checks.drift_findings import judge_drift
from wizard.checks.places import PAUSED
from wizard.core.checks import Check, Hop, Scene, Skip
from wizard.core.hosts import Edge, ProxyHost
from wizard.core.verdicts import Trouble
from wizard.net.door import Net

_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Subject:
    """All proxy hosts, because one configuration holds them all; the domain that this run is about; the edge."""

    domain: str
    hosts: tuple[ProxyHost, ...]
    edge: Edge


@dataclass(frozen=True, slots=True)
class Shared:
    """Something that is missing because it is not ours to change, by its code, in words."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What an apply would change, in sentences; never the configuration, which may hold secrets of other sites.

    `is_served` says whether Caddy serves the domain of this run. `trouble` and `detail` say why nothing is known.
    """

    version: str = ""
    number: tuple[int, ...] = ()
    changes: tuple[str, ...] = ()
    is_served: bool = False
    shared: tuple[Shared, ...] = ()
    trouble: str = ""
    detail: str = ""


def subject(scene: Scene) -> Subject | Skip:
    """The hosts and the edge; no token."""
    if scene.host.paused:
        return PAUSED
    if scene.host.domain not in {host.domain for host in scene.hosts}:
        return Skip("The list of all proxy hosts is not known here")
    return Subject(scene.host.domain.name, scene.hosts, scene.edge)


def observe(net: Net, subject: Subject) -> Seen:  # noqa: ARG001 -- Caddy's admin address is no part of the network
    """Read what Caddy runs and compare it with what an apply would load. Nothing is written."""
    client = CaddyClient(subject.edge.admin, fallback=None, deadline_seconds=_SECONDS)
    version = client.version()
    if isinstance(version, Trouble):
        return Seen(trouble=version.summary, detail=version.detail)
    running = client.get_config()
    if isinstance(running, Trouble):
        return Seen(trouble=running.summary, detail=running.detail)
    built = build(subject.hosts, subject.edge, version, running.config)
    difference = compare(running.config, built.config)
    return Seen(
        version.text,
        version.number,
        () if difference.is_empty else difference.sentences,
        subject.domain in served_domains(running.config),
        tuple(Shared(note.code, note.sentence) for note in built.notes),
    )


CHECK = Check(
    name="drift",
    title="Caddy runs what you saved",
    question="Does Caddy run what was saved here, and know the options we rely on?",
    hop=Hop.CADDY,
    help="checks#drift",
    subject_type=Subject,
    seen_type=Seen,
    subject=subject,
    observe=observe,
    judge=judge_drift,
    through_caddy=True,
    seconds=12.0,
    order=90,
)
