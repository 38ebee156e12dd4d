"""What Tailscale's control API told, judged: only where tailscaled on this machine does not say it itself. Pure.

A machine matters when a proxy host has its media server there, when it was named as the other end, or when it is
this one. About the others there are notes.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import msgspec

from wizard.core.addresses import parse_address
from wizard.core.shapes import learn
from wizard.core.tailnet import Backend, Machine, Path, Tailnet
from wizard.core.tailnet_api import ApiTrouble, Device, Told, as_machine
from wizard.core.tailnet_api_words import moment_words, trouble_words
from wizard.core.tailnet_verdicts import SOON, key_verdicts, offline
from wizard.core.verdicts import Level, Remedy, Verdict
from wizard.core.ways import WaySetup

learn(Told)
_MOST_NAMED = 5
_UNLEARNT = "Porthole does not learn what only that API says, such as routes that nobody approved."
_ADMIN = "on the page Machines of Tailscale's admin console"


@dataclass(frozen=True, slots=True)
class Known:
    """What this installation knows beside tailscaled: what the control API told, the addresses of its media servers,
    and the address of the carrier's network that the router has on its internet side.

    `is_whole` False: only the machines of one proxy host matter.
    """

    told: Told | None = None
    media: tuple[str, ...] = ()
    carrier: str = ""
    is_whole: bool = True


def known_of(setup: WaySetup) -> Known:
    """The same from a setup, where it stands as JSON; what another version wrote counts as nothing."""
    told, media = setup.known.get("told"), setup.known.get("media")
    try:
        found = msgspec.convert(told, Told) if told else None
    except msgspec.ValidationError:
        found = None
    listed = tuple(str(one) for one in media) if isinstance(media, list | tuple) else ()
    return Known(found, listed, str(setup.known.get("carrier") or ""), setup.known.get("whole") is not False)


class Role(StrEnum):
    """Why a machine matters."""

    MEDIA = "media"
    OTHER_END = "other-end"
    HERE = "here"


@dataclass(frozen=True, slots=True)
class _Case:
    """One machine that matters, with what tailscaled on this machine says of it."""

    device: Device
    role: Role
    local: Machine | None
    is_direct: bool


def judge_told(method: str, known: Known, seen: Tailnet, peer: str) -> Iterator[Verdict]:
    """Findings. `peer` is the other end as it was typed."""
    told = known.told
    if told is None:
        return
    now = max(seen.at, told.tried_at)
    yield from _trouble(told, now)
    if not told.counts(now):
        return
    cases = tuple(_cases(known, told, seen, peer))
    source = f"From Tailscale’s API, read on {moment_words(told.at or told.tried_at)}."
    for case in cases:
        yield from (replace(one, detail=source) for one in _standing(case, now))
        yield from _incoming(case, method, source)
        yield from _update(case, source)
    yield from _routes(known, told, cases, method, source)
    yield from _paths(cases, source)
    if known.is_whole:
        yield from _others(told, {case.device for case in cases}, now, source)


def _cases(known: Known, told: Told, seen: Tailnet, peer: str) -> Iterator[_Case]:
    is_running = seen.silence is None and seen.backend is Backend.RUNNING
    me = seen.me if is_running else None
    here = me.addresses if me is not None else ()
    end, media = told.device(peer), {told.device(one) for one in known.media}
    for device in told.devices:
        is_here = any(one in here for one in device.addresses)
        role = Role.HERE if is_here else Role.MEDIA if device in media else Role.OTHER_END if device is end else None
        if role is None or device.is_external:
            continue
        others = seen.peers if is_running else ()
        local = me if is_here else next((one for one in others if _is_same(one, device)), None)
        is_direct = local is not None and local.path in {Path.DIRECT, Path.PEER_RELAY}
        yield _Case(device, role, local, is_direct)


def _is_same(machine: Machine, device: Device) -> bool:
    return any(one in device.addresses for one in machine.addresses)


def _standing(case: _Case, now: datetime) -> Iterator[Verdict]:
    """Approval, key, and whether it is connected; tailscaled says so itself of a machine that it sees."""
    device = case.device
    if case.local is not None:
        return
    if device.is_authorized is False:
        yield _not_approved(f"{device.label} waits for approval in the tailnet", Level.FAILURE, device.label)
        return
    yield from key_verdicts(as_machine(device, now), now, device.label)
    if device.is_online is False:
        since = f" since {moment_words(device.last_seen_at)}" if device.last_seen_at else ""
        yield offline(f"{device.label} has no connection to Tailscale{since}, as Tailscale’s API says", Level.WARNING)


def _not_approved(summary: str, level: Level, who: str) -> Verdict:
    return Verdict(
        "way-tailscale-not-approved",
        level,
        summary,
        "Nothing passes to it through the tailnet until then.",
        remedy=Remedy(f"Approve {who} {_ADMIN}.", "troubleshooting#way-tailscale-not-approved"),
    )


def _incoming(case: _Case, method: str, source: str) -> Iterator[Verdict]:
    device = case.device
    if not device.blocks_incoming:
        return
    is_door = case.role is Role.MEDIA or (case.role is Role.HERE and method == "tailnet")
    yield Verdict(
        "way-tailscale-blocks-incoming",
        Level.FAILURE if is_door else Level.WARNING,
        f"{device.label} takes no connections from the tailnet",
        "Nobody can open anything on it through Tailscale, not even a ping. It can still call others.",
        source,
        Remedy(
            f"Allow incoming connections on {device.label}.",
            "troubleshooting#way-tailscale-blocks-incoming",
            snippet="sudo tailscale set --shields-up=false",
            snippet_caption=f"On {device.label}, in a terminal",
        ),
    )


def _update(case: _Case, source: str) -> Iterator[Verdict]:
    if case.device.has_update:
        yield Verdict(
            "way-tailscale-update",
            Level.NOTE,
            f"There is a newer Tailscale for {case.device.label}",
            "It works as it is. Old versions miss repairs.",
            source,
            Remedy(f"Update Tailscale on {case.device.label}.", "troubleshooting#way-tailscale-update"),
        )


def _routes(known: Known, told: Told, cases: tuple[_Case, ...], method: str, source: str) -> Iterator[Verdict]:
    enabled = {route for one in told.devices for route in one.enabled}
    own = {case.device for case in cases}
    for device in told.devices:
        hit = next((one for one in known.media if _lies_in(one, device.pending) and not _lies_in(one, enabled)), "")
        if not device.pending or not (hit or device in own):
            continue
        why = f"Your media server {hit} lies in it. " if hit else ""
        yield Verdict(
            "way-tailscale-route-not-approved",
            # at home the media server is reached without any route
            Level.WARNING if hit and method == "tailscale" else Level.NOTE,
            f"{device.label} offers the route {', '.join(device.pending[:_MOST_NAMED])}, but nobody approved it",
            f"{why}Nothing passes to that network through the tailnet until then.",
            source,
            Remedy(
                f"Approve the route of {device.label} {_ADMIN}.",
                "troubleshooting#way-tailscale-route-not-approved",
            ),
        )


def _lies_in(text: str, routes: Iterable[str]) -> bool:
    address = parse_address(text)
    nets = (_network(one) for one in routes)
    return address is not None and any(net is not None and address in net for net in nets)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _paths(cases: tuple[_Case, ...], source: str) -> Iterator[Verdict]:
    """What the machines reported about their translators explains a relayed path; a direct one needs no reasons."""
    open_ = [case for case in cases if not case.is_direct]
    blocked = [case.device.label for case in open_ if case.device.udp is False]
    strict = [case.device.label for case in open_ if case.device.udp is not False and case.device.varies]
    far = any(case.role is not Role.HERE for case in open_)  # this machine alone has no path
    if blocked and far:
        yield _hard(f"UDP is blocked for {_names(blocked)}, so every path is relayed", Level.WARNING, source)
    elif len(strict) > 1 and far:
        yield _hard(
            f"{_names(strict)} sit behind strict translators, so they hardly meet directly", Level.WARNING, source
        )
    elif strict and far:
        yield _hard(f"{strict[0]} sits behind a strict translator", Level.NOTE, source)


def _hard(summary: str, level: Level, source: str) -> Verdict:
    return Verdict(
        "way-tailscale-strict-nat",
        level,
        summary,
        "A direct path needs an easy address at the other end, such as a VPS has, and UDP on both sides.",
        source,
        Remedy("Make one of the two sides easy to reach by UDP.", "troubleshooting#way-tailscale-strict-nat"),
    )


def _others(told: Told, own: set[Device], now: datetime, source: str) -> Iterator[Verdict]:
    others = [one for one in told.devices if one not in own and not one.is_external]
    waiting = [one.label for one in others if one.is_authorized is False]
    if waiting:
        summary = f"Waiting for approval in the tailnet: {_names(waiting)}"
        yield replace(_not_approved(summary, Level.NOTE, "them"), detail=source)
    ending = [one for one in others if one.expires_at is not None and now < one.expires_at < now + SOON]
    if ending:
        yield Verdict(
            "way-tailscale-key-expiring",
            Level.NOTE,
            f"Keys of other machines expire within 30 days: {_names([one.label for one in ending])}",
            "Each drops off the tailnet on its day. A person signs in again; a machine nobody looks at does not.",
            source,
            Remedy(
                f"Disable key expiry for those nobody sits at, {_ADMIN}.",
                "troubleshooting#way-tailscale-key-expiring",
            ),
        )


def _names(labels: list[str]) -> str:
    more = len(labels) - _MOST_NAMED
    return ", ".join(labels[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _trouble(told: Told, now: datetime) -> Iterator[Verdict]:
    """Notes: none of them says anything about viewers. A short silence is none while what was read is still new."""
    if told.trouble is None:
        return
    words, detail = trouble_words(told.trouble), f"{told.detail} ({moment_words(told.tried_at)})".strip()
    match told.trouble:
        case ApiTrouble.REFUSED | ApiTrouble.NOT_OPENED:
            yield Verdict(
                "way-tailscale-api-refused",
                Level.NOTE,
                words,
                _UNLEARNT,
                detail,
                Remedy(
                    "Make a new credential and save it under Ways in, Tailscale.",
                    "troubleshooting#way-tailscale-api-refused",
                ),
            )
        case ApiTrouble.NOT_ALLOWED:
            yield Verdict(
                "way-tailscale-api-not-allowed",
                Level.NOTE,
                words,
                _UNLEARNT,
                detail,
                Remedy(
                    "Give the OAuth client the scope devices:core:read.",
                    "troubleshooting#way-tailscale-api-not-allowed",
                ),
            )
        case _ if not told.counts(now):
            yield Verdict(
                "way-tailscale-api-unread",
                Level.NOTE,
                words,
                "Viewers notice nothing of it.",
                detail,
                Remedy("Choose Read again under Ways in, Tailscale.", "troubleshooting#way-tailscale-api-unread"),
            )
