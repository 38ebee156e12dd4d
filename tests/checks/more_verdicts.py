"""Every verdict of the checks that look deeper, for what holds for all verdicts: the rows of their own tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.checks import (
    test_drift,
    test_events,
    test_exposure,
    test_hold,
    test_locality,
    test_reach,
    test_stall,
    test_streaming,
    test_way,
)
from wizard.checks import drift, events, exposure, hold, locality, reach, stall, streaming, way
from wizard.core.verdicts import Verdict
from wizard.methods import METHODS

# promised to the guides and to whoever greps a bug report for them
PROMISED = {
    "reach": "refused filtered wrong-server hairpin http-port could-not-look ok",
    "events": "none cut buffered could-not-look ok",
    "streaming": "no-range wrong-bytes cut no-accept-ranges slow upload-refused upload-cap echo-not-ours "
    "could-not-look ok",
    "hold": "cut reload could-not-look ok",
    "stall": "cut wrong-bytes echo-not-ours could-not-look ok",
    "exposure": "open set-up-open admin allowed-networks lan-networks could-not-look ok",
    "locality": "relayed headers-off lan-too-wide ipv6 header-lost counted-local home-by-name lan-without-home "
    "bridge home-remote waiting not-told ok",
    "way": "ok not-set-up could-not-tell",
    "drift": "differs caddy-old caddy-new stall-option shared-option caddy-down ok",
}


def _rows(test: Any, column: str) -> list[Any]:
    """The rows of a parametrised test."""
    (mark,) = [mark for mark in test.pytestmark if column in mark.args[0]]
    return list(mark.args[1])


def _reach() -> Iterator[Verdict]:
    for subject, answers, _ in _rows(test_reach.test_what_answers_is_judged, "answers"):
        for method in (subject.method, *METHODS):
            yield from reach.CHECK.judge(replace(subject, method=method), reach.Seen(tuple(answers)))


def _locality() -> Iterator[Verdict]:
    for subject, what, _ in _rows(test_locality.test_who_counts_as_what_is_judged, "what"):
        yield from locality.CHECK.judge(subject, what)


def _events() -> Iterator[Verdict]:
    for what, _ in _rows(test_events.test_what_came_is_judged, "what"):
        yield from events.CHECK.judge(test_events.SUBJECT, what)


def _streaming() -> Iterator[Verdict]:
    for method in METHODS:
        for limit in (None, 8.0, 80.0):
            subject = replace(test_streaming.SUBJECT, method=method, stream_limit_mbps=limit)
            for what, _ in _rows(test_streaming.test_what_came_is_judged, "what"):
                yield from streaming.CHECK.judge(subject, what)


def _stall() -> Iterator[Verdict]:
    for plex_mode in (True, False):
        for what, _ in _rows(test_stall.test_what_came_is_judged, "what"):
            yield from stall.CHECK.judge(replace(test_stall.SUBJECT, plex_mode=plex_mode), what)


def _hold() -> Iterator[Verdict]:
    for what, _ in _rows(test_hold.test_what_was_seen_is_judged, "what"):
        yield from hold.CHECK.judge(test_hold.SUBJECT, what)


def _exposure() -> Iterator[Verdict]:
    for subject, what, _ in _rows(test_exposure.test_what_was_seen_is_judged, "what"):
        yield from exposure.CHECK.judge(subject, what)


def _drift() -> Iterator[Verdict]:
    for what, _ in _rows(test_drift.test_what_caddy_runs_is_judged, "what"):
        yield from drift.CHECK.judge(test_drift.SUBJECT, what)


def _way() -> Iterator[Verdict]:
    for status, _, _ in test_way.CASES:
        if not status.verdicts:  # those belong to the ways in, which are tested beside their own watches
            with test_way.watched(status):
                yield from way.CHECK.judge(way.Subject(test_way.SETUP), way.Seen({"word": ""}))


VERDICTS: dict[str, list[Verdict]] = {
    "reach": list(_reach()),
    "events": list(_events()),
    "streaming": list(_streaming()),
    "hold": list(_hold()),
    "stall": list(_stall()),
    "exposure": list(_exposure()),
    "locality": list(_locality()),
    "drift": list(_drift()),
    "way": list(_way()),
}
