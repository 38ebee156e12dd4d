"""What the `streaming` check sees of each answer: numbers and verdict-free facts, nothing of the film itself."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.core.faults import Fault
from wizard.net.flows import Flow


def ranges_of(size: int) -> tuple[tuple[str, int, int], ...]:
    """What players ask for (RFC 9110, section 14.1.2), with the places that must come; none behind the end."""
    middle = size // 2
    return (
        ("bytes=0-0", 0, 1),
        (f"bytes={middle}-{middle + 65_535}", middle, middle + 65_536),
        (f"bytes={size - 1003}-", size - 1003, size),
        ("bytes=-1000", size - 1000, size),
        (f"bytes={size}-", 0, 0),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """One answer to a request for a part, or for the head alone. `asked` is the Range header, or `HEAD`."""

    asked: str
    status: int = 0
    content_range: str = ""
    accept_ranges: str = ""
    announced: int | None = None
    bytes: int = 0
    is_right: bool = False
    server: str = ""
    via: str = ""
    fault: Fault | None = None
    detail: str = ""


def as_part(asked: str, flow: Flow) -> Part:
    """A flow as far as judging needs it."""
    return Part(
        asked,
        flow.status,
        flow.header("content-range"),
        flow.header("accept-ranges"),
        flow.announced,
        flow.bytes,
        flow.wrong_at is None,
        flow.header("server"),
        flow.header("via"),
        flow.fault,
        flow.detail,
    )


@dataclass(frozen=True, slots=True)
class Speed:
    """A piece of a long film, read as fast as it came."""

    status: int = 0
    bytes: int = 0
    read_seconds: float = 0.0
    wrong_at: int | None = None
    fault: Fault | None = None
    detail: str = ""

    @property
    def is_right(self) -> bool:
        """True when the film came, unchanged and unbroken."""
        return self.status == 200 and self.bytes > 0 and self.wrong_at is None and self.fault is None

    @property
    def mbps(self) -> float:
        """Mbit/s; 0 when nothing came."""
        return self.bytes * 8 / 1e6 / self.read_seconds if self.bytes and self.read_seconds else 0.0


@dataclass(frozen=True, slots=True)
class Upload:
    """A body that was sent the other way. `is_ours` says that our echo answered, `is_right` that it got the same."""

    size: int
    sent: int = 0
    status: int = 0
    server: str = ""
    is_ours: bool = False
    is_right: bool = False
    seconds: float = 0.0
    fault: Fault | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything, as far as it was looked at: nothing follows what got no answer."""

    head: Part
    parts: tuple[Part, ...]
    speed: Speed | None = None
    upload: Upload | None = None

    @property
    def is_silent(self) -> bool:
        """True when not one request got an answer."""
        return not any(part.status for part in (self.head, *self.parts))


def in_mbit(mbps: float) -> str:
    """A speed in words: `8 Mbit/s`, `2.4 Mbit/s`."""
    return f"{mbps:.0f} Mbit/s" if mbps >= 10 or mbps == round(mbps) else f"{mbps:.1f} Mbit/s"
