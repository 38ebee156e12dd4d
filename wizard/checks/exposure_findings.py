"""The findings about what strangers may see and do, part of the `exposure` check. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.exposure_lists import judge_lists
from wizard.checks.words import HERE, could_not_look, listed, remedy
from wizard.core.addresses import Kind
from wizard.core.verdicts import Level, Remedy, Verdict
from wizard.media import MEDIA

if TYPE_CHECKING:
    from wizard.checks.exposure import Subject
    from wizard.checks.exposure_doors import Door
    from wizard.checks.exposure_seen import Entrance, Seen

_REFUSALS = {401, 403}
_GATEWAY = {502, 503, 504}


def judge_exposure(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """What is open, the worst first; else what was proven to be closed."""
    found = [
        *_judge_stranger(subject, seen.stranger),
        *((_set_up_open(subject),) if seen.is_set_up is False else ()),
        *_judge_doors(seen.doors),
        *judge_lists(subject, seen),
    ]
    if any(verdict.level.rank >= Level.UNKNOWN.rank for verdict in found):
        return tuple(sorted(found, key=lambda verdict: -verdict.level.rank))
    return (_passed(subject, seen), *found)


def _judge_stranger(subject: Subject, stranger: Entrance | None) -> tuple[Verdict, ...]:
    if stranger is None or stranger.status in _REFUSALS or 300 <= stranger.status < 400:
        return ()
    if stranger.is_open:
        return (_open(subject, stranger),)
    if not stranger.status:
        return (could_not_look("exposure-could-not-look", stranger.fault, f"{HERE} {stranger.detail}".rstrip()),)
    return (_neither(subject, stranger),)


def _open(subject: Subject, stranger: Entrance) -> Verdict:
    plex = subject.upstream.media == "plex"
    steps = (
        (
            "In Plex, open Settings, your server, Network, and choose Show Advanced.",
            "Empty the list of addresses that are allowed without auth, and save.",
            "Check that no hop on the way changes the Host header: Plex takes such requests for local ones.",
            "If nobody has claimed this server yet, sign in to Plex at home and claim it.",
        )
        if plex
        else (MEDIA[subject.upstream.media].set_up_first,)
    )
    return Verdict(
        "exposure-open",
        Level.FAILURE,
        f"{subject.title} lets strangers in without a sign-in, through {subject.domain}",
        f"Asked from {stranger.local_address or 'this machine'} without any token, it showed its inside. "
        "Unless only your own network is let in like this, anybody on the internet is.",
        f"{HERE} {subject.url}{stranger.path} answered {stranger.status}",
        remedy("exposure-open", f"Let {subject.title} ask everybody for a sign-in.", *steps, "Check again."),
    )


def _neither(subject: Subject, stranger: Entrance) -> Verdict:
    cause = "Caddy got no answer from it" if stranger.status in _GATEWAY else "it neither let us in nor refused"
    return Verdict(
        "exposure-could-not-look",
        Level.UNKNOWN,
        f"We could not see whether {subject.title} asks for a sign-in: {cause} (status {stranger.status})",
        "A server that is well answers 401 to whoever is not signed in.",
        f"{HERE} {subject.url}{stranger.path}",
        Remedy("Look at the checks above this one, then check again.", "troubleshooting#check-could-not-run"),
    )


def _set_up_open(subject: Subject) -> Verdict:
    first = MEDIA[subject.upstream.media].set_up_first
    return Verdict(
        "exposure-set-up-open",
        Level.FAILURE,
        f"{subject.title}'s own first set-up is open at {subject.domain}",
        "Anyone who finds it on the internet could take the server over.",
        f"{HERE} {subject.url}",
        remedy(
            "exposure-set-up-open",
            first,
            "Pause this proxy host until that is done.",
            f"Open {subject.home} in a browser at home.",
            first,
            "Serve this proxy host again, then check again.",
        ),
    )


def _judge_doors(doors: tuple[Door, ...]) -> tuple[Verdict, ...]:
    open_doors = tuple(door for door in doors if door.is_admin and door.kind is not Kind.LOOPBACK)
    return (_admin(open_doors),) if open_doors else ()


def _admin(doors: tuple[Door, ...]) -> Verdict:
    first = doors[0]
    # on the machine itself no firewall stands in between, and a private address is only for those inside
    near = all(door.kind is not Kind.PUBLIC or door.local_address == door.address for door in doors)
    why = "Whoever reaches it can make Caddy serve anything, and read its configuration."
    if first.kind is not Kind.PUBLIC:
        why += " That address can be reached from inside only."
    elif near:
        why += " From this machine no firewall stands in between, so from outside it may be closed."
    return Verdict(
        "exposure-admin",
        Level.WARNING if near else Level.FAILURE,
        f"Caddy takes orders from anybody at {listed(tuple(door.place for door in doors))}",
        why,
        f"{HERE} {'; '.join(f'{door.place} answered {door.status}' for door in doors)}",
        remedy(
            "exposure-admin",
            "Let Caddy take orders on this machine only.",
            "In Caddy's configuration set admin to a unix socket or to localhost:2019.",
            f"Until then close port {first.port} in the firewall of the machine with Caddy.",
            f"In Docker, do not publish port {first.port}.",
            "Check again.",
        ),
    )


def _passed(subject: Subject, seen: Seen) -> Verdict:
    facts = []
    if seen.stranger is not None:
        facts.append(f"{subject.title} asks strangers to sign in")
    elif seen.is_set_up:
        facts.append(f"{subject.title}'s own first set-up is finished")
    if any(door.kind is not Kind.LOOPBACK for door in seen.doors):
        facts.append("Caddy takes no orders from outside")
    return Verdict(
        "exposure-ok",
        Level.OK,
        ", and ".join(facts) or "Nothing was found open, but little could be looked at",
        _rest(subject, seen),
        f"{HERE} {'; '.join(_tried(seen))}".rstrip(),
    )


def _rest(subject: Subject, seen: Seen) -> str:
    rest = []
    if subject.upstream.media == "plex" and subject.upstream.address and seen.lists is None:
        rest.append("Plex's lists of addresses were not looked at, because no token is stored.")
    if not any(door.kind is not Kind.LOOPBACK for door in seen.doors):
        rest.append("Whether Caddy takes orders from outside cannot be seen from here.")
    return " ".join(rest)


def _tried(seen: Seen) -> list[str]:
    tried = [f"{door.place}: {door.status or door.detail}" for door in seen.doors]
    if seen.stranger is not None:
        tried.insert(0, f"{seen.stranger.path} without a token: {seen.stranger.status}")
    return tried
