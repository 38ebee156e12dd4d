"""Which way in fits a person: from facts of the ways, the connection and two answers to a ranking with reasons.

Pure. Must not know any one way in: it gets their facts. Nothing is taken away from the person: a way that is ruled
out keeps its reason, and can still be chosen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Need(StrEnum):
    """What a way in cannot do without."""

    PUBLIC_IPV4 = "public-ipv4"
    IPV6_IN = "ipv6-in"
    VPS = "vps"
    APP_ON_EVERY_DEVICE = "app-on-every-device"


class Answer(StrEnum):
    """Yes, no, or nobody could tell."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Viewers(StrEnum):
    """Who shall watch."""

    ANYONE = "anyone"  # televisions too
    FEW = "few"  # the owner and a few people, on devices that can run an app


class Rent(StrEnum):
    """Whether a rented machine is possible."""

    HAVE = "have"
    MAY = "may"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Bitrate:
    """What one can expect, in Mbit/s. `most_mbps` None means: as much as the home's own upload."""

    least_mbps: float | None
    most_mbps: float | None
    cause: str


@dataclass(frozen=True, slots=True)
class Facts:
    """A way in, as far as ranking needs it. Dots go from 1 to 4, more is better.

    `may_be_relayed`: its path can end up on somebody's shared relay. `shares_carrier_space`: its addresses are from
    100.64.0.0/10, like those of many carriers. `video_is_restricted`: its terms restrict video. `is_limited`: its
    speed has a limit that nobody can raise. `address_may_be_lost`: the media server may not take viewers' addresses.
    """

    key: str
    needs: frozenset[Need]
    bitrate: Bitrate
    tv_apps: int
    cost: int
    privacy: int
    speed: int
    may_be_relayed: bool = False
    shares_carrier_space: bool = False
    video_is_restricted: bool = False
    is_limited: bool = False
    address_may_be_lost: bool = False
    is_choosable: bool = True


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known and what was answered.

    `ipv4` and `ipv6` say whether somebody outside could reach the home that way once the router lets them. `seen` is
    the sentence that a NO of `ipv4` rests on, `seen_6` the same for `ipv6`.
    """

    ipv4: Answer = Answer.UNKNOWN
    ipv6: Answer = Answer.UNKNOWN
    seen: str = ""
    seen_6: str = ""
    carrier_uses_shared_space: bool = False
    mapping_varies: bool = False
    viewers: Viewers = Viewers.ANYONE
    rent: Rent = Rent.MAY
    serves_plex: bool = True


class Standing(StrEnum):
    """Where a way in stands for this person."""

    RECOMMENDED = "recommended"
    POSSIBLE = "possible"
    RULED_OUT = "ruled-out"


@dataclass(frozen=True, slots=True)
class Ranked:
    """One way in with its place: why it stands there, and what to know before it hurts."""

    key: str
    standing: Standing
    why: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def rank(ways: Iterable[Facts], situation: Situation) -> tuple[Ranked, ...]:
    """The ways in, best first: at most one is RECOMMENDED, and what is ruled out comes last.

    A way is recommended only when nothing it needs is unknown, its terms allow video, and its speed has no fixed
    limit. Ties keep the order in which the ways were given.
    """
    choosable = [way for way in ways if way.is_choosable]
    out = {way.key: reasons for way in choosable if (reasons := _ruled_out(way, situation))}
    rest = sorted((way for way in choosable if way.key not in out), key=lambda way: -_score(way, situation))
    best = next((way for way in rest if _may_be_recommended(way, situation)), None)
    ordered = [*([best] if best else []), *(way for way in rest if way is not best)]
    return (
        *(
            Ranked(
                way.key,
                Standing.RECOMMENDED if way is best else Standing.POSSIBLE,
                _reasons(way, situation) if way is best else (),
                _warnings(way, situation),
            )
            for way in ordered
        ),
        *(
            Ranked(way.key, Standing.RULED_OUT, out[way.key], _warnings(way, situation))
            for way in choosable
            if way.key in out
        ),
    )


def _ruled_out(way: Facts, situation: Situation) -> tuple[str, ...]:
    reasons = []
    if Need.PUBLIC_IPV4 in way.needs and situation.ipv4 is Answer.NO:
        reasons.append(situation.seen or "Your connection has no public IPv4 address of its own.")
    if Need.IPV6_IN in way.needs and situation.ipv6 is Answer.NO:
        reasons.append(situation.seen_6 or "Your connection has no IPv6.")
    if Need.VPS in way.needs and situation.rent is Rent.NO:
        reasons.append("It needs a rented server, and you said that there shall be none.")
    if Need.APP_ON_EVERY_DEVICE in way.needs and situation.viewers is Viewers.ANYONE:
        reasons.append("Televisions and people outside your tailnet could not watch.")
    return tuple(reasons)


def _may_be_recommended(way: Facts, situation: Situation) -> bool:
    if Need.PUBLIC_IPV4 in way.needs and situation.ipv4 is not Answer.YES:
        return False
    if Need.IPV6_IN in way.needs and situation.ipv6 is not Answer.YES:
        return False
    return not (way.video_is_restricted or way.is_limited)


_WEIGHTS = {Viewers.ANYONE: (3, 3, 1, 1), Viewers.FEW: (1, 3, 2, 2)}  # televisions, speed, privacy, cost
_HURTS = 6  # more than any single fact weighs when it differs by one dot


def _score(way: Facts, situation: Situation) -> int:
    cost = 4 if situation.rent is Rent.HAVE else way.cost
    dots = (way.tv_apps, way.speed, way.privacy, cost)
    score = sum(weight * dot for weight, dot in zip(_WEIGHTS[situation.viewers], dots, strict=True))
    score -= _HURTS * (way.video_is_restricted + way.is_limited)
    score -= _HURTS * (way.address_may_be_lost and situation.serves_plex)
    score -= _HURTS * (way.may_be_relayed and situation.mapping_varies)
    return score - _HURTS * (way.shares_carrier_space and situation.carrier_uses_shared_space)


def _reasons(way: Facts, situation: Situation) -> tuple[str, ...]:
    reasons = []
    if Need.PUBLIC_IPV4 in way.needs:
        reasons.append("Your connection has a public IPv4 address of its own, so no detour is needed.")
    elif Need.IPV6_IN in way.needs:
        reasons.append("Your connection has IPv6 of its own, which CGNAT does not touch.")
    elif situation.ipv4 is Answer.NO:
        reasons.append("It works behind CGNAT, because your home dials out.")
    elif situation.ipv4 is Answer.UNKNOWN:
        reasons.append("It works whether you are behind CGNAT or not, which could not be told yet.")
    if Need.VPS in way.needs and situation.rent is Rent.HAVE:
        reasons.append("You have a rented server already.")
    if way.tv_apps == 4 and situation.viewers is Viewers.ANYONE:
        reasons.append("Every television app can use it.")
    if Need.APP_ON_EVERY_DEVICE in way.needs:
        reasons.append("The people you have in mind can all run the app, and nothing is open to the internet.")
    return tuple(reasons)


def _warnings(way: Facts, situation: Situation) -> tuple[str, ...]:
    warnings = []
    if Need.PUBLIC_IPV4 in way.needs and situation.ipv4 is Answer.UNKNOWN:
        warnings.append("It works only with a public IPv4 address, and whether you have one could not be told yet.")
    if Need.IPV6_IN in way.needs and situation.ipv6 is Answer.UNKNOWN:
        warnings.append("It works only with IPv6 at home, which was not seen yet.")
    if way.shares_carrier_space and situation.carrier_uses_shared_space:
        warnings.append(
            "Your carrier uses addresses from 100.64.0.0/10, and so does Tailscale. On Linux, Tailscale drops what "
            "comes from such addresses outside its own network: the carrier's name servers may stop answering."
        )
    if way.may_be_relayed and situation.mapping_varies:
        warnings.append(
            "Your connection gives every destination another port, so a direct path is unlikely. "
            f"Expect the relay: {way.bitrate.cause}."
        )
    if way.address_may_be_lost and situation.serves_plex:
        warnings.append("Plex was seen to ignore IPv6 addresses of viewers, and counted such viewers as Local.")
    if way.video_is_restricted:
        warnings.append("Its terms restrict video. You have to agree that you know them.")
    if way.is_limited:
        warnings.append(f"Its speed has a limit that cannot be raised: {way.bitrate.cause}.")
    return tuple(warnings)
