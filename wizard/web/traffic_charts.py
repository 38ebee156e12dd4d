"""Pictures of traffic, drawn on the server as SVG. Pure: sums in, Markup out.

The outer picture has no viewBox, so its text keeps its size on every screen; the shapes inside are stretched.
Remote lies at the bottom, because it alone goes through the upload whose line is drawn across.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from wizard.core.traffic import Window, mbps_of

REMOTE, UNKNOWN, LOCAL = "remote", "unknown", "local"
ORDER = (REMOTE, UNKNOWN, LOCAL)  # from the bottom up
WORDS = {REMOTE: "Remote", UNKNOWN: "Unknown", LOCAL: "Local"}
HEIGHT = 1_000
TOP, PLOT, BOTTOM = 24, 180, 26  # pixels: room for the highest number, the shapes, the times
HEAT_LEVELS = 5
HEAT_TOP, HEAT_ROW = 20, 26
_MUCH_HIGHER = 4  # an upload line so many times above everything else would flatten it
_NICE = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Series:
    """Mbit/s in each step of a window, for each locality, the oldest first. `starts` are their beginnings."""

    window: Window
    starts: tuple[int, ...]
    mbps: Mapping[str, tuple[float, ...]]

    def total(self, step: int) -> float:
        """Everything in one step."""
        return sum(values[step] for values in self.mbps.values())

    @property
    def peak(self) -> float:
        """The highest step of all together."""
        return max(map(self.total, range(len(self.starts))), default=0.0)

    def has(self, locality: str) -> bool:
        """True when anything of it was sent."""
        return any(self.mbps.get(locality, ()))


def series(window: Window, sums: Iterable[tuple[int, str, int]], at: float) -> Series:
    """Bytes by step (its start, locality, bytes) as Mbit/s. The running step counts for as long as it has run."""
    first, step = window.starts(at), window.step_seconds
    starts = tuple(range(first, first + window.seconds, step))
    bytes_of = {locality: [0] * len(starts) for locality in ORDER}
    for start, locality, sent in sums:
        place = (start - first) // step
        if 0 <= place < len(starts):
            bytes_of[locality if locality in bytes_of else UNKNOWN][place] += sent
    lasted = [float(step)] * len(starts)
    lasted[-1] = max(at - starts[-1], step / 4)
    return Series(
        window,
        starts,
        {
            locality: tuple(mbps_of(sent, seconds) for sent, seconds in zip(values, lasted, strict=True))
            for locality, values in bytes_of.items()
        },
    )


def rate_chart(found: Series, upload_mbps: float | None, name: str = "rate-chart") -> Markup:
    """Local and Remote as stacked areas over time, and the upload speed as a dashed line."""
    top = _top_of(found, upload_mbps)
    shapes = "".join(_area(found, locality, top) for locality in reversed(ORDER) if found.has(locality))
    upload = _upload(upload_mbps, top) if upload_mbps else Markup()
    steps = len(found.starts)
    return Markup(
        '<svg class="chart" role="img" aria-labelledby="{name}-title {name}-desc" height="{height}" width="100%">'
        '<title id="{name}-title">{title}</title><desc id="{name}-desc">{desc}</desc>{grid}'
        '<svg x="0" y="{top}" width="100%" height="{plot}" viewBox="0 0 {steps} {units}" preserveAspectRatio="none">'
        "{shapes}</svg>{upload}{times}</svg>"
    ).format(
        name=name,
        height=TOP + PLOT + BOTTOM,
        title=f"Local and Remote in the last {found.window.title}, in Mbit/s",
        desc=sentence(found, upload_mbps),
        grid=_grid(top),
        top=TOP,
        plot=PLOT,
        steps=steps,
        units=HEIGHT,
        shapes=Markup(shapes),  # noqa: S704 -- numbers and our own class names only
        upload=upload,
        times=_times(found.window),
    )


def sentence(found: Series, upload_mbps: float | None) -> str:
    """What the picture says, in words."""
    if not found.peak:
        return f"Nothing was sent in the last {found.window.title}."
    told = [
        f"{WORDS[locality]} {number(values[-1])} Mbit/s now, {number(max(values))} at most"
        for locality in reversed(ORDER)
        if any(values := found.mbps[locality])
    ]
    upload = f" The upload line is {number(upload_mbps)} Mbit/s." if upload_mbps else ""
    return f"{'; '.join(told)}.{upload}"


def number(value: float) -> str:
    """A number as people read it: three figures are enough."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}".removesuffix(".0") if value >= 0.05 or not value else "<0.1"


