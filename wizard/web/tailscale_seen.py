"""What the page about Tailscale shows: the newest look that was kept, or a quick one now; the wait for a sign-in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
from markupsafe import Markup

from wizard.core.shapes import learn
from wizard.core.tailnet import Backend, Machine, Tailnet
from wizard.core.tailnet_findings import SOCKET
from wizard.net.tailnet_watch import look
from wizard.store import ways
from wizard.store.clock import now
from wizard.web.joined import joined
from wizard.web.parts_answer import message
from wizard.web.pictures import qr_code
from wizard.web.streams import KEEP_ALIVE, event, is_gone

KEY = "tailscale"
"""The way in under which the setup of all three is kept."""
STATE = "tailnet-state"
_FRESH = timedelta(seconds=60)
learn(Tailnet)
_LOOK_SECONDS, _ALIVE_LOOKS, _LONGEST_SECONDS = 1.0, 15, 600.0


def latest() -> Tailnet:
    """What a worker saw within the last minute, with the paths that it tried; else a quick look of our own."""
    saved = ways.load_way(joined().database, KEY)
    if saved.seen is not None and saved.seen_at is not None and now() - saved.seen_at < _FRESH:
        return msgspec.convert(saved.seen, Tailnet)
    return look(str(saved.values.get(SOCKET, "")))


def note_peer(seen: Tailnet, before: Machine, after: Machine) -> None:
    """Keep a path that was tried, in what is shown next."""
    peers = tuple(after if peer == before else peer for peer in seen.peers)
    ways.note_seen(joined().database, KEY, msgspec.to_builtins(replace(seen, peers=peers)))


def qr_of(seen: Tailnet) -> Markup | None:
    """The sign-in link for a phone's camera."""
    return qr_code(seen.sign_in_url, "QR code with the sign-in link") if seen.sign_in_url else None


def events_of_sign_in(
    look_now: Callable[[], Tailnet], draw: Callable[[Tailnet], str], environ: Mapping[str, Any]
) -> Iterator[str]:
    """The part with the state, again with each change, until the machine is signed in or ten minutes passed."""
    began, number, before, quiet = time.monotonic(), 0, None, 0
    while time.monotonic() - began < _LONGEST_SECONDS and not is_gone(environ):
        seen = look_now()
        mark = (seen.silence, seen.backend, seen.sign_in_url)
        is_over = seen.backend is Backend.RUNNING
        if mark != before:
            say = "This machine is signed in to Tailscale" if is_over and before is not None else None
            before, number, quiet = mark, number + 1, 0
            yield event(message({STATE: draw(seen)}, say=say, urgent=is_over, done=is_over), number=number)
            if is_over:
                return
        quiet += 1
        if quiet % _ALIVE_LOOKS == 0:
            yield KEEP_ALIVE
        time.sleep(_LOOK_SECONDS)
