"""The findings about a film that was asked for in parts and as a whole, part of the `streaming` check. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.echo_answers import could_not_look_through
from wizard.checks.streaming_seen import Part, Seen, Speed, in_mbit
from wizard.checks.streaming_uploads import judge_upload
from wizard.checks.words import HERE, could_not_look, listed, reason, remedy
from wizard.core.verdicts import Level, Verdict

if TYPE_CHECKING:
    from wizard.checks.streaming import Subject

_BEHIND_THE_END = 416


def judge_streaming(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """What is wrong with the parts, the whole, the speed and the upload; else how fast it was."""
    first = seen.parts[0]
    blind = could_not_look_through("streaming-could-not-look", first.status, first.fault, first.detail)
    if blind is not None and (seen.is_silent or all(part.status == first.status for part in seen.parts)):
        return (blind,)
    if not seen.is_silent and not _is_ours(seen):
        return (_not_ours(subject, seen),)
    found = _judge_parts(seen)
    told = {verdict.code for verdict in found}
    found += [verdict for verdict in _judge_speed(subject, seen.speed) if verdict.code not in told]
    found += judge_upload(subject, seen.upload)
    if seen.speed is not None and seen.speed.is_right and not any(_is_bad(verdict) for verdict in found):
        return (_passed(subject, seen.speed), *found)
    return tuple(found) or (could_not_look("streaming-could-not-look", first.fault, _detail(*seen.parts)),)


def _is_ours(seen: Seen) -> bool:
    """Our echo answered: nobody else knows the film, and nobody else has any reason to answer with a part."""
    return any(part.status == 206 for part in seen.parts) or (seen.speed is not None and seen.speed.is_right)


def _is_bad(verdict: Verdict) -> bool:
    return verdict.level.rank >= Level.WARNING.rank


def _told(part: Part) -> str:
    extra = f", {part.content_range}" if part.content_range else ""
    return f"{part.asked}: {part.status or part.detail or part.fault}{extra}"


def _detail(*parts: Part) -> str:
    return f"{HERE} Asked our test address. {'; '.join(_told(part) for part in parts)}"


def _not_ours(subject: Subject, seen: Seen) -> Verdict:
    first = seen.parts[0]
    return Verdict(
        "streaming-echo-not-ours",
        Level.FAILURE,
        f"The test address at {subject.domain} did not lead to this app (status {first.status})",
        "Either Caddy does not run the configuration we gave it, or something else answers for the name.",
        f"{_detail(first)}. Server: {first.server or 'not named'}. Via: {first.via or 'nobody'}",
        remedy(
            "streaming-echo-not-ours",
            "Apply again, so that Caddy runs the configuration of this proxy host.",
            "Open the configuration of this proxy host and choose Apply again.",
            f"Check that nothing in front of Caddy answers for {subject.domain}/.well-known/.",
            "Check again.",
        ),
    )


def _judge_parts(seen: Seen) -> list[Verdict]:
    *inside, behind = seen.parts
    cut = tuple(part for part in seen.parts if not part.status)
    whole = tuple(part for part in inside if part.status and part.status != 206)
    changed = tuple(part for part in inside if part.status == 206 and not _is_right(part))
    found = []
    if changed:
        found.append(_wrong_bytes(changed))
    if whole:
        found.append(_no_range(whole, Level.FAILURE))
    elif behind.status and behind.status != _BEHIND_THE_END:
        found.append(_no_range((behind,), Level.WARNING))
    if cut:
        found.append(_cut(f"{len(cut)} of {len(seen.parts)} requests for a part got no answer", _detail(*cut)))
    if not whole and not changed and not cut and not _says_that_parts_work(seen):
        found.append(_no_accept_ranges(seen.head))
    return found


def _is_right(part: Part) -> bool:
    return part.is_right and part.fault is None and part.content_range.startswith("bytes ") and part.bytes > 0


def _says_that_parts_work(seen: Seen) -> bool:
    head = seen.head
    total = seen.parts[0].content_range.rpartition("/")[2]
    return head.status == 200 and head.accept_ranges == "bytes" and str(head.announced) == total


def _wrong_bytes(parts: tuple[Part, ...]) -> Verdict:
    return Verdict(
        "streaming-wrong-bytes",
        Level.FAILURE,
        f"Something on the way changes films: other bytes came for {listed(tuple(part.asked for part in parts))}",
        "Pictures break up, or the player stops.",
        _detail(*parts),
        remedy(
            "streaming-wrong-bytes",
            "Take the hop that rewrites answers out of the way of this name.",
            "If another proxy stands on the way, switch its compression, caching and rewriting off for this name.",
            "At Cloudflare, make a Cache Rule “Bypass cache” for this name.",
            "Check again.",
        ),
    )


def _no_range(parts: tuple[Part, ...], level: Level) -> Verdict:
    first = parts[0]
    plain = first.status == 200
    summary = (
        f"Asked for a part of a film ({first.asked}), the answer was the whole (status 200)"
        if plain
        else f"Asked for a part of a film ({first.asked}), the answer was status {first.status}"
    )
    return Verdict(
        "streaming-no-range",
        level,
        summary,
        "Skipping in a film starts from zero each time, and some players do not play at all."
        if level is Level.FAILURE
        else "Players seldom ask for what lies behind the end, but a hop on the way does not keep to the rules.",
        _detail(*parts),
        remedy(
            "streaming-no-range",
            "Let every hop pass the Range header on and the answer 206 back.",
            "If another proxy stands on the way, switch its caching and its response buffering off for this name.",
            "At Cloudflare, make a Cache Rule “Bypass cache” for this name.",
            "Apply again, then check again.",
        ),
    )


def _no_accept_ranges(head: Part) -> Verdict:
    said = f"Accept-Ranges: {head.accept_ranges or 'not there'}, Content-Length: {head.announced}"
    return Verdict(
        "streaming-no-accept-ranges",
        Level.WARNING,
        "Parts of a film pass, but a hop takes away the note that says so",
        "Some players then do not offer to skip, or do not know how long a film is.",
        f"{_detail(head)}. {said}",
        remedy(
            "streaming-no-accept-ranges",
            "Let every hop pass Accept-Ranges and Content-Length on.",
            "If another proxy stands on the way, switch its compression and rewriting off for this name.",
            "Check again.",
        ),
    )


def _judge_speed(subject: Subject, speed: Speed | None) -> list[Verdict]:
    if speed is None:
        return []
    if blind := could_not_look_through("streaming-could-not-look", speed.status, speed.fault, speed.detail):
        return [blind]
    if speed.status != 200:
        return [_cut(f"Asked for a whole film, the answer was status {speed.status}", HERE)]
    if speed.wrong_at is not None:
        part = Part(f"the whole film, from byte {speed.wrong_at}", speed.status)
        return [_wrong_bytes((part,))]
    if speed.fault is not None:
        summary = f"A film broke off after {speed.bytes / 1e6:.1f} MB: {reason(speed.fault)}"
        return [_cut(summary, f"{HERE} Asked our test address. {speed.detail}")]
    limit = subject.stream_limit_mbps
    return [_slow(speed, limit)] if limit is not None and speed.mbps < limit else []


def _cut(summary: str, detail: str) -> Verdict:
    return Verdict(
        "streaming-cut",
        Level.FAILURE,
        summary,
        "A film stops in the middle, or does not begin.",
        detail,
        remedy(
            "streaming-cut",
            "Find the hop that cuts connections.",
            "If another proxy stands on the way, raise its limits for time and size.",
            "If the way in is a tunnel, look into its log at the time of this check.",
            "Check again.",
        ),
    )


def _slow(measured: Speed, limit: float) -> Verdict:
    return Verdict(
        "streaming-slow",
        Level.WARNING,
        f"{in_mbit(measured.mbps)} pass, less than your limit of {in_mbit(limit)} for each stream",
        "Viewers outside get at most what this machine gets. A stream at your limit would stop to buffer.",
        _measured(measured),
        remedy(
            "streaming-slow",
            f"Lower the limit for each stream to less than {in_mbit(measured.mbps)}, or find a faster way in.",
            "Check that nobody else used the line during the check, then check again.",
            "If the way in is relayed, look for a direct one.",
            "Edit this proxy host, open Media server settings and lower the limit for each stream.",
        ),
    )


def _measured(measured: Speed) -> str:
    return f"{HERE} {measured.bytes / 1e6:.1f} MB from our test address in {measured.read_seconds:.2f} s."


def _passed(subject: Subject, measured: Speed) -> Verdict:
    limit = subject.stream_limit_mbps
    fits = f", your limit for each stream is {in_mbit(limit)}" if limit is not None else ""
    speed = f"at least {in_mbit(measured.mbps)}" if subject.light else f"at most {in_mbit(measured.mbps)} from here"
    little = " Only a little was read, because this run was made by itself: check by hand for the whole speed."
    return Verdict(
        "streaming-ok",
        Level.OK,
        f"Any part of a film arrives unchanged; {speed}{fits}",
        "Measured from this machine. Viewers outside get at most this, and never more than your upload."
        + (little if subject.light else ""),
        _measured(measured),
    )