def size_words(count: float) -> str:
    """A number of bytes in the unit that fits, in powers of 1,000."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 99.5 else f"{number(count)} {unit}"
        count /= 1000
    return f"{number(count)} TB"


def _top_of(found: Series, upload_mbps: float | None) -> float:
    peak = found.peak
    if upload_mbps and upload_mbps <= max(peak, 0.25) * _MUCH_HIGHER:
        peak = max(peak, upload_mbps)
    if not peak and upload_mbps:
        peak = upload_mbps
    return nice(peak * 1.05) if peak else 1.0


def nice(value: float) -> float:
    """The least round number that is not below this one."""
    size = 1e-3
    while size * 10 < value:
        size *= 10
    return next(size * step for step in _NICE if size * step >= value)


def _area(found: Series, locality: str, top: float) -> str:
    below = ORDER[: ORDER.index(locality) + 1]
    is_covered = any(found.has(other) for other in ORDER if other not in below)
    area, edge = [f"M0 {HEIGHT}"], [f"M0 {HEIGHT}"]
    before, since = HEIGHT, 0
    for step in range(len(found.starts)):
        level = sum(found.mbps[one][step] for one in below)
        y = HEIGHT - min(HEIGHT, round(level / top * HEIGHT))
        if y != before:
            area.append(f"H{step}V{y}")
            # only level parts are edged: on a phone a step is three pixels wide, and its sides would eat it up
            edge.append(f"h{step - since}m0 {y - before}")
            before, since = y, step
    steps = len(found.starts)
    shapes = f'<path class="area-{locality}" d="{"".join(area)}H{steps}V{HEIGHT}Z"/>'
    if is_covered:
        path = f"{''.join(edge)}h{steps - since}"
        shapes += f'<path class="edge" d="{path}" vector-effect="non-scaling-stroke"/>'
    return shapes


def _grid(top: float) -> Markup:
    parts = []
    for share in (0.0, 0.5, 1.0):
        y = TOP + PLOT * (1 - share)
        parts.append(f'<line class="grid" x1="0" x2="100%" y1="{y:g}" y2="{y:g}"/>')
        if share:
            unit = " Mbit/s" if share == 1.0 else ""
            parts.append(f'<text x="0" y="{y - 5:g}">{escape(number(top * share))}{unit}</text>')
    return Markup("".join(parts))  # noqa: S704 -- as above


def _upload(upload_mbps: float, top: float) -> Markup:
    words = f"Upload {number(upload_mbps)} Mbit/s"
    if upload_mbps > top:
        return Markup('<text class="upload-label" x="100%" y="{y}" text-anchor="end">↑ {words}</text>').format(
            y=TOP - 7, words=words
        )
    y = TOP + PLOT * (1 - upload_mbps / top)
    return Markup(
        '<line class="upload" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        '<text class="upload-label" x="100%" y="{text_y}" text-anchor="end">{words}</text>'
    ).format(y=f"{y:g}", text_y=f"{y - 6:g}", words=words)


_TIMES = {
    "30m": ("30 min ago", "15 min ago"),
    "24h": ("24 h ago", "12 h ago"),
    "7d": ("7 days ago", "3½ days ago"),
    "90d": ("90 days ago", "45 days ago"),
}


def _times(window: Window) -> Markup:
    first, middle = _TIMES.get(window.key, (f"{window.title} ago", ""))
    y = TOP + PLOT + 18
    places = (("0", "start", first), ("50%", "middle", middle), ("100%", "end", "Now"))
    return Markup().join(
        Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(x, y, anchor, text)
        for x, anchor, text in places
    )


@dataclass(frozen=True, slots=True)
class Heat:
    """Bytes in each hour of some days, the oldest day first. A day has a name and 24 hours."""

    days: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def most(self) -> int:
        """The bytes of the busiest hour."""
        return max((sent for _, hours in self.days for sent in hours), default=0)


def heat_map(heat: Heat, name: str = "heat-map") -> Markup:
    """A row for each day, a box for each hour; the more was sent the fuller it is."""
    height, most = HEAT_TOP + HEAT_ROW * len(heat.days), heat.most
    cells = "".join(
        f'<rect class="heat-{level_of(sent, most)}" x="{hour}.04" y="{day}.06" width=".92" height=".88"/>'
        for day, (_, hours) in enumerate(heat.days)
        for hour, sent in enumerate(hours)
        if sent
    )
    names = Markup().join(
        Markup('<text y="{}">{}</text>').format(HEAT_TOP + HEAT_ROW * day + 18, words)
        for day, (words, _) in enumerate(heat.days)
    )
    hours = Markup().join(
        Markup('<text x="{}%" y="13">{}:00</text>').format(f"{hour / 24 * 100:g}", hour) for hour in (0, 6, 12, 18)
    )
    return Markup(
        '<div class="heat"><svg class="chart" width="100%" height="{height}" aria-hidden="true">{names}</svg>'
        '<svg class="chart" role="img" aria-labelledby="{name}-title {name}-desc" height="{height}" width="100%">'
        '<title id="{name}-title">How busy each hour was</title><desc id="{name}-desc">{desc}</desc>{hours}'
        '<svg y="{top}" width="100%" height="{inner}" viewBox="0 0 24 {days}" preserveAspectRatio="none">'
        '<rect class="heat-none" width="24" height="{days}"/>{cells}</svg></svg></div>'
    ).format(
        name=name,
        height=height,
        desc=heat_sentence(heat),
        names=names,
        hours=hours,
        top=HEAT_TOP,
        inner=height - HEAT_TOP,
        days=max(1, len(heat.days)),
        cells=Markup(cells),  # noqa: S704 -- numbers and our own class names only
    )


def level_of(sent: int, most: int) -> int:
    """How full a box is, from 0 for nothing to HEAT_LEVELS for the busiest hour."""
    return 0 if not sent or not most else max(1, -(-sent * HEAT_LEVELS // most))


def heat_sentence(heat: Heat) -> str:
    """The busiest hour in words."""
    most = heat.most
    if not most:
        return "Nothing was sent in these days."
    day, hour = next((words, hour) for words, hours in heat.days for hour, sent in enumerate(hours) if sent == most)
    return f"Busiest: {day}, {hour}:00 to {hour + 1}:00 UTC, with {size_words(most)}."


def share_bar(locality: str, sent: int, most: int) -> Markup:
    """A small bar beside a number that says the same."""
    width = max(1, round(100 * sent / most)) if most and sent else 0
    kind = locality if locality in ORDER else UNKNOWN
    return Markup(
        '<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="area-{}" width="{}" height="8"/></svg>'
    ).format(kind, width)


def step_rows(found: Series) -> Sequence[tuple[int, dict[str, str]]]:
    """The steps in which something was sent, the newest first: start, and Mbit/s by locality as text."""
    return [
        (found.starts[step], {locality: number(found.mbps[locality][step]) for locality in ORDER})
        for step in reversed(range(len(found.starts)))
        if found.total(step)
    ]
