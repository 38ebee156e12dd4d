"""Decoded lines to sums: who asked, how much was sent, in which minute, hour and day. Pure.

The first loop touches every line and does little: it finds the group of a line and adds. Whatever needs thought
(names, Local or Remote, long responses) happens once a group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from wizard.caddy.access_log import SWITCHED, Decoded, Line, no_cycles
from wizard.caddy.document import ECHO_PATH
from wizard.core.traffic import (
    LOCAL_MBPS,
    LONGEST_NAME,
    REMOTE_MBPS,
    Asked,
    Counted,
    Kind,
    Span,
    Sums,
    Viewer,
    masked,
    shortest_seconds,
    shown_path,
    spread,
)

LOCAL = "local"
UNKNOWN = "unknown"
MOST_VIEWERS = 1_000  # in one piece; more are strangers who knock, and are counted together
OTHERS = Viewer("", "", "", "")
OWN_PATHS = ECHO_PATH.removesuffix("*")  # our own tests of the way in are nobody's stream
_Words = tuple[str, ...]
_Said = tuple[str, _Words, _Words, _Words]
_Key = tuple[int, str, _Words, _Words, _Words]
_Place = TypeVar("_Place", bound=tuple[object, ...])
_REQUESTS, _BYTES, _FAILED, _CUT, _SOCKETS = range(5)


@dataclass(slots=True)
class Rules:
    """How lines are counted: what the media server calls an address, whether addresses are kept whole.

    `judge` gives "local", "remote" or "unknown", and is asked once for each address.
    """

    judge: Callable[[str], str]
    masks: bool = False
    upload_mbps: float | None = None
    _known: dict[str, str] = field(default_factory=dict)

    def locality(self, address: str) -> str:
        """What the media server calls this address."""
        found = self._known.get(address)
        if found is None:
            if len(self._known) > 10 * MOST_VIEWERS:
                self._known.clear()
            found = self._known[address] = self.judge(address)
        return found

    def kept(self, address: str) -> str:
        """The address as it may be kept."""
        return masked(address) if self.masks else address

    def least_seconds(self, sent_bytes: int, address: str) -> float:
        """How long a stream ran at least of which only the bytes are known: as long as the line needs for them."""
        mbps = LOCAL_MBPS if self.locality(address) == LOCAL else self.upload_mbps or REMOTE_MBPS
        return shortest_seconds(sent_bytes, mbps)


def count(blocks: Iterable[Decoded], rules: Rules, *, keep: int = 0) -> Counted:
    """The sums of decoded lines, and the newest `keep` of them as requests to show. Each block is let go at once."""
    counted = Counted()
    groups: dict[_Key, list[int]] = {}
    newest: list[Line] = []
    with no_cycles():
        for block in blocks:
            across, others = _group(block.lines, groups)
            _share_out(groups, across, rules)
            counted.lines += len(block.lines)
            counted.broken += block.broken
            counted.others += others
            if block.lines:
                counted.newest = block.lines[-1].ts
            if keep:
                newest = [*newest, *block.lines][-keep:]
        _fold(counted, groups, rules)
        counted.requests = [asked(line, rules) for line in newest if _is_viewers(line)]
    return counted


def _is_viewers(line: Line) -> bool:
    return line.request is not None and not line.request.uri.startswith(OWN_PATHS)


def _group(lines: Iterable[Line], groups: dict[_Key, list[int]]) -> tuple[list[Line], int]:
    """Add lines to the sums by minute and viewer.

    Gives the lines whose bytes belong to more than one minute, and the number of lines that are no viewer's request.
    """
    across: list[Line] = []
    find = groups.get
    others = 0
    for line in lines:
        request = line.request
        if request is None or request.uri.startswith(OWN_PATHS):
            others += 1
            continue
        headers = request.headers
        at = int(line.ts)
        second = at % 60
        key = (at - second, request.client_ip or request.remote_ip, headers.name, headers.product, headers.platform)
        sums = find(key)
        if sums is None:
            sums = groups[key] = [0, 0, 0, 0, 0]
        sums[_REQUESTS] += 1
        duration = line.duration
        if duration > second or not duration:
            across.append(line)
        else:
            sums[_BYTES] += line.size
        status = line.status
        if not 200 <= status < 499 or not duration:
            if status == SWITCHED:
                sums[_SOCKETS] += 1
            elif status > 499:
                sums[_FAILED] += 1
            if line.is_cut:
                sums[_CUT] += 1
    return across, others


def _share_out(groups: dict[_Key, list[int]], across: Iterable[Line], rules: Rules) -> None:
    """Give the bytes of long responses to the minutes in which they were sent."""
    for line in across:
        request, size = line.request, line.size
        if request is None or not size:
            continue
        address, headers = request.client_ip or request.remote_ip, request.headers
        known = line.duration or rules.least_seconds(size, address)
        for minute, share in spread(line.ts, 0.0 if line.status == SWITCHED else known, size):
            key = (minute, address, headers.name, headers.product, headers.platform)
            sums = groups.get(key)
            if sums is None:
                sums = groups[key] = [0, 0, 0, 0, 0]
            sums[_BYTES] += share


def _fold(counted: Counted, groups: dict[_Key, list[int]], rules: Rules) -> None:
    viewers: dict[_Said, Viewer] = {}
    minutes: dict[tuple[int, str, Viewer], Sums] = {}
    for (minute, *said), numbers in groups.items():
        _add(minutes, (minute, *_who(viewers, (*said,), rules)), Sums(*numbers))  # type: ignore[arg-type]  # mypy forgets what * holds
    _raise(counted, minutes)


def _raise(counted: Counted, minutes: dict[tuple[int, str, Viewer], Sums]) -> None:
    """Minutes to hours, hours to days; viewers to totals."""
    lower = minutes
    for span in Span:
        higher: dict[tuple[int, str, Viewer], Sums] = {}
        for (start, locality, viewer), sums in lower.items():
            _add(higher, (start - start % span, locality, viewer), sums)
        for (start, locality, viewer), sums in higher.items():
            counted.viewers[int(span), start, locality, viewer] = sums
            _add(counted.totals, (int(span), start, locality), sums)
        lower = higher


def _add(known: dict[_Place, Sums], place: _Place, sums: Sums) -> None:
    found = known.get(place)
    if found is None:
        known[place] = found = Sums()
    found.add(sums)


def _who(known: dict[_Said, Viewer], said: _Said, rules: Rules) -> tuple[str, Viewer]:
    address, *words = said
    viewer = known.get(said)
    if viewer is None:
        viewer = Viewer(rules.kept(address), *(_first(one) for one in words))
        viewer = known[said] = viewer if len(known) < MOST_VIEWERS else OTHERS
    return rules.locality(address), viewer


@lru_cache(maxsize=4_096)
def _first(words: _Words) -> str:
    """The first value of a header, short and printable."""
    text = words[0][:LONGEST_NAME] if words else ""
    return text if text.isprintable() else "".join(filter(str.isprintable, text))


def asked(line: Line, rules: Rules) -> Asked:
    """One line as the request view shows it."""
    request = line.request
    if request is None:
        raise ValueError("this line is no request")
    address, headers = request.client_ip or request.remote_ip, request.headers
    kind = Kind.CUT if line.is_cut else Kind.SOCKET if line.status == SWITCHED else Kind.DONE
    viewer = Viewer(address, _first(headers.name), _first(headers.product), _first(headers.platform))
    return Asked(
        at=line.ts,
        address=rules.kept(address),
        locality=rules.locality(address),
        device=viewer.name,
        method=request.method[:16],
        path=shown_path(request.uri),
        status=line.status,
        sent_bytes=line.size,
        seconds=line.duration or None,
        kind=kind,
    )
