"""Looking at a tailnet through tailscaled, and trying paths with pings until they are sure."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from wizard.core.tailnet import (
    Backend,
    Machine,
    Path,
    Silence,
    Tailnet,
    control_of,
    cut_tailnet,
    path_of_ping,
    read_tailnet,
    shared_addresses,
)
from wizard.core.tailnet_api_findings import known_of
from wizard.core.tailnet_findings import PEER, SOCKET, judge
from wizard.core.ways import Watch, WaySetup
from wizard.net.deadline import Deadline
from wizard.net.machine import Kernel, addresses_around
from wizard.net.tailscaled import Tailscaled, find_socket

MOST_PINGS = 8
"""The command line tries up to ten times before it says that a path is relayed."""
_MOST_TRIED = 4
_BETWEEN_SECONDS = 0.3
_PINGING_SECONDS = 6.0


def observe(_net: object, setup: WaySetup) -> Tailnet:
    """What the daemon says now. Paths are tried to the machine at the other end, and to peers that are relayed."""
    seen = look(str(setup.values.get(SOCKET, "")))
    if seen.silence is not None or seen.backend is not Backend.RUNNING:
        return seen
    ours, deadline = Tailscaled(seen.socket), Deadline(_PINGING_SECONDS)
    other_end = seen.peer(str(setup.values.get(PEER, "")))
    relayed = [peer for peer in seen.peers if peer.path is Path.DERP and peer is not other_end]
    wanted = [other_end] if other_end is not None and other_end.is_online else []
    tried = {peer: try_path(ours, peer, deadline) for peer in [*wanted, *relayed][:_MOST_TRIED]}
    return replace(seen, peers=tuple(tried.get(peer, peer) for peer in seen.peers))


def look(typed: str = "") -> Tailnet:
    """The status without any ping."""
    at, path = datetime.now(UTC), find_socket(typed)
    if not path:
        return Tailnet(at, silence=Silence.NOT_FOUND)
    ours = Tailscaled(path)
    answer = ours.status()
    if answer.silence is not None:
        return Tailnet(at, path, answer.silence, answer.detail)
    seen = read_tailnet(answer.document, at, socket=path)
    return replace(
        seen, control=control_of(ours.prefs().document), shared=shared_addresses(addresses_around(Kernel()), seen)
    )


def try_path(
    ours: Tailscaled, peer: Machine, deadline: Deadline, pause: Callable[[float], None] = time.sleep
) -> Machine:
    """The peer with the path that pings took: the first direct one, or what all of them took.

    Unchanged when there was no pong at all, or when time ran out before it was sure.
    """
    found: tuple[Path, str] | None = None
    address = peer.addresses[0] if peer.addresses else ""
    for number in range(MOST_PINGS if address else 0):
        try:
            seconds = min(deadline.left(), 2.0)
        except TimeoutError:
            return peer if found is None else replace(peer, path=found[0], via=found[1])
        found = path_of_ping(ours.ping(address, seconds=seconds).document) or found
        if found is not None and found[0] is Path.DIRECT:
            break
        if number + 1 < MOST_PINGS:
            pause(_BETWEEN_SECONDS)
    return peer if found is None else replace(peer, path=found[0], via=found[1], is_measured=True)


def cut(setup: WaySetup, seen: Tailnet) -> Tailnet:
    """What the judgement of one proxy host needs: of 250 machines, those that matter."""
    return cut_tailnet(seen, (str(setup.values.get(PEER, "")), *known_of(setup).media))


WATCH: Watch[Tailnet] = Watch(Tailnet, observe, judge, seconds=14.0, cut=cut)
"""How the ways in over Tailscale are watched; `judge` tells them apart by the key of the setup."""
