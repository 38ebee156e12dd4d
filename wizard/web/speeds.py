"""The picture of what speed to expect from each way in. Pure: facts in, Markup and sentences out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from wizard.core.ranking import Bitrate
from wizard.methods import Method

_LEAST, _MOST = (
    0.5,
    200.0,
)  # Mbit/s at the two ends of the scale, which is logarithmic: 1 and 2 differ as 50 and 100 do
_WIDTH = 300.0


def speed_rows(methods: Iterable[Method], upload_mbps: float | None) -> list[dict[str, Any]]:
    """One row a way in: its name, the sentence, and a bar. Without an upload speed its end stays open."""
    return [
        {
            "name": method.title,
            "text": sentence(method.bitrate, upload_mbps),
            "svg": bar(method.bitrate, upload_mbps, is_limited=method.is_limited),
        }
        for method in methods
    ]


def sentence(bitrate: Bitrate, upload_mbps: float | None) -> str:
    """For example "Up to your upload of 20 Mbit/s: your own upload is the only limit"."""
    if bitrate.most_mbps is not None:
        return f"{bitrate.cause[0].upper()}{bitrate.cause[1:]}"
    up = f"Up to your upload of {upload_mbps:g} Mbit/s" if upload_mbps else "Up to your upload"
    return f"{up}: {bitrate.cause}"


def bar(bitrate: Bitrate, upload_mbps: float | None, *, is_limited: bool = False) -> Markup:
    """From the least to the most that can be expected; hatched where nobody publishes how much."""
    end = bitrate.most_mbps or upload_mbps or _MOST
    start = bitrate.least_mbps or (_LEAST if is_limited else end)
    if is_limited and bitrate.most_mbps is None:
        return _drawing(f'<rect class="speed-open" x="1" y="2" width="{_WIDTH - 2:g}" height="12"/>')
    solid = _place(start if bitrate.least_mbps else end)
    shapes = f'<rect class="speed-sure" x="0" y="2" width="{solid:g}" height="12"/>'
    if _place(end) > solid:
        shapes += f'<rect class="speed-open" x="{solid:g}" y="2" width="{_place(end) - solid:g}" height="12"/>'
    return _drawing(shapes)


def _place(mbps: float) -> float:
    share = math.log(max(mbps, _LEAST) / _LEAST) / math.log(_MOST / _LEAST)
    return round(min(share, 1.0) * _WIDTH, 1)


def _drawing(shapes: str) -> Markup:
    return Markup(  # noqa: S704 - made of numbers and our own class names only
        f'<svg class="speed" viewBox="0 0 {_WIDTH:g} 16" preserveAspectRatio="none" aria-hidden="true" '
        f'focusable="false">{shapes}</svg>'
    )
