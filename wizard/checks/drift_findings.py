"""The findings about what Caddy runs, part of the `drift` check. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.words import HERE, remedy
from wizard.core.verdicts import Level, Verdict

if TYPE_CHECKING:
    from wizard.checks.drift import Seen, Shared, Subject

# what the configuration was measured with; before that the header rules and the reload differ
_OLDEST = (2, 11)
_NEWEST = (2, 11)
_SHOWN = 3


def judge_drift(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """Differences first, then the version, then what a shared Caddy lacks."""
    if seen.trouble:
        return (_down(seen),)
    found = [
        *((_differs(subject, seen),) if seen.changes else ()),
        *((_old(seen),) if seen.number and seen.number < _OLDEST else ()),
        *(_judge_shared(subject, shared) for shared in seen.shared),
    ]
    if any(verdict.level.rank >= Level.WARNING.rank for verdict in found):
        return tuple(sorted(found, key=lambda verdict: -verdict.level.rank))
    version = f"Caddy {seen.version}" if seen.version else "Caddy"
    count = len(subject.hosts)
    hosts = "1 proxy host" if count == 1 else f"{count} proxy hosts"
    passed = Verdict("drift-ok", Level.OK, f"{version} runs exactly what you saved, for {hosts}", detail=HERE)
    newer = (_new(seen),) if seen.number[:2] > _NEWEST else ()
    return (passed, *found, *newer)


def _new(seen: Seen) -> Verdict:
    return Verdict(
        "drift-caddy-new",
        Level.NOTE,
        f"Caddy {seen.version} is newer than the version this app was tried with, which is 2.11",
        "It took our configuration and runs it. What the other checks find is what counts.",
        HERE,
    )


def _down(seen: Seen) -> Verdict:
    return Verdict(
        "drift-caddy-down",
        Level.UNKNOWN,
        "Caddy did not tell us what it runs",
        "Whether it runs what you saved is not known. It may serve viewers all the same.",
        f"{HERE} {seen.trouble}. {seen.detail}".rstrip(),
        remedy(
            "drift-caddy-down",
            "Check that Caddy runs and that this app may talk to its admin address, then check again.",
            "Look at /healthz on this app's own address: it lists all parts.",
            "If Caddy is your own, compare its admin address with the setting PORTHOLE_CADDY_ADMIN.",
            "Apply again once Caddy answers.",
        ),
    )


def _differs(subject: Subject, seen: Seen) -> Verdict:
    rest = len(seen.changes) - _SHOWN
    more = f"; and {rest} more" if rest > 0 else ""
    missing = not seen.is_served
    summary = (
        f"Caddy does not serve {subject.domain}, although it is saved here"
        if missing
        else f"Caddy runs something else than you saved. Applying again: {'; '.join(seen.changes[:_SHOWN])}{more}"
    )
    return Verdict(
        "drift-differs",
        Level.FAILURE if missing else Level.WARNING,
        summary,
        "Somebody changed Caddy's configuration after the last apply, or the last apply did not get through.",
        "\n".join((HERE, *seen.changes)),
        remedy(
            "drift-differs",
            "Apply again.",
            "Open the configuration of this proxy host and look at what would change.",
            "Choose Apply again. Hand-written parts of the configuration stay as they are.",
            "If another program writes Caddy's configuration too, let only one of the two do so.",
            "Check again.",
        ),
    )


def _old(seen: Seen) -> Verdict:
    return Verdict(
        "drift-caddy-old",
        Level.WARNING,
        f"Caddy {seen.version} is older than the version this app was tried with, which is 2.11",
        "Older versions forward headers and reload in other ways. What the other checks find is what counts.",
        HERE,
        remedy(
            "drift-caddy-old",
            "Update Caddy to 2.11 or later.",
            "Update it the way you installed it; packages of long-lived systems are often old.",
            "Restart Caddy, apply again, then check again.",
        ),
    )


def _judge_shared(subject: Subject, shared: Shared) -> Verdict:
    match shared.code:
        case "shared-stall-timeout":
            return _stall_option(subject, shared)
        case "no-access-log":
            return Verdict(
                "drift-shared-option",
                Level.NOTE,
                shared.sentence,
                "Everything else works without it.",
                HERE,
            )
        case _:
            return _shared_option(shared)


def _stall_option(subject: Subject, shared: Shared) -> Verdict:
    return Verdict(
        "drift-stall-option",
        Level.WARNING,
        shared.sentence,
        f"Some televisions then lose the film behind {subject.domain} when somebody pauses for longer.",
        HERE,
        remedy(
            "drift-stall-option",
            "Set write_idle of that server to hours.",
            "The option belongs to the whole server, and other sites of yours are on it: so it is your choice.",
            "In a Caddyfile it stands under servers, timeouts; in JSON it is write_idle_timeout.",
            "Check again.",
        ),
    )


def _shared_option(shared: Shared) -> Verdict:
    return Verdict(
        "drift-shared-option",
        Level.WARNING,
        shared.sentence,
        "This belongs to a part of Caddy's configuration that is shared with other sites, so we did not change it.",
        HERE,
        remedy(
            "drift-shared-option",
            "Change that part of Caddy's configuration yourself.",
            "Open the configuration of this proxy host: it names what is missing.",
            "Check again.",
        ),
    )
