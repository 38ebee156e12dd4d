"""Lines of Caddy's access log as the redacting encoder writes them, for tests and benchmarks.

The shape was taken from a real Caddy 2.11.7 with a Plex player's headers; `duration` 0 with bytes is a stream that
the viewer cut off (facts: measured). The same seed gives the same lines.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

START = 1_795_600_810.0  # ten seconds into a minute of 25 November 2026
NAMES = (
    ("Anna's Pixel", "Plex for Android (Mobile)", "Android", "203.0.113.21"),
    ("Living room TV", "Plex for LG", "webOS", "192.168.1.40"),
    ("Ben's iPad", "Plex for iOS", "iOS", "198.51.100.7"),
    ("Chrome", "Plex Web", "Chrome", "203.0.113.99"),
    ("Shield", "Plex for Android (TV)", "Android", "2001:db8:40::17"),
)
_AGENT = "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP2A) AppleWebKit/537.36 (KHTML, like Gecko) PlexTV/10.13.0"
_TOKEN = "X-Plex-Token=REDACTED"
_KINDS = (
    (50, "/video/:/transcode/universal/session/8a1f02/base/{n:05d}.ts", 200, 1_900_000, 0.8),
    (20, "/:/timeline?ratingKey={n}&state=playing&time={n}000&" + _TOKEN, 200, 310, 0.02),
    (
        15,
        "/photo/:/transcode?width=300&height=450&url=%2Flibrary%2Fmetadata%2F{n}%2Fthumb&" + _TOKEN,
        200,
        24_000,
        0.09,
    ),
    (8, "/library/metadata/{n}?includeChapters=1&" + _TOKEN, 200, 9_400, 0.05),
    (4, "/library/parts/{n}/1700000000/file.mkv?" + _TOKEN, 206, 48_000_000, 0.0),
    (1, "/:/websockets/notifications?" + _TOKEN, 101, 0, 610.0),
    (1, "/identity", 502, 0, 0.003),
    (1, "/library/sections/all?" + _TOKEN, 499, 0, 3.2),
)
_ANSWER_HEADERS = {
    "Via": ["1.1 Caddy"],
    "Alt-Svc": ['h3=":443"; ma=2592000'],
    "X-Plex-Protocol": ["1.0"],
    "Cache-Control": ["no-cache"],
    "Content-Type": ["application/json"],
    "Date": ["Wed, 25 Nov 2026 22:46:36 GMT"],
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What one line says."""

    at: float = START
    address: str = "203.0.113.21"
    name: str = "Anna's Pixel"
    product: str = "Plex for Android (Mobile)"
    platform: str = "Android"
    uri: str = "/identity"
    status: int = 200
    size: int = 310
    seconds: float = 0.02
    method: str = "GET"
    domain: str = "plex.example.com"


def document(asked: Asked) -> dict[str, Any]:
    """The line as JSON."""
    return {
        "level": "error" if asked.status >= 500 else "info",
        "ts": asked.at,
        "logger": "http.log.access.porthole-plex_example_com",
        "msg": "handled request",
        "request": _request(asked),
        "bytes_read": 0,
        "user_id": "",
        "duration": asked.seconds,
        "size": asked.size,
        "status": asked.status,
        "resp_headers": _ANSWER_HEADERS,
    }


def _request(asked: Asked) -> dict[str, Any]:
    return {
        "remote_ip": asked.address,
        "remote_port": "41222",
        "client_ip": asked.address,
        "proto": "HTTP/2.0",
        "method": asked.method,
        "host": asked.domain,
        "uri": asked.uri,
        "headers": _headers(asked) if asked.name else {"User-Agent": [_AGENT]},
        "tls": {
            "resumed": False,
            "version": 772,
            "cipher_suite": 4865,
            "proto": "h2",
            "server_name": asked.domain,
            "ech": False,
        },
    }


def _headers(asked: Asked) -> dict[str, list[str]]:
    return {
        "User-Agent": [_AGENT],
        "Accept": ["application/json"],
        "Accept-Encoding": ["gzip"],
        "Accept-Language": ["en"],
        "X-Plex-Token": ["REDACTED"],
        "X-Plex-Client-Identifier": ["7f1c9d2e-plex-player"],
        "X-Plex-Product": [asked.product],
        "X-Plex-Version": ["10.13.0.5324"],
        "X-Plex-Platform": [asked.platform],
        "X-Plex-Platform-Version": ["14"],
        "X-Plex-Device-Name": [asked.name],
        "X-Plex-Provides": ["client,player"],
    }


def line(asked: Asked) -> bytes:
    """The line as Caddy writes it, with its end."""
    return json.dumps(document(asked), separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def asked(count: int, *, seed: int = 1, start: float = START, every_seconds: float = 0.5) -> Iterator[Asked]:
    """Requests of several players over time, as a busy evening has them."""
    dice = random.Random(seed)
    weights = [kind[0] for kind in _KINDS]
    at = start
    for number in range(count):
        at += dice.expovariate(1 / every_seconds)
        _, uri, status, size, seconds = dice.choices(_KINDS, weights)[0]
        name, product, platform, address = dice.choice(NAMES)
        yield Asked(
            at=round(at, 6),
            address=address,
            name=name,
            product=product,
            platform=platform,
            uri=uri.format(n=number),
            status=status,
            size=int(size * dice.uniform(0.5, 1.5)),
            seconds=round(seconds * dice.uniform(0.5, 1.5), 6),
        )


def lines(count: int, *, seed: int = 1, start: float = START, every_seconds: float = 0.5) -> Iterator[bytes]:
    """The same as lines."""
    return (line(one) for one in asked(count, seed=seed, start=start, every_seconds=every_seconds))
