"""Somebody who watches the stand-in Plex for the length of a block."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from tests.fakes.plex import LARGE_PART, Plex, part_key
from tests.processes import wait_until


@contextmanager
def watching(plex: Plex, *, forwarded: str = "", device: str = "Phone") -> Iterator[None]:
    """A film is read from its beginning, straight from the server; `forwarded` is what a proxy would say."""
    headers = {"X-Plex-Token": plex.token, "X-Plex-Client-Identifier": device, "X-Plex-Device-Name": device}
    if forwarded:
        headers["X-Forwarded-For"] = forwarded
    request = urllib.request.Request(plex.url + part_key(LARGE_PART), headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read(65536)
        wait_until(lambda: any(one.device_name == device for one in plex.sessions), "the stream is listed")
        yield
