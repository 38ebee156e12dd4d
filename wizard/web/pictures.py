"""Pictures drawn on the server as SVG: the QR code, the 30-day strip, the bar that shares out the upload speed.

Pure: values in, Markup out. Colours come from the style sheet by class name, so that both themes fit. Every
picture has a sentence that says the same; the picture itself is hidden from screen readers then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import segno
from markupsafe import Markup

KEPT_FREE = 0.2  # the share of the upload that streams shall leave to everybody else at home
MOST_STREAMS_DRAWN = 30
_WIDTH, _GAP = 300.0, 1.5


@dataclass(frozen=True, slots=True)
class Day:
    """What the checks of one day found. `interruptions` counts runs of failures, not single failures."""

    checks: int = 0
    failures: int = 0
    interruptions: int = 0


class DayState(StrEnum):
    """How a day is drawn. The heights differ too, so that the strip is readable without colour."""

    GOOD = "good"
    SHORT = "short"
    BAD = "bad"
    NONE = "none"


_DAY_HEIGHT = {DayState.GOOD: 20, DayState.SHORT: 26, DayState.BAD: 32, DayState.NONE: 4}


@dataclass(frozen=True, slots=True)
class History:
    """The strip and the sentence that says the same."""

    svg: Markup
    sentence: str


@dataclass(frozen=True, slots=True)
class Capacity:
    """The bar (empty when the upload speed is not known), its sentence, and the number of streams that fit.

    `streams` is None when that number cannot be told. `spare` says whether a piece is left over.
    """

    svg: Markup
    sentence: str
    streams: int | None
    spare: bool = False


def qr_code(text: str, label: str) -> Markup:
    """A QR code (ISO/IEC 18004, error correction M), black on white in both themes, with the quiet zone of 4 modules.

    `label` is the text alternative. Raises segno's DataOverflowError for more than about 2,300 bytes.
    """
    drawn = segno.make(text, error="m", micro=False).svg_inline(dark="#000", light="#fff", border=4, omitsize=True)
    return Markup('<div class="qr" role="img" aria-label="{}">{}</div>').format(label, Markup(drawn))  # noqa: S704 - segno draws paths only, the text is not in them


def day_state(day: Day) -> DayState:
    """A day with at least a tenth of its checks failed is bad, with fewer it had a short interruption."""
    if day.checks == 0:
        return DayState.NONE
    if day.failures == 0:
        return DayState.GOOD
    return DayState.BAD if day.failures * 10 >= day.checks else DayState.SHORT


def history(days: Sequence[Day]) -> History:
    """The strip of some days, oldest first, and its sentence."""
    step = _WIDTH / max(len(days), 1)
    bars = []
    for number, day in enumerate(days):
        state = day_state(day)
        height = _DAY_HEIGHT[state]
        bars.append(
            f'<rect class="day-{state}" x="{number * step:g}" y="{32 - height}" width="{max(step - 2, 1):g}" '
            f'height="{height}"/>'
        )
    return History(svg=_drawing(bars, 32), sentence=history_sentence(days))


def history_sentence(days: Sequence[Day]) -> str:
    """For example "30 days: 2 short interruptions, 99.8 %". Never rounds up to 100 %."""
    checks = sum(day.checks for day in days)
    if checks == 0:
        return f"{_count(len(days), 'day')}: not checked yet"
    failures = sum(day.failures for day in days)
    interruptions = sum(day.interruptions for day in days)
    word = "short interruption" if all(day_state(day) is not DayState.BAD for day in days) else "interruption"
    said = _count(interruptions, word) if failures else "no interruptions"
    checked = sum(1 for day in days if day.checks)
    share = (checks - failures) * 1000 // checks / 10
    return f"{_count(checked, 'day')}: {said}, {share:g} %"


def capacity(upload_mbps: float | None, limit_mbps: float | None) -> Capacity:
    """How many streams of `limit_mbps` fit into `upload_mbps` (both Mbit/s) when KEPT_FREE of it stays free."""
    if not upload_mbps or upload_mbps <= 0:
        return Capacity(Markup(), "Tell us your upload speed to see how many people can watch.", None)
    up = f"{upload_mbps:g} Mbit/s up"
    usable = upload_mbps * (1 - KEPT_FREE)
    if not limit_mbps or limit_mbps <= 0:
        sentence = f"With {up} and no limit, one viewer can use all of it."
        return Capacity(_shares(0, 0, usable / upload_mbps), sentence, None, spare=True)
    streams = int(usable / limit_mbps + 1e-9)
    spare = usable - streams * limit_mbps
    svg = _shares(streams, limit_mbps / upload_mbps, spare / upload_mbps)
    rest = {
        0: f", one stream of {limit_mbps:g} Mbit/s does not fit. Choose a lower limit.",
        1: f" and {limit_mbps:g} Mbit/s a stream, 1 person can watch from outside.",
    }.get(streams, f" and {limit_mbps:g} Mbit/s a stream, {streams} people can watch from outside at once.")
    return Capacity(svg, f"With {up}{rest}", streams, spare=spare / upload_mbps > 0.005)


def _shares(streams: int, share: float, spare: float) -> Markup:
    """The bar: streams, what is left over, and the hatched part that is kept free. Shares of 1."""
    parts, x = [], 0.0
    if streams > MOST_STREAMS_DRAWN:  # thinner than the gaps between them
        streams, share = 1, share * streams
    for _ in range(streams):
        parts.append(_block("bar-stream", x, share))
        x += share
    if spare > 0.005:
        parts.append(_block("bar-spare", x, spare))
    left = (1 - KEPT_FREE) * _WIDTH
    parts.append(_block("bar-kept", 1 - KEPT_FREE, KEPT_FREE))
    lines = "".join(f"M{left + offset:g} 34l10 -32" for offset in range(4, int(_WIDTH - left) - 11, 7))
    parts.append(f'<path class="bar-kept-line" d="{lines}" vector-effect="non-scaling-stroke"/>')
    return _drawing(parts, 36)


def _block(name: str, start: float, share: float) -> str:
    return (
        f'<rect class="{name}" x="{start * _WIDTH + _GAP / 2:g}" y="2" width="{max(share * _WIDTH - _GAP, 0.5):g}" '
        'height="32" vector-effect="non-scaling-stroke"/>'
    )


def _drawing(shapes: Sequence[str], height: int) -> Markup:
    """An SVG stretched to its box. It holds no text, which would be stretched with it."""
    return Markup(  # noqa: S704 - made of numbers and our own class names only
        f'<svg viewBox="0 0 {_WIDTH:g} {height}" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f"{''.join(shapes)}</svg>"
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
