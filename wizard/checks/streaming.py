"""Does a film pass: any part of it, unchanged, fast enough, and large bodies the other way?"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import msgspec

from wizard.checks.places import PAUSED, authority, public_port
from wizard.checks.streaming_findings import judge_streaming
from wizard.checks.streaming_seen import Part, Seen, Speed, Upload, as_part, ranges_of
from wizard.core.checks import Check, Echo, Hop, Scene, Skip
from wizard.core.film import read_film
from wizard.core.shapes import learn
from wizard.methods import METHODS, Method
from wizard.net.door import Net
from wizard.net.flows import Plan

FILM_BYTES = 1_000_003  # no round number: nobody's own block size ends with it
_LONG_FILM_BYTES = 64 << 20
_PART_SECONDS = 5.0
_SPEED_SECONDS = 8.0
_MEASURE_SECONDS = 2.0
_MEASURE_BYTES = 16 << 20
_UPLOAD_SECONDS = 15.0
_UPLOAD_BYTES = 8 << 20
_LEAST_UPLOAD_BYTES = 3 << 19  # more than the 1 MB at which some servers stop unless told otherwise
_UPLOAD_SHARE_SECONDS = 4.0  # how long the upload may take at the speed that was measured
# a run that is made by itself every few minutes must not use up anybody's line
_LIGHT_BYTES = 1 << 19
_LIGHT_SECONDS_AT_LIMIT = 0.5
_LIGHT_UPLOAD_BYTES = 1_100_000  # still more than the 1 MB at which some servers stop

_RANGES = ranges_of(FILM_BYTES)
_ECHOES = len(_RANGES) + 3  # one each, one to ask for the head, one for speed, one for the upload


@dataclass(frozen=True, slots=True)
class Subject:
    """One-time addresses of our echo on the media domain, and what the owner chose for each stream."""

    domain: str
    port: int
    echoes: tuple[Echo, ...]
    method: str
    stream_limit_mbps: float | None = None
    roots_pem: str = ""
    light: bool = False

    @property
    def measure_bytes(self) -> int:
        """How much of a film to read for its speed: little where nobody asked, but enough to tell of a limit."""
        if not self.light:
            return _MEASURE_BYTES
        at_limit = int((self.stream_limit_mbps or 0) * 1e6 / 8 * _LIGHT_SECONDS_AT_LIMIT)
        return min(max(_LIGHT_BYTES, at_limit), _MEASURE_BYTES)

    @property
    def way_in(self) -> Method:
        """The way in, which may have a cap for uploads."""
        return METHODS[self.method]

    def url(self, echo: Echo, rest: str) -> str:
        """The address of one request."""
        return f"https://{authority(self.domain, self.port)}{echo.path}/{rest}"


def subject(scene: Scene) -> Subject | Skip:
    """The echo's addresses and the limit; no token."""
    host = scene.host
    if host.paused:
        return PAUSED
    if len(scene.echoes) < _ECHOES:
        return Skip("This app could not make a test address")
    return Subject(
        host.domain.name,
        public_port(scene),
        scene.echoes[:_ECHOES],
        host.method,
        host.stream_limit_mbps,
        scene.roots_pem,
        scene.light,
    )


def observe(net: Net, subject: Subject) -> Seen:
    """The parts side by side, then the speed alone, then the upload; nothing more once nothing answers."""
    head, speed, upload = subject.echoes[:3]
    with ThreadPoolExecutor(len(_RANGES) + 1) as pool:
        asked = pool.submit(_ask_head, net, subject, head)
        parts = tuple(pool.map(partial(_ask_part, net, subject), subject.echoes[3:], _RANGES))
    seen = Seen(asked.result(), parts)
    if seen.is_silent:
        return seen
    measured = _measure(net, subject, speed)
    if not measured.is_right:
        return Seen(seen.head, parts, measured)
    return Seen(seen.head, parts, measured, _upload(net, subject, upload, measured.mbps))


def _ask_head(net: Net, subject: Subject, echo: Echo) -> Part:
    url = subject.url(echo, f"bytes?size={FILM_BYTES}")
    flow = net.flow(url, Plan("HEAD"), roots_pem=subject.roots_pem, seconds=_PART_SECONDS)
    return as_part("HEAD", flow)


def _ask_part(net: Net, subject: Subject, echo: Echo, asked: tuple[str, int, int]) -> Part:
    text, start, stop = asked
    plan = Plan(
        expect=lambda first, last: read_film(echo.mark, start + first, start + last),
        most_bytes=max(stop - start, 1),
        most_seconds=_PART_SECONDS,
    )
    url = subject.url(echo, f"bytes?size={FILM_BYTES}")
    headers = (("Range", text),)
    return as_part(text, net.flow(url, plan, headers=headers, roots_pem=subject.roots_pem, seconds=_PART_SECONDS))


def _measure(net: Net, subject: Subject, echo: Echo) -> Speed:
    plan = Plan(expect=partial(read_film, echo.mark), most_bytes=subject.measure_bytes, most_seconds=_MEASURE_SECONDS)
    url = subject.url(echo, f"bytes?size={_LONG_FILM_BYTES}")
    flow = net.flow(url, plan, roots_pem=subject.roots_pem, seconds=_SPEED_SECONDS)
    return Speed(flow.status, flow.bytes, flow.read_seconds, flow.wrong_at, flow.fault, flow.detail)


class _Arrived(msgspec.Struct):
    mark: str = ""
    size: int = 0
    sha256: str = ""


learn(_Arrived)


def _upload(net: Net, subject: Subject, echo: Echo, mbps: float) -> Upload:
    size = max(_LEAST_UPLOAD_BYTES, min(_UPLOAD_BYTES, int(mbps * 1e6 / 8 * _UPLOAD_SHARE_SECONDS)))
    size = _LIGHT_UPLOAD_BYTES if subject.light else size
    body = read_film(echo.mark, 0, size)
    sent = net.send(subject.url(echo, "upload"), body, roots_pem=subject.roots_pem, seconds=_UPLOAD_SECONDS)
    answer = sent.answer
    try:
        arrived = msgspec.json.decode(answer.body.encode(), type=_Arrived) if answer.status == 200 else _Arrived()
    except (msgspec.DecodeError, msgspec.ValidationError):
        arrived = _Arrived()
    return Upload(
        size,
        sent.sent_bytes,
        answer.status,
        answer.header("server"),
        arrived.mark == echo.mark,
        arrived.sha256 == hashlib.sha256(body).hexdigest(),
        answer.seconds,
        answer.fault,
        answer.detail,
    )


CHECK = Check(
    name="streaming",
    title="Films pass",
    question="Does a film pass: any part of it, unchanged, and fast enough?",
    hop=Hop.VIEWER,
    help="checks#streaming",
    subject_type=Subject,
    seen_type=Seen,
    subject=subject,
    observe=observe,
    judge=judge_streaming,
    needs=("identity",),
    through_caddy=True,
    travels=True,
    seconds=_PART_SECONDS + _SPEED_SECONDS + _UPLOAD_SECONDS,
    tickets=_ECHOES,
    order=70,
)
