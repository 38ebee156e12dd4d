"""Media parts made up on the fly, and the streams that read them.

A part's bytes follow from its number alone, so that any range can be checked without storing anything.
Must not know sockets.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from tests.fakes.plex_markup import Element
from tests.fakes.plex_rules import Judgement
from tests.fakes.plex_settings import PlexSettings
from tests.fakes.wire import Request

SMALL_PART, MEDIUM_PART, LARGE_PART = 1, 2, 3
PART_BYTES: dict[int, int] = {SMALL_PART: 1 << 20, MEDIUM_PART: 40 << 20, LARGE_PART: 400_000_000}
_BLOCK_BYTES = 64 * 1024
_BANDWIDTH_KBPS = 8_000


def part_bytes(part: int, start: int, stop: int) -> bytes:
    """The bytes [start, stop) of a part, as the stand-in sends them."""
    first, last = start // _BLOCK_BYTES, max(stop - 1, start) // _BLOCK_BYTES
    joined = b"".join(_block(part, index) for index in range(first, last + 1))
    return joined[start - first * _BLOCK_BYTES : stop - first * _BLOCK_BYTES]


def _block(part: int, index: int) -> bytes:
    return hashlib.sha256(f"{part}/{index}".encode()).digest() * (_BLOCK_BYTES // 32)


async def read_part(part: int, start: int, stop: int) -> AsyncGenerator[bytes, None]:
    """The same bytes block by block."""
    while start < stop:
        end = min(stop, (start // _BLOCK_BYTES + 1) * _BLOCK_BYTES)
        yield part_bytes(part, start, end)
        start = end


def parse_range(text: str | None, size: int) -> tuple[int, int] | None:
    """[start, stop) of a single `bytes=` range (RFC 9110, 14.1.2); None when there is none or it is a list.

    Raises ValueError when the range lies outside the part.
    """
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", text or "")
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if start >= stop:
        raise ValueError(f"{text} lies outside {size} bytes")
    return start, stop


@dataclass(slots=True)
class StreamSession:
    """One running stream, as /status/sessions lists it."""

    key: int
    session_id: str
    part: int
    judgement: Judgement
    is_secure: bool
    client_identifier: str
    product: str
    platform: str
    device_name: str
    user: str
    readers: int = 0  # responses being read right now
    last_read: float = 0.0  # monotonic seconds
    state: str = "playing"


class StreamSessions:
    """The streams the server knows; a stream that is read no longer lingers for a while, as with real servers."""

    def __init__(self) -> None:
        self._sessions: dict[str, StreamSession] = {}
        self._last_key = 0

    def begin(self, request: Request, part: int, judgement: Judgement, user: str) -> StreamSession | None:
        """Note that a part is being read; None when the client named neither a session nor itself."""
        client = request.argument("X-Plex-Client-Identifier") or ""
        session_id = request.argument("X-Plex-Session-Identifier") or client
        if not session_id:
            return None
        session = self._sessions.get(session_id)
        if session is None:
            self._last_key += 1
            session = StreamSession(
                key=self._last_key,
                session_id=session_id,
                part=part,
                judgement=judgement,
                is_secure=request.is_tls,
                client_identifier=client or session_id,
                product=request.argument("X-Plex-Product") or "Plex Web",
                platform=request.argument("X-Plex-Platform") or "Chrome",
                device_name=request.argument("X-Plex-Device-Name") or "Browser",
                user=user,
            )
            self._sessions[session_id] = session
        session.judgement, session.part, session.state = judgement, part, "playing"
        session.readers += 1
        return session

    def pause_reading(self, session: StreamSession) -> None:
        """Note that one response of this stream has ended."""
        session.readers -= 1
        session.last_read = time.monotonic()

    def set_state(self, session_id: str, state: str) -> StreamSession | None:
        """What a player's timeline report does; `stopped` removes the stream."""
        session = self._sessions.get(session_id)
        if session is not None:
            session.state = state
            if state == "stopped":
                del self._sessions[session_id]
        return session

    def clear(self) -> None:
        """Forget every stream."""
        self._sessions.clear()

    def active(self, linger_seconds: float) -> tuple[StreamSession, ...]:
        """The streams that are read now or were until `linger_seconds` ago."""
        now = time.monotonic()
        for key, session in list(self._sessions.items()):
            if session.readers <= 0 and now - session.last_read > linger_seconds:
                self._sessions.pop(key, None)
        return tuple(self._sessions.values())


def session_element(session: StreamSession, settings: PlexSettings) -> Element:
    """A stream as a child of /status/sessions. `remotePublicAddress` is filled for local streams too, as recorded."""
    judgement = session.judgement
    size = PART_BYTES[session.part]
    part = Element("Part", {"id": session.part, "key": part_key(session.part), "size": size, "container": "mkv"})
    media = Element("Media", {"id": session.part, "bitrate": _BANDWIDTH_KBPS, "container": "mkv"}, (part,))
    player = _player_element(session, settings)
    bandwidth = Element(
        "Session", {"id": session.session_id, "bandwidth": _BANDWIDTH_KBPS, "location": judgement.location}
    )
    user = Element("User", {"id": 1 if session.user == "owner" else 2, "title": session.user})
    return Element(
        "Video",
        {
            "key": f"/library/metadata/{session.part}",
            "ratingKey": session.part,
            "sessionKey": session.key,
            "title": f"Test card {session.part}",
            "type": "movie",
            "duration": 600_000,
            "viewOffset": 0,
        },
        (media, user, player, bandwidth),
    )


def _player_element(session: StreamSession, settings: PlexSettings) -> Element:
    judgement = session.judgement
    mapped = f"::ffff:{judgement.address}" if settings.maps_addresses and "." in judgement.address else ""
    return Element(
        "Player",
        {
            "address": mapped or judgement.address,
            "device": session.platform,
            **({} if settings.omits_local else {"local": judgement.is_local}),
            "machineIdentifier": session.client_identifier,
            "platform": session.platform,
            "product": session.product,
            "relayed": False,
            "remotePublicAddress": settings.wan_address if judgement.is_local else judgement.address,
            "secure": session.is_secure,
            "state": session.state,
            "title": session.device_name,
            "userID": 1,
        },
    )


def part_key(part: int) -> str:
    """The path under which a part is streamed."""
    return f"/library/parts/{part}/1700000000/file.mkv"
